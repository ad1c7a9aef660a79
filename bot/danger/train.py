"""Train the danger model from staff's messages; a worse one never replaces a better one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.danger import Urgency, most_urgent
from bot.danger.checks import phrase_problems
from bot.danger.classifier import SIGNALS, URGENCIES, Classifier, Linear, Opinion
from bot.danger.encoder import SIZE, Encoder, EncoderMissing
from bot.danger.features import Piece, Reader
from bot.danger.messages import Message, fingerprint, load_messages
from bot.danger.models import ModelMissing, load_model, note, write_model
from bot.danger.phrases import Phrases, load_phrases
from bot.danger.sparse import Sparse
from bot.danger.words import load_words
from bot.danger.zones import Prices, Zones, choose, load_prices, price_of
from bot.errors import SafError

# Inverse strengths of regularisation that are tried; the development messages choose.
SPARSE_STRENGTHS, MEANING_STRENGTHS = (1.0, 3.0, 10.0), (1.0, 3.0, 10.0)
FEWEST = 200  # training messages under which a model would be worse than phrases alone
ENCODED = 256  # messages between two lines of progress
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What training did: ``written`` or not and why, and the price a development message."""

    written: bool
    why: str
    price: float
    old_price: float | None
    zones: Zones


def train(data_dir: Path, models_dir: Path, say: Say, *, replace_worse: bool = False) -> Report:
    """Train, choose settings and lines on the development messages, and write unless it is worse.

    1. Every phrase must treat its examples as staff wrote them; else SafError, nothing is trained.
    2. Messages become features; the encoder is left out when it is missing, and the report says so.
    3. The price a development message decides between settings, and between old and new model.
    """
    started, danger_dir = monotonic(), data_dir / "danger"
    reader, phrases = Reader(load_words(danger_dir)), load_phrases(danger_dir)
    if wrong := phrase_problems(phrases, reader):
        more = f" ({len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise SafError(f"Nothing was trained: {wrong[0]}{more}.")
    learn, dev = load_messages(danger_dir, "train"), load_messages(danger_dir, "dev")
    if len(learn) < FEWEST or not dev:
        raise SafError(
            f"{danger_dir} holds {len(learn)} messages to train on; {FEWEST} are needed."
        )
    say(f"danger: {len(learn)} messages to train on, {len(dev)} to choose by")
    prices = load_prices(danger_dir)
    encoder = _encoder(say)
    made = _fit(learn, dev, reader, encoder, say)
    floors = [_floor(phrases, reader, message) for message in dev]
    truth = [message.urgency for message in dev]
    zones, price = choose(_opinions(made, dev, reader), floors, truth, prices)
    say(f"danger: lines at {zones}; price {price:.2f} a development message")
    old = _old_price(models_dir, encoder, dev, reader, floors, prices)
    if old is not None and price > old + 1e-9 and not replace_worse:
        why = (
            f"the new danger model costs {price:.2f} a development message and the old one "
            f"{old:.2f}; the old one stays"
        )
        # Noted, so that the same messages are not tried again at every start.
        note(models_dir, {"trained_on": fingerprint(danger_dir), "kept": why})
        return Report(False, why, price, old, zones)
    facts: dict[str, Any] = {
        "trained_on": fingerprint(danger_dir),
        "messages": len(learn),
        "dev_messages": len(dev),
        "dev_price": round(price, 4),
        "encoder": encoder is not None,
    }
    write_model(models_dir, made, zones, facts)
    say(f"danger: written to {models_dir} after {monotonic() - started:.0f} s")
    return Report(True, "written", price, old, zones)


def _encoder(say: Say) -> Encoder | None:
    """Return the encoder, None (and a line) when it is missing."""
    try:
        return Encoder.installed()
    except EncoderMissing as missing:
        say(f"danger: trained without the sentence encoder: {missing}")
        return None


