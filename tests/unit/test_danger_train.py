"""Training writes a model that can be checked, and never one that is worse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.core.danger import Signal, Urgency
from bot.danger import train as training
from bot.danger.encoder import Encoder, EncoderMissing
from bot.danger.messages import fingerprint
from bot.danger.models import CARD, MANIFEST, ModelMissing, facts_of, load_model
from bot.danger.train import train
from bot.danger.triage import Triage
from bot.errors import SafError
from tests.support.danger import small


@pytest.fixture(autouse=True)
def no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """The encoder is not installed here."""

    def missing() -> Encoder:
        raise EncoderMissing("the sentence encoder is not installed")

    monkeypatch.setattr(Encoder, "installed", missing)


def silent(line: str) -> None:
    """Say nothing."""


def test_a_trained_model_judges_and_says_what_it_lacks(tmp_path: Path) -> None:
    data, models = small(tmp_path), tmp_path / "models"
    models.mkdir()
    (models / MANIFEST).write_text('{"dialogue": {"trained_on": "x"}}', encoding="utf-8")
    said: list[str] = []
    report = train(data, models, said.append)
    assert report.written
    assert report.old_price is None
    assert any("without the sentence encoder" in line for line in said)
    assert json.loads((models / MANIFEST).read_text("utf-8"))["dialogue"] == {"trained_on": "x"}
    assert facts_of(models)["trained_on"] == fingerprint(data / "danger")
    card = (models / CARD).read_text("utf-8")
    assert "240 messages" in card
    assert "without the sentence encoder" in card
    assert "now+today: page or ask" in card
    assert "Where it fails" in card
    triage = Triage.load(models, data)
    assert "sentence encoder" in triage.degraded
    verdict = triage.judge("dude keep riding past my crib")
    assert verdict.urgency is Urgency.NOW
    assert verdict.signals == (Signal.IMMEDIATE_THREAT,)
    assert "attack" in verdict.why
    assert triage.judge("thanks for the ride to work").urgency is Urgency.NONE


def test_training_twice_gives_the_same_model(tmp_path: Path) -> None:
    data = small(tmp_path)
    train(data, tmp_path / "one", silent)
    train(data, tmp_path / "two", silent)
    one, two = facts_of(tmp_path / "one"), facts_of(tmp_path / "two")
    assert one["files"] == two["files"]
    assert one["zones"] == two["zones"]


def test_a_worse_model_never_replaces_a_better_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, models = small(tmp_path), tmp_path / "models"
    train(data, models, silent)
    before = facts_of(models)
    path = data / "danger" / "messages_some.yml"
    text = path.read_text("utf-8").replace("urgency: now", "urgency: x")
    text = text.replace("urgency: none", "urgency: now").replace("urgency: x", "urgency: none")
    text = text.replace("[immediate_threat]", "[x]").replace("[]", "[immediate_threat]")
    path.write_text(text.replace("[x]", "[]"), encoding="utf-8")
    report = train(data, models, silent)
    assert not report.written
    assert "the old one stays" in report.why
    after = facts_of(models)
    assert after["files"] == before["files"]
    assert after["trained_on"] == fingerprint(data / "danger"), "or every start would try again"
    assert train(data, models, silent, replace_worse=True).written


def test_a_phrase_that_fails_its_examples_stops_training(tmp_path: Path) -> None:
    data = small(tmp_path)
    path = data / "danger" / "phrases_en.yml"
    text = path.read_text("utf-8").replace('must_match: ["i been shot"', 'must_match: ["i ate"')
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SafError, match=r"phrases_en\.yml:\d+: the phrase en-shot must match"):
        train(data, tmp_path / "models", silent)
    assert not (tmp_path / "models").exists()


def test_too_few_messages_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SafError, match="are needed"):
        train(small(tmp_path, learned=10), tmp_path / "models", silent)


@pytest.mark.parametrize("harm", ["cut", "missing", "manifest"])
def test_a_torn_model_is_not_used(tmp_path: Path, harm: str) -> None:
    data, models = small(tmp_path), tmp_path / "models"
    train(data, models, silent)
    numbers = models / "danger" / "model.npz"
    if harm == "cut":
        numbers.write_bytes(numbers.read_bytes()[:-10])
    elif harm == "missing":
        numbers.unlink()
    else:
        (models / MANIFEST).write_text("{", encoding="utf-8")
    with pytest.raises(ModelMissing):
        load_model(models, None)
    triage = Triage.load(models, data)
    assert "phrases only" in triage.degraded
    assert triage.judge("they outside my house rn").urgency is Urgency.NOW
    assert triage.judge("good morning").urgency is Urgency.NONE


def test_the_trainer_says_who_it_is() -> None:
    assert training.FEWEST >= 200
