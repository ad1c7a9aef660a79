"""From a message to what the classifier computes with: pieces, their sparse rows, their meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.danger.normalise import Normal, Normaliser
from bot.danger.words import Words

# A danger in one sentence of a long message would drown in the rest, so long ones are judged in
# overlapping pieces; nearly all messages are one piece. Pieces of 40 words still hid a third of the
# dangers in 4,096 characters of small talk, pieces of 20 hide one in fifteen.
WHOLE = 60  # words of a message that is still one piece
PIECE, STEP = 20, 12  # words in a piece, words from one piece to the next


@dataclass(frozen=True, slots=True)
class Piece:
    """One stretch of a message: ``words`` as written, ``plain`` in plain English words."""

    words: str
    plain: str

    @property
    def texts(self) -> tuple[str, str]:
        """Return what the sparse features are counted in."""
        return self.words, self.plain


class Reader:
    """Makes pieces of texts by the program's word lists."""

    def __init__(self, words: Words) -> None:
        """Keep the word lists."""
        self._words = words
        self._normalise = Normaliser(words.emoji, words.doubled)

    def normal(self, text: str) -> Normal:
        """Return the text made comparable."""
        normal = self._normalise(text)
        return Normal(self._words.respelt(normal.clean), self._words.respelt(normal.words))

    def pieces(self, normal: Normal) -> list[Piece]:
        """Return the message's pieces, one at least."""
        return [Piece(words, self._words.plain(clean)) for words, clean in _stretches(normal)]

    def whole(self, text: str) -> Piece:
        """Return a training message as one piece, whatever its length."""
        normal = self.normal(text)
        return Piece(normal.words, self._words.plain(normal.clean))


def _stretches(normal: Normal) -> Iterator[tuple[str, str]]:
    """Yield stretches of the words and of the clean text that belong together."""
    words, clean = normal.words.split(), normal.clean.split()
    if len(clean) <= WHOLE and len(words) <= 2 * WHOLE:
        yield normal.words, normal.clean
        return
    count = max(1, -(-(max(len(clean), len(words)) - PIECE) // STEP) + 1)
    for number in range(count):
        first, last = number / count, min(1.0, number / count + PIECE / max(len(clean), 1))
        yield (
            " ".join(words[int(first * len(words)) : int(last * len(words)) + 1]),
            " ".join(clean[int(first * len(clean)) : int(last * len(clean)) + 1]),
        )
