"""What a client's own words are worth keeping as they are: short, meant, and naming nobody.

A plan can be asked for by a court. So numbers, addresses and full names are noticed, warned about
once, and never kept: a plan needs "my aunt", not where she lives.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from enum import StrEnum

from bot.core.answers import fold

TOO_LONG = 600  # characters; nobody answers a short question so, it is a paste or a mistake
BLANK = "…"

_STREET = (
    r"(?:st|street|ave|avenue|blvd|boulevard|rd|road|dr|drive|ln|lane|ct|court|pl|place|pkwy|"
    r"terrace|ter|way|hwy)"
)
_DETAILS = (
    # telephone numbers: seven digits or more, however they are grouped
    re.compile(r"(?<!\w)\+?\d(?:[\s().-]{0,2}\d){6,}(?!\w)"),
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"),
    re.compile(r"(?<!\w)@\w{3,}"),
    # 1423 S Kedzie Ave; calle Juarez 12; apt 4b
    re.compile(
        rf"\b\d{{1,5}}\s+(?:[nsew]\.?\s+)?(?:[\w'.]+\s+){{1,3}}{_STREET}\b\.?", re.IGNORECASE
    ),
    re.compile(
        r"\b(?:calle|avenida|av\.|colonia|blvd\.?)\s+[\w'. ]{2,30}?\s+#?\d{1,5}\b", re.IGNORECASE
    ),
    re.compile(r"\b(?:apt|apartment|unit|depto|departamento)\.?\s*#?\s*\w{1,4}\b", re.IGNORECASE),
)
_NAME = re.compile(r"(?<![.!?¿¡]\s)(?<!^)\b([A-ZÁÉÍÓÚÑ][a-záéíóúñ]+)\s+([A-ZÁÉÍÓÚÑ][a-záéíóúñ]+)\b")
_NAME_FIRST = re.compile(r"^([A-ZÁÉÍÓÚÑ][a-záéíóúñ]+)\s+([A-ZÁÉÍÓÚÑ][a-záéíóúñ]+)\b")
# Capitals that are no person's: kin, the days, what people call places.
_NO_NAMES = frozenset(
    [
        "aunt",
        "uncle",
        "tia",
        "tio",
        "mama",
        "papa",
        "mi",
        "my",
        "grandma",
        "grandpa",
        "abuela",
        "abuelo",
        "big",
        "lil",
        "little",
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "lunes",
        "martes",
        "miercoles",
        "jueves",
        "viernes",
        "sabado",
        "domingo",
        "park",
        "street",
        "center",
        "church",
        "school",
        "centro",
        "parque",
        "iglesia",
        "escuela",
        "the",
        "i",
        "call",
        "stay",
        "talk",
        "go",
        "get",
        "play",
        "take",
        "keep",
        "ask",
        "see",
        "walk",
    ]
)


class Fault(StrEnum):
    """Why words are not kept at once."""

    NOTHING = "nothing"  # no letter, "idk", abuse
    TOO_MUCH = "too_much"
    DETAILS = "details"  # a number, an address, somebody's full name


def fault(words: str, no_answer: Collection[str]) -> Fault | None:
    """Return what is wrong with words, None when they can be kept.

    ``no_answer``: folded phrases that say nothing ("idk") or only vent.
    """
    if len(words) > TOO_LONG:
        return Fault.TOO_MUCH
    said = fold(words)
    if not any(c.isalpha() for c in said) or said in no_answer or _mashed(said):
        return Fault.NOTHING
    return Fault.DETAILS if without_details(words) != words else None


def without_details(words: str) -> str:
    """Return words with numbers, addresses and full names left out."""
    for pattern in _DETAILS:
        words = pattern.sub(BLANK, words)
    for pattern in (_NAME, _NAME_FIRST):
        words = pattern.sub(_surname, words)
    return words


def _surname(found: re.Match[str]) -> str:
    """Leave a given name, take the surname: "my cousin Rosa" is no more than people say."""
    plain = (_plain(found[1]), _plain(found[2]))
    return found[0] if set(plain) & _NO_NAMES else f"{found[1]} {BLANK}"


def _plain(word: str) -> str:
    bare = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in bare if not unicodedata.combining(c))


def _mashed(said: str) -> bool:
    """Tell a hand laid on the keys from a word: one run without a vowel, or of one letter."""
    letters = said.replace(" ", "")
    return len(letters) >= 4 and (len(set(letters)) <= 2 or not set(letters) & set("aeiouy"))


def without_beginning(words: str, begins: Collection[str]) -> str:
    """Return words without the first that fits of how they may begin ("tell em", after "I tell my
    people:"), the longest first; as they are where nothing else would be left."""
    had = words.split()
    for begin in sorted((fold(one).split() for one in begins), key=len, reverse=True):
        if len(had) > len(begin) and [fold(word) for word in had[: len(begin)]] == begin:
            return " ".join(had[len(begin) :])
    return words


def kept(words: str, longest: int) -> str:
    """Return words as they are kept: one line, without details, cut at a word."""
    line = without_details(" ".join(words.replace("\0", " ").split()))
    if len(line) <= longest:
        return line
    return line[:longest].rsplit(" ", 1)[0].rstrip(" ,;:") + BLANK
