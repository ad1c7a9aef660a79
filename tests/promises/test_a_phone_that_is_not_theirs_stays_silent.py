"""A phone that was stolen, taken by police, left outside or whose owner died gets nothing more, at
one tap of the worker; a death is asked twice and never undone."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.core.messages import Kind
from bot.core.people import ClientState, PhoneState
from bot.service.people import enrol
from bot.store.tables import Alert, Ask, AskState, OnCall
from tests.support import plans as plan
from tests.support.program import Program, client
from tests.support.staff import PIN, alert, last, unlock, worker

LABELS = ["Stolen or lost", "Police have it", "Locked up"]


@pytest.fixture
async def ben(program: Program) -> Program:
    """Ben has given his PIN."""
    await unlock(program, "Ben")
    return program


@pytest.mark.parametrize("label", LABELS)
async def test_after_one_tap_nothing_more_goes_there(ben: Program, label: str) -> None:
    await ben.says("Ben", "/phone Ana")
    await ben.taps("Ben", label)
    before = len(ben.got("Ana"))
    await ben.wait(timedelta(days=15))
    assert len(ben.got("Ana")) == before
    assert not [ref for ref in ben.channel.deleted if ref.startswith("Ana")]
    await ben.says("Ben", "/checkin Ana")
    assert last(ben, "Ben").startswith("Not sent:") or "PIN" in last(ben, "Ben")


async def test_it_comes_back_when_the_worker_saw_them_hold_it(ben: Program) -> None:
    await ben.says("Ben", "/phone Ana")
    await ben.taps("Ben", "Stolen or lost")
    await ben.says("Ben", "/phone Ana")
    await ben.taps("Ben", "They hold it, I saw it")
    assert client(ben).phone == "ok"
    before = len(ben.got("Ana"))
    await ben.wait(timedelta(days=8))
    assert len(ben.got("Ana")) > before


async def test_a_death_is_asked_twice_and_stays(ben: Program) -> None:
    await ben.says("Ben", "/phone Ana")
    await ben.taps("Ben", "They died")
    assert client(ben).phone == "ok"
    assert last(ben, "Ben").startswith("Are you sure?")
    await ben.taps("Ben", "Yes, they died")
    assert client(ben).phone == "deceased"
    for command in ("/phone Ana", "/invite Ana"):
        await ben.says("Ben", command)
        assert "recorded as deceased, and that stays" in last(ben, "Ben")
    await ben.taps("Ben", "Stolen or lost")
    assert client(ben).phone == "deceased"
    before = len(ben.got("Ana"))
    await ben.wait(timedelta(days=30))
    assert len(ben.got("Ana")) == before


NOT_THEIRS = [PhoneState.STOLEN, PhoneState.SEIZED, PhoneState.JAILED]
UNSURE = "hmm hard to say"


async def mark(program: Program, state: PhoneState) -> None:
    """Keep what became of Ana's phone."""
    with program.house.db.write() as s:
        ana = s.merge(client(program))
        enrol.set_phone(s, program.house, program.clock.now(), ana, state, "operator")
    await program.settle()


def alerts(program: Program) -> list[Alert]:
    with program.house.db.read() as s:
        return list(s.scalars(sa.select(Alert).order_by(Alert.id)))


@pytest.mark.parametrize("state", NOT_THEIRS)
async def test_an_open_ask_is_an_alert_at_once_and_no_tap_settles_it(
    ben: Program, state: PhoneState
) -> None:
    await ben.says("Ana", UNSURE)
    assert alerts(ben) == []
    await mark(ben, state)
    assert [one.urgency for one in alerts(ben)] == ["today"] and ben.got("Ben", Kind.PAGE)
    for answer in ("Yes", "No"):
        await ben.taps("Ana", answer)
    with ben.house.db.read() as s:
        assert s.scalars(sa.select(Ask.state)).all() == [AskState.SILENT]
    await ben.taps("Ben", "Open")
    assert "Their phone is marked: " in last(ben, "Ben")


async def test_after_a_death_an_open_ask_pages_nobody(program: Program) -> None:
    await program.says("Ana", UNSURE)
    await mark(program, PhoneState.DECEASED)
    await program.wait(timedelta(hours=1))
    assert alerts(program) == []


@pytest.mark.parametrize("state", [*NOT_THEIRS, PhoneState.DECEASED])
async def test_whoever_holds_it_says_nothing_for_her(program: Program, state: PhoneState) -> None:
    plan.listening(program)
    await program.says("Ana", "they outside my house rn")
    await program.says("Ana", "stop")
    await mark(program, state)
    heard, before = len(program.got("Ben", Kind.NOTICE)), client(program)
    for label in ("I'm okay now", "Stop", "One week"):
        await program.taps("Ana", label)
        await program.says("Ana", label)
    await program.says("Ana", "yes")
    await program.says("Ana", "español")
    after = client(program)
    assert len(program.got("Ben", Kind.NOTICE)) == heard
    assert (after.state, after.language, after.silences) == (
        before.state,
        before.language,
        before.silences,
    )
    assert [one.state for one in alerts(program)] == ["triggered"]


@pytest.mark.parametrize("state", NOT_THEIRS)
async def test_help_that_is_called_for_on_it_still_rings(
    program: Program, state: PhoneState
) -> None:
    plan.listening(program)
    await program.says("Ana", "help")
    await mark(program, state)
    for label in ("Call me", "I need help now"):
        await program.taps("Ana", label)
    assert [one.urgency for one in alerts(program)] == ["now"]


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (PhoneState.STOLEN, "Their phone is marked: stolen or lost."),
        (PhoneState.DECEASED, "Their phone is marked: they died."),
    ],
)
async def test_the_page_says_what_became_of_the_phone(
    ben: Program, state: PhoneState, shown: str
) -> None:
    await ben.says("Ana", "they outside my house rn")
    await ben.taps("Ben", "Open")
    assert "phone is marked" not in last(ben, "Ben")
    await mark(ben, state)
    before = len(ben.got("Ana"))
    await ben.wait(timedelta(minutes=30))
    assert len(ben.got("Ana")) == before
    assert alert(ben).state == "triggered"  # theirs until somebody closes it
    await ben.taps("Ben", "Open")
    await ben.says("Ben", PIN)
    assert shown in last(ben, "Ben")


async def test_who_has_the_alert_may_say_it(program: Program) -> None:
    with program.house.db.write() as s:
        at = program.clock.now()
        s.add(OnCall(worker_id=worker(program, "Dev").id, starts=at, ends=at + timedelta(hours=8)))
    await unlock(program, "Dev")
    await program.says("Ana", "they outside my house rn")
    await program.says("Dev", "/phone Ana")
    assert last(program, "Dev").startswith("You have no client of that name.")
    await program.says("Dev", "got it")
    await program.says("Dev", "/phone Ana")
    await program.taps("Dev", "Police have it")
    assert client(program).phone is PhoneState.SEIZED
    await program.says("Dev", "close #1, safe")
    await program.taps("Dev", "Locked up")
    assert client(program).phone is PhoneState.SEIZED  # no more theirs
    assert client(program).state is ClientState.ACTIVE
