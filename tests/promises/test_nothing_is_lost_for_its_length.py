"""What is longer than one message of Telegram arrives whole, in several, whoever it is for."""

from __future__ import annotations

import pytest

from bot.channels.base import TEXT_LIMIT
from bot.core.danger import Context, Signal, Urgency, Verdict
from bot.core.messages import Kind, parts
from bot.service import speak
from bot.store import people
from bot.store.tables import Client
from tests.support.program import Program, client
from tests.support.staff import PIN, unlock

LINE = "I can hear them at the door and my moms is here, "


class Wordy:
    """Sees danger in everything, and says at length why."""

    def __init__(self) -> None:
        self.number = 0

    def judge(self, text: str, context: Context = Context()) -> Verdict:  # noqa: B008
        self.number += 1
        why = f"reason {self.number}: somebody is at the door, and everything else that was said"
        return Verdict(Urgency.NOW, (Signal.IMMEDIATE_THREAT,), why)


def phone(program: Program, who: str, since: int) -> list[str]:
    return [m.text for m in program.channel.sent[since:] if m.chat == who]


async def test_a_page_with_a_long_story_opens(program: Program) -> None:
    program.house.triage = Wordy()
    await unlock(program, "Ben")
    for number in range(20):
        await program.says("Ana", f"{number} {LINE * 14}")
    since = len(program.channel.sent)
    await program.taps("Ben", "Open")
    shown = phone(program, "Ben", since)
    assert len(shown) > 1
    assert "reason 20" in " ".join(shown) and f"19 {LINE}" in " ".join(shown)
    assert "I've got it" in [button.label for button in program.buttons("Ben")]
    assert all(m.protect for m in program.channel.sent[since:])


@pytest.mark.parametrize("words", [LINE * 150, "\U0001f525" * 3000])
async def test_a_line_of_hers_reaches_who_writes_with_her(program: Program, words: str) -> None:
    await unlock(program, "Ben")
    await program.says("Ben", "/write Ana")
    await program.says("Ana", words)
    since = len(program.channel.sent)
    await program.taps("Ben", "Open")
    assert "".join("".join(phone(program, "Ben", since)).split()).endswith("".join(words.split()))


async def test_what_she_is_sent_keeps_its_order_and_its_buttons(program: Program) -> None:
    words = "\n\n".join(f"{number}. {LINE * 30}" for number in range(6))
    with program.house.db.write() as s:
        ana, at = s.get_one(Client, client(program).id), program.clock.now()
        press = speak.button(program.house, ana.language, "call_me")
        for _ in range(2):  # written twice, it is the same message
            speak.to_client(
                s, program.house, at, ana, Kind.REPLY, words, key="once", buttons=[[press]]
            )
    await program.settle()
    sent = [m for m in program.channel.sent if m.chat == "Ana"]
    assert " ".join(m.text for m in sent).split() == words.split()
    assert [bool(m.buttons) for m in sent] == [False] * (len(sent) - 1) + [True]


async def test_a_list_for_a_worker_waits_behind_one_line(program: Program) -> None:
    await unlock(program, "Ben")
    with program.house.db.write() as s:
        ana = s.get_one(Client, client(program).id)
        ben, at = people.worker_of(s, ana), program.clock.now()
        speak.to_worker(s, program.house, at, ben, Kind.DIGEST, LINE * 200)
    since = len(program.channel.sent)
    await program.settle()
    assert phone(program, "Ben", since) == ["Your list, open"]
    await program.taps("Ben", "Open")
    assert "".join(phone(program, "Ben", since + 1)).count("door") == 200
    assert PIN not in "".join(phone(program, "Ben", since))


def test_a_text_is_cut_where_it_reads_well() -> None:
    assert parts("short", TEXT_LIMIT) == ["short"]
    assert parts("", TEXT_LIMIT) == [""]
    assert parts("one two\n\nthree four", 12) == ["one two", "three four"]
    assert parts("one two three", 8) == ["one two", "three"]
    assert parts("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    assert parts("\U0001f525\U0001f525\U0001f525", 3) == ["\U0001f525"] * 3
