"""How hard a text is to read: Flesch-Kincaid for English, Fernández Huerta for Spanish.

Both count syllables in words and words in sentences. They know nothing of meaning: a text that
passes may still be bad, one that fails is too long or uses too long words.
"""

from __future__ import annotations

import re
import unicodedata

from bot.core.people import Language

GRADE = 5.9  # the school year in which a text can be read: 5th grade, not the 6th
EASE_ES = 70.0  # "fairly easy" begins there: the 5th and 6th year
FEWEST = 9  # words; of fewer the sums say nothing
# One long word in a short text makes it "8th grade"; the shorter, the more it may be.
_SHORT, _SHORT_GRADE, _SHORT_EASE = 20, 7.9, 65.0

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_FIELD = re.compile(r"\{.*?\}")
# A colon, a semicolon or a new line is a rest for who reads, as a full stop is.
_END = re.compile(r"[.!?:;…\n]+")
_VOWELS = re.compile(r"[aeiouy]+")


def words(text: str) -> list[str]:
    """Return the words of a text; what is filled in counts as one short word."""
    return _WORD.findall(_FIELD.sub("Ben", text))


def _sentences(text: str) -> int:
    parts = _END.split(_FIELD.sub("Ben", text))
    return max(1, sum(1 for part in parts if len(_WORD.findall(part)) > 1))


def syllables(word: str, language: Language) -> int:
    """Return how many syllables a word has, near enough for a mean."""
    accented = word.casefold()
    plain = "".join(c for c in unicodedata.normalize("NFKD", accented) if c.isalpha())
    if language is Language.ES:
        # Two strong vowels, or a weak one with an accent, are two syllables: le-er, pa-ís.
        split = re.sub(r"([aeoáéó])(?=[aeoáéóíú])|([íú])(?=[aeoáéó])", r"\1\2-", accented)
        split = re.sub(r"(?<=[qg])u(?=[eéií])", "", split)
        return max(1, len(re.findall(r"[aeiouáéíóúü]+|(?<=[^aeiou])y\b", split)))
    count = len(_VOWELS.findall(plain))
    if re.search(r"[^aeiouyl]e$|[^aeioutd]ed$|[^aeiouscxzgh]es$", plain) and count > 1:
        count -= 1
    return max(1, count)


def grade(text: str) -> float:
    """Return the American school year that an English text asks for."""
    found = words(text)
    if not found:
        return 0.0
    spoken = sum(syllables(word, Language.EN) for word in found)
    return 0.39 * len(found) / _sentences(text) + 11.8 * spoken / len(found) - 15.59


def ease(text: str) -> float:
    """Return how easy a Spanish text is: 100 very easy, 60 normal, 30 hard."""
    found = words(text)
    if not found:
        return 100.0
    spoken = sum(syllables(word, Language.ES) for word in found)
    return 206.84 - 60 * spoken / len(found) - 1.02 * len(found) / _sentences(text)


def too_hard(text: str, language: Language) -> str:
    """Say in which way a text for clients is too hard, empty when it is not."""
    count = len(words(text))
    if count < FEWEST:
        return ""
    short = count < _SHORT
    if language is Language.EN:
        found, most = grade(text), _SHORT_GRADE if short else GRADE
        return f"reads like school year {found:.1f}" if found > most else ""
    found, least = ease(text), _SHORT_EASE if short else EASE_ES
    return f"is not easy enough to read ({found:.0f} of 100)" if found < least else ""
