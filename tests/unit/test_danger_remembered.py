"""Embeddings of the project's messages are computed once, and never mistaken for others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bot.danger.encoder import SIZE, Array
from bot.danger.remembered import FILE, Remembered


class Counting:
    """An encoder that counts what it is asked; each text is its length, a third of it."""

    def __init__(self, version: str = "one") -> None:
        self.version = version
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Array:
        self.asked += texts
        return np.array([[len(text) / 3] * SIZE for text in texts], np.float32)


def silent(line: str) -> None:
    """Say nothing."""


def test_a_known_text_is_not_read_again_and_means_the_same(tmp_path: Path) -> None:
    first = Remembered(Counting(), tmp_path, silent)
    rows = first.encode(["a", "bbbb", "a"])
    assert rows.shape == (3, SIZE)
    assert rows[0, 0] == rows[2, 0] != rows[1, 0]
    first.keep()
    counting = Counting()
    second = Remembered(counting, tmp_path, silent)
    assert np.array_equal(second.encode(["bbbb", "new", "a"])[[2, 0]], rows[:2])
    assert counting.asked == ["new"]
    assert second.encode([]).shape == (0, SIZE)


def test_what_is_no_longer_used_is_forgotten(tmp_path: Path) -> None:
    first = Remembered(Counting(), tmp_path, silent)
    first.encode(["a", "b"])
    first.keep()
    second = Remembered(Counting(), tmp_path, silent)
    second.encode(["b"])
    second.keep()
    counting = Counting()
    Remembered(counting, tmp_path, silent).encode(["a", "b"])
    assert counting.asked == ["a"]


def test_other_weights_and_torn_files_count_as_empty(tmp_path: Path) -> None:
    first = Remembered(Counting(), tmp_path, silent)
    first.encode(["a"])
    first.keep()
    other = Counting("two")
    Remembered(other, tmp_path, silent).encode(["a"])
    assert other.asked == ["a"]
    for harm in (b"", b"PK\x03\x04 torn"):
        (tmp_path / FILE).write_bytes(harm)
        counting = Counting()
        Remembered(counting, tmp_path, silent).encode(["a"])
        assert counting.asked == ["a"]
