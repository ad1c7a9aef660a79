"""A voice note, a picture, a place: a person hears that it came, and silence after it rings."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.core.danger import Urgency
from bot.core.messages import InboundKind, Kind
from bot.store.tables import Alert, Ask, AskState, Task
from tests.support import plans as plan
from tests.support.program import Program, client
from tests.support.staff import last, unlock

MIN = timedelta(minutes=1)
KINDS = [
    (InboundKind.VOICE, "voice note"),
    (InboundKind.PHOTO, "photo or file"),
    (InboundKind.LOCATION, "a place"),
    (InboundKind.OTHER, "something else"),
]


@pytest.fixture(params=[False, True], ids=["bare", "covered"])
def either(program: Program, request: pytest.FixtureRequest) -> Program:
    """Ana's phone, bare or covered."""
    with program.house.db.write() as s:
        s.merge(client(program)).cover = request.param
    return program


def alerts(program: Program) -> list[tuple[Urgency, list[str]]]:
    with program.house.db.read() as s:
        return [(one.urgency, one.signals) for one in s.scalars(sa.select(Alert))]


def tasks(program: Program) -> list[str]:
    with program.house.db.read() as s:
        return list(s.scalars(sa.select(Task.kind)))


@pytest.mark.parametrize(("kind", "name"), KINDS)
async def test_the_worker_has_the_task_at_once(
    either: Program, kind: InboundKind, name: str
) -> None:
    await unlock(either, "Ben")
    await either.says("Ana", kind=kind)
    assert tasks(either) == ["media"] and alerts(either) == []
    await either.taps("Ben", "Open")
    assert f"Ana sent something I can't open: {name}, 12:00 pm" in last(either, "Ben")


@pytest.mark.parametrize(("kind", "name"), KINDS)
async def test_no_tap_in_time_is_an_alert(either: Program, kind: InboundKind, name: str) -> None:
    await unlock(either, "Ben")
    await either.says("Ana", kind=kind)
    await either.wait(4 * MIN)
    assert not either.got("Ben", Kind.PAGE)
    await either.wait(MIN)
    assert alerts(either) == [(Urgency.TODAY, ["contact_request"])]
    assert either.got("Ben", Kind.PAGE) and either.got("Ana", Kind.SAFETY)
    await either.taps("Ben", "Open")
    assert "we asked, and no answer came" in last(either, "Ben")


async def test_the_question_says_until_when_it_waits(program: Program) -> None:
    await program.says("Ana", kind=InboundKind.VOICE)
    asked = program.got("Ana")[-1]
    assert "If I don't hear back by 12:05 pm, I'll page Ben." in asked.text
    assert [label for label, _ in asked.buttons] == ["Yes", "No"]


@pytest.mark.parametrize("how", ["tapped", "typed"])
async def test_urgent_pages_now(program: Program, how: str) -> None:
    await program.says("Ana", kind=InboundKind.VOICE)
    await (program.taps if how == "tapped" else program.says)("Ana", "Yes")
    assert alerts(program) == [(Urgency.NOW, ["contact_request"])]
    await program.wait(6 * MIN)
    assert alerts(program) == [(Urgency.NOW, ["contact_request"])]


@pytest.mark.parametrize("how", ["tapped", "typed"])
async def test_not_urgent_stays_the_task(program: Program, how: str) -> None:
    await program.says("Ana", kind=InboundKind.PHOTO)
    await (program.taps if how == "tapped" else program.says)("Ana", "No")
    assert last(program, "Ana") == "Okay. It's on Ben's list."
    await program.wait(timedelta(hours=1))
    assert alerts(program) == [] and tasks(program) == ["media"]


async def test_a_covered_phone_confirms_that_all_is_well(program: Program) -> None:
    with program.house.db.write() as s:
        s.merge(client(program)).cover = True
    await program.says("Ana", kind=InboundKind.VOICE)
    assert last(program, "Ana") == "Can you confirm your appointment?"
    await program.taps("Ana", "Yes")
    await program.wait(timedelta(hours=1))
    assert alerts(program) == [] and tasks(program) == ["media"]


async def test_an_album_is_one_task_and_one_question(either: Program) -> None:
    for _ in range(5):
        await either.says("Ana", kind=InboundKind.PHOTO)
    assert tasks(either) == ["media"] and len(either.got("Ana")) == 1


async def test_the_talk_goes_on_meanwhile_and_what_is_unsure_is_asked(program: Program) -> None:
    plan.listening(program)
    await program.says("Ana", kind=InboundKind.PHOTO)
    await program.says("Ana", "hello")
    assert len(program.got("Ana")) == 2
    await program.says("Ana", "hmm hard to say")
    (asked,) = program.got("Ana", Kind.ASK)
    assert "You safe right now?" in asked.text
    await program.taps("Ana", "Yes")
    await program.wait(timedelta(hours=1))
    assert alerts(program) == []
    with program.house.db.read() as s:
        states = s.scalars(sa.select(Ask.state).order_by(Ask.made_at, Ask.state)).all()
    assert sorted(states) == [AskState.MOOT, AskState.SAFE]


async def test_while_we_ask_whether_they_are_safe_it_is_no_second_question(
    program: Program,
) -> None:
    await program.says("Ana", "hmm hard to say")
    await program.says("Ana", kind=InboundKind.VOICE)
    assert last(program, "Ana") == "I can't open that, so I'm telling Ben it came."
    assert not program.buttons("Ana") and tasks(program) == ["media"]


async def test_who_stopped_is_heard_too(program: Program) -> None:
    with program.house.db.write() as s:
        s.merge(client(program)).state = "left"  # type: ignore[assignment]
    await program.says("Ana", kind=InboundKind.VOICE)
    assert len(program.got("Ana", Kind.ASK)) == 1
    await program.wait(5 * MIN)
    assert program.got("Ben", Kind.PAGE)


async def test_somebody_elses_number_is_no_urgency(program: Program) -> None:
    await program.says("Ana", kind=InboundKind.CONTACT)
    assert [one.label for one in program.buttons("Ana")] == ["Call me"]
    await program.wait(timedelta(hours=1))
    assert alerts(program) == []
    await program.taps("Ana", "Call me")
    assert alerts(program) == [(Urgency.TODAY, ["contact_request"])]
