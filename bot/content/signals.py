"""What each danger signal means to a worker, and what usually follows; data/danger/signals.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.content.yaml import Reader
from bot.core.danger import Signal, Urgency
from bot.core.people import Language


@dataclass(frozen=True, slots=True)
class Meaning:
    """One signal: its usual urgency, and in each language what it means and what to do."""

    urgency: Urgency
    meaning: Mapping[Language, str]
    guidance: Mapping[Language, str]


@dataclass(frozen=True, slots=True)
class Signals:
    """Every signal's meaning."""

    by_signal: Mapping[Signal, Meaning]

    def of(self, signal: Signal) -> Meaning:
        """Return a signal's meaning."""
        return self.by_signal[signal]


def load(path: Path) -> Signals:
    """Read signals.yml; ContentError when a signal, a language or an urgency is missing."""
    reader = Reader(path)
    node = reader.get(reader.root, "signals", dict, "add `signals:`")
    reader.only(node, {signal.value for signal in Signal})
    found = {}
    for signal in Signal:
        one = reader.get(node, signal.value, dict, "give it urgency, meaning and guidance")
        urgency = reader.get(one, "urgency", str, "write now, today or watch")
        if urgency not in list(Urgency):
            raise reader.wrong(
                one, "urgency", f"`{urgency}` is not known", "write now, today or watch"
            )
        found[signal] = Meaning(
            Urgency(urgency),
            _both(reader, one, "meaning"),
            _both(reader, one, "guidance"),
        )
    return Signals(found)


def _both(reader: Reader, node: Any, key: str) -> dict[Language, str]:
    texts = reader.get(node, key, dict, "write it in en and es")
    return {
        language: reader.get(texts, language.value, str, f"add `{language}:`")
        for language in Language
    }
