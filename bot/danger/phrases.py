"""Staff's danger phrases: what must never be missed, with what keeps a phrase from counting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.content.yaml import Reader, line_of
from bot.core.danger import Signal, Urgency
from bot.danger.normalise import STOP, Normal
from bot.danger.pattern import PatternError, compile_pattern
from bot.errors import ContentError

_PARTS = {"id", "signals", "urgency", "owner", "review", "means", "patterns", "unless"} | {
    "despite",
    "only",
    "first_911",
    "must_match",
    "must_not_match",
}
_PLACES = ("before", "sentence", "anywhere")
_LEAVES_IT = "write `first_911: false`, or leave it out"
_NEAR = 5  # words before a phrase in which a "not" or "if" still belongs to it


@dataclass(frozen=True, slots=True)
class Guard:
    """Something around a phrase that keeps it from counting: a negation, a game, the past.

    ``before``: patterns that count when they end at most five words before the phrase begins;
    ``sentence``: anywhere in its sentence; ``anywhere``: anywhere in the message.
    """

    name: str
    before: tuple[re.Pattern[str], ...]
    sentence: tuple[re.Pattern[str], ...]
    anywhere: tuple[re.Pattern[str], ...]

    def holds(self, words: str, start: int, end: int) -> bool:
        """Tell whether this guard stands around ``words[start:end]``."""
        if any(pattern.search(words) for pattern in self.anywhere):
            return True
        opens = words.rfind(f" {STOP}", 0, start)
        opens = 0 if opens < 0 else opens + 2
        closes = words.find(f" {STOP}", end)
        sentence = words[opens : len(words) if closes < 0 else closes]
        if any(pattern.search(sentence) for pattern in self.sentence):
            return True
        near = "".join(f" {word}" for word in words[opens:start].split()[-_NEAR:])
        return any(pattern.search(near) for pattern in self.before)


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase of staff's: what it looks like and what it means."""

    id: str
    signals: tuple[Signal, ...]
    urgency: Urgency
    owner: str
    review: date
    means: dict[str, str]
    patterns: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    despite: frozenset[str]
    only: bool
    first_911: bool
    must_match: tuple[str, ...]
    must_not_match: tuple[str, ...]
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Phrases:
    """All phrases of all languages; people mix languages, so every message is read for each."""

    phrases: tuple[Phrase, ...]
    guards: tuple[Guard, ...]

    def find(self, normal: Normal) -> list[Phrase]:
        """Return the phrases that count in this message, the most urgent first."""
        words = f" {normal.words}"
        found = [phrase for phrase in self.phrases if self._counts(phrase, words)]
        return sorted(found, key=lambda phrase: -phrase.urgency.rank)

    def _counts(self, phrase: Phrase, words: str) -> bool:
        """Tell whether the phrase stands in the words with no guard and no exception around it."""
        if phrase.only:
            bare = words.rstrip(f" {STOP}")
            return any(pattern.fullmatch(bare) for pattern in phrase.patterns)
        guards = [guard for guard in self.guards if guard.name not in phrase.despite]
        for pattern in phrase.patterns:
            for match in pattern.finditer(words):
                if any(other.search(words) for other in phrase.unless):
                    return False
                if not any(guard.holds(words, match.start(), match.end()) for guard in guards):
                    return True
        return False


def load_phrases(danger_dir: Path) -> Phrases:
    """Read every ``phrases_*.yml`` in the folder; ContentError names file and line of a mistake."""
    phrases: dict[str, Phrase] = {}
    guards: dict[str, dict[str, list[re.Pattern[str]]]] = {}
    for path in sorted(danger_dir.glob("phrases_*.yml")):
        file = _File(path)
        guards_here = file.get(file.root, "guards", dict, "list the guards", default={})
        for name, places in guards_here.items():
            guard = guards.setdefault(str(name), {place: [] for place in _PLACES})
            file.only(places, set(_PLACES))
            for place in places:
                guard[place] += file.patterns(places, place)
        for phrase in file.phrases():
            if phrase.id in phrases:
                what = f"the id {phrase.id} stands twice"
                raise ContentError(path, phrase.line, what, "give this phrase an id of its own")
            phrases[phrase.id] = phrase
    for phrase in phrases.values():
        if unknown := phrase.despite - guards.keys():
            what = f"there is no guard {', '.join(sorted(unknown))}"
            mend = f"use one of: {', '.join(sorted(guards))}"
            raise ContentError(phrase.file, phrase.line, what, mend)
    return Phrases(
        phrases=tuple(phrases.values()),
        guards=tuple(
            Guard(name, *(tuple(guard[place]) for place in _PLACES))
            for name, guard in guards.items()
        ),
    )


