"""Spanish spelt by ear is read as the words that were meant; English is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.danger.features import Reader
from bot.danger.phrases import load_phrases
from bot.danger.words import load_words
from bot.settings import ROOT

DANGER = ROOT / "data" / "danger"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("me kiero matar", "me quiero matar"),
        ("me amenasaron de muerte", "me amenazaron de muerte"),
        ("no boy a hacer nada malo", "no boy a hacer nada malo"),  # short words sound like too many
        ("nos enserro en el cuarto", "nos encerro en el cuarto"),
        ("lo mataron en la eskina ke da al parke", "lo mataron en la esquina ke da al parque"),
        ("mira this phone, the crush of my prima", "mira this phone the crush of my prima"),
        ("the bank is by the kitchen", "the bank is by the kitchen"),  # nothing here is Spanish
    ],
)
def test_words_spelt_by_ear_are_read(written: str, words: str) -> None:
    reader = Reader(load_words(DANGER))
    assert reader.normal(written).words.replace(" . ", " ") == words


def _by_ear(text: str) -> str:
    for right, heard in (("qu", "k"), ("ci", "si"), ("ce", "se"), ("z", "s"), ("ll", "y")):
        text = text.replace(right, heard)
    return text


def test_phrases_are_found_however_they_are_spelt() -> None:
    reader, phrases = Reader(load_words(DANGER)), load_phrases(DANGER)
    lost = []
    spanish = [one for one in phrases.phrases if Path(one.file).stem == "phrases_es"]
    examples = [
        text
        for one in spanish
        if one.urgency.pages
        for text in one.must_match
        if _by_ear(text) != text
    ]
    for text in examples:
        found = phrases.find(reader.normal(_by_ear(text)))
        if not any(one.urgency.pages for one in found):
            lost.append(text)
    assert len(examples) >= 30
    assert len(lost) <= 0.1 * len(examples), lost
