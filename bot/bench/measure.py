"""One run: both sides up at once, their rounds in turn, so that whatever else the machine does
meanwhile hits both alike."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.bench import machine, project, script
from bot.bench.figures import Measured, milliseconds, percentile
from bot.bench.ours import Ours, ours
from bot.bench.stock import Stock, stock
from bot.environments import Environments
from bot.errors import SafError
from bot.settings import Settings

TARGET = 5.0  # ours must make at least so many times the turns of stock Rasa
WARM_UP = script.Plan(clients=2, rounds=1)
Say = Callable[[str], None]
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much is measured."""

    turns: int
    ours_only: bool = False
    past: int = 200  # check-ins that lie behind the client whose history is long
    beside: int = 10  # check-ins measured of that client, and of as many who have one behind them
    stock_past: int = 25  # the same in one conversation of stock Rasa, where each turn gets slower
    engine_url: str = ""


async def measure(settings: Settings, wanted: Wanted, say: Say) -> Figures:
    """Measure both sides and return the figures; SafError when one of them cannot work."""
    plan = script.plan(wanted.turns)
    kind = machine.kind()
    prepared = None if wanted.ours_only else project.prepare(settings, say)
    async with AsyncExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="saf-bench-"))
        us = await stack.enter_async_context(ours(settings, Path(home), wanted.engine_url))
        await us.first_reply(say)
        await us.enrol(plan.clients + 2 + wanted.beside)
        await us.play(WARM_UP)
        them = None
        if prepared is not None:
            say("starting stock Rasa (half a minute)")
            them = await stack.enter_async_context(stock(*prepared))
            await them.play(WARM_UP, 0)
        rounds = await _rounds(us, them, plan, say)
        say("one client alone, and clients with a long history")
        figures = {
            "machine": kind,
            "clients": plan.clients,
            "ours": await _ours(us, rounds[0], plan, wanted),
            "engine_alone": rounds[1].as_json(),
        }
        if them is None or prepared is None:
            return figures
        figures["stock"] = await _stock(them, rounds[2], wanted, prepared[0])
        figures["ratio"] = round(rounds[0].per_second / rounds[2].per_second, 1)
        figures["engine_ratio"] = round(rounds[1].per_second / rounds[2].per_second, 1)
        figures["target"] = TARGET
        return figures


async def _rounds(
    us: Ours, them: Stock | None, plan: script.Plan, say: Say
) -> tuple[Measured, Measured, Measured]:
    """Play the rounds: ours whole, our engine alone, stock, and again."""
    whole, engine, stocks = Measured(), Measured(), Measured()
    for number in range(1, plan.rounds + 1):
        say(f"round {number} of {plan.rounds}: {plan.turns // plan.rounds} turns on each side")
        whole.add(await us.play(plan))
        engine.add(await us.engine_alone(plan))
        if them is not None:
            stocks.add(await them.play(plan, number))
    return whole, engine, stocks


async def _ours(us: Ours, whole: Measured, plan: script.Plan, wanted: Wanted) -> Figures:
    first = plan.clients  # clients who have not written yet
    engine = Environments().whole("engine")  # none where the engine runs somewhere else
    alone = await us.check_ins(first, script.CHECKINS[script.language(first)])
    figures = {
        **whole.as_json(),
        "alone_p50_ms": milliseconds(percentile(alone, 50)),
        "history": await _history(us, first + 1, wanted),
        "tried_again": len(us.tried_again),
        "start_seconds": us.start_seconds,
        "engine_mb": machine.resident_mb(us.engine_pid),
        "service_mb": machine.resident_mb(os.getpid()),
        "environment_mb": machine.folder_mb(engine) if engine else None,
    }
    return {**figures, **_checked("We", await us.saved(), us.expected)}


async def _history(us: Ours, old: int, wanted: Wanted) -> list[Figures]:
    """Measure a client with a long history and clients with one check-in behind them, in turn."""
    short = [script.CHECKINS[language][script.SHORT] for language in ("en", "es")]
    await us.check_ins(old, [short[old % 2]] * wanted.past)
    late, early = [], []
    for number in range(old + 1, old + 1 + wanted.beside):
        await us.check_ins(number, [short[number % 2]])
        late += await us.check_ins(old, [short[old % 2]])
        early += await us.check_ins(number, [short[number % 2]])
    return [
        {"past_check_ins": 1, "p50_ms": milliseconds(percentile(early, 50))},
        {"past_check_ins": wanted.past, "p50_ms": milliseconds(percentile(late, 50))},
    ]


async def _stock(them: Stock, whole: Measured, wanted: Wanted, environment: Path) -> Figures:
    alone = await them.check_ins("en-alone", script.CHECKINS["en"])
    short = script.CHECKINS["en"][script.SHORT]
    long = await them.check_ins("en-long", [short] * (wanted.stock_past + 2), anew=False)
    turns = len(short)
    figures = {
        **whole.as_json(),
        "alone_p50_ms": milliseconds(percentile(alone, 50)),
        "history": [
            {
                "past_check_ins": past,
                "p50_ms": milliseconds(percentile(long[past * turns : (past + 2) * turns], 50)),
            }
            for past in (1, wanted.stock_past)
        ],
        "tried_again": them.tried_again,
        "start_seconds": them.start_seconds,
        "server_mb": machine.resident_mb(them.server_pid),
        "actions_mb": machine.resident_mb(them.actions_pid),
        "environment_mb": machine.folder_mb(environment, without="project"),
    }
    return {**figures, **_checked("Stock Rasa", them.saved(), them.expected)}


def _checked(who: str, saved: int, expected: int) -> Figures:
    """Return how many answers were saved; SafError when they are far from what was played.

    A side that takes another way through the flow has other turns, and is not measured.
    """
    if abs(saved - expected) > expected * 0.05:
        raise SafError(f"{who} saved {saved} answers instead of {expected}: nothing to compare.")
    return {"answers_saved": saved, "answers_expected": expected}
