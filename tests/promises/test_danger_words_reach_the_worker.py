"""Whoever writes that danger is here has their worker paged in that moment, engine or not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bot.channels.base import Reason, SendFailed
from bot.core.messages import Kind
from bot.store.tables import Alert, OnCall
from tests.support.program import Program, build, client
from tests.support.staff import last, unlock

pytestmark = pytest.mark.both_databases

MIN = timedelta(minutes=1)


async def test_the_page_leaves_before_any_answer(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    kinds = [(heard.to, heard.kind) for heard in program.heard]
    assert kinds == [("Ben", Kind.PAGE), ("Ana", Kind.SAFETY)]


async def test_the_lock_screen_shows_a_number_only(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    page = program.got("Ben", Kind.PAGE)[0]
    assert page.text == "#1, open"
    assert [label for label, _ in page.buttons] == ["Open"]


async def test_the_client_hears_only_what_is_true(program: Program) -> None:
    await program.says("Ana", "they outside my house rn")
    safety = program.got("Ana", Kind.SAFETY)[0]
    assert "I'm paging Ben now. No answer yet" in safety.text
    assert [label for label, _ in safety.buttons] == ["My plan", "I'm okay now", "Call me"]


async def test_at_night_the_first_answer_says_until_when_nobody_is_on(tmp_path) -> None:
    night = build(tmp_path, start=datetime(2027, 3, 2, 9, 0, tzinfo=UTC))  # 3 in the morning
    await night.says("Ana", "they outside my house rn")
    assert "Nobody is on shift until 9:00 am" in night.got("Ana", Kind.SAFETY)[0].text
    assert night.got("Ben", Kind.PAGE)


async def test_nobody_answers_so_supervisors_are_paged_and_the_client_hears_it(
    program: Program,
) -> None:
    await program.says("Ana", "they outside my house rn")
    await program.wait(4 * MIN)
    assert not program.got("Cora")
    await program.wait(1 * MIN)
    assert [heard.kind for heard in program.got("Cora")] == [Kind.ESCALATION]
    notice = program.got("Ana", Kind.NOTICE)[0]
    assert "Nobody has answered yet" in notice.text
    assert "12:20 pm" in notice.text
    await program.wait(15 * MIN)
    assert len(program.got("Ana", Kind.NOTICE)) == 2
    assert len(program.got("Ben", Kind.ESCALATION)) == 1


async def test_a_step_that_reaches_nobody_is_skipped_at_once(program: Program) -> None:
    with program.house.db.write() as s:
        from bot.store.tables import Worker

        for worker in s.scalars(sa.select(Worker)):
            if worker.role == "outreach_worker":
                worker.chat = worker.chat_lookup = None
    await program.says("Ana", "they outside my house rn")
    assert program.got("Cora", Kind.ESCALATION, Kind.PAGE)


async def test_who_is_on_call_is_paged_too(program: Program) -> None:
    from bot.store import people

    with program.house.db.write() as s:
        dev = people.worker_by_name(s, program.house.sealer, "Dev")
        assert dev is not None
        at = program.clock.now()
        s.add(OnCall(worker_id=dev.id, starts=at, ends=at + timedelta(hours=8)))
    await program.says("Ana", "they outside my house rn")
    assert program.got("Dev", Kind.PAGE)
    assert program.got("Ben", Kind.PAGE)


async def test_danger_before_consent_pages_too(tmp_path) -> None:
    new = build(tmp_path, consented=False)
    await new.says("Ana", "they outside my house rn")
    assert new.got("Ben", Kind.PAGE)
    assert new.got("Ana", Kind.SAFETY)


async def test_who_left_is_silent_but_for_danger(program: Program) -> None:
    from bot.service.people import consent

    with program.house.db.write() as s:
        ana = s.merge(client(program))
        consent.stop(s, program.house, program.clock.now(), ana)
    await program.settle()
    said = len(program.got("Ana"))
    await program.says("Ana", "hey")
    assert len(program.got("Ana")) == said
    await program.says("Ana", "they outside my house rn")
    assert program.got("Ben", Kind.PAGE)
    assert program.got("Ana", Kind.SAFETY)


async def test_the_same_update_twice_is_one_alert(program: Program) -> None:
    await program.says("Ana", "they outside my house rn", update_id="7")
    await program.says("Ana", "they outside my house rn", update_id="7")
    with program.house.db.read() as s:
        assert s.scalar(sa.select(sa.func.count()).select_from(Alert)) == 1
    assert len(program.got("Ana", Kind.SAFETY)) == 1


async def test_an_unanswered_ask_becomes_an_alert(program: Program) -> None:
    await program.says("Ana", "hmm hard to say")
    ask = program.got("Ana", Kind.ASK)[0]
    assert "12:05 pm" in ask.text
    assert not program.got("Ben")
    await program.says("Ana", "hmm like i said")
    assert len(program.got("Ana", Kind.ASK)) == 1
    await program.wait(5 * MIN)
    assert program.got("Ben", Kind.PAGE)


async def test_an_ask_whose_time_is_over_is_not_asked_any_more(program: Program) -> None:
    down = [SendFailed("", permanent=False, reason=Reason.UNREACHED) for _ in range(50)]
    program.channel.fail("Ana", *down)
    await program.says("Ana", "hmm hard to say")
    await program.says("Ana", "yes")  # to nothing that she was asked
    await program.wait(6 * MIN)
    assert program.got("Ben", Kind.PAGE)
    program.channel.faults.clear()
    await program.wait(MIN)
    assert program.got("Ana", Kind.ASK) == []
    assert program.got("Ana", Kind.SAFETY)


async def test_an_ask_answered_yes_pages_nobody(program: Program) -> None:
    await program.says("Ana", "hmm hard to say")
    await program.taps("Ana", "Yes")
    await program.wait(30 * MIN)
    assert not program.got("Ben")


async def test_an_ask_answered_no_pages_now(program: Program) -> None:
    await program.says("Ana", "hmm hard to say")
    await program.says("Ana", "nah")
    assert program.got("Ben", Kind.PAGE)
    assert "paging Ben now" in program.got("Ana", Kind.SAFETY)[0].text


@pytest.mark.parametrize(
    ("answer", "why"),
    [("No", "Asked if safe, they answered no."), ("Call me", "They ask for a person.")],
)
async def test_the_page_says_what_was_answered(program: Program, answer: str, why: str) -> None:
    await unlock(program, "Ben")
    await program.says("Ana", "hmm hard to say")
    await program.taps("Ana", answer)
    await program.taps("Ben", "Open")
    shown = last(program, "Ben")
    assert f"Why: {why}" in shown
    assert ("they answered no" in shown) == (answer == "No")
