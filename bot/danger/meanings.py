"""What a verdict says to a worker: signals and reasons in words, never a bare number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.content import signals as content
from bot.content.yaml import Reader
from bot.core.danger import Signal
from bot.core.people import Language

SENTENCES = ("phrase", "reads_like", "unsure", "answering", "lifted", "said_unsafe")


@dataclass(frozen=True, slots=True)
class Meanings:
    """The meaning of each signal and the sentences around them, in one worker's language."""

    meaning: Mapping[Signal, str]
    sentences: Mapping[str, str]

    def say(self, sentence: str, signals: Iterable[Signal] = (), phrase: str = "") -> str:
        """Return a sentence with the signals' meanings in it."""
        named = "; ".join(self.meaning[signal] for signal in signals)
        return self.sentences[sentence].format(signals=named, phrase=phrase)


def load_meanings(danger_dir: Path) -> dict[Language, Meanings]:
    """Read signals.yml; every signal and every sentence must stand there, in each language."""
    path = danger_dir / "signals.yml"
    signals = content.load(path)
    file = Reader(path)
    both = "write {en: ..., es: ...}"
    node = file.get(file.root, "sentences", dict, "write the sentences below `sentences:`")
    file.only(node, set(SENTENCES))
    entries = {name: file.get(node, name, dict, both) for name in SENTENCES}
    return {
        language: Meanings(
            {signal: signals.of(signal).meaning[language] for signal in Signal},
            {name: file.get(entries[name], language.value, str, both) for name in SENTENCES},
        )
        for language in Language
    }
