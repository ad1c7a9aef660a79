"""What workers' plain words mean: data/program/worker_words.yml and the labels of their buttons."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.content.texts import Texts
from bot.content.values import phrases
from bot.content.yaml import Reader
from bot.core.alerts import Move
from bot.core.answers import fold
from bot.core.people import Language
from bot.core.words import NOT_YET, Words


def load(path: Path, texts: Texts, outcomes: Sequence[str]) -> Words:
    """Read worker_words.yml; ContentError for a phrase with two meanings or an unknown outcome."""
    reader = Reader(path)
    reader.only(reader.root, {"version", "says", "outcomes", "asides", "takes_back"})
    says = reader.get(reader.root, "says", dict, "add `says:`")
    ends = reader.get(reader.root, "outcomes", dict, "add `outcomes:`")
    asides = reader.get(reader.root, "asides", dict, "add `asides:`")
    reader.only(says, {*Move, NOT_YET})
    reader.only(ends, set(outcomes))
    meanings = _meanings(reader, says)
    endings = _meanings(reader, ends)
    for phrase, (node, key) in endings.items():
        if phrase in meanings:
            what = f"`{phrase}` stands under `says` too"
            raise reader.wrong(node, key, what, "keep it in one place")
    said = {phrase: str(key) for phrase, (_, key) in meanings.items()}
    ended = {phrase: str(key) for phrase, (_, key) in endings.items()}
    for move in Move:
        said |= _labels(texts, f"utter_button_{move}", move.value)
    for outcome in outcomes:
        ended |= _labels(texts, f"utter_outcome_{outcome}", outcome)
    # Versions that were published before there was such a list live on.
    back = reader.get(reader.root, "takes_back", dict, "write en and es", {"en": [], "es": []})
    return Words(said, ended, _folded(reader, asides), _folded(reader, back))


def _folded(reader: Reader, node: Any) -> frozenset[str]:
    return frozenset(fold(phrase) for _, phrase in phrases(reader, node))


def _meanings(reader: Reader, node: Any) -> dict[str, tuple[Any, Any]]:
    """Return each folded phrase with the place where it stands."""
    found: dict[str, tuple[Any, Any]] = {}
    for key in node:
        one = reader.get(node, key, dict, "give it `en:` and `es:`")
        for phrase in (fold(said) for _, said in phrases(reader, one)):
            if phrase in found and found[phrase][1] != key:
                what = f"`{phrase}` stands under `{found[phrase][1]}` too"
                raise reader.wrong(node, key, what, "keep it in one place")
            found[phrase] = (node, key)
    return found


def _labels(texts: Texts, name: str, meaning: str) -> dict[str, str]:
    if not texts.has(name):
        return {}
    return {fold(texts.say(name, language)): meaning for language in Language}
