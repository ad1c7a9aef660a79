"""How often a client is asked how it goes, and what silence means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.hours import Span, local, out_of_quiet


@dataclass(frozen=True, slots=True)
class Stretch:
    """Up to and with day ``until_day`` after an incident, one check-in every ``every``."""

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


def every(cadence: Cadence, at: datetime, incidents: Sequence[datetime], wish: str) -> timedelta:
    """Return the distance to the next check-in: the shortest that an incident asks for, the
    usual one without; a client who wished for less gets no less than that wish."""
    found = [
        stretch.every
        for incident in incidents
        for stretch in _stretch(cadence, (at - incident).days)
    ]
    usual = cadence.less_often if wish == "less_often" else cadence.usual
    shortest = min([usual, *found])
    return max(shortest, cadence.usual) if wish == "less_often" else shortest


def _stretch(cadence: Cadence, day: int) -> list[Stretch]:
    if day < 0:
        return []
    return [s for s in cadence.after_incident if day < s.until_day][:1]


def next_checkin(at: datetime, gap: timedelta, zone: str, wish: time, quiet: Span) -> datetime:
    """Return when to ask next: whole days after ``at``, at the client's hour, never in quiet
    hours, always later than ``at``."""
    day = (at + gap).astimezone(ZoneInfo(zone)).date()
    moment = out_of_quiet(local(day, wish, zone), zone, quiet)
    while moment <= at:
        day += timedelta(days=1)
        moment = out_of_quiet(local(day, wish, zone), zone, quiet)
    return moment
