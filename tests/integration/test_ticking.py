"""The ticks of a running service: one that fails comes again, a clock set back stops nobody, what
staff change is used at once and what they break is not."""

from __future__ import annotations

import asyncio
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.channels.base import Reason, SendFailed
from bot.clock import SystemClock
from bot.core.alerts import AlertState
from bot.core.messages import Kind
from bot.core.people import Language
from bot.service import set_back, speak, ticks
from bot.settings import ROOT, Settings
from bot.store.tables import Alert, Ask, Outbox, OutboxState
from bot.wiring.ticking import Ticks
from bot.wiring.watching import Watch
from tests.support.program import Program, build, client
from tests.support.waiting import eventually

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DANGER = "they outside my house rn"


class Jumpy:
    """A clock that somebody sets."""

    def __init__(self, now: datetime) -> None:
        self.at = now

    def now(self) -> datetime:
        return self.at

    def jump(self, span: timedelta) -> None:
        self.at += span


@pytest.fixture
def jumpy(tmp_path: Path) -> tuple[Program, Jumpy]:
    program = build(tmp_path)
    clock = Jumpy(program.clock.now())
    program.house.clock = clock
    program.clock = clock  # type: ignore[assignment]
    return program, clock


async def settled(program: Program) -> None:
    set_back.tick(program.house)
    await ticks.settle(program.house, program.lines)


async def test_a_tick_that_fails_is_logged_and_comes_again(tmp_path: Path) -> None:
    program, tries = build(tmp_path), []

    async def fail() -> None:
        tries.append(1)
        raise ValueError("what Ana wrote")

    running = Ticks(program.house, program.lines)
    running.also("broken", fail, 0.05)
    with capture_logs() as logs:
        running.start()
        await eventually(lambda: len(tries) >= 3)
        await running.stop(1)
    assert {entry["event"] for entry in logs} == {"tick_failed"}
    assert "what Ana wrote" not in str([{**entry, "exc_info": None} for entry in logs])


async def test_a_commit_wakes_delivery_at_once(tmp_path: Path) -> None:
    program = build(tmp_path)
    running = Ticks(program.house, program.lines)
    running.everything_due()
    running.start()
    await asyncio.sleep(0.1)
    with program.house.db.write() as s:
        ana = s.merge(client(program))
        speak.to_client(s, program.house, program.clock.now(), ana, Kind.REPLY, "hey")
    program.house.wake()
    await eventually(lambda: program.got("Ana"), within=0.5)
    await running.stop(1)


async def test_a_clock_set_back_does_not_stop_the_ticks(jumpy: tuple[Program, Jumpy]) -> None:
    program, clock = jumpy
    clock.at = SystemClock().now()
    ticked: list[datetime] = []

    async def tick() -> None:
        ticked.append(clock.now())

    running = Ticks(program.house, program.lines)
    running.also("steady", tick, 3600)
    running.start()
    await eventually(lambda: len(ticked) == 1)
    # To the scheduler a clock set back by an hour is a next run that is an hour too far away.
    with capture_logs() as logs:
        clock.jump(-HOUR)
        await eventually(lambda: len(ticked) == 2, within=3)
    await running.stop(1)
    assert "clock_set_back" in {entry["event"] for entry in logs}


async def test_an_alert_goes_on_when_the_clock_is_set_back(jumpy: tuple[Program, Jumpy]) -> None:
    program, clock = jumpy
    await program.says("Ana", DANGER)
    clock.jump(-HOUR)
    await settled(program)
    clock.jump(5 * MINUTE)
    await settled(program)
    assert program.got("Cora", Kind.ESCALATION)
    assert len(program.got("Ana", Kind.NOTICE)) == 1
    with program.house.db.read() as s:
        assert s.scalars(sa.select(Alert)).one().state is AlertState.TRIGGERED


