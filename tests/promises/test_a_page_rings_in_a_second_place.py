"""A worker whom Telegram does not reach, or who does not answer, is rung a second way; what leaves
there names nobody; and where nothing can ring, the next person is paged at once and it is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.channels.base import Reason, SendFailed
from bot.core.alerts import Named, Step, Who
from bot.core.danger import Urgency
from bot.core.messages import InboundKind, Kind
from bot.service import second
from bot.service.alerting import oncall
from bot.service.house import Heard
from bot.store import people
from bot.store.tables import AlertLog, OnCall
from tests.support.program import BLOCKED, ZONE, Memory, Program
from tests.support.rehearsal import got, play
from tests.support.staff import alert

MIN = timedelta(minutes=1)
GONE = SendFailed("gone", permanent=True, reason=Reason.GONE)


@pytest.fixture
def program(program: Program) -> Program:
    """The program with e-mail; Ben has an address."""
    program.house.channels = {**program.house.channels, "email": Memory("email")}
    set_up(program, "Ben")
    return program


def set_up(program: Program, name: str, *, chat: bool = True, way: str = "email") -> None:
    """Give somebody a second way, and take their phone where they have none."""
    with program.house.db.write() as s:
        worker = people.worker_by_name(s, program.house.sealer, name)
        assert worker is not None
        second.keep(program.house.sealer, worker, way, f"{name.lower()}@example.org")
        if not chat:
            worker.chat = worker.chat_lookup = worker.channel = None


def letters(program: Program, who: str = "Ben") -> list[Heard]:
    return [h for h in program.got(who) if h.channel == "email"]


def log(program: Program) -> list[str]:
    with program.house.db.read() as s:
        return [f"{row.event} {row.detail}".strip() for row in s.scalars(sa.select(AlertLog))]


def policy(program: Program, *steps: Step) -> None:
    escalation = program.house.content.escalation
    policies = {**escalation.policies, Urgency.NOW: steps}
    program.house.content = replace(
        program.house.content, escalation=replace(escalation, policies=policies)
    )


async def test_unacknowledged_for_two_minutes_a_letter_follows(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    assert letters(program) == []
    await program.wait(2 * MIN)
    (letter,) = letters(program)
    assert letter.kind is Kind.PAGE
    assert letter.text.startswith("#1, open.")
    assert "Ana" not in letter.text and "Ben" not in letter.text and not letter.buttons
    assert letter.about == ""


async def test_somebody_has_it_and_no_letter_leaves(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    await program.says("Ben", "got it")
    await program.wait(30 * MIN)
    assert letters(program) == []


@pytest.mark.both_databases
async def test_a_page_that_cannot_arrive_is_followed_at_once(program: Program) -> None:
    program.channel.fail("Ben", BLOCKED)
    await program.says("Ana", "they outside my house rn")
    assert len(letters(program)) == 1
    assert not program.got("Cora", Kind.ESCALATION)
    await program.wait(3 * MIN)
    assert len(letters(program)) == 1


async def test_without_a_chat_the_letter_is_the_page(program: Program) -> None:
    set_up(program, "Ben", chat=False)
    await program.says("Ana", "they outside my house rn")
    assert len(letters(program)) == 1
    assert "no_one_on_call step 0" not in log(program)


@pytest.mark.both_databases
async def test_both_ways_dead_the_next_person_is_paged_and_it_is_said(program: Program) -> None:
    program.channel.fail("Ben", BLOCKED)
    program.house.channels["email"].fail("ben@example.org", GONE)  # type: ignore[attr-defined]
    await program.says("Ana", "they outside my house rn")
    assert program.got("Cora", Kind.ESCALATION)
    said = [h.text for h in program.got("Cora", Kind.NOTICE)]
    assert said == ["A page to Ben about #1 cannot be delivered."]


async def test_who_has_no_way_at_all_is_passed_over_at_once_and_it_is_said(
    program: Program,
) -> None:
    set_up(program, "Ben", chat=False)
    with program.house.db.write() as s:
        ben = people.worker_by_name(s, program.house.sealer, "Ben")
        assert ben is not None
        second.keep(program.house.sealer, ben, "email", "")
    await program.says("Ana", "they outside my house rn")
    assert program.got("Cora", Kind.ESCALATION)
    assert "page_failed no way to reach" in log(program)
    assert "no_one_on_call step 0" in log(program)
    assert len(program.got("Cora", Kind.NOTICE)) == 1
    await program.wait(timedelta(hours=2))
    assert len(program.got("Cora", Kind.NOTICE)) == 1


async def test_today_makes_no_sound_by_the_gateway_at_night(program: Program) -> None:
    program.house.channels = {**program.house.channels, "webhook": Memory("webhook")}
    set_up(program, "Ben", way="webhook", chat=False)
    await program.wait(timedelta(hours=12))  # midnight
    await program.says("Ana", "threatened")
    assert len(letters(program)) == 1
    rung = [h for h in program.got("Ben") if h.channel == "webhook"]
    assert rung == []
    await program.wait(timedelta(hours=9, minutes=1))
    assert [h for h in program.got("Ben") if h.channel == "webhook"]


async def test_a_named_person_is_paged_in_their_step(program: Program) -> None:
    policy(
        program,
        Step(timedelta(0), (Who.WORKER,)),
        Step(5 * MIN, (Named("dev"), Named("Nobody")), every=timedelta(0)),
    )
    await program.says("Ana", "they outside my house rn")
    assert not program.got("Dev")
    assert "dev" not in str(alert(program).policy).lower()
    await program.wait(5 * MIN)
    assert program.got("Dev", Kind.ESCALATION)


async def test_a_step_for_a_name_that_nobody_has_is_skipped_at_once(program: Program) -> None:
    policy(program, Step(timedelta(0), (Named("Zed"),)), Step(9 * MIN, (Who.SUPERVISORS,)))
    await program.says("Ana", "they outside my house rn")
    assert program.got("Cora", Kind.ESCALATION)
    assert "no_one_on_call step 0" in log(program)


async def test_on_call_without_a_phone_is_said_and_the_others_ring(program: Program) -> None:
    set_up(program, "Dev", chat=False, way="webhook")
    now = program.clock.now()
    with program.house.db.write() as s:
        dev = people.worker_by_name(s, program.house.sealer, "Dev")
        assert dev is not None
        s.add(OnCall(worker_id=dev.id, starts=now, ends=now + timedelta(hours=8)))
    await program.says("Ana", "they outside my house rn")
    assert program.got("Ben", Kind.PAGE)
    assert [h.text for h in program.got("Cora")] == ["A page to Dev about #1 cannot be delivered."]


def test_a_scenarios_email_rings_when_telegram_is_down(tmp_path: Path) -> None:
    rows = play(
        'start: "2027-03-01T09:00:00-06:00"\nuntil: "2027-03-01T14:00:00-06:00"\n'
        "workers: [{name: Ben, email: ben@example.org}]\n"
        "clients: [{name: Ana, worker: Ben}]\n"
        "events:\n"
        '  - {at: "2027-03-01T12:00:00-06:00", from: Ana, says: "they outside"}\n'
        '  - {at: "2027-03-01T12:00:00-06:00", fault: blocked_bot, who: Ben}\n',
        tmp_path,
    )
    assert got([row for row in rows if row.get("channel") == "email"], "Ben", "page")


async def test_who_blocked_the_bot_is_not_counted_on_until_they_are_back(program: Program) -> None:
    now = program.clock.now()
    with program.house.db.write() as s:
        ben = people.worker_by_name(s, program.house.sealer, "Ben")
        assert ben is not None
        second.keep(program.house.sealer, ben, "email", "")
        s.add(OnCall(worker_id=ben.id, starts=now, ends=now + timedelta(days=1)))
    assert unreached(program) == []
    program.channel.fail("Ben", BLOCKED)
    await program.says("Ana", "they outside my house rn")
    assert program.got("Cora", Kind.ESCALATION)
    assert unreached(program) == [now]
    await program.says("Ben", kind=InboundKind.UNBLOCKED)
    assert unreached(program) == []
    await program.says("Ben", kind=InboundKind.BLOCKED)
    assert unreached(program) == [now]
    await program.says("Ben", "got it")
    assert unreached(program) == []


def unreached(program: Program) -> list[datetime]:
    """Return since when of the next day nobody on call can be reached."""
    now, channels = program.clock.now(), program.house.channels
    with program.house.db.read() as s:
        ahead = oncall.outlook(s, ZONE, channels, now, now + timedelta(hours=12))
    return [gap.starts for gap in ahead.gaps]


async def test_a_blocked_chat_is_followed_at_once_and_tried_again(program: Program) -> None:
    await program.says("Ben", kind=InboundKind.BLOCKED)
    await program.says("Ana", "they outside my house rn")
    assert len(letters(program)) == 1
    assert [h.channel for h in program.got("Ben", Kind.PAGE)] == ["telegram", "email"]


async def test_nobody_waits_for_who_is_known_to_have_blocked_the_bot(program: Program) -> None:
    with program.house.db.write() as s:
        ben = people.worker_by_name(s, program.house.sealer, "Ben")
        assert ben is not None
        second.keep(program.house.sealer, ben, "email", "")
    await program.says("Ben", kind=InboundKind.BLOCKED)
    await program.says("Ana", "they outside my house rn")
    assert program.got("Cora", Kind.ESCALATION)
    said = program.got("Ana", Kind.SAFETY)[-1].text
    assert "paging Cora" in said and "Ben" not in said
