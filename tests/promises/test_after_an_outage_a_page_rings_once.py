"""Nobody's phone rings ten times because the service was away for ten hours."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.channels.base import Reason, SendFailed
from bot.core.messages import Kind
from tests.support.program import Program

pytestmark = pytest.mark.both_databases


async def test_what_was_missed_rings_once_for_everybody_concerned(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    before = {who: len(program.got(who)) for who in ("Ben", "Cora")}
    program.clock.move_by(timedelta(hours=10))  # nobody is there to do what is due
    await program.settle()
    rang = {who: program.got(who, Kind.PAGE, Kind.ESCALATION) for who in ("Ben", "Cora")}
    assert len(rang["Ben"]) == before["Ben"] + 1
    assert len(rang["Cora"]) == 1
    await program.wait(timedelta(minutes=59))
    assert len(program.got("Ben", Kind.PAGE, Kind.ESCALATION)) <= len(rang["Ben"]) + 1


async def test_half_a_minute_after_the_channel_is_back_the_page_is_there(program: Program) -> None:
    down = [SendFailed("", permanent=False, reason=Reason.SERVER) for _ in range(150)]
    program.channel.fail("Ben", *down)
    await program.says("Ana", "they outside my house rn")
    await program.wait(timedelta(minutes=15))
    assert not program.got("Ben", Kind.PAGE, Kind.ESCALATION)
    program.channel.faults.clear()
    await program.wait(timedelta(seconds=30))
    assert program.got("Ben", Kind.PAGE, Kind.ESCALATION)


async def test_after_two_hours_without_the_channel_one_page_and_one_true_notice_leave(
    program: Program,
) -> None:
    down = [SendFailed("", permanent=False, reason=Reason.SERVER) for _ in range(900)]
    for who in ("Ana", "Ben", "Cora"):
        program.channel.fail(who, *down)
    await program.says("Ana", "they outside my house rn")
    await program.wait(timedelta(hours=2))
    assert not program.got("Ana")
    program.channel.faults.clear()
    await program.wait(timedelta(minutes=4))
    for who in ("Ben", "Cora"):
        assert len(program.got(who, Kind.PAGE, Kind.ESCALATION)) == 1
    notices = program.got("Ana", Kind.NOTICE)
    assert len(notices) == 1
    assert "I'll write again at 2:05 pm" in notices[0].text  # a moment that is still to come
