"""The table counts what it says, and the measuring split's texts stay unseen."""

from __future__ import annotations

import pytest

from bot.core.danger import Signal, Urgency, Verdict
from bot.danger.evaluate import Judged, Share, load, table, wilson
from bot.danger.messages import Message


def judged(was: Urgency, verdict: Verdict, name: str, lang: str = "en") -> Judged:
    signals = (Signal.INJURY,) if was.pages else ()
    return Judged(Message(name, f"the words of {name}", lang, signals, was), verdict, 0.001)


def test_the_interval_is_wilsons() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(8, 10)
    assert (round(low, 3), round(high, 3)) == (0.49, 0.943)
    assert wilson(10, 10)[1] == pytest.approx(1.0)
    assert str(Share(0, 0)) == "-"


def test_a_workers_week_is_simulated_the_same_each_time() -> None:
    wolf = judged(Urgency.NONE, Verdict(Urgency.NOW, (Signal.INJURY,), "why", False), "wolf")
    quiet = [judged(Urgency.NONE, Verdict(), f"quiet-{number}") for number in range(99)]
    now, today = load([wolf, *quiet], 1.0, weeks=400)
    assert (now, today) == load([wolf, *quiet], 1.0, weeks=400)
    assert sum(now) / 400 == pytest.approx(1.8, abs=0.3), "180 messages, one in a hundred"
    assert set(today) == {0}
    assert load([], 1.0) == ([], [])


def test_the_table_names_misses_and_false_pages() -> None:
    page = Verdict(Urgency.NOW, (Signal.INJURY,), "why", False)
    ask = Verdict(Urgency.WATCH, (Signal.DISTRESS,), "why", True)
    rows = [
        judged(Urgency.NOW, page, "seen"),
        judged(Urgency.NOW, Verdict(), "missed", "es"),
        judged(Urgency.TODAY, ask, "asked"),
        judged(Urgency.NONE, page, "wolf"),
        judged(Urgency.NONE, Verdict(), "quiet"),
    ]
    text = table(rows)
    line = next(line for line in text.splitlines() if line.startswith("now+today: page or ask"))
    assert "0.667" in line
    assert "2/3" in line
    assert line.endswith("0/1"), "Spanish and English apart"
    assert "worst misses: 1" in text
    assert "the words of missed" in text
    assert "the words of wolf" in text
    hidden = table(rows, texts=False)
    assert "missed" in hidden
    assert "the words of" not in hidden
