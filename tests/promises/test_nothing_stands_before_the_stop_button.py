"""Stop, a break and "later" are one tap away, and what was put away stays put away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bot.core.effects import Effect, LeaveForLater, Pause, Stop
from bot.core.messages import InboundKind, Kind
from bot.core.people import ClientState, Situation
from tests.support import plans as plan
from tests.support.program import Program, client

WEEK = timedelta(days=7)
STOP = ["Stop", "One week"]


async def making(program: Program) -> str:
    """Let Ana be asked the first question of a plan; return its words."""
    plan.listening(program)
    plan.begin(program, Situation.THREATENED)
    await program.settle()
    return program.got("Ana")[-1].text


def labels(program: Program) -> list[str]:
    return [button.label for button in program.buttons("Ana")]


async def test_stop_in_the_middle_of_a_plan_shows_stop_and_a_break(program: Program) -> None:
    question = await making(program)
    await program.says("Ana", "stop")
    assert labels(program) == STOP
    assert question not in program.got("Ana")[-1].text
    await program.taps("Ana", "Stop")
    assert client(program).state is ClientState.LEFT


async def test_stop_while_a_plan_waits_shows_stop_and_a_break(program: Program) -> None:
    await making(program)
    await program.says("Ana", "they outside")
    await program.says("Ana", "stop")
    assert labels(program) == STOP


async def test_stop_at_a_checkin_shows_stop_and_a_break(program: Program) -> None:
    plan.listening(program)
    await program.wait(WEEK)
    await program.says("Ana", "stop")
    assert labels(program) == STOP


@pytest.mark.parametrize("said", ["thanks", "hello"])
async def test_later_is_later_until_the_client_goes_on(program: Program, said: str) -> None:
    question = await making(program)
    await program.says("Ana", "Later")
    await program.says("Ana", said)
    assert question not in program.got("Ana")[-1].text
    await program.says("Ana", kind=InboundKind.START)
    assert question not in program.got("Ana")[-1].text
    await program.says("Ana", "my plan")
    await program.taps("Ana", "Go on")
    assert program.got("Ana")[-1].text.endswith(question)


async def test_a_danger_message_after_later_does_not_open_the_plan(program: Program) -> None:
    question = await making(program)
    await program.says("Ana", "Later")
    await program.says("Ana", "they outside")
    await program.taps("Ana", "I'm okay now")
    assert question not in program.got("Ana")[-1].text


async def test_after_a_break_a_checkin_does_not_open_the_plan(program: Program) -> None:
    question = await making(program)
    await program.says("Ana", "stop")
    await program.taps("Ana", "One week")
    await program.wait(3 * WEEK)
    await program.taps("Ana", "I'm good")
    assert question not in program.got("Ana")[-1].text
    assert plan.open_runs(program) == ["plan_threatened"]


class Heeds:
    """An engine that hears one wish in everything."""

    def __init__(self, program: Program, wish: Effect) -> None:
        self.program, self.wish = program, wish

    async def up(self) -> bool:
        return True

    async def turn(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        self.program.house.turns.get(request["turn"]).stage(self.wish, action="wish", step="")
        return {"replies": [], "state": {**request["state"], "asked_again": False}}


@pytest.mark.parametrize("wish", [LeaveForLater("plan_threatened"), Pause(7), Stop()])
async def test_danger_beside_it_is_answered_too(program: Program, wish: Effect) -> None:
    await making(program)
    program.house.engine = Heeds(program, wish)
    await program.says("Ana", "leave me alone, i got threatened")
    assert program.got("Ben", Kind.PAGE)
    (safety,) = program.got("Ana", Kind.SAFETY)
    assert "Ben" in safety.text
    assert len(program.got("Ana")) == 3  # the plan's question, this, and what became of the wish


async def unsure(program: Program) -> None:
    """Let Ana be asked whether she is safe."""
    plan.listening(program)
    await program.says("Ana", "hmm hard to say")
    assert program.got("Ana")[-1].kind is Kind.ASK


async def test_stop_while_are_you_safe_stands_open(program: Program) -> None:
    await unsure(program)
    await program.says("Ana", "stop")
    assert labels(program) == STOP
    await program.taps("Ana", "Stop")
    assert client(program).state is ClientState.LEFT
    await program.wait(timedelta(minutes=5))
    assert program.got("Ben", Kind.PAGE)  # it was left open all the same


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("what do you keep about me", "What we keep:"),
        ("spanish please", "De aquí en adelante en español."),
        ("hello", "Hey. What's up?"),
        ("how does this work", "Write in your own words"),
    ],
)
async def test_what_is_asked_in_between_is_answered(
    program: Program, words: str, said: str
) -> None:
    await unsure(program)
    await program.says("Ana", words)
    assert program.got("Ana")[-1].text.startswith(said)
    assert len(program.got("Ana", Kind.ASK)) == 1


async def test_but_nothing_is_asked_until_it_is_settled(program: Program) -> None:
    question = await making(program)
    await program.says("Ana", "hmm hard to say")
    heard = len(program.got("Ana"))
    for words in ("the corner, most nights", "asdf qwer"):
        await program.says("Ana", words)
    await program.says("Ana", "hello")
    assert [one.text for one in program.got("Ana")[heard:]] == ["Hey. What's up?"]
    await program.taps("Ana", "Yes")
    assert program.got("Ana")[-1].text == f"Good. Thanks for telling me.\n\n{question}"
