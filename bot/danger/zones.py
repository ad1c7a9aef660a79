"""Three zones: page, ask, let pass; the lines between them follow from staff's prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.content.yaml import Reader
from bot.core.danger import Signal, Urgency, most_urgent
from bot.danger.classifier import URGENCIES, Opinion

OUTCOMES = ("pass", "ask", "today", "now")  # what triage may do, as columns of the prices
LIMITS = ("harmless_paged", "harmless_paged_now", "harmless_paged_or_asked", "watch_paged")
# What a limit costs that is broken on the development messages, times how far: 1 % beyond it is
# worth as much as three misses of `now` in a hundred messages. A wall would let one message decide.
_BROKEN = 300
# The lines must also hold for messages that nobody has seen yet, so each development message counts
# as five, its odds of danger moved by a little (half a unit of log odds at most): a line that is
# best for its own messages alone then loses to one in the middle of where it does well. Chosen by
# lines from one half of the development messages and counting on the other.
_MOVED = (-0.51, -0.21, 0.0, 0.21, 0.51)


@dataclass(frozen=True, slots=True)
class Zones:
    """The lines: probabilities from which triage pages, pages as now, asks, or shows the worker."""

    page: float
    now: float  # share of now in the probability of a page
    ask: float
    watch: float

    def urgency(self, opinion: Opinion, times: float = 1.0) -> tuple[Urgency, bool]:
        """Return the urgency and whether to ask; ``times`` weighs the odds of danger."""
        page = weighed(opinion.page, times)
        if page >= self.page:
            return (Urgency.NOW if opinion.now >= self.now else Urgency.TODAY), False
        if page >= self.ask:
            return Urgency.WATCH, True
        return (Urgency.WATCH if opinion.danger >= self.watch else Urgency.NONE), False


@dataclass(frozen=True, slots=True)
class Lift:
    """Signals of the last days that make some signals of today weigh more."""

    after: frozenset[Signal]
    saying: frozenset[Signal]
    times: float


@dataclass(frozen=True, slots=True)
class Prices:
    """What staff say a mistake costs, how many they bear, and what weighs more after what."""

    prices: NDArray[np.float64]  # rows by urgency, columns by outcome
    limits: dict[str, float]
    lifts: tuple[Lift, ...]


def load_prices(danger_dir: Path) -> Prices:
    """Read prices.yml."""
    file = Reader(danger_dir / "prices.yml")
    file.only(file.root, {"prices", "limits", "lifts"})
    rows = file.get(file.root, "prices", dict, "see the file's history for how it looks")
    limits = file.get(file.root, "limits", dict, "see the file's history for how it looks")
    file.only(limits, set(LIMITS))
    number = "write a number"
    prices = [
        [
            float(file.get(file.get(rows, urgency.value, dict, "write a row"), out, int, number))
            for out in OUTCOMES
        ]
        for urgency in URGENCIES
    ]
    lifts = []
    for entry in file.root.get("lifts", ()):
        file.only(entry, {"after", "saying", "times"})
        try:
            after, saying = ({Signal(name) for name in entry[key]} for key in ("after", "saying"))
        except (KeyError, ValueError) as error:
            raise file.wrong(
                entry, None, f"no lift ({error})", "use signals of signals.yml"
            ) from None
        lifts.append(Lift(frozenset(after), frozenset(saying), float(entry.get("times", 1))))
    return Prices(
        np.array(prices),
        {name: float(file.get(limits, name, float, "write a share as 0.02")) for name in LIMITS},
        tuple(lifts),
    )


def weighed(probability: float, times: float) -> float:
    """Return a probability whose odds count ``times`` as much."""
    return times * probability / (1 + (times - 1) * probability)


def choose(
    opinions: Sequence[Opinion], floors: Sequence[Urgency], truth: Sequence[Urgency], prices: Prices
) -> tuple[Zones, float]:
    """Return the lines with the lowest price a message, and that price.

    ``floors``: what the phrases alone say of each message; no line can let those pass.
    """
    urgencies = np.array([opinion.urgency for opinion in opinions], np.float64)
    danger = 1 - urgencies[:, 0]
    moved = np.concatenate([_moved(urgencies, by) for by in _MOVED])
    page = moved[:, 2] + moved[:, 3]
    now = moved[:, 3] / np.maximum(page, 1e-9)
    floor = np.array([urgency.rank if urgency.pages else 0 for urgency in floors] * len(_MOVED))
    was = np.array([urgency.rank for urgency in truth])
    often = np.tile(was, len(_MOVED))
    best, zones = np.inf, Zones(0.5, 0.5, 0.3, 0.5)
    lines = np.round(np.arange(0.04, 0.97, 0.02), 2)
    for pages, share in product(lines, np.round(np.arange(0.3, 0.9, 0.05), 2)):
        paged = np.maximum(np.where(page >= pages, np.where(now >= share, 3, 2), 0), floor)
        for asks in lines[lines <= pages]:
            price = _price(often, np.maximum(paged, page >= asks), prices)
            if price < best - 1e-9:
                best, zones = price, Zones(float(pages), float(share), float(asks), 0.5)
    watch = max(lines, key=lambda line: _agreement(was, danger >= line))
    zones = Zones(zones.page, zones.now, zones.ask, float(watch))
    return zones, price_by(zones, opinions, floors, truth, prices)


def price_by(
    zones: Zones,
    opinions: Sequence[Opinion],
    floors: Sequence[Urgency],
    truth: Sequence[Urgency],
    prices: Prices,
) -> float:
    """Return what these lines cost a message, phrases and limits included."""
    did = []
    for opinion, floor in zip(opinions, floors, strict=True):
        urgency, ask = zones.urgency(opinion)
        urgency = most_urgent(urgency, floor)
        did.append(urgency.rank if urgency.pages else int(ask))
    return _price(np.array([urgency.rank for urgency in truth]), np.array(did), prices)


def _moved(urgencies: NDArray[np.float64], by: float) -> NDArray[np.float64]:
    """Return probabilities whose log odds of a page against none are moved."""
    odds = urgencies * np.exp(by * np.array([0, 0, 1, 1]))
    moved: NDArray[np.float64] = odds / odds.sum(axis=1, keepdims=True)
    return moved


def _price(was: NDArray[np.int64], did: NDArray[np.int64], prices: Prices) -> float:
    """Return the mean price, higher the further a limit is broken."""
    none, watch = was == 0, was == 1
    shares = {
        "harmless_paged": _share(did[none] >= 2),
        "harmless_paged_now": _share(did[none] == 3),
        "harmless_paged_or_asked": _share(did[none] >= 1),
        "watch_paged": _share(did[watch] >= 2),
    }
    broken = sum(max(0.0, shares[name] - limit) for name, limit in prices.limits.items())
    return float(prices.prices[was, did].mean()) + _BROKEN * broken


def _agreement(was: NDArray[np.int64], shown: NDArray[np.bool_]) -> float:
    """Return how well "shown to the worker" tells harmless messages from all others."""
    return _share(shown[was > 0]) + _share(~shown[was == 0])


def _share(found: NDArray[np.bool_]) -> float:
    """Return the share of True; 0 of nothing."""
    return float(found.mean()) if len(found) else 0.0
