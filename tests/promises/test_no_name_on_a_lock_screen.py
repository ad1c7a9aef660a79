"""A worker's lock screen shows no client: the first line of whatever they get is neutral, and what
names a client cannot be forwarded and leaves their chat."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import content
from bot.core.messages import Kind, Outgoing
from bot.core.people import Language
from bot.service import speak
from bot.service.people import consent, enrol
from bot.settings import ROOT
from bot.store import people
from tests.support.program import Memory, Program
from tests.support.staff import PIN, looks, screen, tap_again, unlock

# Parts that stand behind a neutral first line.
PARTS = {"utter_page_details", "utter_page_trial", "utter_today_alert", "utter_today_task"} | {
    "utter_today_watch"
}
TELLS = {"{alias}", "{words}", "{why}", "{what}", "{signals}"}
FILES = ("worker.yml", "worker_commands.yml", "dates.yml")


@pytest.mark.parametrize("file", FILES)
def test_no_text_to_a_worker_begins_with_what_it_is_about(file: str) -> None:
    texts = content.load(ROOT / "data").texts
    names = [
        line.strip().rstrip(":")
        for line in (ROOT / "data" / "responses" / file).read_text().splitlines()
        if line.startswith("  utter_")
    ]
    telling = [
        name
        for name in names
        for language in Language
        if name not in PARTS
        and "{alias}" in texts.by_name[name][language]
        and any(word in texts.by_name[name][language].splitlines()[0] for word in TELLS)
    ]
    assert telling == []


@pytest.mark.both_databases
async def test_a_page_is_a_number_until_the_pin_was_given(program: Program) -> None:
    await unlock(program, "Ben")
    await program.wait(timedelta(minutes=16))
    await program.says("Ana", "they outside my house rn")
    page = program.channel.sent[-2]
    assert (page.chat, page.text, page.protect) == ("Ben", "#1, open", True)
    await program.taps("Ben", "Open")
    assert "Ana" not in program.got("Ben")[-1].text
    await program.says("Ben", PIN)
    shown = next(m for m in reversed(program.channel.sent) if m.chat == "Ben")
    assert shown.text.splitlines()[0] == "#1, open"
    assert "Ana, not verified" in shown.text
    assert "they outside my house rn" in shown.text
    assert shown.protect


@pytest.mark.both_databases
async def test_what_was_opened_leaves_the_chat_at_closing(program: Program) -> None:
    await unlock(program, "Ben")
    await program.says("Ana", "they outside my house rn")
    await program.taps("Ben", "Open")
    place = len(program.channel.sent)
    await program.says("Ben", "close, no danger")
    assert f"Ben:{place}" in program.channel.deleted


async def test_what_was_opened_leaves_the_chat_after_40_hours(program: Program) -> None:
    await unlock(program, "Ben")
    await program.says("Ana", "they outside my house rn")
    await program.taps("Ben", "Open")
    place = len(program.channel.sent)
    await program.says("Ben", "got it")
    await program.wait(timedelta(hours=39))
    assert f"Ben:{place}" not in program.channel.deleted
    await program.wait(timedelta(hours=1, minutes=1))
    assert f"Ben:{place}" in program.channel.deleted


async def test_lists_and_tasks_are_protected_and_begin_neutrally(program: Program) -> None:
    await unlock(program, "Ben")
    await program.says("Ana", "they outside my house rn")
    for command in ("/today", "/phone Ana", "/invite Ana", "/date Ana killing 2026-03-01 brother"):
        await program.says("Ben", command)
    named = [m for m in program.channel.sent if m.chat == "Ben" and "Ana" in m.text]
    assert len(named) >= 4
    for message in named:
        assert message.protect
        assert "Ana" not in message.text.splitlines()[0]


def stops(program: Program) -> None:
    """Let Ana stop the messages."""
    with program.house.db.write() as s:
        ana = people.client_by_alias(s, program.house.sealer, "Ana")
        assert ana is not None
        consent.stop(s, program.house, program.clock.now(), ana)


def on_phone(program: Program, who: str) -> Outgoing:
    """Return what stands newest on somebody's phone."""
    return next(m for m in reversed(program.channel.sent) if m.chat == who)


