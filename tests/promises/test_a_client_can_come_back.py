"""Who stopped, took a break or lost a phone comes back as they were promised: with a yes of their
own, and with check-ins that come again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.messages import InboundKind, Kind
from bot.core.people import ClientState, PhoneState, Situation
from bot.service.people import consent, enrol
from bot.store.tables import Client, DueKind
from tests.support.days import waiting
from tests.support.plans import asked, begin, listening
from tests.support.program import Program, build, client

WEEK = timedelta(days=7)
SCREENS = ("Yes", "Got it", "Got it", "Yes, I'm in")


async def does(program: Program, what: Callable[[Session, Client], object]) -> None:
    """Let something be done about Ana."""
    with program.house.db.write() as s:
        what(s, s.scalars(sa.select(Client)).one())
    await program.settle()


async def stops(program: Program) -> None:
    house, at = program.house, program.clock.now()
    await does(program, lambda s, ana: consent.stop(s, house, at, ana))


async def breaks(program: Program, span: timedelta = WEEK) -> None:
    house, at = program.house, program.clock.now()
    await does(program, lambda s, ana: consent.pause(s, house, at, ana, span))


async def phone(program: Program, state: PhoneState) -> None:
    house, at = program.house, program.clock.now()
    await does(program, lambda s, ana: enrol.set_phone(s, house, at, ana, state, "operator"))


async def opens_a_new_link(program: Program) -> None:
    house, at, tokens = program.house, program.clock.now(), []
    await does(program, lambda s, ana: tokens.append(enrol.invite(s, house, at, ana, None)))
    await program.says("Ana", kind=InboundKind.START, token=tokens[0])


async def test_who_stopped_is_asked_anew_and_after_their_yes_checkins_come(
    program: Program,
) -> None:
    listening(program)
    await stops(program)
    await program.wait(timedelta(days=60))
    await opens_a_new_link(program)
    assert client(program).state is ClientState.INVITED
    assert client(program).consented_at is None
    assert "I'm a bot" in program.got("Ana")[-1].text
    for label in SCREENS:
        await program.taps("Ana", label)
    assert client(program).state is ClientState.ACTIVE
    await program.wait(WEEK)
    assert program.got("Ana", Kind.CHECKIN)


async def test_who_stopped_in_the_middle_of_a_plan_sees_the_hello_first(program: Program) -> None:
    listening(program)
    begin(program, Situation.THREATENED)
    await program.settle()
    await stops(program)
    await opens_a_new_link(program)
    assert asked(program) == "onboarding.hello"


async def test_a_break_before_the_yes_is_no_yes(tmp_path: Path) -> None:
    program = build(tmp_path, consented=False)
    await program.says("Ana", kind=InboundKind.START)
    await breaks(program)
    heard = len(program.got("Ana"))
    await program.wait(timedelta(days=30))
    assert client(program).state is ClientState.INVITED
    assert len(program.got("Ana")) == heard
    assert "said not now at hello" in program.got("Ben", Kind.TASK)[-1].text
    await program.says("Ana", kind=InboundKind.START)
    assert "I'm a bot" in program.got("Ana")[-1].text


async def test_on_a_new_phone_checkins_come_again(program: Program) -> None:
    await phone(program, PhoneState.STOLEN)
    await program.wait(timedelta(days=3))
    await opens_a_new_link(program)
    await program.wait(WEEK)
    assert len(program.got("Ana", Kind.CHECKIN)) == 1


async def test_a_break_ends_on_a_new_phone_too(program: Program) -> None:
    await breaks(program)
    await phone(program, PhoneState.STOLEN)
    await opens_a_new_link(program)
    assert client(program).state is ClientState.PAUSED
    assert program.got("Ana", Kind.CHECKIN) == []
    await program.wait(WEEK)
    assert client(program).state is ClientState.ACTIVE
    assert waiting(program, DueKind.CHECKIN)


async def test_a_break_that_ended_meanwhile_is_over_on_the_new_phone(program: Program) -> None:
    await breaks(program)
    await phone(program, PhoneState.SEIZED)
    await program.wait(2 * WEEK)
    await opens_a_new_link(program)
    assert client(program).state is ClientState.ACTIVE
    assert waiting(program, DueKind.CHECKIN)


async def test_a_yes_by_word_of_mouth_is_no_yes_to_the_bot(tmp_path: Path) -> None:
    program = build(tmp_path, consented=False)

    def without_phone(s: Session, ana: Client) -> None:
        ana.chat = ana.chat_lookup = ana.channel = None
        consent.agree(s, program.house, program.clock.now(), ana)

    await does(program, without_phone)
    await opens_a_new_link(program)
    assert client(program).state is ClientState.INVITED
    said = [h.text for h in program.got("Ana")]
    assert len(said) == 1 and "I'm a bot" in said[0]


async def test_a_link_of_before_a_death_opens_nothing(program: Program) -> None:
    house, at, tokens = program.house, program.clock.now(), []
    await does(program, lambda s, ana: tokens.append(enrol.invite(s, house, at, ana, None)))
    await phone(program, PhoneState.DECEASED)
    await program.says("Ana", kind=InboundKind.START, token=tokens[0])
    assert client(program).phone is PhoneState.DECEASED
    assert program.got("Ana") == []
