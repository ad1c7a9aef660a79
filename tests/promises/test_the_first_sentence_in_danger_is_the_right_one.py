"""What a client reads first when it is dangerous is what matters most: 911 where a life is at stake
and only there, 988 to who wants to die, a slow sentence to who wants to get back at somebody; and
whoever had stopped reads the same."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.core.alerts import Move
from bot.core.danger import Signal, Urgency, Verdict
from bot.core.messages import Kind
from bot.core.people import Language
from bot.service.alerting import moves
from bot.service.people import consent
from bot.store import people
from bot.store.tables import Client
from tests.support.plans import listening
from tests.support.program import BLOCKED, Program, Rules, build
from tests.support.staff import alert

NOW, TODAY = Urgency.NOW, Urgency.TODAY
FIRST_911 = "911 first, now"
CHOICE = "Anybody hurt: 911 is fastest, and police may come."
SLOW = "Give it a minute, and let somebody step in."
VERDICTS = {
    "bleeding": Verdict(NOW, (Signal.INJURY,)),
    "shooting at us, he is hit": Verdict(NOW, (Signal.IMMEDIATE_THREAT, Signal.INJURY)),
    "jumped": Verdict(NOW, (Signal.INJURY,), first_911=False),
    "swallowed all of them": Verdict(NOW, (Signal.SUICIDE_RISK, Signal.INJURY)),
    "goodbye": Verdict(NOW, (Signal.DISTRESS, Signal.SUICIDE_RISK)),
    "we riding now": Verdict(NOW, (Signal.RETALIATION, Signal.WEAPON)),
    "shot him, we riding": Verdict(NOW, (Signal.INJURY, Signal.RETALIATION)),
    "outside and i got mine": Verdict(NOW, (Signal.IMMEDIATE_THREAT, Signal.RETALIATION)),
    "get him back": Verdict(TODAY, (Signal.RETALIATION,)),
    "got beat up monday": Verdict(TODAY, (Signal.INJURY,)),
}


def program_at(folder: Path, **more: Language) -> Program:
    rules = Rules()
    rules.verdicts |= VERDICTS
    return build(folder, triage=rules, **more)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Ana writes at noon; the words above mean what stands beside them."""
    return program_at(tmp_path)


async def answer(program: Program, words: str) -> str:
    """Return the one safety answer to a message."""
    before = len(program.got("Ana", Kind.SAFETY))
    await program.says("Ana", words)
    (said,) = program.got("Ana", Kind.SAFETY)[before:]
    return said.text


def stop(program: Program) -> None:
    with program.house.db.write() as s:
        ana = s.scalars(sa.select(Client)).one()
        consent.stop(s, program.house, program.clock.now(), ana)


def change(program: Program, name: str, **what: object) -> None:
    """Change somebody's row."""
    with program.house.db.write() as s:
        worker = people.worker_by_name(s, program.house.sealer, name)
        assert worker is not None
        for column, value in what.items():
            setattr(worker, column, value)


def blocks(program: Program, name: str) -> None:
    """Let a worker block the bot, and us know it."""
    program.channel.fail(name, *[BLOCKED] * 50)
    change(program, name, blocked_at=program.clock.now())


def acknowledge(program: Program) -> None:
    with program.house.db.write() as s:
        ben = people.worker_by_name(s, program.house.sealer, "Ben")
        assert ben is not None
        at = program.clock.now()
        assert moves.move(s, program.house, at, s.merge(alert(program)), ben, Move.ACKNOWLEDGE)


@pytest.mark.parametrize("words", ["bleeding", "shooting at us, he is hit", "shot him, we riding"])
async def test_911_leads_wherever_the_wound_stands(program: Program, words: str) -> None:
    said = await answer(program, words)
    assert said.startswith(FIRST_911)
    assert "I'm paging Ben now" in said and CHOICE not in said


async def test_in_an_open_alert_911_leads_too(program: Program) -> None:
    assert FIRST_911 not in await answer(program, "they outside")
    said = await answer(program, "bleeding")
    assert said.startswith(FIRST_911) and "Ben" in said
    again = await answer(program, "he still bleeding")
    assert again.startswith(FIRST_911) and again.endswith("I'm adding that for Ben.")


async def test_to_who_has_it_911_still_leads(program: Program) -> None:
    await program.says("Ana", "shooting at us, he is hit")
    acknowledge(program)
    said = await answer(program, "bleeding")
    assert said.startswith(FIRST_911)
    assert said.endswith("Ben has it and gets this too, right now.")


