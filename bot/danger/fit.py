"""Fit the classifier: kernel ridge in closed form, made probabilities on what was left out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bot.danger.classifier import (
    COLUMNS,
    SIGNALS,
    URGENCIES,
    Classifier,
    Matrix,
    Model,
    Scale,
    resemblance,
)
from bot.danger.encoder import SIZE, Encodes
from bot.danger.features import Piece
from bot.danger.messages import Message
from bot.danger.sparse import Sparse

# How much words weigh against meaning, and how strongly the fit is held back: of several tried the
# development messages chose these. A fit takes half a minute, so add one only to try it.
WORDS_SHARE = (0.4,)
HOLDS = (0.15,)
Say = Callable[[str], None]


class Examples:
    """Messages as features and labels, computed once and fitted several times."""

    def __init__(
        self, messages: Sequence[Message], pieces: Sequence[Piece], sparse: Sparse
    ) -> None:
        """Count the words of the messages' pieces."""
        self.rows: Any = sparse.matrix([sparse.row(piece.texts) for piece in pieces])
        self.meaning: Matrix = np.zeros((0, SIZE), np.float32)
        self.urgency = np.array([message.urgency.rank for message in messages])
        self.labels = np.zeros((len(messages), COLUMNS), np.float32)
        self.labels[np.arange(len(messages)), self.urgency] = 1
        for place, message in enumerate(messages):
            for signal in message.signals:
                self.labels[place, len(URGENCIES) + SIGNALS.index(signal)] = 1

    def alike(self, others: Examples) -> Matrix:
        """Return how much each message resembles each of others by its words, 0 to 1."""
        blocks = 4  # of length one each, see Sparse
        return np.asarray((self.rows @ others.rows.T).todense(), np.float32) / np.float32(blocks)

    def close(self, others: Examples) -> Matrix:
        """Return how much each message resembles each of others in meaning."""
        return resemblance(self.meaning, others.meaning)


def fit(
    learn: Sequence[Message],
    dev: Sequence[Message],
    whole: Callable[[str], Piece],
    encoder: Encodes | None,
    say: Say,
    shares: Sequence[float] = WORDS_SHARE,
) -> Classifier:
    """Fit by words alone, and by words and meaning when there is an encoder."""
    pieces = [whole(message.text) for message in learn]
    dev_pieces = [whole(message.text) for message in dev]
    sparse = Sparse.learn(piece.texts for piece in pieces)
    examples, tests = Examples(learn, pieces, sparse), Examples(dev, dev_pieces, sparse)
    say(f"danger: {len(sparse.names)} words and letter groups")
    alone = _best(examples, tests, (1.0,), say)
    if encoder is None:
        return Classifier(sparse, alone, None, None)
    examples.meaning = encoder.encode([piece.plain for piece in pieces])
    tests.meaning = encoder.encode([piece.plain for piece in dev_pieces])
    return Classifier(sparse, alone, _best(examples, tests, shares, say), encoder)


def _best(examples: Examples, tests: Examples, shares: Sequence[float], say: Say) -> Model:
    """Return the model under which the development messages surprise least."""
    found = []
    words, dev_words = examples.alike(examples), tests.alike(examples)
    for share in shares:
        by_words, dev_by_words = share * words, share * dev_words
        if share < 1:
            by_words += (1 - share) * examples.close(examples)
            dev_by_words += (1 - share) * tests.close(examples)
        for hold in HOLDS:
            pulls, left_out = _ridge(by_words, examples.labels, hold)
            scale = _scale(left_out, examples)
            scores = dev_by_words @ pulls + examples.labels.mean(axis=0)
            urgency, _ = scale.opinions(scores.astype(np.float32))
            right = urgency[np.arange(len(scores)), tests.urgency]
            surprise = float(-np.log(right + 1e-9).mean())
            say(f"danger: words {share:.0%}, held back {hold:g}: surprise {surprise:.3f}")
            found.append((surprise, share, pulls, scale))
    _, share, pulls, scale = min(found, key=lambda one: one[0])
    blocks = 4
    return Model(
        words=(examples.rows.T @ pulls * (share / blocks)).astype(np.float32),
        base=examples.labels.mean(axis=0).astype(np.float32),
        known=examples.meaning if share < 1 else np.zeros((0, SIZE), np.float32),
        labels=((1 - share) * pulls if share < 1 else pulls[:0]).astype(np.float32),
        scale=scale,
    )


def _ridge(alike: Matrix, labels: Matrix, hold: float) -> tuple[Matrix, Matrix]:
    """Return what each message pulls towards, and the scores of each one when it is left out."""
    from scipy.linalg.lapack import spotrf, spotri

    # By Cholesky in single precision: a quarter of the time of a plain inverse, the same figures.
    lower, _ = spotrf(alike + hold * np.eye(len(alike), dtype=np.float32), lower=1)
    inverse, wrong = spotri(lower, lower=1, overwrite_c=1)
    if wrong:
        raise ArithmeticError("training messages resemble each other in no way that adds up")
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    pulls: Matrix = np.asarray(inverse @ (labels - labels.mean(axis=0)), np.float32)
    return pulls, np.asarray(labels - pulls / np.diag(inverse)[:, None], np.float32)


def _scale(left_out: Matrix, examples: Examples) -> Scale:
    """Fit the curves that make probabilities of left-out scores."""
    from sklearn.linear_model import LogisticRegression

    count = len(URGENCIES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        urgency = LogisticRegression(C=10, max_iter=2000)
        urgency.fit(left_out[:, :count], examples.urgency)
        slopes, offsets = np.zeros(len(SIGNALS)), np.full(len(SIGNALS), -10.0)
        for place in range(len(SIGNALS)):
            column = count + place
            if examples.labels[:, column].any():
                curve = LogisticRegression(C=10, max_iter=2000)
                curve.fit(left_out[:, [column]], examples.labels[:, column])
                slopes[place], offsets[place] = curve.coef_[0, 0], curve.intercept_[0]
    return Scale(
        urgency.coef_.T.astype(np.float32),
        urgency.intercept_.astype(np.float32),
        slopes.astype(np.float32),
        offsets.astype(np.float32),
    )
