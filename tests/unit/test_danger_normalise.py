"""However a message is spelt, the words that phrases and classifier see are the same."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from bot.danger.normalise import LONGEST, Normaliser

normalise = Normaliser({"🔫": "gun", "❤️": "love"}, ["soon", "kill"])


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("They're OUTSIDE my house", "theyre outside my house"),
        ("they’re outside", "theyre outside"),
        ("ouuuutside nooooo", "outside no"),
        ("killll sooooon", "kill soon"),
        ("h0use k1ll $hoot", "house kill shoot"),
        ("ak47 b4 gr8 9mm", "ak47 b4 gr8 9mm"),
        ("h e l p me", "help me"),
        ("k.i.l.l him", "kill him"),
        ("h\u200be\u200blp", "help"),
        ("тһеу оutѕіdе", "they outside"),
        ("ｔｈｅｙ 𝖔𝖚𝖙𝖘𝖎𝖉𝖊", "they outside"),
        ("¿Están afuera? ¡SÍ!", "estan afuera . si ."),
        ("🔫🔫 on me", "gun gun on me"),
        ("😶", ""),
        ("a\nb\r\nc", "a b c"),
        ("a\n\nb\r\n \r\nc", "a . b . c"),
        ("", ""),
    ],
)
def test_the_same_words_look_the_same(written: str, words: str) -> None:
    assert normalise(written).words == words


def test_any_unicode_is_read() -> None:
    every = "".join(chr(point) for point in range(0, sys.maxunicode + 1, 7))
    for start in range(0, len(every), 5000):
        found = normalise(every[start : start + 5000])
        assert found.words == found.words.strip()


def test_what_unicode_blows_up_stays_bounded() -> None:
    assert len(normalise("\ufdfa" * 100_000).clean) <= LONGEST


def test_reading_twice_changes_nothing() -> None:
    once = normalise("Théy’re OUTSIIIIDE my h0use!! 🔫")
    assert normalise(once.clean) == once
    assert unicodedata.is_normalized("NFKC", once.clean)
