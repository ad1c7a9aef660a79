"""The same content said three ways: does triage treat people alike however they speak?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.content.yaml import Reader
from bot.core.danger import Verdict
from bot.danger.evaluate import Share
from bot.danger.triage import Triage

WAYS = ("aae", "es", "plain")  # African American English, Spanish, schoolbook English


@dataclass(frozen=True, slots=True)
class Pair:
    """One content in each of the three ways."""

    id: str
    harmless: bool
    texts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Rates:
    """How many of the same messages page, and how many page or ask, in each way of saying them."""

    paged: dict[str, Share]
    asked: dict[str, Share]

    @property
    def apart(self) -> float:
        """Return the largest difference in pages between two ways."""
        shares = [share.found / share.of for share in self.paged.values()]
        return max(shares) - min(shares)


def load_pairs(danger_dir: Path) -> list[Pair]:
    """Read pairs.yml; nothing trains on it and no line is chosen by it."""
    file = Reader(danger_dir / "pairs.yml")
    mend = "write {id: ..., harmless: true, aae: ..., es: ..., plain: ...}"
    found = []
    for entry in file.get(file.root, "pairs", list, "write the pairs below `pairs:`"):
        file.only(entry, {"id", "harmless", *WAYS})
        texts = {way: str(file.get(entry, way, str, mend)) for way in WAYS}
        harmless = bool(file.get(entry, "harmless", bool, mend))
        found.append(Pair(str(file.get(entry, "id", str, mend)), harmless, texts))
    return found


def rates(triage: Triage, pairs: Sequence[Pair]) -> Rates:
    """Judge every pair in every way."""
    verdicts = {way: [triage.judge(pair.texts[way]) for pair in pairs] for way in WAYS}
    paged = {way: _count(found, asking=False) for way, found in verdicts.items()}
    return Rates(paged, {way: _count(found, asking=True) for way, found in verdicts.items()})


def table(triage: Triage, pairs: Sequence[Pair]) -> str:
    """Return the rates of harmless and of dangerous pairs, and how far the ways are apart."""
    lines = [f"{'the same content':24}" + "".join(f"{way:26}" for way in WAYS) + "apart"]
    for name, harmless in (("harmless", True), ("dangerous", False)):
        found = rates(triage, [pair for pair in pairs if pair.harmless is harmless])
        for did, shares in (("page", found.paged), ("page or ask", found.asked)):
            cells = "".join(f"{shares[way]!s:26}" for way in WAYS)
            apart = f"{found.apart:.3f}" if did == "page" else ""
            lines.append(f"{f'{name}: {did}':24}{cells}{apart}".rstrip())
    return "\n".join(lines)


def _count(verdicts: Iterable[Verdict], *, asking: bool) -> Share:
    those = list(verdicts)
    return Share(sum(one.urgency.pages or (asking and one.ask) for one in those), len(those))
