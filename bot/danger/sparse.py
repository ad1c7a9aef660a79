"""Sparse features: which words and letter groups a message holds.

They catch spelling, slang and Spanish that the encoder does not know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from math import log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

WORDS = (1, 2)  # words and pairs of words
LETTERS = (2, 5)  # letter groups within a word: "spinnin" and "spining" share most of theirs
SEEN = {"words": 2, "letters": 3}  # what is seen less often teaches only its own message

Row = tuple[NDArray[np.int32], NDArray[np.float32]]


class Sparse:
    """A fixed vocabulary with weights: turns a message into one row of numbers.

    A message comes as several texts (as written, in plain words); the words and the letter groups
    of each text are a block of length one, named by a digit and "w" or "c".
    """

    def __init__(self, names: Sequence[str], weights: NDArray[np.float32]) -> None:
        """Keep the vocabulary and the weight of each of its entries."""
        self.names = list(names)
        self.weights = weights
        self._place = {name: place for place, name in enumerate(self.names)}

    @classmethod
    def learn(cls, messages: Iterable[Sequence[str]]) -> Sparse:
        """Choose the vocabulary of these messages; rarer entries weigh more."""
        seen: Counter[str] = Counter()
        total = 0
        for texts in messages:
            total += 1
            for block in _blocks(texts):
                seen.update(block.keys())
        needed = {"w": SEEN["words"], "c": SEEN["letters"]}
        kept = sorted(name for name, count in seen.items() if count >= needed[name[1]])
        weights = [log((1 + total) / (1 + seen[name])) + 1 for name in kept]
        return cls(kept, np.array(weights, dtype=np.float32))

    def row(self, texts: Sequence[str]) -> Row:
        """Return the places and values of one message; both empty when nothing in it is known."""
        places: list[int] = []
        values: list[float] = []
        for block in _blocks(texts):
            found = [
                (place, (1 + log(count)) * float(self.weights[place]))
                for name, count in block.items()
                if (place := self._place.get(name)) is not None
            ]
            length = sqrt(sum(value * value for _, value in found)) or 1.0
            places += [place for place, _ in found]
            values += [value / length for _, value in found]
        return np.array(places, dtype=np.int32), np.array(values, dtype=np.float32)

    def matrix(self, rows: Sequence[Row]) -> csr_array:
        """Return rows as one matrix, for training."""
        ends = np.cumsum([0, *(len(places) for places, _ in rows)])
        columns = np.concatenate([places for places, _ in rows])
        values = np.concatenate([found for _, found in rows])
        return csr_array((values, columns, ends), shape=(len(rows), len(self.names)))


def _blocks(texts: Sequence[str]) -> Iterable[Counter[str]]:
    """Yield the counted words and the counted letter groups of each text."""
    for number, text in enumerate(texts):
        words = text.split()
        counted: Counter[str] = Counter()
        for length in range(WORDS[0], WORDS[1] + 1):
            counted.update(
                f"{number}w{' '.join(words[at : at + length])}"
                for at in range(len(words) - length + 1)
            )
        yield counted
        counted = Counter()
        for word, times in Counter(words).items():
            padded = f" {word} "
            for length in range(LETTERS[0], min(LETTERS[1], len(padded)) + 1):
                for at in range(len(padded) - length + 1):
                    counted[f"{number}c{padded[at : at + length]}"] += times
        yield counted
