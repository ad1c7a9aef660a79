"""What the encoder said of the project's own messages, kept, so that an edit trains in seconds."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from bot.danger.encoder import SIZE, Encodes

FILE = "danger/embeddings.npz"  # below models/; anybody may delete it
READ = 256  # messages between two lines of progress

Array = NDArray[np.float32]


class Remembered:
    """An encoder that asks the real one only for texts which it does not know yet.

    Never for what clients write: only training uses it, on messages that stand in data/.
    """

    def __init__(self, encoder: Encodes, models_dir: Path, say: Callable[[str], None]) -> None:
        """Read what is kept; a file that is missing, torn or of other weights counts as empty."""
        self._encoder = encoder
        self._path = models_dir / FILE
        self._say = say
        self._known: dict[str, NDArray[np.float16]] = {}
        self._used: set[str] = set()
        try:
            with np.load(self._path, allow_pickle=False) as found:
                if str(found["version"]) == encoder.version and found["rows"].shape[1:] == (SIZE,):
                    self._known = dict(zip(found["texts"].tolist(), found["rows"], strict=True))
        except (OSError, KeyError, ValueError, EOFError, BadZipFile):
            self._known = {}

    @property
    def version(self) -> str:
        """Name the weights."""
        return self._encoder.version

    def encode(self, texts: Sequence[str]) -> Array:
        """Return one row a text; the same whether it was known before or not."""
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        self._used.update(keys)
        new = dict(zip(keys, texts, strict=True))
        new = {key: text for key, text in new.items() if key not in self._known}
        for start in range(0, len(new), READ):
            some = dict(list(new.items())[start : start + READ])
            rows = self._encoder.encode(list(some.values())).astype(np.float16)
            self._known.update(zip(some, rows, strict=True))
            if len(new) >= READ:
                self._say(f"danger: read {start + len(some)} of {len(new)} new messages")
        found = np.zeros((len(texts), SIZE), np.float32)
        for place, key in enumerate(keys):
            found[place] = self._known[key]
        return found

    def keep(self) -> None:
        """Write down what was used since this was made; the rest is forgotten."""
        known = {key: row for key, row in self._known.items() if key in self._used}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_suffix(".new")
        with beside.open("wb") as stream:
            np.savez(
                stream,
                allow_pickle=False,
                version=np.array(self.version),
                texts=np.array(list(known), "U64"),
                rows=np.array(list(known.values()), np.float16).reshape(len(known), SIZE),
            )
        os.replace(beside, self._path)
