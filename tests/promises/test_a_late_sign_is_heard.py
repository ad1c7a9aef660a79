"""Late, unsure or after a stop: what a client writes or taps is heard, and never thrown away."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from bot.core.messages import InboundKind, Kind
from bot.service.people import consent
from bot.store.tables import Client, DueKind
from tests.support.days import waiting
from tests.support.plans import asked, listening
from tests.support.program import Program, client

DAY = timedelta(days=1)
SILENT = timedelta(days=25)  # two check-ins missed; nobody asks any more


@pytest.fixture
async def left(program: Program) -> Program:
    """Ana has stopped."""
    with program.house.db.write() as s:
        ana = s.scalars(sa.select(Client)).one()
        consent.stop(s, program.house, program.clock.now(), ana)
    await program.settle()
    return program


async def test_not_good_a_day_late_opens_the_questions_that_follow_it(program: Program) -> None:
    listening(program)
    await program.wait(8 * DAY)
    assert client(program).silences == 1
    await program.taps("Ana", "Not good")
    assert asked(program) == "checkin.safe_tonight"
    assert "from before" not in program.got("Ana")[-1].text
    await program.taps("Ana", "Not safe")
    assert program.got("Ben", Kind.PAGE)


async def test_good_a_day_late_is_contact(program: Program) -> None:
    listening(program)
    await program.wait(SILENT)
    assert waiting(program) == []
    await program.taps("Ana", "I'm good")
    assert program.got("Ana")[-1].text == "Good to hear. Write if that changes."
    assert client(program).silences == 0
    await program.wait(8 * DAY)
    assert len(program.got("Ana", Kind.CHECKIN)) == 3


async def test_a_late_tap_never_answers_the_checkin_that_is_open_now(program: Program) -> None:
    listening(program)
    await program.wait(7 * DAY)
    first = next(b for b in program.buttons("Ana") if b.label == "Not good")
    await program.wait(7 * DAY)
    await program.says("Ana", kind=InboundKind.BUTTON, token=first.token)
    assert asked(program) == "checkin.day"
    assert "from before" in program.got("Ana")[-1].text


async def test_a_late_call_me_rings_without_the_dialogue(program: Program) -> None:
    await program.wait(8 * DAY)
    await program.taps("Ana", "Call me")
    assert program.got("Ben", Kind.PAGE)


@pytest.mark.parametrize("kind", [InboundKind.TEXT, InboundKind.STICKER])
async def test_any_sign_after_two_silences_begins_the_checkins_again(
    program: Program, kind: InboundKind
) -> None:
    listening(program)
    await program.wait(SILENT)
    assert client(program).silences == 2
    await program.says("Ana", "hey" if kind is InboundKind.TEXT else "", kind=kind)
    assert client(program).silences == 0
    assert waiting(program, DueKind.CHECKIN)
    await program.wait(8 * DAY)
    assert len(program.got("Ana", Kind.CHECKIN)) == 3


async def test_an_unsure_word_of_who_stopped_is_asked_about_and_silence_rings(
    left: Program,
) -> None:
    await left.says("Ana", "hmm hard to say")
    assert left.got("Ana")[-1].kind is Kind.ASK
    await left.wait(timedelta(minutes=6))
    assert left.got("Ben", Kind.PAGE)


async def test_who_stopped_and_is_safe_hears_that_it_was_understood(left: Program) -> None:
    await left.says("Ana", "hmm hard to say")
    await left.taps("Ana", "Yes")
    assert left.got("Ana")[-1].text == "Good. Thanks for telling me."
    await left.wait(timedelta(hours=1))
    assert left.got("Ben", Kind.PAGE) == []


async def test_small_words_of_who_stopped_are_left_alone(left: Program) -> None:
    heard = len(left.got("Ana"))
    await left.says("Ana", "ok bye")
    assert len(left.got("Ana")) == heard


@pytest.mark.parametrize("label", ["My plan", "I'm okay now", "Call me"])
async def test_every_button_under_a_safety_answer_answers_who_stopped(
    left: Program, label: str
) -> None:
    await left.says("Ana", "they outside")
    heard = len(left.got("Ana"))
    await left.taps("Ana", label)
    assert len(left.got("Ana")) == heard + 1
    assert "Make a plan" not in [button.label for button in left.buttons("Ana")]
