"""After a client's death, a shooting or an alert about suicide the worker gets somebody to talk it
over with and a supervisor gets their cover, within 48 hours and once."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.core.alerts import Move
from bot.core.danger import Signal, Urgency, Verdict
from bot.core.messages import Kind
from bot.core.people import PhoneState, Situation
from bot.service import incidents
from bot.service.alerting import moves
from bot.service.people import enrol, leaving, never
from bot.store.tables import Alert, Client, Task, TaskState, Worker
from tests.support.program import Program, Rules, client
from tests.support.staff import unlock, worker

SUICIDE = "wanna be gone"


@pytest.fixture
def hard(program: Program) -> Program:
    """A program that hears a wish to die."""
    assert isinstance(program.house.triage, Rules)
    verdict = Verdict(Urgency.NOW, (Signal.SUICIDE_RISK,), "wants to die")
    program.house.triage.verdicts[SUICIDE] = verdict
    return program


def tasks(program: Program, who: str) -> list[str]:
    """Return what somebody was given to do about what was hard."""
    words = ("is a lot", "went through something hard")
    return [h.text for h in program.got(who, Kind.TASK) if any(one in h.text for one in words)]


def dies(program: Program) -> None:
    with program.house.db.write() as s:
        ana = s.get_one(Client, client(program).id)
        enrol.set_phone(
            s,
            program.house,
            program.clock.now(),
            ana,
            PhoneState.DECEASED,
            worker(program, "Ben").id,
        )


@pytest.mark.both_databases
async def test_after_a_death(program: Program) -> None:
    dies(program)
    await program.settle()
    assert len(tasks(program, "Ben")) == len(tasks(program, "Cora")) == 1
    assert "Sit down with Cora about it by 2027-03-03, 12:00 pm" in tasks(program, "Ben")[0]
    assert "Ben went through something hard around Ana" in tasks(program, "Cora")[0]
    await program.wait(timedelta(days=3))
    assert len(tasks(program, "Cora")) == 1


async def test_after_a_shooting_that_is_written_down(program: Program) -> None:
    with program.house.db.write() as s:
        ana, at = s.get_one(Client, client(program).id), program.clock.now()
        incidents.record(s, program.house, at, ana, Situation.THREATENED, at)
        incidents.record(s, program.house, at, ana, Situation.RECENTLY_SHOT, at)
    await program.settle()
    assert len(tasks(program, "Ben")) == len(tasks(program, "Cora")) == 1


@pytest.mark.parametrize(("outcome", "given"), [("reached_safe", 1), ("no_danger", 0)])
async def test_after_an_alert_about_suicide_whoever_had_it(
    hard: Program, outcome: str, given: int
) -> None:
    await hard.says("Ana", SUICIDE)
    await hard.wait(timedelta(minutes=6))
    await hard.says("Cora", "got it")
    with hard.house.db.write() as s:
        cora = s.get_one(Worker, worker(hard, "Cora").id)
        at = hard.clock.now()
        assert moves.move(s, hard.house, at, s.get_one(Alert, 1), cora, Move.CLOSE, outcome)
    await hard.settle()
    assert len(tasks(hard, "Cora")) == given * 2  # no other supervisor: both are hers
    assert tasks(hard, "Ben") == []


async def test_other_alerts_give_nobody_more_to_do(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    await program.says("Ben", "close, reached_safe")
    await program.says("Ben", "close, safe")
    await program.settle()
    assert tasks(program, "Ben") == tasks(program, "Cora") == []


async def test_a_supervisor_who_leaves_leaves_no_task_to_nobody(program: Program) -> None:
    dies(program)
    with program.house.db.write() as s:
        cora = s.get_one(Worker, worker(program, "Cora").id)
        leaving.leave(s, program.house, program.clock.now(), cora)
        open_ = s.scalars(sa.select(Task).where(Task.state == TaskState.OPEN)).all()
        assert {task.worker_id for task in open_} == {worker(program, "Ben").id}
        assert {task.kind for task in open_} >= {"cover", "debrief"}


async def test_cover_is_no_way_to_hear_of_her(program: Program) -> None:
    with program.house.db.write() as s:
        ana = s.get_one(Client, client(program).id)
        cora = s.get_one(Worker, worker(program, "Cora").id)
        never.keep(s, program.house, program.clock.now(), ana, cora, None, "operator")
    dies(program)
    await program.settle()
    assert program.got("Cora", Kind.TASK) == []
    assert len(tasks(program, "Ben")) == 2


async def test_whoever_opens_a_page_sees_the_agreed_question(program: Program) -> None:
    from bot.service.staff import code_words

    with program.house.db.write() as s:
        ana = s.get_one(Client, client(program).id)
        code_words.keep_question(program.house, ana, "What was our dog called?  Lobo")
        assert b"Lobo" not in (ana.agreed_question or b"")
    await program.says("Ana", "they outside my house rn")
    await unlock(program, "Ben")
    await program.taps("Ben", "Open")
    shown = program.got("Ben")[-1].text
    assert "not verified" in shown
    assert "Call first or ask the agreed question" in shown
    assert "Agreed question: What was our dog called? Lobo" in shown