class _File(Reader):
    """One file of phrases; every part is checked here so that nothing is found out at night."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.only(self.root, {"lists", "guards", "phrases"})
        lists = self.get(self.root, "lists", dict, "list the lists", default={})
        self.lists = {str(name): list(self.words(lists, name)) for name in lists}

    def phrases(self) -> Iterator[Phrase]:
        """Yield the file's phrases."""
        for entry in self.get(self.root, "phrases", list, "write the phrases below `phrases:`"):
            if not isinstance(entry, dict):
                what = "this is no phrase"
                raise ContentError(
                    self.path, line_of(entry), what, "write `- id: ...` and its parts"
                )
            yield self._phrase(entry)

    def _phrase(self, entry: Any) -> Phrase:
        """Read one phrase."""
        self.only(entry, _PARTS)
        try:
            signals = tuple(
                Signal(name) for name in self.get(entry, "signals", list, "write [loss]")
            )
            urgency = Urgency(self.get(entry, "urgency", str, "write now, today or watch"))
        except ValueError as error:
            what = str(error).replace("'", "`")
            what = f"{what.split(' is not a valid')[0]} is not known"
            mend = f"urgency is now, today or watch; a signal is one of: {', '.join(Signal)}"
            key = "urgency" if str(entry.get("urgency")) not in list(Urgency) else "signals"
            raise self.wrong(entry, key, what, mend) from None
        if urgency is Urgency.NONE or not signals:
            raise self.wrong(entry, "urgency", "this is no danger", "write a signal and an urgency")
        means = self.get(entry, "means", dict, "write {en: ..., es: ...}")
        for language in ("en", "es"):
            self.get(means, language, str, "say what the phrase means in both languages")
        return Phrase(
            id=self.get(entry, "id", str, "give the phrase an id"),
            signals=signals,
            urgency=urgency,
            owner=self.get(entry, "owner", str, "say who answers for this phrase"),
            review=self.get(entry, "review", date, "write a date as 2027-06-01"),
            means={str(language): str(text) for language, text in means.items()},
            patterns=tuple(self.patterns(entry, "patterns")),
            unless=tuple(self.patterns(entry, "unless")) if "unless" in entry else (),
            despite=frozenset(self.words(entry, "despite")),
            only=self.get(entry, "only", bool, "write `only: true`, or leave it out", False),
            first_911=self.get(entry, "first_911", bool, _LEAVES_IT, True),
            must_match=tuple(self.words(entry, "must_match", needed=True)),
            must_not_match=tuple(self.words(entry, "must_not_match")),
            file=str(self.path),
            line=line_of(entry),
        )

    def words(self, node: Any, key: str, *, needed: bool = False) -> Iterator[str]:
        """Yield the words under a key; none when it is missing and not needed."""
        mend = 'write them as ["one", "two"], or each after a dash'
        for word in self.get(node, key, list, mend, default=... if needed else []):
            yield str(word)

    def patterns(self, node: Any, key: str) -> list[re.Pattern[str]]:
        """Compile the patterns under a key."""
        written = self.get(node, key, list, "write the patterns as a list, each after a dash")
        found = []
        for place, pattern in enumerate(written):
            try:
                found.append(compile_pattern(str(pattern), self.lists))
            except PatternError as error:
                mend = "see the table in bot/danger/pattern.py and the file's first lines"
                raise ContentError(self.path, line_of(written, place), str(error), mend) from None
        return found
