"""What must hold in staff's danger files; `check`, `train` and the tests ask here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.core.people import Language
from bot.danger.context import load_questions
from bot.danger.features import Reader
from bot.danger.meanings import load_meanings
from bot.danger.messages import load_messages
from bot.danger.normalise import Normaliser
from bot.danger.phrases import Phrases, load_phrases
from bot.danger.words import load_words
from bot.danger.zones import load_prices
from bot.errors import ContentError


def problems(data_dir: Path) -> list[str]:
    """Return what is wrong in data/danger, each with file, line and what to do; empty when fine."""
    danger_dir = data_dir / "danger"
    found: list[str] = []
    for load in (load_words, load_questions, _meanings, load_prices):
        try:
            load(danger_dir)
        except ContentError as error:
            found.append(str(error))
    try:
        reader = Reader(load_words(danger_dir))
        found += phrase_problems(load_phrases(danger_dir), reader)
    except ContentError as error:
        found.append(str(error))
    try:
        found += message_problems(danger_dir)
    except ContentError as error:
        found.append(str(error))
    return list(dict.fromkeys(found))


def _meanings(danger_dir: Path) -> None:
    """Read the meanings for their mistakes alone."""
    load_meanings(danger_dir, Language.EN)


def phrase_problems(phrases: Phrases, reader: Reader) -> list[str]:
    """Return every example that its phrase does not treat as staff wrote it."""
    found = []
    for phrase in phrases.phrases:
        where = f"{phrase.file}:{phrase.line}: the phrase {phrase.id}"
        for text in phrase.must_match:
            if phrase not in phrases.find(reader.normal(text)):
                found.append(f'{where} must match "{text}" and does not; widen a pattern')
        for text in phrase.must_not_match:
            if phrase in phrases.find(reader.normal(text)):
                found.append(
                    f'{where} must not match "{text}" and does; narrow it or add `unless:`'
                )
    return found


def message_problems(danger_dir: Path) -> Iterator[str]:
    """Yield ids that stand twice, and messages that stand in training and elsewhere."""
    normalise = Normaliser()
    ids: set[str] = set()
    texts: dict[str, str] = {}
    for split in ("train", "dev", "measure"):
        for message in load_messages(danger_dir, split):
            if message.id in ids:
                yield f"{danger_dir}: the message id {message.id} stands twice; give one a new id"
            ids.add(message.id)
            words = normalise(message.text).words
            other = texts.setdefault(words, split)
            if other != split:
                yield f"{danger_dir}: {message.id} ({split}) stands in {other} too; take one out"
