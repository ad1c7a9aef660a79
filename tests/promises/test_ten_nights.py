"""Ten nights in which something is missing; in each of them a client who writes that somebody is
outside is heard, somebody's phone rings, and the client is told the truth about it."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.channels.base import Reason, SendFailed
from bot.core.alerts import AlertState, LogEvent
from bot.core.messages import Bot, Inbound, InboundKind, Kind
from bot.service import second, ticks
from bot.service.alerting import oncall
from bot.service.receive import Lines
from bot.settings import Sensitive, Settings
from bot.store import people
from bot.store.tables import Alert, AlertLog, OnCall, Worker
from bot.wiring import open_house
from tests.support import program as programs
from tests.support.postgresql import Server
from tests.support.program import BLOCKED, Memory, Program, Rules, build, room
from tests.support.staff import alert

DANGER = "they outside my house rn"
ONE_AT_NIGHT = datetime(2027, 3, 2, 7, 0, tzinfo=UTC)  # Tuesday, 01:00 in Chicago
MIDNIGHT = datetime(2027, 3, 3, 6, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GONE = SendFailed("gone", permanent=True, reason=Reason.GONE)


def night(folder: Path, at: datetime = ONE_AT_NIGHT) -> Program:
    """Begin a night."""
    return build(folder, start=at)


def change(program: Program, name: str, **what: object) -> None:
    """Change somebody's row."""
    with program.house.db.write() as s:
        worker = people.worker_by_name(s, program.house.sealer, name)
        assert worker is not None
        for column, value in what.items():
            setattr(worker, column, value)


def shift(program: Program, name: str, starts: datetime, ends: datetime) -> None:
    """Put somebody on call."""
    with program.house.db.write() as s:
        worker = people.worker_by_name(s, program.house.sealer, name)
        assert worker is not None
        s.add(OnCall(worker_id=worker.id, starts=starts, ends=ends))


def log(program: Program) -> list[LogEvent]:
    """Return what happened to the alerts, in order."""
    with program.house.db.read() as s:
        return list(s.scalars(sa.select(AlertLog.event).order_by(AlertLog.id)))


def rings(program: Program, who: str) -> list[datetime]:
    """Return when somebody's phone rang for an alert."""
    return [heard.at for heard in program.got(who, Kind.PAGE, Kind.ESCALATION)]


async def test_1_nobody_is_on_call(tmp_path: Path) -> None:
    program = night(tmp_path)
    await program.says("Ana", DANGER)
    (answer,) = program.got("Ana", Kind.SAFETY)
    assert "Nobody is on shift until 9:00 am" in answer.text
    assert rings(program, "Ben") == [ONE_AT_NIGHT]
    (page,) = [sent for sent in program.channel.sent if sent.chat == "Ben"]
    assert not page.silent  # `now` sounds at any hour
    await program.wait(5 * MINUTE)
    assert rings(program, "Cora") == [ONE_AT_NIGHT + 5 * MINUTE]
    assert "Nobody has answered yet" in program.got("Ana", Kind.NOTICE)[-1].text


async def test_2_the_worker_blocked_the_bot(tmp_path: Path) -> None:
    program = night(tmp_path)
    program.channel.fail("Ben", *[BLOCKED] * 20)
    await program.says("Ana", DANGER)
    assert rings(program, "Ben") == []
    assert rings(program, "Cora") == [ONE_AT_NIGHT]  # her five minutes are not waited for
    assert LogEvent.PAGE_FAILED in log(program)
    await program.says("Cora", "got it")
    assert alert(program).state is AlertState.ACKNOWLEDGED
    assert "Cora" in program.got("Ana", Kind.NOTICE)[-1].text


