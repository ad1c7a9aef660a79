"""The clock: the only place that reads the time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time, aware and in UTC."""

    def now(self) -> datetime:
        """Return this moment."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return this moment."""
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is moved; for rehearsals, tests and ``>wait``."""

    def __init__(self, start: datetime) -> None:
        """Stand at ``start`` (aware)."""
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Return the moment at which the clock stands."""
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Stand at ``moment``; a rehearsal's time never goes back."""
        self._now = max(self._now, moment.astimezone(UTC))

    def move_by(self, span: timedelta) -> None:
        """Go on by ``span``."""
        self.move_to(self._now + span)


class ShiftedClock:
    """The machine's clock, moved ahead by ``>wait``; for trying things out by hand."""

    def __init__(self) -> None:
        """Begin at the machine's time."""
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """Return the machine's time, moved ahead."""
        return datetime.now(UTC) + self._ahead

    def move_to(self, moment: datetime) -> None:
        """Go on to a moment; never back."""
        self._ahead += max(moment - self.now(), timedelta(0))
