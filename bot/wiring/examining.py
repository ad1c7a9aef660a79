"""Examining the staff's room: everything that `check`, `train` and `publish` ask of it."""

from __future__ import annotations

from pathlib import Path

from bot.content import examine
from bot.danger import checks
from bot.errors import ContentError

# One sentence for all that was looked at; `check` says it when nothing is wrong.
LOOKED_AT = (
    "flows and their ways, texts in both languages, words and lengths, program, danger phrases "
    "with their examples, messages, signals, words, prices, and what the dialogue learns"
)


def mistakes(data: Path) -> list[ContentError]:
    """Return every mistake in the staff's room by file and line; empty when it can be used."""
    found = {str(one): one for one in (*examine.problems(data), *checks.problems(data))}
    near = (ContentError(near_by(one.file), one.line, one.what, one.mend) for one in found.values())
    return sorted(near, key=lambda one: (one.file, one.line))


def near_by(file: str | Path) -> Path:
    """Return a file's name as somebody would open it from where they stand."""
    path, here = Path(file).absolute(), Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
