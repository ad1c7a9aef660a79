"""A check-in comes at the client's hour, never in quiet hours or into a talk; silence is asked
about once, and two silences end the asking and become the worker's task, never more than that."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.channels.base import Reason, SendFailed
from bot.core.messages import Kind
from bot.core.people import ClientState
from bot.core.plan import Section, Term
from bot.service import checkins, remind, runs
from bot.service.people import consent
from bot.store import dues, plans
from bot.store.tables import Checkin, CheckinState, Client, Due, DueKind, DueState
from tests.support.days import happens, kept_back, waiting, when
from tests.support.plans import listening
from tests.support.program import Program, client

DOWN = SendFailed("no connection", permanent=False, reason=Reason.UNREACHED)


async def answer(program: Program) -> None:
    """Let Ana answer the open check-in, as the dialogue's turn would keep it."""
    with program.house.db.write() as s:
        ana = s.scalars(sa.select(Client)).one()
        run = runs.current(s, ana)
        assert run is not None
        checkins.answered(s, program.house, program.clock.now(), ana, run)
        runs.end(run, program.clock.now(), runs.RunState.DONE)
    await program.settle()


async def test_once_a_week_at_the_hour_that_was_wished(program: Program) -> None:
    for _ in range(3):
        await program.wait(timedelta(days=7))
        await answer(program)
    assert when(program, "Ana", Kind.CHECKIN) == [
        "2027-03-08 10:00",
        "2027-03-15 10:00",
        "2027-03-22 10:00",
    ]


async def test_a_late_answer_moves_no_rhythm(program: Program) -> None:
    await program.wait(timedelta(days=7, hours=9))  # 21:00 in the evening of the check-in
    await answer(program)
    await program.wait(timedelta(days=7))
    assert when(program, "Ana", Kind.CHECKIN)[1] == "2027-03-15 10:00"


@pytest.mark.both_databases
async def test_unanswered_there_is_one_nudge_then_two_silences_are_the_workers_task(
    program: Program,
) -> None:
    await program.wait(timedelta(days=60))
    assert when(program, "Ana", Kind.CHECKIN) == ["2027-03-08 10:00", "2027-03-15 10:00"]
    assert when(program, "Ana", Kind.NUDGE) == ["2027-03-08 14:00", "2027-03-15 14:00"]
    tasks = program.got("Ben", Kind.TASK)
    assert [f"{task.at:%Y-%m-%d}" for task in tasks] == ["2027-03-16"]
    assert "did not answer 2 check-ins" in tasks[0].text
    (told,) = program.got("Cora")  # two days of shifts later Ben has not settled it
    assert told.kind is Kind.TASK and told.text.startswith("Still open:")
    assert waiting(program) == []


async def test_an_answer_in_between_starts_the_count_again(program: Program) -> None:
    await program.wait(timedelta(days=8, hours=12))
    await program.wait(timedelta(days=6))
    await answer(program)
    await program.wait(timedelta(days=8))
    assert program.got("Ben", Kind.TASK) == []
    assert waiting(program, DueKind.CHECKIN)


async def test_daily_after_something_happened_and_silence_is_noticed_the_next_morning(
    program: Program,
) -> None:
    happens(program)
    await program.wait(timedelta(days=3))
    assert when(program, "Ana", Kind.CHECKIN) == ["2027-03-02 10:00", "2027-03-03 10:00"]
    assert [f"{h.at:%m-%d}" for h in program.got("Ben", Kind.TASK)][1:] == ["03-04"]


async def test_a_nudge_that_would_fall_into_quiet_hours_comes_after_them_or_not(
    program: Program,
) -> None:
    with program.house.db.write() as s:
        ana = s.scalars(sa.select(Client)).one()
        ana.checkin_time = "20:00"
        checkins.plan(s, program.house, program.clock.now(), ana)
    await program.wait(timedelta(days=8))
    assert when(program, "Ana", Kind.CHECKIN) == ["2027-03-08 20:00"]
    assert when(program, "Ana", Kind.NUDGE) == ["2027-03-09 09:00"]


async def test_after_hours_of_outage_nothing_is_sent_in_a_heap(program: Program) -> None:
    happens(program)
    await program.settle()
    program.clock.move_by(timedelta(days=5, hours=13))  # Sunday morning, 01:00: all of us were down
    await program.settle()
    assert when(program, "Ana", Kind.CHECKIN) == []
    await program.wait(timedelta(days=1))
    assert when(program, "Ana", Kind.CHECKIN) == ["2027-03-07 10:00"]
    assert kept_back(program) == ["too late; planned anew"]


@pytest.mark.both_databases
async def test_an_answer_that_waited_out_an_outage_is_no_silence(program: Program) -> None:
    await program.wait(timedelta(days=7, hours=-1))
    program.clock.move_by(timedelta(days=1, hours=2))  # the miss was due two hours ago
    assert remind.tick(program.house) > 0
    await answer(program)
    await program.wait(timedelta(days=1))
    with program.house.db.read() as s:
        assert s.scalars(sa.select(Checkin.state)).all() == [CheckinState.ANSWERED]


async def test_our_own_silence_is_never_counted_as_theirs(program: Program) -> None:
    happens(program)
    program.channel.fail("Ana", *[DOWN] * 1000)
    await program.wait(timedelta(hours=27))  # the question of 10:00 is tried and tried
    program.clock.move_by(timedelta(hours=16, minutes=50))
    await program.wait(timedelta(minutes=20))  # and at 08:00 the next day its moment has passed
    assert len(program.got("Ben", Kind.TASK)) == 1  # the call of the first day
    assert kept_back(program) == ["the question itself has not left yet", "its moment has passed"]
    program.channel.faults.clear()
    await program.wait(timedelta(days=1))
    assert when(program, "Ana", Kind.CHECKIN) == ["2027-03-03 10:00"]


