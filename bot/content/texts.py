"""All that people are told: ``responses:`` of data/responses/, English and Spanish side by side."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.content.yaml import Mistakes, Reader, files
from bot.core.people import Language
from bot.errors import ContentError

NAME = re.compile(r"utter_[a-z0-9_]+")
# What the service can fill in; anything else would stand in a message as a bare brace.
PLACEHOLDERS = frozenset(
    {"worker", "other", "alias", "name", "hours", "time", "day", "minutes", "count", "number"}
    | {"urgency", "signals", "why", "words", "question", "last", "guidance", "state", "outcome"}
    | {"what", "list", "link", "role"}
)


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts by name and language."""

    by_name: Mapping[str, Mapping[Language, str]]

    def say(self, name: str, language: Language, /, **facts: object) -> str:
        """Return a text with its placeholders filled; KeyError when there is no such text."""
        text = self.by_name[name][language]
        return text.format_map({key: str(value) for key, value in facts.items()})

    def has(self, name: str) -> bool:
        """Tell whether there is such a text."""
        return name in self.by_name


def load(folder: Path, mistakes: Mistakes | None = None) -> Texts:
    """Read every response; ContentError for a missing language, a doubled name, a bad brace.

    With ``mistakes`` they are collected there; a text with a mistake is known by its name alone.
    """
    mistakes = mistakes or Mistakes(first=True)
    by_name: dict[str, dict[Language, str]] = {}
    where: dict[str, Path] = {}
    for path in files(folder):
        known = len(mistakes.found)
        with mistakes.noted():
            for reader, node, name in _responses(path):
                with mistakes.noted():
                    if name in where:
                        what = f"`{name}` stands in {where[name].name} too"
                        raise reader.wrong(node, name, what, "keep one of them")
                    where[name] = path
                    by_name[name] = {}
                    by_name[name] = _languages(reader, node, name, node[name])
        if len(mistakes.found) > known:
            by_name |= {name: {} for name in _named_in(path) if name not in by_name}
    return Texts(by_name)


def _responses(path: Path) -> Iterator[tuple[Reader, Any, str]]:
    """Yield each response of a file."""
    reader = Reader(path)
    reader.only(reader.root, {"version", "responses"})
    node = reader.get(reader.root, "responses", dict, "write the texts below `responses:`")
    for name in node:
        if not NAME.fullmatch(str(name)):
            mend = "begin with utter_ and use small letters, digits and _"
            raise reader.wrong(node, name, f"`{name}` is no name for a text", mend)
        yield reader, node, str(name)


def _named_in(path: Path) -> list[str]:
    """Return the names in a file that cannot be read: it is one mistake, and not one for each text
    that others look for in it."""
    try:
        return re.findall(r"^  (utter_\w+):", path.read_text(encoding="utf-8"), re.MULTILINE)
    except (OSError, UnicodeDecodeError):
        return []


def _languages(reader: Reader, node: Any, name: str, variations: Any) -> dict[Language, str]:
    mend = "give it a text for `value: es` and one without a condition for English"
    if not isinstance(variations, list):
        raise reader.wrong(node, name, f"`{name}` has no texts", mend)
    found: dict[Language, str] = {}
    for variation in variations:
        text = reader.get(variation, "text", str, 'write `- text: "..."`')
        reader.only(variation, {"text", "condition"})
        _check_braces(reader, variation, text)
        language = _language(variation)
        if language is None:
            mend = "write `- condition: [{type: slot, name: language, value: es}]`"
            raise reader.wrong(variation, "condition", "this condition is no language", mend)
        if language in found:
            raise reader.wrong(variation, "text", f"a second text in `{language}`", mend)
        found[language] = text.strip()
    for language in Language:
        if not found.get(language):
            raise reader.wrong(node, name, f"`{name}` has no text in `{language}`", mend)
    return found


def _language(variation: Any) -> Language | None:
    """Return the language of one text; English when it has no condition."""
    conditions = variation.get("condition")
    if conditions is None:
        return Language.EN
    shape = {"type": "slot", "name": "language"}
    for language in Language:
        if conditions == [{**shape, "value": language.value}]:
            return language
    return None


def _check_braces(reader: Reader, variation: Any, text: str) -> None:
    try:
        names = {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}
    except ValueError:
        raise reader.wrong(variation, "text", "a brace is left open", "close it") from None
    for name in sorted(names - PLACEHOLDERS):
        mend = "use one of: " + ", ".join(sorted(PLACEHOLDERS))
        raise ContentError(
            reader.path,
            reader.wrong(variation, "text", "", "").line,
            f"{{{name}}} is unknown",
            mend,
        )
