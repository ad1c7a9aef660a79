"""The statistics: from how long each turn took to turns per second and percentiles."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any


def percentile(seconds: Sequence[float], percent: int) -> float:
    """Return the time within which so many percent of the turns were answered (nearest rank).

    ValueError when there was no turn.
    """
    if not seconds:
        raise ValueError("no turn was measured")
    ordered = sorted(seconds)
    return ordered[max(1, ceil(len(ordered) * percent / 100)) - 1]


def milliseconds(seconds: float) -> float:
    """Return seconds as milliseconds, to a tenth: finer is noise."""
    return round(seconds * 1000, 1)


@dataclass(slots=True)
class Measured:
    """The turns of one side: how long each took, and how long all together."""

    seconds: list[float] = field(default_factory=list)
    wall: float = 0.0

    def add(self, more: Measured) -> None:
        """Add another round."""
        self.seconds += more.seconds
        self.wall += more.wall

    @property
    def per_second(self) -> float:
        """Return turns per second over all rounds; ValueError when nothing was measured."""
        if not self.wall:
            raise ValueError("no turn was measured")
        return round(len(self.seconds) / self.wall, 1)

    def as_json(self) -> dict[str, float]:
        """Return the figures by name."""
        return {
            "turns": len(self.seconds),
            "turns_per_second": self.per_second,
            "p50_ms": milliseconds(percentile(self.seconds, 50)),
            "p95_ms": milliseconds(percentile(self.seconds, 95)),
            "p99_ms": milliseconds(percentile(self.seconds, 99)),
        }


async def beside(clients: Iterable[Coroutine[Any, Any, list[float]]]) -> Measured:
    """Let clients write beside each other, each of whom returns how long their turns took."""
    began = time.monotonic()
    found = await asyncio.gather(*clients)
    wall = time.monotonic() - began
    return Measured([seconds for client in found for seconds in client], wall)
