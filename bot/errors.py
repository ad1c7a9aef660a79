"""What can go wrong, each with the one sentence that a person reads; imports nothing of ours."""

from __future__ import annotations

from pathlib import Path


class SafError(Exception):
    """A command cannot do its work; the message is one sentence: what, where, what to do."""

    exit_code = 2


class ContentError(SafError):
    """A file of the program staff's room has a mistake."""

    def __init__(self, file: str | Path, line: int, what: str, mend: str) -> None:
        """Keep where it is, what is wrong there, and what to write instead."""
        super().__init__(f"{file}:{line}: {what}; {mend}")
        self.file, self.line, self.what, self.mend = str(file), line, what, mend


class SettingsError(SafError):
    """A setting is missing or makes no sense."""


class KeyTrouble(SafError):
    """The key is missing beside an existing database, or is not the one that sealed it."""


class StoreTrouble(SafError):
    """The database cannot be opened, read or written."""


class EngineDown(Exception):
    """The dialogue engine does not answer."""


class TurnFailed(Exception):
    """The dialogue engine answered, but the turn did not work; nothing of it may be kept."""
