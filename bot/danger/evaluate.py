"""Measure triage on labelled messages: how many dangers it sees, how often it cries wolf."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random
from statistics import mean, median
from time import perf_counter

from bot.core.danger import Signal, Urgency, Verdict
from bot.danger.messages import Message
from bot.danger.triage import Triage

WORST = 20  # misses and false pages that are listed
# A worker's everyday: at most 20 clients (domain.md says 10 to 20), a check-in a week and some more
# messages. How many harmless ones look like danger nobody has counted: one in ten is a guess.
CLIENTS, MESSAGES, DANGER, ALIKE = 18, 10, 200, 0.1


@dataclass(frozen=True, slots=True)
class Judged:
    """One labelled message with what triage made of it and how long that took."""

    message: Message
    verdict: Verdict
    seconds: float

    @property
    def asked(self) -> bool:
        """Tell whether somebody hears of it: a page, or a question to the client."""
        return self.verdict.urgency.pages or self.verdict.ask


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with the Wilson interval that holds in 95 of 100 cases."""

    found: int
    of: int

    def __str__(self) -> str:
        """Return the share with its interval and count; a dash when there was nothing to count."""
        if not self.of:
            return "-"
        low, high = wilson(self.found, self.of)
        return f"{self.found / self.of:.3f} [{low:.2f}-{high:.2f}] {self.found}/{self.of}"