async def test_988_comes_before_who_is_told(program: Program) -> None:
    said = await answer(program, "goodbye")
    assert said.index("988") < said.index("Ben") and "911" not in said
    acknowledge(program)
    said = await answer(program, "goodbye then")
    assert said.index("988") < said.index("Ben has it")


async def test_an_overdose_is_911_first_and_988_too(program: Program) -> None:
    said = await answer(program, "swallowed all of them")
    assert said.startswith(FIRST_911) and "988" in said


async def test_a_beating_leaves_911_to_them(program: Program) -> None:
    said = await answer(program, "i got jumped last nite")
    assert said.startswith("I'm paging Ben now.") and said.endswith(CHOICE)
    assert FIRST_911 not in said


async def test_a_wound_of_another_day_brings_no_911(program: Program) -> None:
    assert "911" not in await answer(program, "got beat up monday")


async def test_a_bare_tap_leaves_911_to_them(program: Program) -> None:
    listening(program)
    await program.wait(timedelta(days=7))
    for label in ("Not good", "Safe tonight", "Nobody", "Somebody's hurt"):
        await program.taps("Ana", label)
    (said,) = program.got("Ana", Kind.SAFETY)
    assert "I'm paging Ben now." in said.text and CHOICE in said.text
    assert FIRST_911 not in said.text


@pytest.mark.parametrize(
    ("language", "slow", "told"),
    [
        (Language.EN, SLOW, "I'm letting Ben know; I'll tell you when somebody has it."),
        (Language.ES, "Dale un minuto", "Le estoy avisando a Ben; te digo cuando alguien lo tome."),
    ],
)
async def test_getting_back_at_somebody_is_slowed_down_on_any_day(
    tmp_path: Path, language: Language, slow: str, told: str
) -> None:
    said = await answer(program_at(tmp_path, language=language), "get him back")
    assert said.index(slow) < said.index(told)
    assert "?" not in said  # never who, where, when or with what


@pytest.mark.parametrize("words", ["we riding now", "shot him, we riding"])
async def test_and_in_the_same_minute(program: Program, words: str) -> None:
    assert SLOW in await answer(program, words)
    assert SLOW in await answer(program, words)  # an open alert takes nothing away


async def test_who_has_to_run_is_not_told_to_wait(program: Program) -> None:
    said = await answer(program, "outside and i got mine")
    assert SLOW not in said and "get out of sight" in said


@pytest.mark.parametrize("words", ["they outside", "bleeding", "goodbye"])
async def test_who_stopped_reads_the_same(tmp_path: Path, words: str) -> None:
    before, after = program_at(tmp_path / "before"), program_at(tmp_path / "after")
    stop(after)
    assert await answer(after, words) == await answer(before, words)
    labels = [label for label, _ in after.got("Ana", Kind.SAFETY)[0].buttons]
    assert labels == ["My plan", "I'm okay now", "Call me"]


async def test_who_stopped_is_told_what_they_were_promised(program: Program) -> None:
    stop(program)
    assert "I'll tell you when there is" in await answer(program, "they outside")
    acknowledge(program)
    await program.settle()
    assert program.got("Ana")[-1].text == "Ben has seen it and is on it."


async def test_who_stopped_hears_today_that_it_rings(program: Program) -> None:
    stop(program)
    assert await answer(program, "he threatened me") == (
        "I'm quiet because you asked, but this still rings. "
        "I'm letting Ben know; I'll tell you when somebody has it."
    )


@pytest.mark.parametrize("stopped", [False, True])
async def test_nobody_is_named_who_cannot_be_reached(program: Program, stopped: bool) -> None:
    for name in ("Ben", "Cora"):
        change(program, name, chat=None, chat_lookup=None)
    if stopped:
        stop(program)
    for words in ("they outside", "they outside still"):
        said = await answer(program, words)
        assert said.startswith("I can't get through to anybody")
        assert "Ben" not in said and "Cora" not in said
    assert (await answer(program, "bleeding")).startswith(FIRST_911)


async def test_who_blocked_us_is_not_named_but_who_rings(program: Program) -> None:
    blocks(program, "Ben")
    assert "Ben" not in await answer(program, "they outside")
    assert program.got("Cora", Kind.PAGE, Kind.ESCALATION)
    assert "I'm adding that for Cora." in await answer(program, "they outside still")


async def test_who_has_it_and_has_blocked_us_since_does_not_get_this_too(program: Program) -> None:
    await program.says("Ana", "they outside")
    acknowledge(program)
    blocks(program, "Ben")
    assert "Ben" not in await answer(program, "they outside still")