async def test_a_question_held_up_by_an_outage_does_not_come_at_night(program: Program) -> None:
    with program.house.db.write() as s:
        ana = s.scalars(sa.select(Client)).one()
        ana.checkin_time = "20:30"
        now = program.clock.now()
        checkins.plan(s, program.house, now, ana)
        plans.add(s, program.house.sealer, ana, now, Section.CALM, Term.SHORT, "the lake")
        plans.begun(s, ana, now)
        review = now + timedelta(days=7, hours=8, minutes=35)
        dues.put(s, DueKind.PLAN_REVIEW, ana, review, key="review")
    await program.wait(timedelta(days=7, hours=8))
    program.channel.fail("Ana", *[DOWN] * 24)
    await program.wait(timedelta(hours=24))
    assert when(program, "Ana", Kind.CHECKIN) == ["2027-03-09 09:00"]
    assert when(program, "Ana", Kind.QUESTION) == ["2027-03-09 09:00"]  # still true?


@pytest.mark.both_databases
async def test_less_often_is_an_answer_and_is_kept(program: Program) -> None:
    await program.wait(timedelta(days=7, hours=4))
    await program.taps("Ana", "Less often")
    await program.wait(timedelta(days=14))
    assert when(program, "Ana", Kind.CHECKIN) == ["2027-03-08 10:00", "2027-03-22 10:00"]
    with program.house.db.read() as s:
        assert s.scalars(sa.select(Client.silences)).one() == 0


@pytest.mark.parametrize("hour", [0, 16])
async def test_call_me_is_answered_once(program: Program, hour: int) -> None:
    listening(program)
    await program.wait(timedelta(days=7, hours=hour))
    before = len(program.got("Ana"))
    await program.taps("Ana", "Call me")
    (said,) = program.got("Ana")[before:]
    assert said.text.count("Okay.") == 1
    assert ("Nobody is on shift" in said.text) == (hour > 0)
    assert ("asking Ben to call you" in said.text) == (hour == 0)


async def test_call_me_on_an_old_check_in_still_reaches_a_person(program: Program) -> None:
    await program.wait(timedelta(days=40))
    await program.taps("Ana", "Call me")
    assert len(program.got("Ben", Kind.PAGE)) == 1
    await program.taps("Ana", "I'm good")
    assert "from before" not in program.got("Ana")[-1].text  # late, and contact all the same
    assert client(program).silences == 0


async def test_a_reminder_does_not_break_into_a_talk(program: Program) -> None:
    await program.wait(timedelta(days=7, hours=-3))
    with program.house.db.write() as s:
        ana = s.scalars(sa.select(Client)).one()
        run = runs.begin(s, program.house, program.clock.now(), ana, "onboarding")
        run.asked_at = program.clock.now() + timedelta(minutes=50)
    await program.wait(timedelta(hours=6))
    assert when(program, "Ana", Kind.CHECKIN) == ["2027-03-08 11:00"]


async def test_a_break_ends_by_itself_and_not_in_the_night(program: Program) -> None:
    await program.wait(timedelta(hours=11))  # 23:00
    with program.house.db.write() as s:
        ana = s.scalars(sa.select(Client)).one()
        consent.pause(s, program.house, program.clock.now(), ana, timedelta(days=7))
    await program.wait(timedelta(days=7, hours=12))
    assert when(program, "Ana", Kind.CHECKIN) == []
    back = [h for h in program.got("Ana", Kind.NOTICE) if "break is over" in h.text]
    assert [f"{h.at:%Y-%m-%d %H:%M}" for h in back] == ["2027-03-09 15:00"]  # 09:00 in Chicago
    with program.house.db.read() as s:
        assert s.scalars(sa.select(Client.state)).one() is ClientState.ACTIVE
    await program.wait(timedelta(days=8))
    assert when(program, "Ana", Kind.CHECKIN) == ["2027-03-15 10:00"]


@pytest.mark.both_databases
async def test_the_tick_run_twice_asks_once(program: Program) -> None:
    program.clock.move_by(timedelta(days=6, hours=22))
    assert remind.tick(program.house) == 1
    assert remind.tick(program.house) == 0
    await program.settle()
    assert len(program.got("Ana", Kind.CHECKIN)) == 1


@pytest.mark.both_databases
async def test_a_mistake_of_ours_does_not_end_the_asking(program: Program) -> None:
    with program.house.db.write() as s:
        due = s.scalars(sa.select(Due).where(Due.kind == DueKind.CHECKIN)).one()
        due_id = due.id
        s.scalars(sa.select(Client)).one().quiet_from = "later"
    program.clock.move_by(timedelta(days=7))
    with capture_logs() as said:
        await program.settle()
    assert said[0]["event"] == "due_failed"
    with program.house.db.write() as s:
        assert s.get_one(Due, due_id).state is DueState.FAILED
        ana = s.scalars(sa.select(Client)).one()
        ana.quiet_from = "21:00"
        checkins.plan(s, program.house, program.clock.now(), ana)
    await program.wait(timedelta(days=8))
    assert len(when(program, "Ana", Kind.CHECKIN)) == 1
