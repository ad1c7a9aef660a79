"""Local time: quiet hours, staffed hours, and the moment at which somebody may be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def wall_clock(text: str) -> time:
    """Read ``21:00``; ValueError when it is no time, or one of another zone."""
    found = time.fromisoformat(text.strip())
    if found.tzinfo is not None:
        raise ValueError(f"{text!r} has an offset of its own")
    return found


@dataclass(frozen=True, slots=True)
class Span:
    """Hours of a local day, from ``start`` to before ``end``; over midnight when end <= start."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: str) -> Span:
        """Read ``21:00-09:00``; ValueError when it is nothing of the kind."""
        start, _, end = text.partition("-")
        return cls(wall_clock(start), wall_clock(end))

    def covers(self, at: time) -> bool:
        """Tell whether a local time lies within; equal ends cover nothing."""
        if self.start == self.end:
            return False
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


def local(day: date, at: time, zone: str) -> datetime:
    """Return a local time as aware UTC; a time that the clock change leaves out comes an hour
    later, one that it repeats is its first."""
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


def on_day(day: date, wish: time, zone: str, quiet: Span) -> datetime:
    """Return the moment of a local day at which something unasked may come: at the wished time,
    or, where that is quiet, at the end of the quiet hours of this same day and no other."""
    return local(day, quiet.end if quiet.covers(wish) else wish, zone)


def end_of_day(day: date, zone: str) -> datetime:
    """Return the moment at which a local day is over."""
    return local(day + timedelta(days=1), time(0), zone)


def out_of_quiet(at: datetime, zone: str, quiet: Span) -> datetime:
    """Return the first moment not before ``at`` that lies outside the quiet hours."""
    here = at.astimezone(ZoneInfo(zone))
    if not quiet.covers(here.time()):
        return at
    ends = local(here.date(), quiet.end, zone)
    return ends if ends > at else local(here.date() + timedelta(days=1), quiet.end, zone)


@dataclass(frozen=True, slots=True)
class Staffed:
    """When somebody of the program is at work: spans by weekday (0 is Monday), local time."""

    zone: str
    spans: Mapping[int, Span]

    def _shifts(self, around: datetime) -> Iterator[tuple[datetime, datetime]]:
        first = around.astimezone(ZoneInfo(self.zone)).date() - timedelta(days=1)
        for day in (first + timedelta(days=n) for n in range(10)):
            span = self.spans.get(day.weekday())
            if span is not None and span.start != span.end:
                over = span.end <= span.start
                ends = day + timedelta(days=1) if over else day
                yield local(day, span.start, self.zone), local(ends, span.end, self.zone)

    def covers(self, at: datetime) -> bool:
        """Tell whether somebody is at work."""
        return any(start <= at < end for start, end in self._shifts(at))

    def running(self, at: datetime) -> tuple[datetime, datetime] | None:
        """Return begin and end of the shift that runs, None when nobody is at work."""
        return next((span for span in self._shifts(at) if span[0] <= at < span[1]), None)

    def next_start(self, at: datetime) -> datetime | None:
        """Return when the next shift begins, None when the program has no hours at all."""
        return next((start for start, _ in self._shifts(at) if start > at), None)

    def week(self, at: datetime, zone: str) -> list[tuple[int, int, time, time]]:
        """Return the shifts of the week around a moment as the clock shows them in another zone:
        first and last weekday of days in a row with the same hours, begin and end."""
        today = at.astimezone(ZoneInfo(self.zone)).date()
        monday, there = today - timedelta(days=today.weekday()), ZoneInfo(zone)
        shifts = []
        for weekday, span in self.spans.items():
            if span.start != span.end:
                day = monday + timedelta(days=weekday)
                ends = day + timedelta(days=span.end <= span.start)
                begin = local(day, span.start, self.zone).astimezone(there)
                end = local(ends, span.end, self.zone).astimezone(there)
                shifts.append((begin.weekday(), begin.time(), end.time()))
        found: list[tuple[int, int, time, time]] = []
        for weekday, start, end_ in sorted(shifts):
            if found and found[-1][1:] == (weekday - 1, start, end_):
                found[-1] = (found[-1][0], weekday, start, end_)
            else:
                found.append((weekday, weekday, start, end_))
        return found

    def rest_of_day(self, at: datetime) -> datetime | None:
        """Return when the shift ends that runs now or begins later this local day, None without."""
        today = at.astimezone(ZoneInfo(self.zone)).date()
        for start, end in self._shifts(at):
            if end > at and start.astimezone(ZoneInfo(self.zone)).date() <= today:
                return end
        return None

    def after(self, at: datetime, delay: timedelta) -> datetime:
        """Return the moment at which ``delay`` of staffed time has passed; without any hours,
        plain time."""
        left = delay
        for start, end in self._shifts(at):
            if end <= at:
                continue
            begin = max(start, at)
            if begin + left <= end:
                return begin + left
            left -= end - begin
        return at + delay
