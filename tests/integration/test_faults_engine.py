"""The real engine in trouble: its action endpoint fails, it is killed in the middle of a turn."""

from __future__ import annotations

import asyncio
import os
import signal
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa

from bot.core.messages import Kind
from bot.dialogue.turns import OpenTurns, Turn
from bot.service import checkins
from bot.settings import Settings
from bot.store import dues
from bot.store.tables import Answer, DueKind
from bot.wiring import models
from bot.wiring.dialogue import Dialogue, dialogue
from tests.support.program import Program, build, client
from tests.support.waiting import eventually

SECOND = timedelta(seconds=1)


class Shaky(OpenTurns):
    """Lets so many of the next actions fail, before or after they have staged something."""

    def __init__(self) -> None:
        super().__init__()
        self.failing = 0
        self.late = False

    def get(self, turn_id: str) -> Turn:
        turn = super().get(turn_id)
        if self.failing and not self.late:
            self.failing -= 1
            raise OSError("the disk is on fire")
        if self.failing:
            self.failing -= 1
            return cast(Turn, _Torn(turn))
        return turn


class _Torn:
    """A turn on which staging works, and then everything breaks."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    def __getattr__(self, name: str) -> Any:
        return getattr(self._turn, name)

    def stage(self, *words: Any, **more: Any) -> None:
        self._turn.stage(*words, **more)
        raise OSError("the disk is on fire")


def answers(program: Program) -> dict[str, str]:
    house, ana = program.house, client(program)
    box = house.sealer.client(ana.id, ana.key)
    with house.db.read() as s:
        rows = s.scalars(sa.select(Answer))
        return {r.step: box.open("answer.value", r.id, r.value) for r in rows if r.value}


async def check_in(program: Program) -> None:
    house, at = program.house, program.clock.now()
    with house.db.write() as s:
        ana = s.merge(client(program))
        due = dues.put(s, DueKind.CHECKIN, ana, at, key=f"test:{at}")
        assert due is not None and dues.take(s, due.id)
        checkins.ask(s, house, at, ana, due)
    await program.settle()


@pytest.fixture
def turns() -> Shaky:
    return Shaky()


async def test_turns_fail_loudly_and_are_repeated_whole(tmp_path: Path, turns: Shaky) -> None:
    models.dialogue(Settings(), print)
    program = build(tmp_path)
    # Slots: the house's turns are replaced before the engine's actions are served from them.
    program.house.turns = turns
    async with dialogue(program.house, Settings()) as engine:
        assert await engine.ready(print)
        await check_in(program)
        await _an_action_that_fails(program, turns, late=False)
        await check_in(program)
        await _an_action_that_fails(program, turns, late=True)
        await _an_engine_that_is_killed(program, engine)


async def _an_action_that_fails(program: Program, turns: Shaky, *, late: bool) -> None:
    before = len(program.got("Ana", Kind.HOLDING))
    turns.failing, turns.late = 1, late
    await program.says("Ana", "struggling")
    assert turns.failing == 0
    assert len(program.got("Ana", Kind.HOLDING)) == before + 1
    with program.house.db.read() as s:
        newest = s.scalars(sa.select(Answer.step).order_by(Answer.at.desc())).all()
    assert "safe_tonight" not in newest
    await program.wait(5 * SECOND)
    assert answers(program)["day"] == "not_good"
    assert "safe_tonight" not in answers(program)
    assert "safe" in program.got("Ana", Kind.QUESTION)[-1].text


async def _an_engine_that_is_killed(program: Program, engine: Dialogue) -> None:
    assert engine.supervisor is not None and engine.supervisor.pid is not None
    killed = engine.supervisor.pid
    os.kill(killed, signal.SIGSTOP)  # it hangs in the middle of the turn, then it is gone
    talking = asyncio.create_task(program.says("Ana", "yea im safe"))
    await asyncio.sleep(0.3)
    os.kill(killed, signal.SIGKILL)
    await talking
    assert "safe_tonight" not in answers(program)
    supervisor = engine.supervisor
    await eventually(lambda: supervisor.url and supervisor.pid != killed, within=60)
    await program.wait(60 * SECOND)
    assert answers(program)["safe_tonight"] == "safe"
