"""What a worker is asked to do is somebody's: where it does not reach them, or stays open, the
supervisors hear of it, once; and so it is with what should have reached a client."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.channels.base import Reason, SendFailed
from bot.core.messages import Kind
from bot.store.tables import Task, TaskState
from tests.support.days import happens
from tests.support.program import BLOCKED, Program
from tests.support.staff import last, unlock

pytestmark = pytest.mark.both_databases

HOUR = timedelta(hours=1)
REFUSED = SendFailed("", permanent=True, reason=Reason.REFUSED)


async def test_a_call_that_nobody_makes_is_told_to_the_supervisors_once(program: Program) -> None:
    happens(program)
    await program.settle()
    assert program.got("Ben", Kind.TASK)
    await program.wait(4 * HOUR - timedelta(minutes=1))
    assert not program.got("Cora", Kind.TASK)
    await program.wait(timedelta(minutes=1))
    (told,) = program.got("Cora", Kind.TASK)
    assert told.text.startswith("Still open:\nAna, with Ben: needs a call by a person.")
    await program.wait(48 * HOUR)
    assert [h for h in program.got("Cora", Kind.TASK) if "needs a call" in h.text] == [told]


async def test_what_is_settled_is_told_to_nobody(program: Program) -> None:
    await unlock(program, "Ben")
    happens(program)
    await program.settle()
    await program.taps("Ben", "Open")
    await program.taps("Ben", "Done")
    assert last(program, "Ben") == "Done, off your list."
    await program.wait(12 * HOUR)
    assert not program.got("Cora", Kind.TASK)


async def test_what_cannot_reach_its_worker_reaches_a_supervisor_at_once(program: Program) -> None:
    program.channel.fail("Ben", *[BLOCKED] * 5)
    happens(program)
    await program.settle()
    (told,) = program.got("Cora", Kind.TASK)
    assert "Ben could not be told" in told.text
    await program.wait(12 * HOUR)
    assert [h for h in program.got("Cora", Kind.TASK) if "needs a call" in h.text] == [told]


async def test_a_safety_answer_that_never_arrives_is_a_task(program: Program) -> None:
    program.channel.fail("Ana", REFUSED)
    await program.says("Ana", "they outside my house rn")
    assert any("could not be delivered, for good" in h.text for h in program.got("Ben", Kind.TASK))
    with program.house.db.read() as s:
        (task,) = s.query(Task).all()
        assert (task.kind, task.state) == ("not_delivered", TaskState.OPEN)
