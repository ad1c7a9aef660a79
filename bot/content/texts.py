"""All that people are told: ``responses:`` of data/responses/, English and Spanish side by side."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.content.yaml import Reader, files
from bot.core.people import Language
from bot.errors import ContentError

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


def load(folder: Path) -> Texts:
    """Read every response; ContentError for a missing language, a doubled name, a bad brace."""
    by_name: dict[str, dict[Language, str]] = {}
    where: dict[str, Path] = {}
    for path in files(folder):
        reader = Reader(path)
        reader.only(reader.root, {"version", "responses"})
        for name, variations in (reader.root.get("responses") or {}).items():
            node = reader.root["responses"]
            if name in where:
                raise reader.wrong(
                    node, name, f"`{name}` stands in {where[name].name} too", "keep one of them"
                )
            where[name] = path
            by_name[name] = _languages(reader, node, name, variations)
    return Texts(by_name)


def _languages(reader: Reader, node: Any, name: str, variations: Any) -> dict[Language, str]:
    mend = "give it a text for `value: es` and one without a condition for English"
    if not isinstance(variations, list):
        raise reader.wrong(node, name, f"`{name}` has no texts", mend)
    found: dict[Language, str] = {}
    for variation in variations:
        text = reader.get(variation, "text", str, "add `text:`")
        _check_braces(reader, variation, text)
        conditions = variation.get("condition") or []
        values = [c.get("value") for c in conditions if c.get("name") == "language"]
        language = Language.EN if not conditions else None
        if values and values[0] in list(Language):
            language = Language(values[0])
        if language is None:
            raise reader.wrong(variation, "condition", "is no language", mend)
        found[language] = text.strip()
    for language in Language:
        if not found.get(language):
            raise reader.wrong(node, name, f"`{name}` has no text in `{language}`", mend)
    return found


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
