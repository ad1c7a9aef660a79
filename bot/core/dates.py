"""Dates that weigh on a client, and the days around them on which somebody says something."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date, timedelta
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
# These name what has happened already; any other may be given as the day that is coming.
PAST = frozenset({DateKind.KILLING, DateKind.SHOOTING})


class Wants(StrEnum):
    """What a client wants around one of their dates."""

    MESSAGES = "messages"
    WORKER_ONLY = "worker_only"  # nothing on the phone; the worker knows
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class DateStep:
    """One day around a date: ``offset`` days from it, for the client or their worker.

    ``months``: not the date itself but so many months after it, once, in the first year.
    ``kinds``: of which dates; empty: of all. ``text``: its words are ``utter_date_<text>``.
    ``review``: the client's plan is looked through then.
    """

    id: str
    offset: int
    to_worker: bool
    months: int = 0
    kinds: frozenset[DateKind] = frozenset()
    text: str = ""
    review: bool = False

    def fits(self, kind: DateKind) -> bool:
        """Tell whether dates of a kind have this step."""
        return not self.kinds or kind in self.kinds

    def own_day(self, occurrence: date) -> date:
        """Return the day of this step around one occurrence of its date."""
        return occurrence + timedelta(days=self.offset)


def on(day: date, year: int) -> date:
    """Return the day of ``year`` on which a yearly date falls; 29 February falls on the 28th in
    a common year, so that it is never passed over and never comes late."""
    return _in_month(year, day.month, day.day)


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later, or that month's last one."""
    years, month = divmod(day.month - 1 + months, 12)
    return _in_month(day.year + years, month + 1, day.day)


def _in_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def occurrences(kind: DateKind, day: date, recorded: date, step: DateStep) -> Iterator[date]:
    """Yield in order the days around which a step of a date falls.

    ``recorded``: the local day on which the date was written down. A yearly date that lay ahead
    then is its own first occurrence; one that had happened comes back a year later.
    """
    ahead = day > recorded or (day == recorded and kind not in PAST)
    if step.months:
        if kind.yearly and not ahead:
            yield months_after(day, step.months)
    elif not kind.yearly:
        yield day
    else:
        yield from (on(day, year) for year in range(day.year + (not ahead), MAXYEAR))


def skip_reason(wants: Wants, step: DateStep) -> str:
    """Say why a step is not carried out, empty when it is."""
    if wants is Wants.NOTHING:
        return "the client wants nothing around this date"
    if wants is Wants.WORKER_ONLY and not step.to_worker:
        return "the client wants only their worker"
    return ""
