"""How hard a text is to read, in both languages."""

from __future__ import annotations

import pytest

from bot.content import reading
from bot.core.people import Language

OFFICE = {
    Language.EN: "Comprehensive intervention strategies necessitate the participation of all "
    "stakeholders who are involved in the process.",
    Language.ES: "Tu información será almacenada conforme a nuestra política de confidencialidad "
    "hasta que se solicite su eliminación definitiva.",
}
PLAIN = {
    Language.EN: "Today's a heavy one. No need to answer. {worker} knows and is around.",
    Language.ES: "Hoy es un día pesado. No tienes que contestar. {worker} lo sabe.",
}


@pytest.mark.parametrize("language", list(Language))
def test_office_words_are_too_hard_and_ours_are_not(language: Language) -> None:
    assert reading.too_hard(OFFICE[language], language)
    assert not reading.too_hard(PLAIN[language], language)


def test_a_button_is_too_short_to_say_anything_about() -> None:
    assert not reading.too_hard("Confidentiality policy", Language.EN)


@pytest.mark.parametrize(
    ("word", "count"),
    [("safe", 1), ("people", 2), ("stopped", 1), ("wanted", 2), ("little", 2), ("erase", 2)],
)
def test_english_syllables(word: str, count: int) -> None:
    assert reading.syllables(word, Language.EN) == count


@pytest.mark.parametrize(
    ("word", "count"),
    [("leer", 2), ("país", 2), ("quiero", 2), ("tía", 2), ("guerra", 2), ("muy", 1), ("yo", 1)],
)
def test_spanish_syllables(word: str, count: int) -> None:
    assert reading.syllables(word, Language.ES) == count
