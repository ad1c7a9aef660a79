"""After a death nobody is told to reach out to the client; the debrief stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.core.people import PhoneState, Situation
from bot.service import tasks
from bot.service.people import consent, enrol
from bot.store.tables import Client, Task, TaskState
from tests.support import plans as plan
from tests.support.program import Program
from tests.support.staff import unlock


async def died(program: Program) -> None:
    house, at = program.house, program.clock.now()
    with house.db.write() as s:
        ana = s.scalars(sa.select(Client)).one()
        tasks.give(s, house, at, ana, "silence", key="k", count=2)
        enrol.set_phone(s, house, at, ana, PhoneState.DECEASED, "operator")
    await program.settle()


async def test_only_the_debrief_and_the_cover_stay_open(program: Program) -> None:
    await died(program)
    with program.house.db.read() as s:
        mine = sa.select(Task.kind).where(Task.state == TaskState.OPEN)
        assert sorted(s.scalars(mine)) == ["cover", "debrief"]


async def test_the_list_of_a_shift_names_nothing_to_do_with_them(program: Program) -> None:
    await program.says("Ana", "hmm")  # something to watch before the next contact
    await died(program)
    heard = len(program.got("Ben"))
    await program.wait(timedelta(days=1, hours=1))
    said = "\n".join(h.text for h in program.got("Ben")[heard:])
    assert "did not answer" not in said and "tension" not in said


@pytest.mark.parametrize("how", ["died", "stopped"])
async def test_their_plan_is_not_called_old(program: Program, how: str) -> None:
    plan.begin(program, Situation.THREATENED)
    await program.settle()
    await program.wait(timedelta(days=100))
    if how == "died":
        await died(program)
    else:
        with program.house.db.write() as s:
            ana = s.scalars(sa.select(Client)).one()
            consent.stop(s, program.house, program.clock.now(), ana)
        await program.settle()
    await unlock(program, "Ben")
    await program.says("Ben", "/today")
    assert "plan" not in program.got("Ben")[-1].text.lower()
