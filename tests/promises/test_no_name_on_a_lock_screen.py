"""A worker's lock screen shows no client: the first line of whatever they get is neutral, and what
names a client cannot be forwarded and leaves their chat."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot import content
from bot.core.messages import Kind
from bot.core.people import Language
from bot.settings import ROOT
from tests.support.program import Program
from tests.support.staff import PIN, unlock

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


async def test_a_task_names_its_client_below_the_first_line(program: Program) -> None:
    await program.says("Ana", "stop")  # no engine here: the tap is what stops
    from bot.service import consent
    from bot.store import people

    with program.house.db.write() as s:
        ana = people.client_by_alias(s, program.house.sealer, "Ana")
        assert ana is not None
        consent.stop(s, program.house, program.clock.now(), ana)
    await program.settle()
    task = program.got("Ben", Kind.TASK)[0]
    assert task.text.splitlines()[0] == "To do:"
    assert "Ana stopped the messages" in task.text
