"""The classifier: how urgent a message is and of which danger it speaks, each as a probability.

Two linear models, one over sparse features and one over the encoder's meaning, averaged: together
they are better than either (facts.md). The stored form is numbers and JSON, nothing that runs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.core.danger import Signal, Urgency
from bot.danger.encoder import Encoder
from bot.danger.features import Piece
from bot.danger.sparse import Row, Sparse

URGENCIES = tuple(Urgency)  # none, watch, today, now: the order of the first columns
SIGNALS = tuple(Signal)
# The encoder takes milliseconds a piece, the sparse model microseconds: of a very long message
# the encoder reads only the pieces that the sparse model finds most dangerous.
ENCODED = 6

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Linear:
    """One linear model: urgency by softmax in the first columns, then each signal by itself."""

    weights: Matrix
    bias: Matrix

    def split(self, scores: Matrix) -> tuple[Matrix, Matrix]:
        """Return probabilities of urgencies and of signals from raw scores, one row a message."""
        first, second = scores[:, : len(URGENCIES)], scores[:, len(URGENCIES) :]
        powers = np.exp(first - first.max(axis=1, keepdims=True))
        urgency: Matrix = powers / powers.sum(axis=1, keepdims=True)
        signals: Matrix = np.float32(1) / (np.float32(1) + np.exp(-second))
        return urgency, signals


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the classifier thinks of one message: probabilities that sum to one, and of signals."""

    urgency: Matrix
    signals: Matrix

    @property
    def page(self) -> float:
        """Return the probability that a person must act today or now."""
        return float(self.urgency[2] + self.urgency[3])

    @property
    def now(self) -> float:
        """Return the share of ``now`` in that probability."""
        return float(self.urgency[3]) / max(self.page, 1e-9)

    @property
    def danger(self) -> float:
        """Return the probability that the message is not harmless."""
        return 1 - float(self.urgency[0])


@dataclass(frozen=True, slots=True)
class Classifier:
    """The two trained models; without the encoder the sparse one speaks alone."""

    sparse: Sparse
    by_words: Linear
    by_meaning: Linear
    encoder: Encoder | None

    def opinion(self, pieces: Sequence[Piece]) -> Opinion:
        """Return the opinion on a message: the most dangerous of its pieces decides.

        A message without a known word has no features; it is what the models expect of nothing.
        """
        words, words_signals = self._by_words(pieces)
        if self.encoder is None:
            return _worst(words, words_signals)
        read = np.argsort(words[:, 0], kind="stable")[:ENCODED]
        meaning = self.encoder.encode([pieces[place].plain for place in read])
        urgency, signals = self.by_meaning.split(
            meaning @ self.by_meaning.weights + self.by_meaning.bias
        )
        return _worst(_mean(words[read], urgency), _mean(words_signals[read], signals))

    def _by_words(self, pieces: Sequence[Piece]) -> tuple[Matrix, Matrix]:
        """Return the sparse model's probabilities, one row a piece."""
        scores = np.stack([self._score(self.sparse.row(piece.texts)) for piece in pieces])
        return self.by_words.split(scores)

    def _score(self, row: Row) -> Matrix:
        """Return the raw scores of one sparse row."""
        places, values = row
        return np.asarray(values @ self.by_words.weights[places] + self.by_words.bias, np.float32)


def _mean(one: Matrix, other: Matrix) -> Matrix:
    """Return the two models' mean."""
    return ((one + other) / np.float32(2)).astype(np.float32)


def _worst(urgency: Matrix, signals: Matrix) -> Opinion:
    """Return the row with the most danger in it; ``now`` weighs a little more than ``today``."""
    place = int(np.argmax(urgency[:, 2] + urgency[:, 3] + 0.1 * urgency[:, 3]))
    return Opinion(urgency[place], signals[place])


def save(classifier: Classifier, numbers: Path, names: Path) -> None:
    """Write the models as numbers (npz) and their vocabulary (JSON)."""
    with numbers.open("wb") as stream:
        np.savez_compressed(
            stream,
            sparse_weights=classifier.sparse.weights,
            words=classifier.by_words.weights.astype(np.float16),
            words_bias=classifier.by_words.bias,
            meaning=classifier.by_meaning.weights,
            meaning_bias=classifier.by_meaning.bias,
        )
    names.write_text(json.dumps(classifier.sparse.names), encoding="ascii")


def load(numbers: Path, names: Path, encoder: Encoder | None) -> Classifier:
    """Read the models back; ValueError, KeyError or OSError when the files are not ours."""
    with np.load(numbers, allow_pickle=False) as found:
        return Classifier(
            Sparse(json.loads(names.read_text(encoding="ascii")), found["sparse_weights"]),
            Linear(found["words"].astype(np.float32), found["words_bias"]),
            Linear(found["meaning"], found["meaning_bias"]),
            encoder,
        )