async def test_a_task_is_one_neutral_line_until_it_is_opened(program: Program) -> None:
    await unlock(program, "Ben")
    await program.wait(timedelta(minutes=16))
    stops(program)
    await program.settle()
    assert (on_phone(program, "Ben").text, on_phone(program, "Ben").protect) == (
        "To do, open",
        True,
    )
    assert [b.label for b in program.buttons("Ben")] == ["Open"]
    await program.taps("Ben", "Open")
    assert "Ana" not in screen(program, "Ben")
    await program.says("Ben", PIN)
    assert "Ana stopped the messages" in on_phone(program, "Ben").text
    assert on_phone(program, "Ben").protect
    assert "message_opened" in looks(program, "Ben")
    await program.taps("Ben", "Done")
    assert program.got("Ben")[-1].text == "Done, off your list."


async def test_what_comes_up_and_news_are_neutral_lines_too(program: Program) -> None:
    await unlock(program, "Ben")
    await program.says("Ana", "they outside my house rn")
    before = len(program.channel.sent)
    await program.says("Ben", "/date Ana court 2027-03-15 brother")
    await program.taps("Ana", "I'm okay now")
    await program.wait(timedelta(hours=1))
    named = ("Ana", "brother", "okay")
    sent = [m for m in program.channel.sent[before + 1 :] if m.chat == "Ben"]
    lines = [m.text for m in sent if not m.text.startswith("Kept:")]  # the answer to a command
    assert {"Coming up, open", "News, open"} <= set(lines)
    assert [line for line in lines if any(word in line for word in named)] == []
    assert "brother" in program.got("Ben", Kind.PREPARE)[0].text  # whole where nobody looks over


KINDS = [kind for kind in Kind if kind not in (Kind.REPLY, Kind.PAGE, Kind.ESCALATION)]


@pytest.mark.parametrize("kind", KINDS)
async def test_no_kind_of_message_about_a_client_shows_on_a_lock_screen(
    program: Program, kind: Kind
) -> None:
    """A kind that one day goes to workers as well must not be forgotten here."""
    try:
        told(program, kind)
    except KeyError:
        return  # no text goes to workers under this kind
    await program.settle()
    message = on_phone(program, "Ben")
    assert "secret" not in message.text
    assert "\n" not in message.text
    assert message.protect


def told(program: Program, kind: Kind) -> None:
    """Tell Ben something about Ana, whatever the kind."""
    with program.house.db.write() as s:
        ana = people.client_by_alias(s, program.house.sealer, "Ana")
        assert ana is not None
        ben, at = people.worker_of(s, ana), program.clock.now()
        speak.to_worker(s, program.house, at, ben, kind, "a\nsecret", about=ana)


async def test_at_a_terminal_it_stands_there_whole(program: Program) -> None:
    terminal = Memory("terminal")
    program.house.channels = {**program.house.channels, "terminal": terminal}
    with program.house.db.write() as s:
        ben = people.worker_by_name(s, program.house.sealer, "Ben")
        assert ben is not None
        enrol.bind(s, program.house, ben, "terminal", "Ben")
    stops(program)
    await program.settle()
    assert "Ana stopped the messages" in terminal.sent[-1].text


async def test_given_to_another_worker_it_opens_nothing(program: Program) -> None:
    await unlock(program, "Ben")
    stops(program)
    await program.settle()
    opener = program.buttons("Ben")[0].token
    with program.house.db.write() as s:
        ana = people.client_by_alias(s, program.house.sealer, "Ana")
        dev = people.worker_by_name(s, program.house.sealer, "Dev")
        assert ana is not None and dev is not None
        enrol.hand_over(s, program.house, program.clock.now(), ana, dev)
    for who in ("Ben", "Dev"):
        await unlock(program, who)
        await tap_again(program, who, opener)
        assert (
            program.got(who)[-1].text == "That is not yours, or it is from before. Nothing changed."
        )