def wilson(found: int, of: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a share; (0, 1) when nothing was counted."""
    if of == 0:
        return 0.0, 1.0
    z, share = 1.96, found / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def judge_all(triage: Triage, messages: Iterable[Message]) -> list[Judged]:
    """Judge every message by itself, without context."""
    judged = []
    for message in messages:
        started = perf_counter()
        verdict = triage.judge(message.text)
        judged.append(Judged(message, verdict, perf_counter() - started))
    return judged


def _share(
    judged: Iterable[Judged], of: Callable[[Judged], bool], hit: Callable[[Judged], bool]
) -> Share:
    """Count those of a kind, and those among them that are hit."""
    those = [one for one in judged if of(one)]
    return Share(sum(hit(one) for one in those), len(those))


def _is(*urgencies: Urgency) -> Callable[[Judged], bool]:
    """Return a test for what a message really was."""
    return lambda one: one.message.urgency in urgencies


def _any(one: Judged) -> bool:
    return True


def _asked(one: Judged) -> bool:
    return one.asked


def _pages(one: Judged) -> bool:
    return one.verdict.urgency.pages


def _pages_now(one: Judged) -> bool:
    return one.verdict.urgency is Urgency.NOW


def _dangerous(one: Judged, signal: Signal) -> bool:
    return one.message.urgency.pages and signal in one.message.signals


def _right_signal(one: Judged) -> bool:
    return bool(set(one.verdict.signals) & set(one.message.signals))


def _paged_danger(one: Judged) -> bool:
    return _pages(one) and bool(one.message.signals)


def load(judged: Sequence[Judged], alike: float, weeks: int = 4000) -> tuple[list[int], list[int]]:
    """Return false ``now`` pages and false ``today`` alerts of one worker, week by week, simulated.

    Danger is one message in DANGER, the rest is harmless; of these a share ``alike`` is drawn from
    the harmless messages judged here, which were written to look like danger. The others are the
    everyday kind ("ok", "thanks, see you tuesday") and are taken to page nobody.
    """
    harmless = [one.verdict.urgency for one in judged if one.message.urgency is Urgency.NONE]
    chance = Random(1)  # noqa: S311 - a simulation that gives the same at every run
    now, today = [], []
    for _ in range(weeks if harmless else 0):
        drawn = sum(chance.random() < (1 - 1 / DANGER) * alike for _ in range(CLIENTS * MESSAGES))
        week = chance.choices(harmless, k=drawn)
        now.append(week.count(Urgency.NOW))
        today.append(week.count(Urgency.TODAY))
    return now, today


def _loads(judged: Sequence[Judged]) -> list[str]:
    """Return the lines about a worker's week, for everyday talk and for the worst thinkable."""
    lines = [
        f"a worker's week: {CLIENTS} clients, {MESSAGES} typed messages each, one in {DANGER} "
        "danger; false pages, mean (19 weeks of 20 at most)"
    ]
    for name, alike in (("one in ten looks like danger", ALIKE), ("all look like danger", 1.0)):
        now, today = (sorted(weeks) for weeks in load(judged, alike))
        if now:
            lines.append(
                f"  {name:37}now {mean(now):.2f} ({now[int(0.95 * len(now))]}), "
                f"today {mean(today):.2f} ({today[int(0.95 * len(today))]})"
            )
    return lines


# Row, what must be reached, what we aim at, of which messages, which of them count.
ROWS: tuple[tuple[str, str, str, Callable[[Judged], bool], Callable[[Judged], bool]], ...] = (
    (
        "now+today: page or ask",
        ">=0.93",
        "0.98",
        _is(Urgency.NOW, Urgency.TODAY),
        _asked,
    ),
    ("now: page at once", ">=0.85", "0.95", _is(Urgency.NOW), _pages_now),
    ("now: page", "", "", _is(Urgency.NOW), _pages),
    ("none: page", "<=0.05", "0.02", _is(Urgency.NONE), _pages),
    ("none: page or ask", "<=0.20", "0.10", _is(Urgency.NONE), _asked),
    ("watch: page", "<=0.20", "0.10", _is(Urgency.WATCH), _pages),
    ("none: page as now", "<=0.02", "0.005", _is(Urgency.NONE), _pages_now),
    ("right signal, paged", ">=0.80", "0.90", _paged_danger, _right_signal),
)


def row(judged: Sequence[Judged]) -> dict[str, str]:
    """Return each share of the table by its name, without interval, for a comparison."""
    found = {name: _share(judged, of, hit) for name, _, _, of, hit in ROWS}
    return {
        name: f"{share.found / share.of:.3f}" if share.of else "-" for name, share in found.items()
    }


def table(judged: Sequence[Judged], *, texts: bool = True) -> str:
    """Return the whole report as text; without ``texts`` the worst are named by id alone.

    A measuring split whose misses everybody reads stops measuring, so its texts stay unseen.
    """
    groups = {
        "all": list(judged),
        "English": [one for one in judged if one.message.lang == "en"],
        "Spanish, mixed": [one for one in judged if one.message.lang in ("es", "mixed")],
    }
    lines = [f"{len(judged)} messages; share [95 % interval] count", ""]
    lines.append(f"{'':24}{'must':8}{'aim':7}" + "".join(f"{name:30}" for name in groups))
    for name, must, aim, of, hit in ROWS:
        cells = "".join(f"{_share(group, of, hit)!s:30}" for group in groups.values())
        lines.append(f"{name:24}{must:8}{aim:7}{cells}".rstrip())
    took = median(one.seconds for one in judged) * 1000
    slowest = max(one.seconds for one in judged) * 1000
    lines += ["", f"time a message: median {took:.1f} ms, slowest {slowest:.1f} ms", ""]
    lines += ["seen (page or ask), by signal of now and today messages:"]
    danger = [one for one in judged if one.message.urgency.pages]
    for signal in Signal:
        shares = [
            _share([one for one in group if _dangerous(one, signal)], _any, _asked)
            for group in groups.values()
        ]
        if shares[0].of:
            cells = "".join(f"{share!s:30}" for share in shares)
            lines.append(f"  {signal.value:37}{cells}".rstrip())
    lines += ["", *_loads(judged)]
    missed = [one for one in danger if not one.asked]
    false = [one for one in judged if one.message.urgency is Urgency.NONE and _pages(one)]
    missed.sort(key=lambda one: -one.message.urgency.rank)
    false.sort(key=lambda one: -one.verdict.urgency.rank)
    for title, worst in (("worst misses", missed), ("worst false pages", false)):
        lines += ["", f"{title}: {len(worst)}"]
        for one in worst[:WORST]:
            text = f'  "{one.message.text}"' if texts else ""
            why = f"  ({one.verdict.why})" if texts and one.verdict.why else ""
            label = one.message.urgency.value
            lines.append(f"  {one.message.id}  {label} -> {one.verdict.urgency.value}{text}{why}")
    return "\n".join(lines)
