"""How often a client is asked how it goes, and what silence means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from bot.core.hours import Span, on_day

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Before day ``until_day`` after an incident, one check-in every ``every``."""

    until_day: int
    every: timedelta


@dataclass(frozen=True, slots=True)
class Cadence:
    """The program's numbers, from data/program/calendar.yml."""

    usual: timedelta
    less_often: timedelta
    after_incident: tuple[Stretch, ...]
    nudge_after: timedelta
    missed_after: timedelta
    silences: int


def next_day(cadence: Cadence, since: date, incidents: Sequence[date], wish: str) -> date:
    """Return the day after ``since`` on which to ask next; all are days of the client's zone.

    1. While an incident's stretches last, its days count from the incident itself, so that 84 hours
       mean twice a week and not "every four days". Of several incidents the soonest day counts.
    2. Without one it is the usual distance from ``since``.
    3. A client who wished for less is never asked more often than usual.
    """
    usual = since + (cadence.less_often if wish == "less_often" else cadence.usual)
    found = [
        incident + _next(stretch.every, since - incident)
        for incident in incidents
        for stretch in _stretch(cadence, since - incident)
    ]
    if not found:
        return usual
    return max(min(found), since + cadence.usual) if wish == "less_often" else min(found)


def _stretch(cadence: Cadence, age: timedelta) -> list[Stretch]:
    if age < timedelta(0):
        return []
    return [s for s in cadence.after_incident if age.days < s.until_day][:1]


def _next(every: timedelta, age: timedelta) -> timedelta:
    """Return the first whole day later than ``age`` on which another ``every`` is full."""
    full = age // every + 1
    return max(ceil(full * every / _DAY) * _DAY, age + _DAY)


def next_checkin(at: datetime, day: date, zone: str, wish: time, quiet: Span) -> datetime:
    """Return when to ask on ``day``, or on the first later one of which the hour is still ahead:
    at the client's hour, never in quiet hours, always later than ``at``."""
    day = max(day, at.astimezone(ZoneInfo(zone)).date())
    while (moment := on_day(day, wish, zone, quiet)) <= at:
        day += _DAY
    return moment
