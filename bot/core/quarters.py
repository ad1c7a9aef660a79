"""Spans of whole local days for figures: quarters, and weeks within them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

HIDDEN_BELOW = 10  # a smaller count could point at a person
MONTHS = 3


@dataclass(frozen=True, slots=True)
class Days:
    """Local days from the first to the last, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        """Refuse a span that ends before it begins."""
        if self.last < self.first:
            raise ValueError("the span ends before it begins")

    def moments(self, zone: str) -> tuple[datetime, datetime]:
        """Return the moments at which the span begins and ends (not included)."""
        here = ZoneInfo(zone)
        after = self.last + timedelta(days=1)
        return (
            datetime.combine(self.first, time(), here),
            datetime.combine(after, time(), here),
        )

    @property
    def weeks(self) -> float:
        """Return how many weeks it has."""
        return ((self.last - self.first).days + 1) / 7


def last_quarter(today: date) -> Days:
    """Return the last quarter of the calendar that is over."""
    first = date(today.year, today.month - (today.month - 1) % MONTHS, 1)
    last = first - timedelta(days=1)
    return Days(date(last.year, last.month - MONTHS + 1, 1), last)


def shown(number: int) -> int | str:
    """Return a count as it may leave the program: a small one is hidden, zero too."""
    return number if number >= HIDDEN_BELOW else f"<{HIDDEN_BELOW}"
