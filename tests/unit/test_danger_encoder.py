"""The encoder is used only when its bytes are the ones that were checked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.danger.encoder import SIZE, Encoder, EncoderMissing


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
        assert np.allclose(row, encoder.encode([text])[0], atol=1e-5)
    assert encoder.encode([]).shape == (0, SIZE)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    with pytest.raises(EncoderMissing, match="is not the file we checked"):
        Encoder(tmp_path)
    with pytest.raises(EncoderMissing, match="is missing"):
        Encoder(tmp_path / "nowhere")
