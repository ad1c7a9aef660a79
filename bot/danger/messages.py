"""The labelled messages that train and measure the classifier, written by hand for this project."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.content.yaml import Reader, line_of
from bot.core.danger import Signal, Urgency
from bot.errors import ContentError, SafError

SPLITS = ("train", "dev", "measure")
_PARTS = {"id", "text", "lang", "signals", "urgency", "situation", "register", "indirect", "split"}
LANGUAGES = ("en", "es", "mixed")
# A message on one line; everything else is left to the YAML library.
_LINE = re.compile(
    r'  - \{id: (?P<id>[a-z][\w-]*), text: (?P<text>"(?:[^"\\]|\\["\\nt])*"), (?P<rest>.*)\}'
)
_PART = re.compile(r"([a-z]+): (\[[a-z_, ]*\]|[a-z_]+)")


@dataclass(frozen=True, slots=True)
class Message:
    """One message and what it says about danger, by somebody who read it in full."""

    id: str
    text: str
    lang: str
    signals: tuple[Signal, ...]
    urgency: Urgency
    split: str = ""
    file: str = ""
    line: int = 0


def load_messages(danger_dir: Path, split: str) -> list[Message]:
    """Return the messages of one split from every ``messages_*.yml``, in order of the files.

    Files of another split are not read at all: what measures is never seen by what trains.
    """
    found: list[Message] = []
    for path in sorted(danger_dir.glob("messages_*.yml")):
        if _split_of(path) == split:
            found += _read(path, split)
    return found


def message_files(danger_dir: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file of messages with its split."""
    for path in sorted(danger_dir.glob("messages_*.yml")):
        yield path, _split_of(path)


def fingerprint(danger_dir: Path) -> str:
    """Return a hash over all that training reads, to tell whether a model is up to date."""
    digest = hashlib.sha256()
    training = [path for path, split in message_files(danger_dir) if split != "measure"]
    training += [danger_dir / "words.yml", *danger_dir.glob("words_es.yml")]
    for path in [*training, danger_dir / "prices.yml"]:
        try:
            digest.update(path.name.encode() + path.read_bytes())
        except OSError as error:
            what = f"cannot be read ({error.strerror})"
            raise ContentError(path, 1, what, "put it back") from None
    return digest.hexdigest()


def read_lines(path: Path) -> list[Message]:
    """Read JSONL of {"text", "urgency", "signals", "lang"}; ContentError names a bad line."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise SafError(f"{path} cannot be read ({error.strerror}); name a JSONL file.") from None
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            message = Message(
                id=str(row.get("id", f"line {number}")),
                text=str(row["text"]),
                lang=str(row.get("lang", "")) or "unknown",
                signals=tuple(Signal(name) for name in row.get("signals") or ()),
                urgency=Urgency(row["urgency"]),
            )
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            mend = 'write {"text": "...", "urgency": "now|today|watch|none", "signals": [...]}'
            raise ContentError(path, number, f"no labelled message ({error})", mend) from None
        found.append(message)
    if not found:
        raise SafError(f"{path} holds no message; write one JSON object a line.")
    return found


def _split_of(path: Path) -> str:
    """Return the split of a file by its name: dev, measure, else train."""
    name = path.stem.removeprefix("messages_").split("_")[0]
    return name if name in SPLITS else "train"


def _read(path: Path, split: str) -> Iterable[Message]:
    """Read and check one file."""
    plain = _read_plain(path, split)
    if plain is not None:
        yield from plain
        return
    file = Reader(path)
    file.only(file.root, {"messages"})
    for entry in file.get(file.root, "messages", list, "write the messages below `messages:`"):
        if not isinstance(entry, dict):
            raise ContentError(
                path, line_of(entry), "this is no message", "write {id: ..., text: ...}"
            )
        yield _message(file, entry, split)


def _read_plain(path: Path, split: str) -> list[Message] | None:
    """Return a file's messages when each stands on a line of its own, as all of ours do.

    Reading thousands of them as YAML takes half a minute. None when any line is of another shape or
    wrong in any way: then the file is read as YAML, which knows what to say about it.
    """
    found = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    begun = False
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line == "messages:" and not begun:
            begun = True
            continue
        message = _plain(line, split, str(path), number) if begun else None
        if message is None:
            return None
        found.append(message)
    return found if begun else None


def _plain(line: str, split: str, file: str, number: int) -> Message | None:
    whole = _LINE.fullmatch(line)
    if whole is None:
        return None
    parts = dict(_PART.findall(whole["rest"]))
    if ", ".join(f"{key}: {value}" for key, value in parts.items()) != whole["rest"]:
        return None
    names = parts.get("signals", "x").strip("[]").split(", ")
    try:
        signals = tuple(Signal(name) for name in names if name)
        urgency, text = Urgency(parts["urgency"]), json.loads(whole["text"])
    except (ValueError, KeyError):
        return None
    right = parts.keys() <= _PARTS and parts.get("split") == split
    right = right and parts.get("lang") in LANGUAGES
    if not right or (urgency is Urgency.NONE) != (not signals):
        return None
    return Message(whole["id"], text, parts["lang"], signals, urgency, split, file, number)


def _message(file: Reader, entry: Any, split: str) -> Message:
    """Check one message: known signals, and none exactly where nothing is wrong."""
    file.only(entry, _PARTS)
    mend = "see the other messages of this file"
    try:
        urgency = Urgency(file.get(entry, "urgency", str, mend))
        signals = tuple(Signal(name) for name in file.get(entry, "signals", list, mend))
    except ValueError as error:
        raise file.wrong(entry, None, str(error), "signals stand in signals.yml") from None
    if (urgency is Urgency.NONE) != (not signals):
        what = "urgency none and signals do not go together"
        raise file.wrong(entry, "signals", what, "give a signal and an urgency, or neither")
    if file.get(entry, "split", str, mend) != split:
        what = f"split {entry['split']} stands in a file of split {split}"
        raise file.wrong(entry, "split", what, "move the message to a file of its split")
    lang = file.get(entry, "lang", str, mend)
    if lang not in LANGUAGES:
        raise file.wrong(
            entry, "lang", f"the language {lang}", f"use one of: {', '.join(LANGUAGES)}"
        )
    text = file.get(entry, "text", str, "put the text in quotes")
    where = str(file.path), line_of(entry)
    return Message(file.get(entry, "id", str, mend), text, lang, signals, urgency, split, *where)