async def test_3_both_contact_methods_are_dead(tmp_path: Path) -> None:
    program = night(tmp_path)
    letters = Memory("email")
    program.house.channels = {**program.house.channels, "email": letters}
    with program.house.db.write() as s:
        ben = people.worker_by_name(s, program.house.sealer, "Ben")
        assert ben is not None
        second.keep(program.house.sealer, ben, "email", "ben@example.org")
    program.channel.fail("Ben", *[BLOCKED] * 20)
    letters.fail("ben@example.org", *[GONE] * 20)
    await program.says("Ana", DANGER)
    assert rings(program, "Ben") == []
    assert rings(program, "Cora") == [ONE_AT_NIGHT]
    said = [heard.text for heard in program.got("Cora", Kind.NOTICE)]
    assert said == ["A page to Ben about #1 cannot be delivered."]


async def test_4_only_the_supervisor_is_there(tmp_path: Path) -> None:
    program = night(tmp_path)
    change(program, "Ben", active=False)
    change(program, "Dev", active=False)
    await program.says("Ana", DANGER)
    assert rings(program, "Cora") == [ONE_AT_NIGHT]
    assert LogEvent.NO_ONE_ON_CALL in log(program)
    assert not program.got("Ben") and not program.got("Dev")
    await program.wait(timedelta(hours=1))
    assert len(rings(program, "Cora")) > 3  # until she says that she has it


@pytest.mark.parametrize(
    ("early", "who"), [(timedelta(microseconds=1), "Dev"), (0 * MINUTE, "Cora")]
)
async def test_5_a_hand_over_at_the_very_second(tmp_path: Path, early: timedelta, who: str) -> None:
    program = night(tmp_path, ONE_AT_NIGHT - early)
    shift(program, "Dev", ONE_AT_NIGHT - timedelta(hours=7), ONE_AT_NIGHT)
    shift(program, "Cora", ONE_AT_NIGHT, ONE_AT_NIGHT + timedelta(hours=7))
    await program.says("Ana", DANGER)
    assert len(rings(program, who)) == 1
    assert not rings(program, "Cora" if who == "Dev" else "Dev")


@pytest.mark.parametrize(
    ("before", "hour"),
    [
        # Sunday, 14 March 2027: 02:00 becomes 03:00; 7 November: 02:00 is 01:00 once more.
        (datetime(2027, 3, 14, 7, 55, tzinfo=UTC), 2),
        (datetime(2027, 11, 7, 6, 25, tzinfo=UTC), 1),
    ],
    ids=["march", "november"],
)
async def test_6_the_clocks_change(tmp_path: Path, before: datetime, hour: int) -> None:
    program = night(tmp_path, before)
    for name in ("Dev", "Cora"):
        change(program, name, tested_at=before)
    with program.house.db.write() as s:
        sealer = program.house.sealer
        crew = [people.worker_by_name(s, sealer, name) for name in ("Dev", "Cora")]
        workers = [one for one in crew if one is not None]
        sunday = date(before.year, before.month, before.day)
        # Cora's week begins in the hour that is missing, or comes twice.
        first = sunday - timedelta(days=7)
        oncall.rotate(s, program.house, before, workers, first, time(hour, 30))
    await program.says("Ana", DANGER)
    assert len(rings(program, "Dev")) == 1
    await program.wait(timedelta(hours=3))
    # Minutes of the chain are minutes: after 5, then every 10 to 65, then each hour.
    wanted = [0, 15, 25, 35, 45, 55, 65, 120, 180]
    assert [round((at - before) / MINUTE) for at in rings(program, "Ben")] == wanted
    last = rings(program, "Dev")[-1]
    handed_over = before.replace(hour=8 if hour == 2 else 6, minute=30)
    assert last < handed_over
    assert rings(program, "Cora")[-1] == before + timedelta(hours=3)


async def test_7_an_alert_at_midnight(tmp_path: Path) -> None:
    program = night(tmp_path, MIDNIGHT - timedelta(microseconds=1))
    await program.says("Ana", DANGER)
    assert len(rings(program, "Ben")) == 1
    await program.wait(MINUTE)
    assert len(rings(program, "Ben")) == 1  # a new day is no new alert
    await program.says("Ana", DANGER)
    assert alert(program).id == 1 and len(log(program)) == 3  # created, paged, merged
    await program.wait(5 * MINUTE)
    assert len(rings(program, "Cora")) == 1
    await program.says("Cora", "got it")
    await program.wait(30 * MINUTE)
    assert len(rings(program, "Ben")) == 1


