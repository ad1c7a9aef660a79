"""What must hold in staff's danger files; `check`, `train` and the tests ask here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.content.yaml import Mistakes
from bot.danger.context import load_questions
from bot.danger.features import Reader
from bot.danger.meanings import load_meanings
from bot.danger.messages import SPLITS, Message, load_messages
from bot.danger.normalise import Normaliser
from bot.danger.phrases import Phrase, Phrases, load_phrases
from bot.danger.words import Words, load_words
from bot.danger.zones import load_prices
from bot.errors import ContentError


def problems(data_dir: Path) -> list[ContentError]:
    """Return what is wrong in data/danger, each with file, line and what to do; empty when fine."""
    danger_dir = data_dir / "danger"
    mistakes = Mistakes()
    words: Words | None = None
    with mistakes.noted():
        words = load_words(danger_dir)
    with mistakes.noted():
        load_questions(danger_dir)
    with mistakes.noted():
        load_prices(danger_dir)
    with mistakes.noted():
        load_meanings(danger_dir)
    with mistakes.noted():
        phrases = load_phrases(danger_dir)
        if words is not None:
            mistakes.found += phrase_problems(phrases, Reader(words))
    with mistakes.noted():
        mistakes.found += message_problems(danger_dir)
    return mistakes.found


def phrase_problems(phrases: Phrases, reader: Reader) -> list[ContentError]:
    """Return every example that its phrase does not treat as staff wrote it."""
    found = []
    for phrase in phrases.phrases:
        if not phrase.must_match:
            mend = "write at least one message that it must find"
            found.append(_wrong(phrase, "has no example under must_match", mend))
        for text in phrase.must_match:
            if phrase not in phrases.find(reader.normal(text)):
                what = f'must match "{text}" and does not'
                found.append(_wrong(phrase, what, "widen a pattern, or add one"))
        for text in phrase.must_not_match:
            if phrase in phrases.find(reader.normal(text)):
                what = f'must not match "{text}" and does'
                found.append(_wrong(phrase, what, "narrow a pattern, or add `unless:`"))
    return found


def lost(before: Phrases, now: Phrases, reader: Reader) -> list[tuple[Phrase, str]]:
    """Return the phrases of before with each example that nothing finds any more as urgently.

    ``reader``: of now. A phrase that another one stands in for is not lost.
    """
    return [
        (phrase, text)
        for phrase in before.phrases
        for text in phrase.must_match
        if not any(
            found.urgency.rank >= phrase.urgency.rank for found in now.find(reader.normal(text))
        )
    ]


def _wrong(phrase: Phrase, what: str, mend: str) -> ContentError:
    return ContentError(phrase.file, phrase.line, f"the phrase {phrase.id} {what}", mend)


def message_problems(danger_dir: Path) -> Iterator[ContentError]:
    """Yield ids that stand twice, and messages that stand in training and elsewhere."""
    normalise = Normaliser()
    ids: dict[str, Message] = {}
    texts: dict[str, Message] = {}
    for split in SPLITS:
        for message in load_messages(danger_dir, split):
            where = message.file, message.line
            first = ids.setdefault(message.id, message)
            if first is not message:
                what = f"the id {message.id} stands in {Path(first.file).name}:{first.line} too"
                yield ContentError(*where, what, "give one of them a new id")
            other = texts.setdefault(normalise(message.text).words, message)
            if other.split != split:
                place = f"{Path(other.file).name}:{other.line}"
                what = f"the message {message.id} ({split}) stands in {place} ({other.split}) too"
                yield ContentError(*where, what, "take one of them out")
