"""When somebody leaves, all their clients get another worker in one step: each hears it from the
one they had and may refuse, and from that minute the one who left sees nothing of them. Who is only
on leave gets everything back."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.core.dates import DateKind
from bot.core.messages import Kind
from bot.core.people import Situation
from bot.errors import SafError
from bot.service import dates, incidents
from bot.service.people import away, caseload, leaving, never
from bot.service.people.caseload import Moved
from bot.store.tables import Client, Due, DueKind, DueState, Task, TaskState, Worker
from tests.support.program import Program, client
from tests.support.staff import alert, last, screen, tap_again, unlock, worker

DANGER = "they outside my house rn"


def move(program: Program, before: str = "Ben", to: str = "Dev") -> Moved:
    """Hand a caseload over."""
    with program.house.db.write() as s:
        a, b = (s.get_one(Worker, worker(program, name).id) for name in (before, to))
        return caseload.move(s, program.house, program.clock.now(), a, b, "operator")


def task(program: Program) -> None:
    """Give Ana's worker something to do."""
    with program.house.db.write() as s:
        ana, at = s.get_one(Client, client(program).id), program.clock.now()
        incidents.record(s, program.house, at, ana, Situation.THREATENED, at)


@pytest.mark.both_databases
async def test_dates_alerts_and_tasks_come_along(program: Program) -> None:
    task(program)
    with program.house.db.write() as s:
        ana, at = s.get_one(Client, client(program).id), program.clock.now()
        dates.record(s, program.house, at, ana, DateKind.COURT, at.date() + timedelta(days=60))
    await program.settle()
    await program.says("Ana", DANGER)
    await program.says("Ben", "got it")
    with program.house.db.read() as s:
        due = sa.select(sa.func.count()).where(Due.state == DueState.WAITING)
        due = due.where(Due.kind != DueKind.TASK_LATE)  # Dev's new task brings its own
        waiting = s.scalar(due)
    move(program)
    await program.settle()
    dev = worker(program, "Dev").id
    with program.house.db.read() as s:
        mine = sa.select(Task).where(Task.state == TaskState.OPEN)
        assert {one.worker_id for one in s.scalars(mine)} == {dev}
        assert s.scalar(due) == waiting
    assert alert(program).state == "triggered"
    assert program.got("Dev", Kind.PAGE)
    assert client(program).worker_id == dev


async def test_she_hears_it_from_ben_and_says_okay(program: Program) -> None:
    move(program)
    await program.settle()
    said = program.got("Ana")[0]
    assert said.text.startswith("Hey, from Ben: I'm passing you on to Dev")
    assert [label for label, _ in said.buttons] == ["Okay", "I'd rather not"]
    await program.taps("Ana", "Okay")
    assert last(program, "Ana") == "Good. Dev will say hi soon."


async def test_her_no_is_a_supervisors_task(program: Program) -> None:
    move(program)
    await program.settle()
    await program.taps("Ana", "I'd rather not")
    assert "Cora will talk with you" in last(program, "Ana")
    (task_,) = program.got("Cora", Kind.TASK)
    assert "Ana would rather not have Dev as their worker" in task_.text
    await program.taps("Ana", "I'd rather not")
    assert len(program.got("Cora", Kind.TASK)) == 1
    await program.says("Ana", DANGER)  # meanwhile danger has somebody
    assert program.got("Dev", Kind.PAGE)


async def test_an_old_answer_changes_nothing(program: Program) -> None:
    move(program)
    await program.settle()
    button = next(b for b in program.buttons("Ana") if b.label == "I'd rather not")
    move(program, "Dev", "Ben")
    await tap_again(program, "Ana", button.token)
    assert program.got("Cora", Kind.TASK) == []


async def test_at_night_it_waits_for_the_morning(program: Program) -> None:
    await program.wait(timedelta(hours=12))  # midnight
    before = len(program.got("Ana"))
    move(program)
    await program.settle()
    assert len(program.got("Ana")) == before
    assert program.got("Dev", Kind.TASK) == []  # nobody says hi before she has heard of it
    await program.wait(timedelta(hours=10))
    assert any("from Ben" in h.text for h in program.got("Ana")[before:])
    order = [h.to for h in program.heard if "from Ben" in h.text or "is your client now" in h.text]
    assert order[:2] == ["Ana", "Dev"]


@pytest.mark.both_databases
async def test_that_minute_the_one_who_leaves_sees_nothing(program: Program) -> None:
    await unlock(program, "Ben")
    await program.says("Ana", DANGER)
    await program.taps("Ben", "Open")
    opened = len(program.channel.sent)
    opener = next(m for m in program.channel.sent if m.chat == "Ben" and m.text == "#1, open")
    move(program)
    await program.settle()
    assert f"Ben:{opened}" in program.channel.deleted
    before = len(screen(program, "Ben"))
    await tap_again(program, "Ben", opener.buttons[0][0].token)
    for words in ("/today", "/plan Ana", "/write Ana", "got it #1"):
        await program.says("Ben", words)
    assert "Ana" not in screen(program, "Ben")[before:]
    with program.house.db.write() as s:
        ben = s.get_one(Worker, worker(program, "Ben").id)
        leaving.leave(s, program.house, program.clock.now(), ben)
    sent = len(program.got("Ben"))
    await program.says("Ben", "/today")
    assert len(program.got("Ben")) == sent


