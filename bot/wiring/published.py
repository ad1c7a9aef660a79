"""Published versions of the staff's room: which is live, and what the service reads of it.

Each stands in ``<home>/published/<number>/`` with its content, its models and their hashes, and is
never changed. Several machines: each has this folder, or shares it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot import content
from bot.content import Content
from bot.content.texts import Texts
from bot.core.people import Language
from bot.errors import SafError
from bot.settings import Settings

FOLDER = "published"
LIVE = "live.json"  # which version is live, since when, and who did it
FACTS = "version.json"
# Every text that was ever live, in its newest wording: a talk ends on the questions with which it
# began, though they are gone since.
TEXTS = "texts.json"


@dataclass(frozen=True, slots=True)
class Version:
    """One published version: what it holds, who published it when and why."""

    number: int
    folder: Path
    at: str
    who: str
    note: str
    before: int | None  # the version that was live when this one was published
    files: Mapping[str, str]  # each file's SHA-256, by its path in the folder
    dropped: tuple[str, ...] = ()  # danger phrases that were given up by name

    @property
    def data(self) -> Path:
        """Return the folder of its content."""
        return self.folder / "data"

    @property
    def models(self) -> Path:
        """Return the folder of its models."""
        return self.folder / "models"


def folder(home: Path) -> Path:
    """Return where a program's versions stand."""
    return home / FOLDER


def live_version(home: Path) -> Version | None:
    """Return the live version, None when nothing was published yet."""
    path = folder(home) / LIVE
    if not path.exists():
        return None
    number = _json(path).get("version")
    if not isinstance(number, int):
        raise SafError(f"{path} names no version; `saf rollback NUMBER` mends it.")
    return version(home, number)


def version(home: Path, number: int) -> Version:
    """Return a version; SafError when there is none of that number."""
    place = folder(home) / f"{number:04}"
    if not (place / FACTS).exists():
        known = ", ".join(str(one) for one in numbers(home)) or "none"
        raise SafError(f"There is no published version {number} in {folder(home)}; known: {known}.")
    facts = _json(place / FACTS)
    try:
        return Version(
            number=number,
            folder=place,
            at=str(facts["at"]),
            who=str(facts["who"]),
            note=str(facts["note"]),
            before=facts["before"],
            files=dict(facts["files"]),
            dropped=tuple(facts["dropped"]),
        )
    except (KeyError, TypeError, ValueError):
        raise SafError(f"{place / FACTS} is broken; `saf rollback` to another version.") from None


def numbers(home: Path) -> list[int]:
    """Return the numbers of all versions, oldest first."""
    found = folder(home).glob(f"[0-9]*/{FACTS}")
    return sorted(int(path.parent.name) for path in found)


def live(settings: Settings) -> Settings:
    """Return the settings with content and models of the live version.

    Nothing published yet: as they are, so that a new program works from its checkout.
    """
    found = live_version(settings.home)
    if found is None:
        return settings
    return replace(settings, data=found.data, models=found.models)


def check_whole(found: Version) -> None:
    """Refuse a version whose files are not the ones that were published."""
    for name, wanted in found.files.items():
        path = found.folder / name
        if not path.exists() or digest(path) != wanted:
            raise SafError(
                f"version {found.number} is not what was published ({path} is missing or changed); "
                "publish again, or roll back to another one"
            )


def digest(path: Path) -> str:
    """Return a file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def content_files(data: Path) -> dict[str, str]:
    """Return the SHA-256 of each file that staff own, by its path below data/."""
    return {str(path.relative_to(data)): digest(path) for path in _owned(data)}


def _owned(data: Path) -> Iterator[Path]:
    for path in sorted(data.glob("*/*.y*ml")):
        if not path.name.startswith("."):
            yield path


def load_room(settings: Settings) -> Content:
    """Read the staff's room, and for talks that began earlier the texts that it has lost since."""
    room = content.load(settings.data)
    known = said_ever(settings.home)
    lost = {name: texts for name, texts in known.items() if not room.texts.has(name)}
    return replace(room, texts=Texts({**lost, **room.texts.by_name})) if lost else room


def said_ever(home: Path) -> dict[str, Mapping[Language, str]]:
    """Return every text that was ever live; empty when nothing was published."""
    path = folder(home) / TEXTS
    if not path.exists():
        return {}
    return {
        name: {language: str(texts[language.value]) for language in Language}
        for name, texts in _json(path).items()
    }


def unpublished(settings: Settings) -> list[str] | None:
    """Return the files of data/ that differ from the live version; None when none is published."""
    found = live_version(settings.home)
    if found is None:
        return None
    now = content_files(settings.data)
    then = {
        name.removeprefix("data/"): value
        for name, value in found.files.items()
        if name.startswith("data/")
    }
    return sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    if not isinstance(found, dict):
        raise SafError(f"{path} cannot be read; `saf rollback NUMBER` mends which one is live.")
    return found
