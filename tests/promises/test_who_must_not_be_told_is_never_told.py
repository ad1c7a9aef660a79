"""Ana said at hello who must not hear of her. Their phone stays empty of her, whatever they are to
the program; who hears instead was named beforehand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.messages import Kind
from bot.core.people import Role, Situation
from bot.errors import SafError
from bot.service import incidents
from bot.service.people import enrol, never
from bot.store.tables import Away, Client, OnCall, Worker
from tests.support.program import Program, client
from tests.support.staff import alert, last, screen, tap_again, unlock, worker

DANGER = "they outside my house rn"


def hide(program: Program, name: str, instead: str = "") -> None:
    """Put a worker on Ana's never-tell list."""
    with program.house.db.write() as s:
        ana = s.get_one(Client, client(program).id)
        other = s.get_one(Worker, worker(program, instead).id) if instead else None
        theirs = s.get_one(Worker, worker(program, name).id)
        never.keep(s, program.house, program.clock.now(), ana, theirs, other, "operator")


def change(program: Program, name: str, **what: object) -> None:
    """Change something about a worker."""
    with program.house.db.write() as s:
        found = s.get_one(Worker, worker(program, name).id)
        for key, value in what.items():
            setattr(found, key, value)


@pytest.mark.both_databases
async def test_no_step_of_the_escalation_rings_there(program: Program) -> None:
    change(program, "Dev", role=Role.SUPERVISOR)
    hide(program, "Dev", "Cora")
    await program.says("Ana", DANGER)
    await program.wait(timedelta(hours=3))
    assert program.got("Dev") == []
    assert program.got("Cora", Kind.ESCALATION)


async def test_on_call_the_fallback_is_paged_in_their_place(program: Program) -> None:
    hide(program, "Dev", "Cora")
    now = program.clock.now()
    with program.house.db.write() as s:
        dev = worker(program, "Dev").id
        s.add(OnCall(worker_id=dev, starts=now, ends=now + timedelta(hours=9)))
    await program.says("Ana", DANGER)
    assert program.got("Dev") == []
    assert [page.kind for page in program.got("Cora")] == [Kind.PAGE]


async def test_a_supervisor_on_the_list_finds_nobody(program: Program) -> None:
    await unlock(program, "Cora")
    await program.says("Ana", DANGER)
    await program.wait(timedelta(minutes=6))
    page = next(m for m in program.channel.sent if m.chat == "Cora" and m.text == "#1, open")
    await program.taps("Cora", "Open")
    assert "Ana" in screen(program, "Cora")
    before = len(screen(program, "Cora"))
    hide(program, "Cora", "Dev")
    await unlock(program, "Cora")
    for words in ("/today", "/plan", "/plan Ana", "/phone Ana", "got it #1", "close #1"):
        await program.says("Cora", words)
    await tap_again(program, "Cora", page.buttons[0][0].token)
    assert "Ana" not in screen(program, "Cora")[before:]
    assert alert(program).state == "triggered"
    await program.says("Cora", "/phone Ana")
    about_ana = last(program, "Cora")
    await program.says("Cora", "/phone Zoe")
    assert about_ana == last(program, "Cora")


async def test_what_stood_on_their_phone_leaves_it(program: Program) -> None:
    await unlock(program, "Cora")
    await program.says("Ana", DANGER)
    await program.wait(timedelta(minutes=6))
    await program.taps("Cora", "Open")
    place = len(program.channel.sent)
    hide(program, "Cora", "Dev")
    await program.settle()
    assert f"Cora:{place}" in program.channel.deleted


async def test_an_alert_that_they_had_rings_again_for_the_others(program: Program) -> None:
    await program.says("Ana", DANGER)
    await program.wait(timedelta(minutes=6))
    await program.says("Cora", "got it")
    assert alert(program).acknowledged_by == worker(program, "Cora").id
    before = len(program.got("Ben", Kind.PAGE))
    hide(program, "Cora", "Dev")
    await program.settle()
    assert alert(program).state == "triggered"
    assert len(program.got("Ben", Kind.PAGE)) == before + 1


async def test_who_was_reached_is_the_own_workers_to_close(program: Program) -> None:
    await program.says("Ana", DANGER)
    await program.wait(timedelta(minutes=6))
    await program.says("Cora", "reached her")
    hide(program, "Cora", "Dev")
    assert alert(program).state == "reached"
    assert alert(program).acknowledged_by == worker(program, "Ben").id


async def test_as_a_substitute_they_are_passed_over(program: Program) -> None:
    hide(program, "Dev", "Cora")
    now = program.clock.now()
    with program.house.db.write() as s:
        ids = {name: worker(program, name).id for name in ("Ben", "Dev")}
        s.add(
            Away(
                worker_id=ids["Ben"],
                substitute_id=ids["Dev"],
                starts=now,
                ends=now + timedelta(days=3),
                made_by="operator",
                made_at=now,
            )
        )
    await program.says("Ana", DANGER)
    with program.house.db.write() as s:
        ana = s.get_one(Client, client(program).id)
        incidents.record(s, program.house, program.clock.now(), ana, Situation.THREATENED, now)
    await program.settle()
    assert program.got("Dev") == []
    assert {one.kind for one in program.got("Cora")} >= {Kind.PAGE, Kind.TASK}
    assert "Cora" in program.got("Ana", Kind.SAFETY)[0].text


async def test_she_is_not_given_to_them(program: Program) -> None:
    hide(program, "Dev", "Cora")
    with program.house.db.write() as s:
        ana = s.get_one(Client, client(program).id)
        dev = s.get_one(Worker, worker(program, "Dev").id)
        with pytest.raises(SafError):
            enrol.hand_over(s, program.house, program.clock.now(), ana, dev)
    assert client(program).worker_id == worker(program, "Ben").id


def findings(program: Program) -> list[str]:
    """Return what the doctor finds wrong about never-tell lists."""
    with program.house.db.read() as s:
        found = never.examine(s, program.house.sealer, program.clock.now())
        return [one.what for one in found if one.where == "never tell"]


def test_the_doctor_says_when_nobody_is_left_to_page(program: Program) -> None:
    assert findings(program) == []
    hide(program, "Cora")
    assert "only one person is left to page for Ana" in findings(program)
    assert "nobody hears about Ana in place of Cora" in findings(program)
    change(program, "Ben", chat=None, chat_lookup=None)
    assert any(said.startswith("nobody is left to page for Ana") for said in findings(program))


def test_a_list_that_cannot_be_is_refused(program: Program) -> None:
    for name, instead in (("Ben", "Cora"), ("Dev", "Dev")):
        with pytest.raises(SafError):
            hide(program, name, instead)
    hide(program, "Dev", "Cora")
    with pytest.raises(SafError):
        hide(program, "Cora", "Dev")
    assert set(client(program).never_tell) == {worker(program, "Dev").id}
