"""The classifier: how urgent a message is and of which danger it speaks, each as a probability.

A message resembles training messages by its words (sparse features) and by its meaning (the
encoder); it gets the labels of those that it resembles (kernel ridge), made probabilities by what
the model said of each training message when that one was left out. Words and meaning together are
better than either. The stored form is numbers and JSON, nothing that runs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.core.danger import Signal, Urgency
from bot.danger.encoder import SIZE, Encodes
from bot.danger.features import Piece
from bot.danger.sparse import Row, Sparse

URGENCIES = tuple(Urgency)  # none, watch, today, now: the order of the first columns
SIGNALS = tuple(Signal)
COLUMNS = len(URGENCIES) + len(SIGNALS)
NEAR = 1.0  # how fast resemblance in meaning fades with distance; chosen on the development split
# The encoder takes milliseconds a piece, the words microseconds: of a very long message the
# encoder reads only the pieces that the words alone find most dangerous.
ENCODED = 6

Matrix = NDArray[np.float32]


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
class Scale:
    """Makes probabilities of raw scores: urgency by one softmax, each signal by its own curve."""

    mixing: Matrix  # urgencies x urgencies
    shift: Matrix
    slopes: Matrix  # one a signal
    offsets: Matrix

    def opinions(self, scores: Matrix) -> tuple[Matrix, Matrix]:
        """Return probabilities of urgencies and of signals, one row a message."""
        first = scores[:, : len(URGENCIES)] @ self.mixing + self.shift
        powers = np.exp(first - first.max(axis=1, keepdims=True))
        second = scores[:, len(URGENCIES) :] * self.slopes + self.offsets
        urgency: Matrix = powers / powers.sum(axis=1, keepdims=True)
        signals: Matrix = np.float32(1) / (np.float32(1) + np.exp(-second))
        return urgency, signals


@dataclass(frozen=True, slots=True)
class Model:
    """One way to score: by words, and where ``known`` has rows, by meaning beside them."""

    words: Matrix  # vocabulary x COLUMNS
    base: Matrix  # the score of a message that resembles nothing
    known: Matrix  # the meaning of each training message; no rows: words alone
    labels: Matrix  # training messages x COLUMNS: what each one pulls towards
    scale: Scale

    def by_words(self, row: Row) -> Matrix:
        """Return what the words of one piece say, as raw scores."""
        places, values = row
        return np.asarray(values @ self.words[places] + self.base, np.float32)

    def by_meaning(self, meaning: Matrix) -> Matrix:
        """Return what meaning adds to the raw scores, one row a piece."""
        return np.asarray(resemblance(meaning, self.known) @ self.labels, np.float32)


@dataclass(frozen=True, slots=True)
class Classifier:
    """The model by words alone, and the one by words and meaning where there is an encoder."""

    sparse: Sparse
    alone: Model
    both: Model | None
    encoder: Encodes | None

    def opinion(self, pieces: Sequence[Piece]) -> Opinion:
        """Return the opinion on a message: the most dangerous of its pieces decides."""
        rows = [self.sparse.row(piece.texts) for piece in pieces]
        scores = np.stack([self.alone.by_words(row) for row in rows])
        urgency, signals = self.alone.scale.opinions(scores)
        if self.encoder is None or self.both is None:
            return _worst(urgency, signals)
        read = [int(place) for place in np.argsort(urgency[:, 0], kind="stable")[:ENCODED]]
        meaning = self.encoder.encode([pieces[place].plain for place in read])
        scores = np.stack([self.both.by_words(rows[place]) for place in read])
        return _worst(*self.both.scale.opinions(scores + self.both.by_meaning(meaning)))


def resemblance(some: Matrix, others: Matrix) -> Matrix:
    """Return how much each of some meanings resembles each of others: 1 the same, 0 far away.

    A meaning is two vectors of length one, so its distance follows from the product alone.
    """
    # For a few rows OpenBLAS would copy all of the others first, which takes five times as long.
    few = len(some) <= ENCODED
    products = np.stack([others @ one for one in some]) if few else some @ others.T
    apart = np.maximum(4 - 2 * products, 0)
    return np.asarray(np.exp(-NEAR * apart), np.float32)


def _worst(urgency: Matrix, signals: Matrix) -> Opinion:
    """Return the row with the most danger in it; ``now`` weighs a little more than ``today``."""
    place = int(np.argmax(urgency[:, 2] + urgency[:, 3] + 0.1 * urgency[:, 3]))
    return Opinion(urgency[place], signals[place])


def save(classifier: Classifier, numbers: Path, names: Path) -> None:
    """Write the models as numbers (npz) and their vocabulary (JSON)."""
    arrays = {"sparse": classifier.sparse.weights, **_arrays("alone", classifier.alone)}
    if classifier.both is not None:
        arrays |= _arrays("both", classifier.both)
    with numbers.open("wb") as stream:
        np.savez_compressed(stream, allow_pickle=False, **arrays)
    names.write_text(json.dumps(classifier.sparse.names), encoding="ascii")


def load(numbers: Path, names: Path, encoder: Encodes | None) -> Classifier:
    """Read the models back; ValueError, KeyError or OSError when the files are not ours."""
    with np.load(numbers, allow_pickle=False) as found:
        arrays = {name: found[name].astype(np.float32) for name in found.files}
    sparse = Sparse(json.loads(names.read_text(encoding="ascii")), arrays["sparse"])
    both = _model("both", arrays) if "both.words" in arrays else None
    return Classifier(sparse, _model("alone", arrays), both, encoder)


_PARTS = ("words", "base", "known", "labels")
_SCALE = ("mixing", "shift", "slopes", "offsets")
_HALF = ("words", "known")  # the large ones, whose last digits nobody needs


def _arrays(name: str, model: Model) -> dict[str, NDArray[np.generic]]:
    """Return a model's arrays by name."""
    arrays = {f"{name}.{part}": getattr(model, part) for part in _PARTS}
    arrays |= {f"{name}.{part}": getattr(model.scale, part) for part in _SCALE}
    return {
        key: value.astype(np.float16) if key.rpartition(".")[2] in _HALF else value
        for key, value in arrays.items()
    }


def _model(name: str, arrays: dict[str, Matrix]) -> Model:
    """Return the model whose arrays have this name; ValueError when their shapes do not fit."""
    parts = [arrays[f"{name}.{part}"] for part in _PARTS]
    words, base, known, labels = parts
    if words.shape[1:] != (COLUMNS,) or base.shape != (COLUMNS,) or known.shape[1:] != (SIZE,):
        raise ValueError("the model has other signals or another encoder")
    if labels.shape != (len(known), COLUMNS):
        raise ValueError("the model is torn")
    return Model(words, base, known, labels, Scale(*(arrays[f"{name}.{part}"] for part in _SCALE)))