async def test_an_ask_and_a_retry_end_in_time_when_the_clock_is_set_back(
    jumpy: tuple[Program, Jumpy],
) -> None:
    program, clock = jumpy
    down = SendFailed("down", permanent=False, reason=Reason.SERVER)
    program.channel.fail("Ana", *[down] * 5)
    await program.says("Ana", "hmm hard to say")
    clock.jump(-HOUR)
    await settled(program)
    with program.house.db.read() as s:
        assert s.scalars(sa.select(Ask.deadline)).one() <= clock.now() + 5 * MINUTE
    for _ in range(6):
        clock.jump(MINUTE)
        await settled(program)
    assert program.got("Ana", Kind.ASK) or program.got("Ana", Kind.SAFETY)
    assert program.got("Ben", Kind.PAGE)
    with program.house.db.read() as s:
        waiting = sa.select(Outbox).where(Outbox.state == OutboxState.PENDING)
        assert not s.scalars(waiting).all()


async def test_a_clock_that_jumps_ahead_and_back_pages_nobody_twice(
    jumpy: tuple[Program, Jumpy],
) -> None:
    program, clock = jumpy
    await program.says("Ana", DANGER)
    for span in (HOUR, -HOUR, HOUR, -HOUR):
        clock.jump(span)
        await settled(program)
    pages = program.got("Ben", Kind.PAGE)
    assert len(pages) == 1
    with program.house.db.read() as s:
        alert = s.scalars(sa.select(Alert)).one()
    assert alert.next_at is not None and alert.next_at <= clock.now() + 2 * HOUR


@pytest.fixture
def room(tmp_path: Path) -> tuple[Program, Watch, Path, list[str]]:
    """A program whose staff's room is its own."""
    data = shutil.copytree(ROOT / "data", tmp_path / "data")
    program, said = build(tmp_path / "home"), []
    settings = Settings(home=tmp_path / "home", data=data)
    return program, Watch(program.house, settings, said.append), data, said


async def test_what_staff_change_is_said_at_once(
    room: tuple[Program, Watch, Path, list[str]],
) -> None:
    program, watch, data, said = room
    assert not await watch.look()
    path = data / "responses" / "checkin.yml"
    text = path.read_text(encoding="utf-8")
    assert "How's today?" in text
    path.write_text(text.replace("How's today?", "How is it today?"), encoding="utf-8")
    assert await watch.look()
    words = program.house.content.texts.say("utter_ask_checkin_day", Language.EN)
    assert "How is it today?" in words
    assert said == ["data/ was read again"]
    assert not await watch.look()


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("nobody_yet: 5m", "nobody_yet: five"), ("America/Chicago", "America/Chicgo")],
)
async def test_a_mistake_keeps_the_old_content_and_names_file_and_line(
    room: tuple[Program, Watch, Path, list[str]], right: str, wrong: str
) -> None:
    program, watch, data, said = room
    before = program.house.content
    path = data / "program" / "escalation.yml"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.replace(right, wrong), encoding="utf-8")
    assert not await watch.look()
    line = whole.splitlines().index(next(r for r in whole.splitlines() if right in r)) + 1
    assert len(said) == 1 and f"escalation.yml:{line}:" in said[0]
    assert program.house.content is before
    assert not await watch.look() and len(said) == 1
    path.write_text(whole, encoding="utf-8")
    assert await watch.look()


async def test_a_danger_phrase_counts_at_once(
    room: tuple[Program, Watch, Path, list[str]],
) -> None:
    program, watch, data, said = room
    path = data / "danger" / "phrases_en.yml"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    before = program.house.triage
    assert await watch.look()
    assert program.house.triage is not before
    path.write_text("phrases: [", encoding="utf-8")
    kept = program.house.triage
    assert not await watch.look()
    assert program.house.triage is kept and "phrases_en.yml:" in said[-1]


async def test_other_questions_wait_for_the_training(
    room: tuple[Program, Watch, Path, list[str]],
) -> None:
    program, watch, data, said = room
    for path in data.glob("*/*.yml"):
        text = path.read_text(encoding="utf-8")
        if "safe_tonight" in text:
            path.write_text(text.replace("safe_tonight", "safe_this_night"), encoding="utf-8")
    before = program.house.content
    assert not await watch.look()
    assert program.house.content is before and "saf publish" in said[-1]