def _fit(
    learn: Sequence[Message],
    dev: Sequence[Message],
    reader: Reader,
    encoder: Encoder | None,
    say: Say,
) -> Classifier:
    """Fit both models with the settings that the development messages like best."""
    pieces = [reader.whole(message.text) for message in learn]
    dev_pieces = [reader.whole(message.text) for message in dev]
    sparse = Sparse.learn(piece.texts for piece in pieces)
    rows = sparse.matrix([sparse.row(piece.texts) for piece in pieces])
    dev_rows = sparse.matrix([sparse.row(piece.texts) for piece in dev_pieces])
    say(f"danger: {len(sparse.names)} words and letter groups")
    by_words = _best(rows, dev_rows, learn, dev, SPARSE_STRENGTHS, "words", say)
    by_meaning = Linear(
        np.zeros((SIZE, len(URGENCIES) + len(SIGNALS)), np.float32),
        np.zeros(len(URGENCIES) + len(SIGNALS), np.float32),
    )
    if encoder is not None:
        meaning = _encode(encoder, pieces, say)
        dev_meaning = encoder.encode([piece.plain for piece in dev_pieces])
        by_meaning = _best(meaning, dev_meaning, learn, dev, MEANING_STRENGTHS, "meaning", say)
    return Classifier(sparse, by_words, by_meaning, encoder)


def _encode(encoder: Encoder, pieces: Sequence[Piece], say: Say) -> NDArray[np.float32]:
    """Encode the training messages with a line of progress now and then."""
    parts = []
    for start in range(0, len(pieces), ENCODED):
        parts.append(encoder.encode([piece.plain for piece in pieces[start : start + ENCODED]]))
        say(f"danger: read {min(start + ENCODED, len(pieces))} of {len(pieces)} messages")
    return np.concatenate(parts)


def _best(
    rows: Any,
    dev_rows: Any,
    learn: Sequence[Message],
    dev: Sequence[Message],
    strengths: Sequence[float],
    name: str,
    say: Say,
) -> Linear:
    """Return the model with the strength under which the development messages surprise least."""
    found = []
    truth = np.array([message.urgency.rank for message in dev])
    for strength in strengths:
        model = _linear(rows, learn, strength)
        urgency, _ = model.split(np.asarray(dev_rows @ model.weights + model.bias))
        surprise = float(-np.log(urgency[np.arange(len(dev)), truth] + 1e-9).mean())
        found.append((surprise, strength, model))
        say(f"danger: {name}, strength {strength:g}: surprise {surprise:.3f}")
    return min(found, key=lambda one: one[0])[2]


def _linear(rows: Any, learn: Sequence[Message], strength: float) -> Linear:
    """Fit urgency as one choice among four, and each signal by itself."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    columns, biases = [], []
    targets = [np.array([message.urgency.rank for message in learn])]
    targets += [np.array([signal in message.signals for message in learn]) for signal in SIGNALS]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for target in targets:
            fitted = LogisticRegression(C=strength, max_iter=400, tol=1e-3).fit(rows, target)
            columns.append(fitted.coef_.T)
            biases.append(fitted.intercept_)
    return Linear(
        np.concatenate(columns, axis=1).astype(np.float32),
        np.concatenate(biases).astype(np.float32),
    )


def _opinions(made: Classifier, messages: Sequence[Message], reader: Reader) -> list[Opinion]:
    """Return the classifier's opinions as triage would get them."""
    return [made.opinion(reader.pieces(reader.normal(message.text))) for message in messages]


def _floor(phrases: Phrases, reader: Reader, message: Message) -> Urgency:
    """Return what the phrases alone say of a message."""
    found = phrases.find(reader.normal(message.text))
    return most_urgent(*(phrase.urgency for phrase in found))


def _old_price(
    models_dir: Path,
    encoder: Encoder | None,
    dev: Sequence[Message],
    reader: Reader,
    floors: Sequence[Urgency],
    prices: Prices,
) -> float | None:
    """Return what the model in place costs on the same messages, None when there is none."""
    try:
        classifier, zones = load_model(models_dir, encoder)
    except ModelMissing:
        return None
    outcomes = []
    for opinion, floor in zip(_opinions(classifier, dev, reader), floors, strict=True):
        urgency, ask = zones.urgency(opinion)
        urgency = most_urgent(urgency, floor)
        outcomes.append(urgency.value if urgency.pages else "ask" if ask else "pass")
    return price_of([message.urgency for message in dev], outcomes, prices)
