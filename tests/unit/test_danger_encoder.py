"""The encoder is used only when its bytes are the ones that were checked."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy.special import erf, softmax
from tokenizers import Tokenizer

from bot.danger.encoder import PACKAGE, SIZE, Encoder, EncoderMissing

Exact = NDArray[np.float64]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    """The installed encoder."""
    return Encoder.installed()


def test_what_means_the_same_is_close(encoder: Encoder) -> None:
    home, same, joke = encoder.encode(
        [
            "they are outside my house with guns",
            "armed men stand in front of my home",
            "that test killed me",
        ]
    )
    assert home[:384] @ same[:384] > 0.5 > home[:384] @ joke[:384]


def test_a_text_means_the_same_in_any_company(encoder: Encoder) -> None:
    texts = ["short", "a much longer text about somebody who waits at the bus stop " * 3, ""]
    together = encoder.encode(texts)
    assert together.shape == (3, SIZE)
    for row, text in zip(together, texts, strict=True):
        assert np.array_equal(row, encoder.encode([text])[0])
    assert encoder.encode([]).shape == (0, SIZE)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    with pytest.raises(EncoderMissing, match="is not the file we checked"):
        Encoder(tmp_path)
    with pytest.raises(EncoderMissing, match="is missing"):
        Encoder(tmp_path / "nowhere")


def test_eight_bits_say_what_the_weights_say(encoder: Encoder) -> None:
    texts = ["they outside my house rn", "good morning", "te van a encontrar, dijo", "k " * 70]
    for row, text in zip(encoder.encode(texts), texts, strict=True):
        first, second = np.split(row * reference(text), 2)
        assert first.sum() > 0.995
        assert second.sum() > 0.995


def reference(text: str) -> Exact:
    """Compute one embedding slowly, as it is written in the paper, with the exact GELU."""
    found = importlib.util.find_spec(PACKAGE)
    assert found and found.submodule_search_locations
    folder = Path(next(iter(found.submodule_search_locations))) / "model"
    w = {
        name: value.astype(float) for name, value in load_file(folder / "model.safetensors").items()
    }

    def dense(x: Exact, name: str) -> Exact:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def norm(x: Exact, name: str) -> Exact:
        x = (x - x.mean(axis=1, keepdims=True)) / np.sqrt(x.var(axis=1, keepdims=True) + 1e-12)
        return x * w[f"{name}.weight"] + w[f"{name}.bias"]

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    ids = tokenizer.encode(text).ids
    x = w["embeddings.word_embeddings.weight"][ids]
    x = x + w["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    means = []
    for layer in (f"encoder.layer.{number}" for number in range(6)):
        parts = [dense(x, f"{layer}.attention.self.{part}") for part in ("query", "key", "value")]
        heads = [np.split(part, 12, axis=1) for part in parts]
        seen = [softmax(q @ k.T / np.sqrt(32), axis=1) @ v for q, k, v in zip(*heads, strict=True)]
        attended = dense(np.concatenate(seen, axis=1), f"{layer}.attention.output.dense")
        x = norm(x + attended, f"{layer}.attention.output.LayerNorm")
        wide = dense(x, f"{layer}.intermediate.dense")
        narrow = dense(wide * (1 + erf(wide / np.sqrt(2))) / 2, f"{layer}.output.dense")
        x = norm(x + narrow, f"{layer}.output.LayerNorm")
        means.append(x.mean(axis=0) / np.linalg.norm(x.mean(axis=0)))
    return np.concatenate([means[5], means[3]])
