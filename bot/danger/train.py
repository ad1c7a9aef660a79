"""Train the danger model from staff's messages; a worse one never replaces a better one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from bot.core.danger import Urgency, most_urgent
from bot.danger.card import card
from bot.danger.checks import phrase_problems
from bot.danger.classifier import Classifier, Opinion
from bot.danger.context import load_questions
from bot.danger.encoder import Encoder, EncoderMissing, Encodes
from bot.danger.features import Reader
from bot.danger.fit import Say, fit
from bot.danger.meanings import load_meanings
from bot.danger.messages import Message, fingerprint, load_messages
from bot.danger.models import CARD, ModelMissing, load_model, note, write_model
from bot.danger.phrases import Phrases, load_phrases
from bot.danger.remembered import Remembered
from bot.danger.triage import Model, Triage
from bot.danger.words import load_words
from bot.danger.zones import Zones, choose, load_prices, price_by
from bot.errors import SafError

FEWEST = 200  # training messages under which a model would be worse than phrases alone


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
    3. The price a development message decides between old and new model, each with the lines that
       suit it best: lines chosen for other messages would make any model look bad.
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
    for urgency in Urgency:
        if not any(message.urgency is urgency for message in learn):
            raise SafError(
                f"{danger_dir} holds no training message of urgency {urgency}; add some."
            )
    prices = load_prices(danger_dir)
    encoder = _encoder(models_dir, say)
    made = fit(learn, dev, reader.whole, encoder, say)
    floors = [_floor(phrases, reader, message) for message in dev]
    truth = [message.urgency for message in dev]
    zones, price = choose(_opinions(made, dev, reader), floors, truth, prices)
    say(f"danger: lines at {zones}; price {price:.2f} a development message")
    old, old_zones = None, None
    if (before := _in_place(models_dir, encoder)) is not None:
        old_zones, old = choose(_opinions(before[0], dev, reader), floors, truth, prices)
    facts: dict[str, Any]
    if old is not None and price > old + 1e-9 and not replace_worse:
        why = (
            f"the new danger model costs {price:.2f} a development message and the old one "
            f"{old:.2f}; the old one stays"
        )
        # Noted, so that the same messages are not tried again at every start.
        facts = {"zones": asdict(old_zones), "dev_price": round(old, 4)} if old_zones else {}
        if encoder is not None:
            encoder.keep()
        note(models_dir, {"trained_on": fingerprint(danger_dir), "kept": why, **facts})
        return Report(False, why, price, old, zones)
    facts = {
        "trained_on": fingerprint(danger_dir),
        "messages": len(learn),
        "dev_messages": len(dev),
        "dev_price": round(price, 4),
        "encoder": encoder is not None,
    }
    write_model(models_dir, made, zones, facts)
    missing = "" if encoder else "Trained without the sentence encoder."
    questions, meanings = load_questions(danger_dir), load_meanings(danger_dir)
    triage = Triage(phrases, reader, questions, meanings, prices, Model(made, zones), missing)
    (models_dir / CARD).write_text(card(triage, learn, dev, danger_dir), encoding="utf-8")
    if encoder is not None:
        encoder.keep()
    say(f"danger: written to {models_dir} after {monotonic() - started:.0f} s")
    return Report(True, "written", price, old, zones)


def price_in_place(data_dir: Path, models_dir: Path) -> float | None:
    """Return what the model in a folder costs a development message of data/, None without one."""
    danger_dir = data_dir / "danger"
    reader, phrases = Reader(load_words(danger_dir)), load_phrases(danger_dir)
    dev, prices = load_messages(danger_dir, "dev"), load_prices(danger_dir)
    floors = [_floor(phrases, reader, message) for message in dev]
    encoder = _encoder(models_dir, lambda line: None)
    if (found := _in_place(models_dir, encoder)) is None:
        return None
    truth = [message.urgency for message in dev]
    return price_by(found[1], _opinions(found[0], dev, reader), floors, truth, prices)


def _encoder(models_dir: Path, say: Say) -> Remembered | None:
    """Return the encoder, None (and a line) when it is missing."""
    try:
        return Remembered(Encoder.installed(), models_dir, say)
    except EncoderMissing as missing:
        say(f"danger: trained without the sentence encoder: {missing}")
        return None


def _opinions(made: Classifier, messages: Sequence[Message], reader: Reader) -> list[Opinion]:
    """Return the classifier's opinions as triage would get them."""
    return [made.opinion(reader.pieces(reader.normal(message.text))) for message in messages]


def _floor(phrases: Phrases, reader: Reader, message: Message) -> Urgency:
    """Return what the phrases alone say of a message."""
    found = phrases.find(reader.normal(message.text))
    return most_urgent(*(phrase.urgency for phrase in found))


def _in_place(models_dir: Path, encoder: Encodes | None) -> tuple[Classifier, Zones] | None:
    """Return the model in place and its lines, None when there is none."""
    try:
        return load_model(models_dir, encoder)
    except ModelMissing:
        return None