@pytest.fixture
def server(postgresql: Server) -> Iterator[Server]:
    """The server, which runs again after the test."""
    yield postgresql
    if not postgresql.running:
        postgresql.start()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_8_the_database_restarts(tmp_path: Path, server: Server, database: str) -> None:
    program = night(tmp_path)
    await program.says("Ana", DANGER)
    server.stop()
    program.clock.move_by(5 * MINUTE)
    with pytest.raises(sa.exc.SQLAlchemyError):
        await program.settle()
    assert not rings(program, "Cora")
    server.start()
    await program.settle()
    assert len(rings(program, "Cora")) == 1 and len(rings(program, "Ben")) == 1
    await program.says("Ben", "got it")
    assert alert(program).state is AlertState.ACKNOWLEDGED


async def test_9_the_engine_is_dead_all_night(tmp_path: Path) -> None:
    program = night(tmp_path)
    assert program.house.engine is None
    await program.says("Ana", "cant sleep again")
    (slow,) = program.got("Ana", Kind.HOLDING)
    await program.wait(timedelta(hours=2))
    await program.says("Ana", DANGER)
    assert rings(program, "Ben") == [program.clock.now()]
    assert len(program.got("Ana", Kind.SAFETY)) == 1
    await program.says("Ben", "got it")
    assert "Ben has seen it" in program.got("Ana", Kind.NOTICE)[-1].text
    await program.wait(timedelta(hours=5))
    assert program.got("Ana", Kind.HOLDING) == [slow]  # once for the whole night


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_10_two_services_at_once(tmp_path: Path, database: str) -> None:
    program = night(tmp_path)
    other = open_house(
        Settings(home=tmp_path, database_url=Sensitive(programs.database_url)),
        clock=program.clock,
        channels=program.house.channels,
        triage=Rules(),
        room=room(),
    )
    other.heard = program.house.heard
    for house in (program.house, other):
        # Telegram's webhook brought it to both: one was too slow to answer.
        inbound = Inbound(
            "telegram", Bot.CLIENT, "1", "Ana", InboundKind.TEXT, ONE_AT_NIGHT, DANGER
        )
        asyncio.run(_receive(Lines(house), inbound))
    for minutes in (0, 5, 15, 25, 35):
        program.clock.move_to(ONE_AT_NIGHT + minutes * MINUTE)
        _both(
            *(
                lambda h=one: asyncio.run(ticks.settle(h, Lines(h)))
                for one in (program.house, other)
            )
        )
    with other.db.read() as s:
        assert len(s.scalars(sa.select(Alert)).all()) == 1
        assert s.scalars(sa.select(Worker)).all()
    assert Counter(rings(program, "Ben")) == Counter(
        ONE_AT_NIGHT + minutes * MINUTE for minutes in (0, 15, 25, 35)
    )
    assert Counter(rings(program, "Cora")) == Counter(
        ONE_AT_NIGHT + minutes * MINUTE for minutes in (5, 15, 25, 35)
    )
    assert len(program.got("Ana", Kind.SAFETY)) == 1
    other.db.close()
    program.house.db.close()


async def _receive(lines: Lines, inbound: Inbound) -> None:
    await lines.receive(inbound)
    await lines.idle()


def _both(*steps: Callable[[], None]) -> None:
    """Do things at the same moment, each in a thread; raise what one of them raises."""
    start, broke = threading.Barrier(len(steps)), list[BaseException]()

    def run(step: Callable[[], None]) -> None:
        start.wait()
        try:
            step()
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread below
            broke.append(error)

    threads = [threading.Thread(target=run, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not broke, broke
