"""Whoever finds a worker's phone gets no client out of it: the PIN opens what names one, for a
quarter of an hour, and five wrong ones shut it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.core.messages import Bot, Inbound, InboundKind
from tests.support.program import Program
from tests.support.staff import PIN, alert, last, looks, screen, tap_again, unlock, worker

MIN = timedelta(minutes=1)


@pytest.fixture
async def locked(program: Program) -> Program:
    """Ben has chosen a PIN a while ago; Ana is in danger."""
    await unlock(program, "Ben")
    await program.wait(16 * MIN)
    await program.says("Ana", "they outside my house rn")
    return program


@pytest.mark.parametrize(
    "command",
    ["/today", "/phone Ana", "/invite Ana", "/checkin Ana", "/date Ana killing 2026-03-01"],
)
async def test_a_command_about_clients_waits_for_the_pin_and_is_done_then(
    locked: Program, command: str
) -> None:
    await locked.says("Ben", command)
    assert last(locked, "Ben") == "Your PIN, please. I take it out of the chat."
    assert "Ana" not in screen(locked, "Ben")
    await locked.says("Ben", PIN)
    assert "Ana" in last(locked, "Ben")


async def test_a_page_is_taken_without_it(locked: Program) -> None:
    """Danger does not wait for somebody who forgot four digits."""
    await locked.says("Ben", "got it")
    assert alert(locked).acknowledged_by == worker(locked, "Ben").id
    assert "Ana" not in screen(locked, "Ben")


@pytest.mark.both_databases
async def test_five_wrong_ones_shut_it_for_a_quarter_of_an_hour(locked: Program) -> None:
    await locked.says("Ben", "/today")
    for left in (4, 3, 2, 1):
        await locked.says("Ben", "99887")
        assert last(locked, "Ben") == f"Wrong PIN. {left} more tries."
    await locked.says("Ben", "99887")
    assert last(locked, "Ben").startswith("Too many wrong PINs; closed until 12:31 pm.")
    await locked.says("Ben", PIN)
    assert last(locked, "Ben").startswith("Too many wrong PINs")
    await locked.says("Ben", "got it")
    assert alert(locked).state == "acknowledged"
    await locked.wait(16 * MIN)
    await locked.says("Ben", PIN)
    assert last(locked, "Ben") == "Open for 15 minutes."
    assert looks(locked, "Ben").count("pin_missed") == 5


async def test_the_message_with_the_pin_leaves_the_chat(program: Program) -> None:
    await program.says("Ben", "/pin")
    with_ref = len(program.channel.deleted)
    await program.lines.receive(_typed(program, PIN, "Ben:77"))
    await program.settle()
    assert program.channel.deleted[with_ref:] == ["Ben:77"]


async def test_the_message_with_the_code_word_leaves_the_chat(program: Program) -> None:
    await unlock(program, "Ben")
    await program.lines.receive(_typed(program, "/codeword Ana bluebird", "Ben:78"))
    await program.settle()
    assert "Ben:78" in program.channel.deleted
    assert "bluebird" not in screen(program, "Ben")
    await program.says("Ana", "hey so bluebird ok")
    assert (alert(program).urgency, alert(program).signals) == ("now", ["immediate_threat"])


def _typed(program: Program, text: str, ref: str) -> Inbound:
    now = program.clock.now()
    return Inbound("telegram", Bot.WORKER, ref, "Ben", InboundKind.TEXT, now, text, message_ref=ref)


async def test_an_easy_pin_is_not_taken(program: Program) -> None:
    await program.says("Ben", "/pin")
    await program.says("Ben", "1234")
    assert last(program, "Ben") == "Too easy to guess. Another one: 4 to 8 digits."
    assert worker(program, "Ben").pin is None
    await program.says("Ben", "nope")
    assert last(program, "Ben").startswith("A PIN is 4 to 8 digits")
    await program.says("Ben", PIN)
    assert worker(program, "Ben").pin is not None


async def test_another_pin_needs_the_old_one(locked: Program) -> None:
    await locked.says("Ben", "/pin")
    await locked.says("Ben", "700311")
    assert last(locked, "Ben") == "Wrong PIN. 4 more tries."
    await locked.says("Ben", PIN)
    await locked.says("Ben", "700311")
    await locked.wait(16 * MIN)
    await locked.says("Ben", "700311")
    assert last(locked, "Ben") == "Open for 15 minutes."


async def test_what_the_pin_was_asked_for_is_forgotten_after_a_while(locked: Program) -> None:
    await locked.says("Ben", "/phone Ana")
    await locked.wait(20 * MIN)
    await locked.says("Ben", PIN)
    assert last(locked, "Ben") == "Open for 15 minutes."


async def test_an_old_button_for_a_phone_needs_the_pin_too(locked: Program) -> None:
    await locked.says("Ben", "/phone Ana")
    await locked.says("Ben", PIN)
    stolen = next(b for b in locked.buttons("Ben") if b.label == "Stolen or lost")
    await locked.wait(16 * MIN)
    await tap_again(locked, "Ben", stolen.token)
    assert last(locked, "Ben") == "Your PIN, please. I take it out of the chat."
    await locked.says("Ben", PIN)
    assert "Nothing more goes to the phone of Ana" in last(locked, "Ben")


@pytest.mark.both_databases
async def test_every_look_is_recorded(locked: Program) -> None:
    await locked.taps("Ben", "Open")
    assert "alert_opened" not in looks(locked, "Ben")
    await locked.says("Ben", PIN)
    assert "alert_opened" in looks(locked, "Ben")
    await locked.says("Ben", "/today")
    assert "today_shown" in looks(locked, "Ben")
