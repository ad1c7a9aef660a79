"""The comparison of parts judges the same messages with each part alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bot.danger.ablation import ablation
from bot.danger.encoder import SIZE, Array, Encoder, EncoderMissing
from bot.danger.messages import load_messages
from bot.danger.train import train
from bot.danger.triage import Triage
from tests.support.danger import small


class ByWords:
    """An encoder for which texts mean what their words are; two vectors of length one."""

    version = "words"

    def encode(self, texts: Sequence[str]) -> Array:
        return np.array([self._one(text) for text in texts], np.float32).reshape(-1, SIZE)

    def _one(self, text: str) -> Array:
        found = np.full(SIZE // 2, 1e-3, np.float32)
        for word in text.split():
            found[int(hashlib.sha256(word.encode()).hexdigest(), 16) % len(found)] += 1
        return np.tile(found / np.linalg.norm(found), 2)


def silent(line: str) -> None:
    """Say nothing."""


def test_each_part_has_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Encoder, "installed", ByWords)
    data, models = small(tmp_path), tmp_path / "models"
    train(data, models, silent)
    before = {path: path.read_bytes() for path in models.rglob("*") if path.is_file()}
    triage = Triage.load(models, data)
    dev = load_messages(data / "danger", "dev")
    lines = ablation(triage, dev, data, models, silent).splitlines()
    assert lines[0].startswith("| | now+today: page or ask | now: page at once |")
    parts = [line.split("|")[1].strip() for line in lines[2:]]
    assert parts == ["phrases only", "sparse only", "encoder only", "sparse + encoder", "all"]
    assert lines[-1].split("|")[2].strip() == "1.000"
    after = {path: path.read_bytes() for path in models.rglob("*") if path.is_file()}
    assert after == before, "nothing is written"


def test_without_the_encoder_there_is_nothing_to_compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Encoder:
        raise EncoderMissing("the sentence encoder is not installed")

    monkeypatch.setattr(Encoder, "installed", missing)
    data, models = small(tmp_path), tmp_path / "models"
    train(data, models, silent)
    with pytest.raises(EncoderMissing, match="only with a trained model and the encoder"):
        ablation(Triage.load(models, data), [], data, models, silent)
