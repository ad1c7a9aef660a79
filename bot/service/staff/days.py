"""Which day can be meant when somebody records a date."""

from __future__ import annotations

from datetime import date, timedelta

from bot.core.dates import DateKind

LIFETIME = timedelta(days=100 * 365)
AHEAD = timedelta(days=20 * 365)


def sensible(kind: DateKind, day: date, today: date) -> bool:
    """Tell whether a day can be meant: a court date that is over, or a slip of the year, cannot."""
    if kind.yearly:
        return today - LIFETIME < day < today + AHEAD
    return today <= day < today + AHEAD