async def test_who_must_not_be_told_is_passed_over(program: Program) -> None:
    with program.house.db.write() as s:
        ana, at = s.get_one(Client, client(program).id), program.clock.now()
        dev, cora = (s.get_one(Worker, worker(program, name).id) for name in ("Dev", "Cora"))
        never.keep(s, program.house, at, ana, dev, cora, "operator")
    became = move(program)
    assert [one.id for one, _ in became.elsewhere] == [client(program).id]
    assert client(program).worker_id == worker(program, "Cora").id
    await program.settle()
    assert program.got("Dev") == []


async def test_without_a_fallback_she_stays_and_it_is_said(program: Program) -> None:
    with program.house.db.write() as s:
        ana, at = s.get_one(Client, client(program).id), program.clock.now()
        dev = s.get_one(Worker, worker(program, "Dev").id)
        never.keep(s, program.house, at, ana, dev, None, "operator")
    assert [one.id for one in move(program).stay] == [client(program).id]
    assert client(program).worker_id == worker(program, "Ben").id


async def test_a_supervisor_does_it_in_the_worker_bot(program: Program) -> None:
    await unlock(program, "Dev")
    await program.says("Dev", "/handover Ben Dev")
    assert last(program, "Dev").startswith("That is not yours")
    await unlock(program, "Cora")
    await program.says("Cora", "/handover Ben Dev")
    assert last(program, "Cora").startswith("1 clients of Ben go to Dev")
    assert client(program).worker_id == worker(program, "Ben").id
    await program.taps("Cora", "Yes, hand over")
    assert client(program).worker_id == worker(program, "Dev").id


def leave(program: Program, days: int = 3, substitute: str = "Dev") -> None:
    """Let Ben be away from now on."""
    with program.house.db.write() as s:
        ben, other = (s.get_one(Worker, worker(program, name).id) for name in ("Ben", substitute))
        now = program.clock.now()
        until = now + timedelta(days=days)
        away.keep(s, program.house, now, ben, other, now, until, "operator")


@pytest.mark.both_databases
async def test_on_leave_pages_and_tasks_go_to_the_substitute_and_come_back(
    program: Program,
) -> None:
    task(program)
    await program.settle()
    leave(program)
    await program.settle()
    assert "You stand in for Ben" in last(program, "Dev")
    rang = len(program.got("Ben"))
    await program.says("Ana", DANGER)
    assert program.got("Dev", Kind.PAGE)
    assert "I'm paging Dev now" in program.got("Ana", Kind.SAFETY)[0].text
    await unlock(program, "Dev")
    for command in ("/today", "/plan Ana"):
        await program.says("Dev", command)
        assert "Ana" in last(program, "Dev")
    await program.says("Dev", "close #1, safe")
    assert alert(program).outcome == "reached_safe"
    await program.wait(timedelta(days=2))
    assert [h for h in program.got("Ben", Kind.PAGE, Kind.TASK)[rang:]] == []
    await program.wait(timedelta(days=1, minutes=1))
    await unlock(program, "Dev")
    await program.says("Dev", "/plan Ana")
    assert last(program, "Dev") == "You have no client of that name. Nothing changed."
    before = len(program.got("Dev"))
    await program.says("Ana", "threatened")
    assert program.got("Ben", Kind.PAGE)
    assert len(program.got("Dev")) == before


async def test_who_stands_in_knows_of_a_heavy_day(program: Program) -> None:
    with program.house.db.write() as s:
        ana, at = s.get_one(Client, client(program).id), program.clock.now()
        for days in (3, 16):  # Ben knows of the first; the second is to be told while he is away
            day = at.date() + timedelta(days=days)
            dates.record(s, program.house, at, ana, DateKind.COURT, day)
    await program.settle()
    assert [h.text[-60:] for h in program.got("Ben", Kind.PREPARE)]
    leave(program, days=4)
    await program.wait(timedelta(days=3))
    told = program.got("Dev", Kind.PREPARE)
    assert [("2027-03-04" in h.text, "2027-03-17" in h.text) for h in told] == [
        (True, False),
        (False, True),
    ]
    assert any("Dev knows" in h.text for h in program.got("Ana", Kind.ANNIVERSARY))
    assert len(program.got("Ben", Kind.PREPARE)) == 1
    await program.wait(timedelta(days=8))  # Ben is back, a week before the second
    assert ["2027-03-17" in h.text for h in program.got("Ben", Kind.PREPARE)] == [False, True]


async def test_back_early(program: Program) -> None:
    leave(program)
    with program.house.db.write() as s:
        ben = s.get_one(Worker, worker(program, "Ben").id)
        away.back(s, program.house, program.clock.now(), ben, "operator")
        with pytest.raises(SafError):
            away.back(s, program.house, program.clock.now(), ben, "operator")
    await program.says("Ana", DANGER)
    assert program.got("Ben", Kind.PAGE)
    assert program.got("Dev", Kind.PAGE) == []


def test_a_leave_that_cannot_be_is_refused(program: Program) -> None:
    leave(program)
    for days, substitute in ((3, "Cora"), (-1, "Dev"), (3, "Ben")):
        with pytest.raises(SafError):
            leave(program, days, substitute)
