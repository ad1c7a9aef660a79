"""Who is told instead of whom: never-tell lists before leave, and never nobody without a need."""

from __future__ import annotations

import pytest

from bot.core.telling import receivers, stand_in


@pytest.mark.parametrize(
    ("never", "away", "told"),
    [
        ({}, {}, "ben"),
        ({}, {"ben": "dev"}, "dev"),
        ({"ben": "cora"}, {}, "cora"),
        ({"ben": ""}, {}, None),
        ({"dev": "cora"}, {"ben": "dev"}, "cora"),
        ({"dev": ""}, {"ben": "dev"}, "ben"),
        ({}, {"ben": "dev", "dev": "ben"}, "ben"),
        ({"ben": ""}, {"ben": "dev"}, None),
        ({"ben": "dev"}, {"dev": "ben"}, None),
    ],
)
def test_one(never: dict[str, str], away: dict[str, str], told: str | None) -> None:
    assert stand_in("ben", never, away) == told


def test_nobody_is_told_twice_and_who_must_not_be_told_is_left_out() -> None:
    assert receivers(["ben", "cora", "dev"], {"dev": "cora"}, {}) == ["ben", "cora"]
    assert receivers(["dev"], {"dev": ""}, {"dev": "ben"}) == []
