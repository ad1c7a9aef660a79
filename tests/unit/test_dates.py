"""On which days the steps around a date fall."""

from __future__ import annotations

from datetime import date
from itertools import islice

import pytest

from bot.core.dates import DateKind, DateStep, Wants, months_after, occurrences, on, skip_reason

RECORDED = date(2027, 3, 1)
THE_DAY = DateStep("the_day", 0, to_worker=False)
MONTH = DateStep("month_3", 0, to_worker=False, months=3)
TELL = DateStep("tell_worker", -14, to_worker=True)


def first(kind: DateKind, day: date, step: DateStep = THE_DAY, count: int = 3) -> list[date]:
    return list(islice(occurrences(kind, day, RECORDED, step), count))


def test_a_yearly_date_that_has_passed_comes_back_every_year() -> None:
    found = first(DateKind.ANNIVERSARY, date(2024, 3, 5))
    assert found == [date(2025, 3, 5), date(2026, 3, 5), date(2027, 3, 5)]


def test_a_yearly_date_given_as_the_day_to_come_is_that_day_first() -> None:
    assert first(DateKind.BIRTHDAY, date(2027, 6, 1), count=2) == [
        date(2027, 6, 1),
        date(2028, 6, 1),
    ]


def test_a_killing_today_is_no_anniversary_yet() -> None:
    assert first(DateKind.KILLING, RECORDED, count=1) == [date(2028, 3, 1)]


def test_29_february_is_never_passed_over_and_never_late() -> None:
    found = first(DateKind.ANNIVERSARY, date(2024, 2, 29), count=4)
    assert found == [date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29)]
    assert on(date(2024, 2, 29), 2100) == date(2100, 2, 28)


def test_a_court_date_comes_once() -> None:
    assert first(DateKind.COURT, date(2027, 4, 2)) == [date(2027, 4, 2)]


def test_months_count_in_the_first_year_only_and_from_the_day_itself() -> None:
    assert first(DateKind.KILLING, date(2027, 2, 1), MONTH) == [date(2027, 5, 1)]
    assert first(DateKind.ANNIVERSARY, date(2027, 6, 1), MONTH) == []
    assert first(DateKind.COURT, date(2027, 2, 1), MONTH) == []


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2027, 12, 15), 1, date(2028, 1, 15)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
    ],
)
def test_a_month_without_that_day_ends_earlier(day: date, months: int, then: date) -> None:
    assert months_after(day, months) == then


def test_what_a_client_wants_decides_who_is_told() -> None:
    assert skip_reason(Wants.MESSAGES, THE_DAY) == ""
    assert skip_reason(Wants.WORKER_ONLY, TELL) == ""
    assert skip_reason(Wants.WORKER_ONLY, THE_DAY)
    assert skip_reason(Wants.NOTHING, TELL)
