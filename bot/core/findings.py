"""What an examination finds: how bad it is, where, and one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARN = "warn"  # works, and will hurt one day
    BAD = "bad"  # something that people rely on does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of an examination; ``what`` says what to do about it, where that is not plain."""

    level: Level
    where: str
    what: str


def ok(where: str, what: str) -> Finding:
    """Return a good finding."""
    return Finding(Level.OK, where, what)


def warn(where: str, what: str) -> Finding:
    """Return a finding that can wait until tomorrow."""
    return Finding(Level.WARN, where, what)


def bad(where: str, what: str) -> Finding:
    """Return a finding that cannot wait."""
    return Finding(Level.BAD, where, what)
