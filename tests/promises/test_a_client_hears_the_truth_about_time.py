"""Outside the staffed hours the first answer says that nobody is on and until when; and only where
somebody on call is rung aloud does it say that instead."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.danger import Signal, Urgency, Verdict
from bot.core.hours import Span, Staffed
from bot.core.messages import Kind
from bot.core.people import Language
from bot.store import people
from bot.store.tables import OnCall
from tests.support.program import Program, Rules, build

SUNDAY_EVENING = datetime(2027, 3, 8, 2, 0, tzinfo=UTC)  # 20:00 in Chicago: no shift, no night
MONDAY_3 = datetime(2027, 3, 8, 9, 0, tzinfo=UTC)
SUICIDE = Verdict(Urgency.NOW, (Signal.SUICIDE_RISK,), "says goodbye")
CALL = Verdict(Urgency.TODAY, (Signal.CONTACT_REQUEST,), "asks for a person")
HURT = Verdict(Urgency.NOW, (Signal.INJURY,), "is bleeding")


def off_hours(tmp_path: Path, at: datetime, on_call: str = "", **more: Language) -> Program:
    """A program outside its hours, with somebody on call or nobody."""
    rules = Rules()
    rules.verdicts |= {"goodbye": SUICIDE, "call me": CALL, "bleeding": HURT}
    program = build(tmp_path, start=at, triage=rules, **more)  # type: ignore[arg-type]
    if on_call:
        with program.house.db.write() as s:
            worker = people.worker_by_name(s, program.house.sealer, on_call)
            assert worker is not None
            s.add(OnCall(worker_id=worker.id, starts=at, ends=at + timedelta(hours=12)))
    return program


async def answer(program: Program, words: str) -> str:
    await program.says("Ana", words)
    return program.got("Ana", Kind.SAFETY)[-1].text


@pytest.mark.parametrize("words", ["they outside", "goodbye", "bleeding", "threatened", "call me"])
async def test_nobody_is_on_until_nine(tmp_path: Path, words: str) -> None:
    said = await answer(off_hours(tmp_path, MONDAY_3), words)
    assert "Nobody is on shift until 9:00 am" in said


@pytest.mark.parametrize("words", ["they outside", "threatened"])
async def test_somebody_on_call_is_said_and_nobody_is_not(tmp_path: Path, words: str) -> None:
    said = await answer(off_hours(tmp_path, MONDAY_3, "Cora"), words)
    assert "The team is off until 9:00 am, but somebody is on call" in said
    assert "Nobody is on" not in said


async def test_who_is_on_call_but_sleeps_through_it_is_nobody(tmp_path: Path) -> None:
    """A wish to be called does not wake the person on call at three in the morning."""
    program = off_hours(tmp_path, MONDAY_3, "Cora")
    assert "Nobody is on shift until 9:00 am" in await answer(program, "call me")
    assert next(m for m in program.channel.sent if m.chat == "Cora").silent


async def test_who_is_on_call_and_cannot_be_reached_is_nobody(tmp_path: Path) -> None:
    program = off_hours(tmp_path, MONDAY_3, "Cora")
    with program.house.db.write() as s:
        cora = people.worker_by_name(s, program.house.sealer, "Cora")
        assert cora is not None
        cora.chat = cora.chat_lookup = None
    assert "Nobody is on shift until 9:00 am" in await answer(program, "they outside")


async def test_their_own_worker_on_call_is_paged_and_no_more_is_said(tmp_path: Path) -> None:
    said = await answer(off_hours(tmp_path, MONDAY_3, "Ben"), "they outside")
    assert said.startswith("I'm paging Ben now.")


async def test_off_shift_in_the_evening_today_makes_no_sound(tmp_path: Path) -> None:
    program = off_hours(tmp_path, SUNDAY_EVENING)
    assert "Nobody is on shift until 9:00 am" in await answer(program, "threatened")
    assert next(m for m in program.channel.sent if m.chat == "Ben").silent


async def test_a_day_without_a_shift_is_named(tmp_path: Path) -> None:
    program = off_hours(tmp_path, MONDAY_3, language=Language.ES)
    escalation = program.house.content.escalation
    wednesdays = Staffed(escalation.staffed.zone, {2: Span.parse("09:00-17:00")})
    program.house.content = replace(
        program.house.content, escalation=replace(escalation, staffed=wednesdays)
    )
    assert "hasta el mié a las 9:00 am" in await answer(program, "they outside")


@pytest.mark.parametrize(
    ("later", "said"),
    [
        ("threatened again", "Nobody is on shift until 9:00 am; I'm adding that for Ben."),
        ("call me", "Okay. Nobody is on shift until 9:00 am; I'm leaving it for Ben"),
        ("put out", "That sounds serious. Nobody is on shift until 9:00 am; I'm leaving it"),
        ("they outside", "Nobody is on shift until 9:00 am. I'm paging Ben anyway"),
    ],
)
async def test_what_is_added_at_night_hears_it_too(tmp_path: Path, later: str, said: str) -> None:
    program = off_hours(tmp_path, MONDAY_3)
    await answer(program, "threatened")
    await program.wait(timedelta(minutes=30))
    assert (await answer(program, later)).startswith(said)


async def test_what_is_added_while_somebody_on_call_rings(tmp_path: Path) -> None:
    program = off_hours(tmp_path, MONDAY_3, "Cora")
    await answer(program, "they outside")
    assert "somebody is on call: I'm adding that for them and Ben." in await answer(
        program, "they outside still"
    )
