"""Who has the shift: weekly rotations, single shifts and overrides, put together for any span."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from bot.core.hours import Span, local

WEEK = timedelta(days=7)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time in which somebody is on call; ``ends`` is not included."""

    worker_id: str
    starts: datetime
    ends: datetime

    def covers(self, at: datetime) -> bool:
        """Tell whether a moment lies within."""
        return self.starts <= at < self.ends


@dataclass(frozen=True, slots=True)
class Rotation:
    """People who take turns by the week, in the program's zone.

    ``first``: the day of the first hand-over; the same weekday is every later one. ``hours``: on
    call only in these hours of each day; None: around the clock.
    """

    zone: str
    first: date
    at: time
    turns: tuple[str, ...]
    hours: Span | None = None

    def turn(self, number: int) -> tuple[datetime, datetime]:
        """Return when a turn begins and when it is handed over: by the wall clock, so that a week
        with a clock change is an hour longer or shorter."""
        first = self.first + number * WEEK
        return local(first, self.at, self.zone), local(first + WEEK, self.at, self.zone)

    def who(self, number: int, here: frozenset[str]) -> str | None:
        """Return who has a turn; one whose worker has left is taken by the next of the rotation,
        so that nobody else's weeks move. None when all have left."""
        ring = range(number, number + len(self.turns))
        found = (self.turns[place % len(self.turns)] for place in ring)
        return next((one for one in found if one in here), None)

    def stretches(
        self, since: datetime, until: datetime, here: frozenset[str]
    ) -> Iterator[Stretch]:
        """Yield who is on call from one moment to another."""
        if not self.turns:
            return
        number = max(0, (since.date() - self.first) // WEEK - 1)
        while (bounds := self.turn(number))[0] < until:
            who = self.who(number, here)
            if who is not None and bounds[1] > since:
                yield from self._within(who, *bounds)
            number += 1

    def _within(self, who: str, starts: datetime, ends: datetime) -> Iterator[Stretch]:
        if self.hours is None:
            yield Stretch(who, starts, ends)
            return
        over = self.hours.end <= self.hours.start
        day = starts.date() - 2 * DAY
        while day <= ends.date() + DAY:
            begin = local(day, self.hours.start, self.zone)
            end = local(day + DAY if over else day, self.hours.end, self.zone)
            day += DAY
            if max(begin, starts) < min(end, ends):
                yield Stretch(who, max(begin, starts), min(end, ends))


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody is off from one moment to another; ``by``: who has it instead, None: nobody."""

    off: str
    by: str | None
    starts: datetime
    ends: datetime


def put_together(
    stretches: Iterable[Stretch],
    overrides: Sequence[Override],
    since: datetime,
    until: datetime,
) -> list[Stretch]:
    """Return who is on call when, in order of time, everybody's own stretches joined.

    Overrides are applied in the order in which they were said: what was said last is true.
    """
    found = [
        Stretch(one.worker_id, max(one.starts, since), min(one.ends, until)) for one in stretches
    ]
    for override in overrides:
        found = [part for one in found for part in _overridden(one, override)]
    return _joined(found)


def _overridden(one: Stretch, override: Override) -> Iterator[Stretch]:
    starts, ends = max(one.starts, override.starts), min(one.ends, override.ends)
    if one.worker_id != override.off or starts >= ends:
        yield one
        return
    yield replace(one, ends=starts)
    if override.by is not None:
        yield Stretch(override.by, starts, ends)
    yield replace(one, starts=ends)


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return stretches without the empty and the doubled, neighbours of one person as one."""
    last: dict[str, Stretch] = {}
    done: list[Stretch] = []
    for one in sorted(stretches, key=lambda one: (one.starts, one.ends)):
        if one.starts >= one.ends:
            continue
        before = last.get(one.worker_id)
        if before is None or one.starts > before.ends:
            if before is not None:
                done.append(before)
            last[one.worker_id] = one
        else:
            last[one.worker_id] = replace(before, ends=max(before.ends, one.ends))
    return sorted([*done, *last.values()], key=lambda one: (one.starts, one.ends, one.worker_id))


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch in which nobody on call can be reached; ``had``: who is on call all the same."""

    starts: datetime
    ends: datetime
    had: tuple[str, ...] = ()


def gaps(
    stretches: Sequence[Stretch], reachable: Mapping[str, bool], since: datetime, until: datetime
) -> list[Gap]:
    """Return when nobody who can be reached is on call, and who is then on call all the same."""
    found: list[Gap] = []
    covered = since
    for one in sorted(stretches, key=lambda one: one.starts):
        if reachable.get(one.worker_id) and one.ends > covered:
            if one.starts > covered:
                found.append(Gap(covered, one.starts))
            covered = one.ends
    if covered < until:
        found.append(Gap(covered, until))
    return [part for gap in found for part in _by_who(gap, stretches)]


def _by_who(gap: Gap, stretches: Sequence[Stretch]) -> Iterator[Gap]:
    """Yield a gap in parts, each with who is on call in all of it."""
    edges = {gap.starts, gap.ends}
    edges |= {edge for one in stretches for edge in (one.starts, one.ends)}
    inside = sorted(edge for edge in edges if gap.starts <= edge <= gap.ends)
    for starts, ends in pairwise(inside):
        had = dict.fromkeys(
            one.worker_id for one in stretches if one.starts < ends and one.ends > starts
        )
        yield Gap(starts, ends, tuple(had))
