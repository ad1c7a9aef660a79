"""The PIN as a number: how it is kept, and which one nobody may choose."""

from __future__ import annotations

from datetime import date

import pytest

from bot.core.dates import DateKind
from bot.service.staff import pin
from bot.service.staff.days import sensible
from bot.store.tables import Worker


def test_a_pin_is_kept_as_a_salted_hash_only() -> None:
    kept, again = pin.hashed("482915"), pin.hashed("482915")
    assert "482915" not in kept
    assert kept != again
    assert pin.prove(Worker(pin=kept), "482915").right
    assert not pin.prove(Worker(pin=kept), "482916").right


@pytest.mark.parametrize("digits", ["0000", "1234", "9876", "111111"])
def test_what_anybody_would_try_first_is_no_pin(digits: str) -> None:
    assert pin.weak(digits)


@pytest.mark.parametrize("words", ["", "got it", "123", "123456789", "12 34", "١٢٣٤٥x"])
def test_other_words_are_never_taken_for_a_pin(words: str) -> None:
    assert not pin.prove(Worker(pin=None), words).digits


@pytest.mark.parametrize(
    ("kind", "day", "meant"),
    [
        (DateKind.KILLING, date(2020, 2, 29), True),
        (DateKind.KILLING, date(20, 2, 29), False),
        (DateKind.COURT, date(2027, 3, 2), True),
        (DateKind.COURT, date(2027, 2, 28), False),
        (DateKind.RELEASE, date(2072, 1, 1), False),
    ],
)
def test_a_day_that_cannot_be_meant_is_noticed(kind: DateKind, day: date, meant: bool) -> None:
    assert sensible(kind, day, date(2027, 3, 1)) is meant
