"""Local time: quiet hours, days that begin and end by the clock on the wall, shifts."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.hours import Span, Staffed, end_of_day, local, on_day, out_of_quiet

ZONE = "America/Chicago"
NIGHT = Span.parse("21:00-09:00")
ZONES = st.sampled_from([ZONE, "America/Los_Angeles", "Europe/Berlin", "Asia/Kathmandu", "UTC"])
TIMES = st.times(min_value=time(0), max_value=time(23, 59)).map(lambda t: t.replace(second=0))
DAYS = st.dates(min_value=date(2024, 1, 1), max_value=date(2031, 12, 31))
SPANS = st.builds(Span, TIMES, TIMES)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_a_wish_outside_quiet_hours_is_kept() -> None:
    assert on_day(date(2027, 3, 1), time(10), ZONE, NIGHT) == at("2027-03-01T10:00-06:00")


@pytest.mark.parametrize("wish", [time(8), time(22)])
def test_a_wish_inside_quiet_hours_comes_at_their_end_on_the_same_day(wish: time) -> None:
    assert on_day(date(2027, 3, 1), wish, ZONE, NIGHT) == at("2027-03-01T09:00-06:00")


def test_an_hour_that_the_clock_change_leaves_out_comes_an_hour_later() -> None:
    none = Span.parse("00:00-00:00")
    assert on_day(date(2027, 3, 14), time(2, 30), ZONE, none) == at("2027-03-14T03:30-05:00")


def test_an_hour_that_comes_twice_is_taken_once() -> None:
    assert local(date(2027, 11, 7), time(1, 30), ZONE) == at("2027-11-07T01:30-05:00")


@given(day=DAYS, wish=TIMES, zone=ZONES, quiet=SPANS)
def test_what_is_planned_for_a_day_comes_on_it_and_never_in_quiet_hours(
    day: date, wish: time, zone: str, quiet: Span
) -> None:
    here = on_day(day, wish, zone, quiet).astimezone(ZoneInfo(zone))
    assert here.date() == day
    # The one exception is an hour that the clock change leaves out: it comes an hour later.
    assert not quiet.covers(here.time()) or here.time() not in (wish, quiet.end)


@given(day=DAYS, wish=TIMES, zone=ZONES, quiet=SPANS)
def test_waiting_for_the_end_of_quiet_hours_takes_less_than_a_day(
    day: date, wish: time, zone: str, quiet: Span
) -> None:
    moment = local(day, wish, zone)
    later = out_of_quiet(moment, zone, quiet)
    assert moment <= later <= moment + timedelta(hours=25)


def test_a_day_ends_at_the_midnight_of_its_own_zone() -> None:
    assert end_of_day(date(2027, 3, 5), ZONE) == at("2027-03-06T00:00-06:00")


def test_somebody_is_around_until_the_end_of_todays_shift() -> None:
    staffed = Staffed(ZONE, {0: Span.parse("09:00-21:00"), 4: Span.parse("18:00-02:00")})
    assert staffed.rest_of_day(at("2027-03-01T10:00-06:00")) == at("2027-03-01T21:00-06:00")
    assert staffed.rest_of_day(at("2027-03-01T08:00-06:00")) == at("2027-03-01T21:00-06:00")
    assert staffed.rest_of_day(at("2027-03-01T22:00-06:00")) is None
    assert staffed.rest_of_day(at("2027-03-02T10:00-06:00")) is None
    assert staffed.rest_of_day(at("2027-03-05T10:00-06:00")) == at("2027-03-06T02:00-06:00")
