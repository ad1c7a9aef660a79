"""Values that many of the staff's files hold: spans, hours, zones, names from a list, phrases.

Each is read here once, so that a mistake in one gets the same words wherever it stands. A value
that can be read but would stop a chain of pages, or ring without end, is a mistake too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.content.yaml import Reader
from bot.core.answers import fold
from bot.core.hours import Span
from bot.core.people import Language

T = TypeVar("T")

_SPAN = re.compile(r"(\d+)\s*(s|m|h|d)")
_UNIT = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
YEAR = 366 * DAY
LONGEST = 10 * YEAR  # nothing of ours lasts longer, and a clock moved on by it still has a date


def span(text: object) -> timedelta:
    """Read ``90s``, ``15m``, ``2h``, ``7d``; ValueError when it is nothing of the kind."""
    words = str(text).strip()
    match = _SPAN.fullmatch(words)
    if not match:
        raise ValueError(f"{words[:40]!r} is no time span")
    # So many digits are too long in any unit; to count with them would overflow.
    found = (
        timedelta(**{_UNIT[match[2]]: int(match[1])}) if len(match[1]) < len("1000000000") else None
    )
    if found is None or found > LONGEST:
        raise ValueError(f"{words[:40]!r} is longer than ten years")
    return found


def written(length: timedelta) -> str:
    """Write a span as staff write it: ``15m``."""
    for sign, unit in (("d", DAY), ("h", 60 * MINUTE), ("m", MINUTE)):
        if length and not length % unit:
            return f"{length // unit}{sign}"
    return f"{length // SECOND}s"


def length(
    reader: Reader,
    node: Any,
    key: str,
    *,
    least: timedelta = timedelta(0),
    most: timedelta = LONGEST,
) -> timedelta:
    """Return a span that lies within bounds."""
    mend = "write a number with s, m, h or d, such as 15m"
    try:
        found = span(reader.get(node, key, object, mend))
    except ValueError as error:
        raise reader.wrong(node, key, str(error), mend) from None
    if found < least:
        what = f"`{key}` is too short" if found else f"`{key}` is no time at all"
        raise reader.wrong(node, key, what, f"write at least {written(least)}")
    if found > most:
        raise reader.wrong(node, key, f"`{key}` is too long", f"write at most {written(most)}")
    return found


def number(reader: Reader, node: Any, key: str, least: int, most: int, default: Any = ...) -> int:
    """Return a whole number that lies within bounds."""
    mend = f"write a number from {least} to {most}"
    found: int = reader.get(node, key, int, mend, default)
    if not least <= found <= most:
        raise reader.wrong(node, key, f"`{key}` cannot be {found}", mend)
    return found


def hours(reader: Reader, node: Any, key: str) -> Span:
    """Return hours of a day."""
    mend = 'write hours such as "22:00-07:00"'
    try:
        return Span.parse(reader.get(node, key, str, mend))
    except ValueError:
        raise reader.wrong(node, key, "these are no hours", mend) from None


def zone(reader: Reader, node: Any, key: str, default: Any = ...) -> str:
    """Return the name of a time zone that there is."""
    mend = "write a name like America/Chicago"
    name = str(reader.get(node, key, str, mend, default)).strip()
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise reader.wrong(node, key, f"`{name}` is no time zone", mend) from None
    return name


def one_of(reader: Reader, node: Any, key: str, choices: Mapping[str, T]) -> T:
    """Return what a name stands for."""
    mend = "use one of: " + ", ".join(choices)
    value = reader.get(node, key, str, mend)
    if value not in choices:
        raise reader.wrong(node, key, f"`{value}` is not known", mend)
    return choices[value]


def any_of(reader: Reader, node: Any, key: str, choices: Mapping[str, T]) -> tuple[T, ...]:
    """Return what each name of a list stands for; the list may be empty."""
    mend = "use any of: " + ", ".join(choices)
    values = reader.get(node, key, list, mend)
    for place, value in enumerate(values):
        if not isinstance(value, str) or value not in choices:
            raise reader.wrong(values, place, f"`{value}` is not known", mend)
    return tuple(choices[value] for value in values)


def phrases(reader: Reader, node: Any) -> Iterator[tuple[Language, str]]:
    """Yield what people say in each language; no phrase is empty once it is folded."""
    reader.only(node, {language.value for language in Language})
    for language in Language:
        said = reader.get(node, language.value, list, "list what people write")
        for place, phrase in enumerate(said):
            # YAML reads a bare `true` as a truth value; here it was meant as a word.
            if not isinstance(phrase, str | int | float):
                mend = 'write words such as "got it"'
                raise reader.wrong(said, place, "this is no phrase", mend)
            if not fold(str(phrase)):
                raise reader.wrong(said, place, "a phrase has no letters", "take it out")
            yield language, str(phrase)
