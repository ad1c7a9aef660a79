"""Around a date that hurts the worker hears first, and the client a little, each on its own day, at
the client's hour, every year; or only the worker; or nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.content.texts import Texts
from bot.core.dates import DateKind, Wants
from bot.core.messages import Kind
from bot.core.people import ClientState, PhoneState
from bot.service import dates, remind
from bot.service.people import enrol
from bot.store.tables import Client, Due, DueKind, DueState, HardDate
from tests.support.days import kept_back, remember, waiting, when
from tests.support.program import Program, build, client
from tests.support.staff import unlock

YEAR = timedelta(days=366)
AROUND = ["2027-06-08 10:00", "2027-06-14 10:00", "2027-06-15 10:00", "2027-06-16 10:00"]
AROUND += ["2027-06-22 10:00"]


@pytest.mark.both_databases
async def test_the_worker_hears_two_weeks_before_and_the_client_around_the_day(
    program: Program,
) -> None:
    remember(program, date(2024, 6, 15))
    await program.wait(timedelta(days=150))
    assert when(program, "Ben", Kind.PREPARE) == ["2027-06-01 10:00"]
    assert when(program, "Ana", Kind.ANNIVERSARY) == AROUND
    assert "Today's a heavy one" in program.got("Ana", Kind.ANNIVERSARY)[2].text


async def test_every_year_again_and_29_february_is_not_passed_over(program: Program) -> None:
    remember(program, date(2024, 2, 29))
    await program.wait(5 * YEAR)
    on_the_day = [h for h in program.got("Ana", Kind.ANNIVERSARY) if "Today" in h.text]
    assert [f"{h.at:%Y-%m-%d}" for h in on_the_day] == [
        "2028-02-29",
        "2029-02-28",
        "2030-02-28",
        "2031-02-28",
        "2032-02-29",
    ]


async def test_it_names_nobody_on_the_clients_phone_and_offers_a_call(program: Program) -> None:
    remember(program, date(2024, 3, 2))
    await program.wait(timedelta(days=2))
    heard = program.got("Ana", Kind.ANNIVERSARY)[0]
    assert "brother" not in heard.text
    assert [label for label, _ in heard.buttons] == ["Call me", "Not today"]
    await program.taps("Ana", "Not today")
    assert "quiet about it" in program.got("Ana", Kind.REPLY)[-1].text


async def test_the_worker_is_told_silently_and_with_the_word(program: Program) -> None:
    remember(program, date(2024, 3, 10))
    await program.settle()
    line = [m for m in program.channel.sent if m.chat == "Ben"][-1]
    assert (line.text, line.silent) == ("Coming up, open", True)
    await unlock(program, "Ben")
    await program.taps("Ben", "Open")
    told = program.got("Ben")[-1]
    assert "brother" in told.text
    assert "2027-03-10" in told.text


async def test_written_down_late_the_worker_still_prepares_and_the_past_is_not_made_up(
    program: Program,
) -> None:
    remember(program, date(2024, 3, 5))  # in four days: the plan-ahead line was due three days ago
    await program.settle()
    assert when(program, "Ben", Kind.PREPARE) == ["2027-03-01 12:00"]
    await program.wait(timedelta(days=30))
    assert when(program, "Ana", Kind.ANNIVERSARY) == [
        "2027-03-04 10:00",
        "2027-03-05 10:00",
        "2027-03-06 10:00",
        "2027-03-12 10:00",
    ]
    await program.wait(YEAR)
    assert when(program, "Ben", Kind.PREPARE)[1:] == ["2028-02-20 10:00"]


async def test_only_my_worker_leaves_the_phone_silent_and_gives_the_day_to_the_worker(
    program: Program,
) -> None:
    remember(program, date(2024, 6, 15), wants=Wants.WORKER_ONLY)
    await program.wait(timedelta(days=150))
    assert when(program, "Ana", Kind.ANNIVERSARY) == []
    assert kept_back(program) == ["the client wants only their worker"] * 5
    assert when(program, "Ben", Kind.PREPARE) == ["2027-06-01 10:00"]
    tasks = [h for h in program.got("Ben", Kind.TASK) if "heavy date" in h.text]
    assert [f"{h.at:%Y-%m-%d}" for h in tasks] == ["2027-06-15"]


async def test_nothing_means_nothing_for_the_worker_too(program: Program) -> None:
    remember(program, date(2024, 6, 15), wants=Wants.NOTHING)
    await program.wait(timedelta(days=150))
    assert when(program, "Ana", Kind.ANNIVERSARY) == []
    assert when(program, "Ben", Kind.PREPARE) == []
    assert len(kept_back(program, "Ben")) == 1


async def test_the_first_year_has_its_own_days(program: Program) -> None:
    remember(program, date(2027, 2, 20), kind=DateKind.KILLING)
    await program.wait(timedelta(days=300))
    assert when(program, "Ana", Kind.ANNIVERSARY) == [
        "2027-03-20 10:00",
        "2027-05-20 10:00",
        "2027-08-20 10:00",
    ]
    assert when(program, "Ben", Kind.PREPARE) == [
        "2027-03-17 10:00",
        "2027-05-17 10:00",
        "2027-08-17 10:00",
    ]


@pytest.mark.parametrize("kind", [DateKind.COURT, DateKind.FUNERAL, DateKind.RELEASE])
async def test_a_date_that_comes_once_comes_once(program: Program, kind: DateKind) -> None:
    remember(program, date(2027, 3, 4), kind=kind)
    await program.wait(2 * YEAR)
    assert when(program, "Ben", Kind.PREPARE) == ["2027-03-01 12:00"]
    assert when(program, "Ana", Kind.ANNIVERSARY) == [
        "2027-03-03 10:00",
        "2027-03-04 10:00",
        "2027-03-05 10:00",
        "2027-03-11 10:00",
    ]
    assert waiting(program, DueKind.DATE) == []


@pytest.mark.both_databases
async def test_it_comes_at_the_hour_of_the_clients_own_zone_also_when_clocks_change(
    tmp_path: Path,
) -> None:
    program = build(tmp_path)
    with program.house.db.write() as s:
        ana = s.scalars(sa.select(Client)).one()
        ana.timezone, ana.checkin_time = "America/Los_Angeles", "20:00"
    remember(program, date(2024, 3, 14))  # the night in which clocks go forward
    await program.wait(timedelta(days=16))
    assert when(program, "Ana", Kind.ANNIVERSARY) == [
        "2027-03-07 20:00",
        "2027-03-13 20:00",
        "2027-03-14 20:00",
        "2027-03-15 20:00",
    ]


async def test_who_chose_another_hour_gets_what_is_planned_at_that_hour(program: Program) -> None:
    remember(program, date(2024, 3, 10))
    await program.settle()
    with program.house.db.write() as s:
        ana = s.scalars(sa.select(Client)).one()
        ana.checkin_time = "19:00"
        dates.plan_all(s, program.house, program.clock.now(), ana)
    await program.wait(timedelta(days=20))
    assert when(program, "Ben", Kind.PREPARE) == ["2027-03-01 12:00"]
    assert when(program, "Ana", Kind.ANNIVERSARY) == [
        "2027-03-03 19:00",
        "2027-03-09 19:00",
        "2027-03-10 19:00",
        "2027-03-11 19:00",
        "2027-03-17 19:00",
    ]


async def test_an_hour_in_quiet_hours_moves_within_its_day(program: Program) -> None:
    with program.house.db.write() as s:
        s.scalars(sa.select(Client)).one().checkin_time = "22:30"
    remember(program, date(2024, 3, 8))
    await program.wait(timedelta(days=16))
    assert when(program, "Ana", Kind.ANNIVERSARY) == [
        "2027-03-07 09:00",
        "2027-03-08 09:00",
        "2027-03-09 09:00",
        "2027-03-15 09:00",
    ]


@pytest.mark.both_databases
async def test_a_changed_date_is_said_on_its_new_day_only(program: Program) -> None:
    found = remember(program, date(2024, 6, 15))
    with program.house.db.write() as s:
        row, ana = s.get_one(HardDate, found.id), s.scalars(sa.select(Client)).one()
        dates.change(s, program.house, program.clock.now(), ana, row, day=date(2024, 7, 20))
    await program.wait(timedelta(days=180))
    assert when(program, "Ben", Kind.PREPARE) == ["2027-07-06 10:00"]
    assert [day[:10] for day in when(program, "Ana", Kind.ANNIVERSARY)] == [
        "2027-07-13",
        "2027-07-19",
        "2027-07-20",
        "2027-07-21",
        "2027-07-27",
    ]


async def test_a_changed_wish_does_not_tell_the_worker_twice(program: Program) -> None:
    found = remember(program, date(2024, 3, 10))
    await program.settle()
    with program.house.db.write() as s:
        row, ana = s.get_one(HardDate, found.id), s.scalars(sa.select(Client)).one()
        dates.change(s, program.house, program.clock.now(), ana, row, wants=Wants.WORKER_ONLY)
    await program.wait(timedelta(days=30))
    assert len(program.got("Ben", Kind.PREPARE)) == 1
    assert when(program, "Ana", Kind.ANNIVERSARY) == []


async def test_a_dropped_date_is_never_said_and_its_word_is_gone(program: Program) -> None:
    found = remember(program, date(2024, 3, 10))
    with program.house.db.write() as s:
        row, ana = s.get_one(HardDate, found.id), s.scalars(sa.select(Client)).one()
        dates.drop(s, program.house, program.clock.now(), ana, row)
    await program.wait(YEAR)
    assert when(program, "Ana", Kind.ANNIVERSARY) == []
    assert when(program, "Ben", Kind.PREPARE) == []
    with program.house.db.read() as s:
        assert s.get_one(HardDate, found.id).what is None


@pytest.mark.parametrize("state", [ClientState.PAUSED, ClientState.LEFT])
async def test_who_takes_a_break_or_left_hears_nothing_but_the_worker_does(
    program: Program, state: ClientState
) -> None:
    remember(program, date(2024, 6, 15))
    with program.house.db.write() as s:
        s.scalars(sa.select(Client)).one().state = state
    await program.wait(timedelta(days=150))
    assert when(program, "Ana", Kind.ANNIVERSARY) == []
    assert f"the client is {state}" in kept_back(program)
    assert when(program, "Ben", Kind.PREPARE) == ["2027-06-01 10:00"]


@pytest.mark.both_databases
async def test_locked_up_the_day_is_the_workers_and_after_a_death_nobody_is_told(
    program: Program,
) -> None:
    remember(program, date(2024, 6, 15))
    with program.house.db.write() as s:
        ana = s.scalars(sa.select(Client)).one()
        enrol.set_phone(s, program.house, program.clock.now(), ana, PhoneState.JAILED, "Ben")
    await program.wait(timedelta(days=150))
    assert when(program, "Ana", Kind.ANNIVERSARY) == []
    tasks = [h for h in program.got("Ben", Kind.TASK) if "heavy date" in h.text]
    assert [f"{h.at:%Y-%m-%d}" for h in tasks] == ["2027-06-15"]
    with program.house.db.write() as s:
        ana = s.scalars(sa.select(Client)).one()
        enrol.set_phone(s, program.house, program.clock.now(), ana, PhoneState.DECEASED, "Ben")
    told = len(program.heard)
    await program.wait(YEAR)
    # What is left is for the worker who lost a client: cover, and somebody to talk to.
    after = program.heard[told:]
    assert {h.to for h in after} <= {"Ben", "Cora"}
    assert not [h for h in after if "heavy date" in h.text]


async def test_after_an_outage_a_line_for_a_day_that_is_over_is_not_said(program: Program) -> None:
    remember(program, date(2024, 3, 3))
    await program.wait(timedelta(hours=1))
    program.clock.move_by(timedelta(days=3))  # nobody home: the day before and the day itself pass
    await program.settle()
    assert when(program, "Ana", Kind.ANNIVERSARY) == ["2027-03-04 13:00"]  # the day after
    assert kept_back(program) == ["its day is over", "its day is over"]
    assert len(waiting(program, DueKind.DATE)) == 6  # all of them stand again for a later year


async def test_at_night_after_an_outage_it_is_not_said_the_next_morning(program: Program) -> None:
    remember(program, date(2024, 3, 3))
    await program.settle()
    program.clock.move_by(timedelta(days=2, hours=10))  # 22:00 of the day itself
    await program.settle()
    await program.wait(timedelta(hours=11, minutes=30))
    assert when(program, "Ana", Kind.ANNIVERSARY) == []
    await program.wait(timedelta(hours=1))
    assert when(program, "Ana", Kind.ANNIVERSARY) == ["2027-03-04 10:00"]


@pytest.mark.both_databases
async def test_one_date_that_breaks_stops_no_other(program: Program) -> None:
    broken = remember(program, date(2024, 3, 2))
    remember(program, date(2024, 3, 2), kind=DateKind.BIRTHDAY)
    with program.house.db.write() as s:
        s.get_one(HardDate, broken.id).day = b"no longer readable"
    program.clock.move_by(timedelta(hours=22))
    with capture_logs() as said:
        remind.tick(program.house)
    assert "due_failed" in [line["event"] for line in said]
    with program.house.db.read() as s:
        asked = sa.select(Due).where(Due.step == "the_day", Due.ended_at.is_not(None))
        states = {due.about_id == broken.id: due.state for due in s.scalars(asked)}
    assert states == {True: DueState.FAILED, False: DueState.DONE}


async def test_a_line_that_could_not_be_said_is_planned_for_next_year(program: Program) -> None:
    remember(program, date(2024, 3, 2))
    texts = dict(program.house.content.texts.by_name)
    gone = {name: text for name, text in texts.items() if not name.startswith("utter_date_the_day")}
    good = program.house.content
    program.house.content = replace(good, texts=Texts(gone))
    program.clock.move_by(timedelta(hours=22))
    with capture_logs():
        await program.settle()
    program.house.content = good
    assert kept_back(program) == ["failed: KeyError"]
    await program.wait(YEAR)
    assert [day for day in when(program, "Ana", Kind.ANNIVERSARY) if day[:10] == "2028-03-02"]


@pytest.mark.both_databases
async def test_the_tick_run_twice_says_it_once(program: Program) -> None:
    remember(program, date(2024, 3, 2))
    program.clock.move_by(timedelta(hours=22))
    assert remind.tick(program.house) > 0
    assert remind.tick(program.house) == 0
    await program.settle()
    assert len(program.got("Ana", Kind.ANNIVERSARY)) == 1
    assert client(program).state is ClientState.ACTIVE
