"""A thousand messages over a bad network, the real service killed with -9 five times, one engine
that outlives it: what `bench soak` counts is what is promised."""

from __future__ import annotations

from pathlib import Path

from bot.bench.report import render_soak
from bot.bench.soak import soak
from bot.bench.soak_counts import MUST_BE_ZERO
from bot.bench.soak_people import Wanted
from bot.settings import Settings
from bot.wiring import models


async def test_a_thousand_messages_and_five_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    models.danger(Settings(), print)
    models.dialogue(Settings(), print)
    figures = await soak(Settings(), tmp_path, Wanted(messages=1000, danger=50, kills=5), print)
    print(render_soak(figures))
    assert {name: figures[name] for name in MUST_BE_ZERO} == dict.fromkeys(MUST_BE_ZERO, 0)
    assert figures["broken"] == []
    assert (figures["messages"], figures["danger"], figures["kills"]) == (1000, 50, 5)
    assert figures["danger_opened"] + figures["danger_joined"] == 50
    assert 0.1 < figures["faults"] / figures["calls"] < 0.3
    assert figures["doubled_by_rule"] <= figures["outcome_unknown"] + figures["sent_again_by_rule"]
