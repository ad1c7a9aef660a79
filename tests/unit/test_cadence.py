"""When a client is asked next: their wish, what happened around them, their quiet hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bot.content import texts
from bot.content.program import load_calendar
from bot.core.cadence import Cadence, next_checkin, next_day
from bot.core.hours import Span

DATA = Path(__file__).parents[2] / "data"
INCIDENT = date(2027, 3, 1)


@pytest.fixture(scope="module")
def cadence() -> Cadence:
    """The cadence that stands in the staff's room."""
    said = texts.load(DATA / "responses")
    return load_calendar(DATA / "program" / "calendar.yml", said).cadence


def days(cadence: Cadence, wish: str = "usual", until: int = 400) -> list[int]:
    """Return on which days after the incident a client is asked who always answers."""
    found: list[int] = []
    day = INCIDENT
    while (day - INCIDENT).days < until:
        day = next_day(cadence, day, [INCIDENT], wish)
        found.append((day - INCIDENT).days)
    return [one for one in found if one <= until]


def test_without_an_incident_once_a_week(cadence: Cadence) -> None:
    assert next_day(cadence, INCIDENT, [], "usual") == INCIDENT + timedelta(days=7)


def test_daily_for_two_weeks_after_an_incident_and_never_on_its_day(cadence: Cadence) -> None:
    assert [day for day in days(cadence) if day <= 14] == list(range(1, 15))


def test_then_twice_a_week_to_the_end_of_the_month(cadence: Cadence) -> None:
    assert [day for day in days(cadence) if 14 < day <= 30] == [15, 18, 21, 25, 28]


def test_then_weekly_then_monthly_then_as_usual(cadence: Cadence) -> None:
    assert [day for day in days(cadence) if 30 < day <= 126] == [32, *range(35, 127, 7)]
    assert [day for day in days(cadence) if 126 < day <= 366] == [
        150,
        180,
        210,
        240,
        270,
        300,
        330,
        360,
    ]
    assert [day for day in days(cadence) if day > 366] == [390, 397]


def test_of_two_incidents_the_newer_one_sets_the_days(cadence: Cadence) -> None:
    since = INCIDENT + timedelta(days=100)
    assert next_day(cadence, since, [INCIDENT, since], "usual") == since + timedelta(days=1)


def test_who_wished_for_less_is_never_asked_more_often_than_usual(cadence: Cadence) -> None:
    found = days(cadence, "less_often", 60)
    assert all(later - earlier >= 7 for earlier, later in pairwise(found))
    assert next_day(cadence, INCIDENT, [], "less_often") == INCIDENT + timedelta(days=14)


def test_an_incident_to_come_changes_nothing_yet(cadence: Cadence) -> None:
    ahead = INCIDENT + timedelta(days=3)
    assert next_day(cadence, INCIDENT, [ahead], "usual") == INCIDENT + timedelta(days=7)


def test_the_miss_is_noticed_before_the_next_day_is_asked(cadence: Cadence) -> None:
    assert cadence.nudge_after < cadence.missed_after < timedelta(days=1)


def test_a_day_whose_hour_is_over_is_not_made_up() -> None:
    now = datetime(2027, 3, 1, 20, tzinfo=UTC)  # 14:00 in Chicago
    quiet = Span.parse("21:00-09:00")
    moment = next_checkin(now, date(2027, 2, 1), "America/Chicago", time(10), quiet)
    assert moment == datetime(2027, 3, 2, 16, tzinfo=UTC)
