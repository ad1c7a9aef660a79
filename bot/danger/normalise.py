"""Undo how a message is spelt, so that the same words look the same to phrases and classifier."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Telegram allows 4,096 characters; a form or a file may bring more. What stands beyond is not
# read, because time must stay bounded; people do not put the danger after four pages.
LONGEST = 10_000

STOP = "."  # the token that ends a sentence in ``Normal.words``

# Letters of other scripts that look like Latin ones; used to slip words past filters.
_LOOK_ALIKES = str.maketrans(
    dict(
        zip(
            "авекмнорстухіјѕԁԛԝһӏьαβεικνορτυχωɑɡıłøđħŋſ",
            "abekmhopctyxijsdqwhlbabeiknoptuxwagilodhns",
            strict=True,
        )
    )
)
_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "ʼ": "'"})
# A digit or sign counts as a letter only between two letters: "k1ll", not "ak47" or "b4".
_LEET = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"}
_LEET_INSIDE = re.compile(r"(?<=[a-z])[013457@$!]{1,2}(?=[a-z])")
_LEET_FIRST = re.compile(r"(?<![\w@$])[@$](?=[a-z]{2})")
_LETTERS = re.compile(r"[a-z]{3,}")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_LINE_ENDS = "\n\r\v\f\u2028\u2029"
_BLANKS = re.compile(r"[ \t]+")
_SPACED = re.compile(r"(?<![^\W_])[a-z](?:([ .\-_*+])[a-z](?:\1[a-z])+)(?![^\W_])")
# One line end is no sentence end: on a phone people break a line within a thought.
_TOKEN = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*|[.!?;:]+|\n\s*\n\s*")


@dataclass(frozen=True, slots=True)
class Normal:
    """One message, made comparable.

    ``clean``: lower case, apostrophes and punctuation kept; what the encoder reads.
    ``words``: words alone, without apostrophes, ``STOP`` between sentences; what phrases read.
    """

    clean: str
    words: str


class Normaliser:
    """Makes texts comparable.

    ``emoji`` says which word stands for which emoji, ``doubled`` which words keep a double letter
    when it was stretched ("killll"); all others lose it.
    """

    def __init__(self, emoji: Mapping[str, str] | None = None, doubled: Iterable[str] = ()) -> None:
        """Keep the word lists; emoji without a word are left out."""
        self._doubled = frozenset(doubled)
        self._emoji = {
            _without_marks(sign): word
            for sign, word in (emoji or {}).items()
            if _without_marks(sign)
        }
        signs = sorted(self._emoji, key=len, reverse=True)
        self._signs = re.compile("|".join(map(re.escape, signs))) if signs else None

    def __call__(self, text: str) -> Normal:
        """Return the text made comparable; any Unicode, empty text and noise included.

        1. Zero-width characters and accents go; look-alike letters become Latin.
        2. Emoji that mean something become a word.
        3. Digits used as letters, stretched and spaced letters are undone.
        """
        text = text[:LONGEST].replace("\r\n", "\n").translate(_APOSTROPHES).lower()
        text = _without_marks(text)[:LONGEST].lower().translate(_LOOK_ALIKES)
        if self._signs is not None:
            text = self._signs.sub(lambda match: f" {self._emoji[match.group()]} ", text)
        text = _LEET_INSIDE.sub(lambda match: "".join(_LEET[c] for c in match.group()), text)
        text = _LEET_FIRST.sub(lambda match: _LEET[match.group()], text)
        text = _SPACED.sub(_join_spaced, text)
        text = _LETTERS.sub(self._unstretch, text)
        clean = _BLANKS.sub(" ", text).strip()
        return Normal(clean=clean, words=_words(clean))

    def _unstretch(self, match: re.Match[str]) -> str:
        """Shorten a stretched word: to a double letter where the word has one, else to one."""
        word = match.group()
        double = _STRETCHED.sub(r"\1\1", word)
        return double if double in self._doubled else _STRETCHED.sub(r"\1", word)


def _without_marks(text: str) -> str:
    """Return the text decomposed, without accents, zero-width and control characters."""
    kept = []
    for char in unicodedata.normalize("NFKD", text):
        category = unicodedata.category(char)
        if category in ("Mn", "Me", "Cf", "Cs", "Co"):
            continue
        if char in _LINE_ENDS:
            kept.append("\n")
        else:
            kept.append(" " if category in ("Cc", "Zs") else char)
    return "".join(kept)


def _join_spaced(match: re.Match[str]) -> str:
    """Join letters set apart one by one ("h e l p"), three at least."""
    return match.group().replace(match.group(1), "")


def _words(clean: str) -> str:
    """Return the words alone, apostrophes dropped, sentence ends as ``STOP``."""
    words = [
        token.replace("'", "") if token[0].isalnum() else STOP for token in _TOKEN.findall(clean)
    ]
    return " ".join(words)
