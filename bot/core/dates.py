"""Dates that weigh on a client, and the days around them on which somebody says something."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class DateKind(StrEnum):
    """What happened, or will happen, on a date."""

    ANNIVERSARY = "anniversary"  # of a killing; the plain word that staff use
    KILLING = "killing"
    SHOOTING = "shooting"
    BIRTHDAY = "birthday"  # of somebody who was killed
    FUNERAL = "funeral"
    VIGIL = "vigil"
    COURT = "court"
    RELEASE = "release"  # of the other side, or of a friend

    @property
    def yearly(self) -> bool:
        """Tell whether the date comes back every year."""
        return self in YEARLY


YEARLY = frozenset({DateKind.ANNIVERSARY, DateKind.KILLING, DateKind.SHOOTING, DateKind.BIRTHDAY})


class Wants(StrEnum):
    """What a client wants around one of their dates."""

    MESSAGES = "messages"
    WORKER_ONLY = "worker_only"  # nothing on the phone; the worker knows
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class DateStep:
    """One day around a date: ``offset`` days from it, for the client or their worker."""

    id: str
    offset: int
    to_worker: bool


def on(day: date, year: int) -> date:
    """Return the day of ``year`` on which a yearly date falls; 29 February falls on the 28th in
    a common year, so that it is never passed over and never comes late."""
    last = calendar.monthrange(year, day.month)[1]
    return date(year, day.month, min(day.day, last))


def next_on(kind: DateKind, day: date, today: date, after_days: int) -> date | None:
    """Return the date's next occurrence whose last step is not over, None when there is none.

    ``after_days``: how many days after the date its last step falls.
    """
    earliest = today - timedelta(days=after_days)
    if not kind.yearly:
        return day if day >= earliest else None
    year = max(earliest.year, day.year + 1)
    occurrence = on(day, year)
    return occurrence if occurrence >= earliest else on(day, year + 1)


def skip_reason(wants: Wants, step: DateStep) -> str:
    """Say why a step is not carried out, empty when it is."""
    if wants is Wants.NOTHING:
        return "the client wants nothing around this date"
    if wants is Wants.WORKER_ONLY and not step.to_worker:
        return "the client wants only their worker"
    return ""
