"""Promised: the same content pages alike in African American, Spanish or schoolbook words."""

from __future__ import annotations

import pytest

from bot import settings
from bot.danger.pairs import WAYS, load_pairs, rates, table
from bot.danger.triage import Triage
from bot.settings import ROOT
from bot.wiring import load_triage
from bot.wiring.models import danger

# Three of sixty: one or two messages more or less are chance, four would be a way of speaking.
MARGIN = 0.051


@pytest.fixture(scope="module")
def triage() -> Triage:
    """Triage on the really trained model, made here when it is missing."""
    chosen = settings.read()
    danger(chosen, print)
    return load_triage(chosen.models, chosen.data)


def test_no_way_of_speaking_pages_more_than_another(triage: Triage) -> None:
    pairs = load_pairs(ROOT / "data" / "danger")
    print(table(triage, pairs))
    harmless = rates(triage, [pair for pair in pairs if pair.harmless])
    assert harmless.apart <= MARGIN, table(triage, pairs)
    for way in WAYS:
        assert harmless.paged[way].found / harmless.paged[way].of <= 0.1


def test_danger_is_heard_in_every_way_of_speaking(triage: Triage) -> None:
    pairs = [pair for pair in load_pairs(ROOT / "data" / "danger") if not pair.harmless]
    found = rates(triage, pairs)
    for way in WAYS:
        assert found.asked[way].found >= found.asked[way].of - 1, table(triage, pairs)
    assert found.apart <= 0.081  # two of twenty-five
