"""Killed with -9 between any two writes: no alert lost, none doubled, no reply lost or doubled but
by the rule for unknown outcomes, no answer kept twice."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.alerts import AlertState, LogEvent
from bot.core.messages import Kind
from bot.service import checkins
from bot.store import dues
from bot.store.session import Database
from bot.store.tables import (
    Alert,
    AlertLog,
    Answer,
    DueKind,
    Inbox,
    InboxState,
    Outbox,
    OutboxState,
)
from tests.support.mortal import Journal, Update, life
from tests.support.program import MONDAY_NOON, build, client

DAY = (
    Update("1", "Ana", press="Not good"),
    Update("2", "Ana", "at my aunts for now"),
    Update("3", "Ana", "they outside my house rn"),
    Update("4", "Ben", press="Open"),
    Update("5", "Ben", "got it"),
    Update("6", "Ana", "he threatened me too"),
)
POINTS = (
    "after inbox is written",
    "before judging is written",
    "after judging is written",
    "before turn is written",
    "after turn is written",
    "before staff is written",
    "after staff is written",
    "before send",
    "after send",
)
LATER = MONDAY_NOON + timedelta(seconds=61)  # the dead sender's leases are over


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ana is asked how her day is as soon as the service starts."""
    return begin(tmp_path_factory.mktemp("morning"))


@pytest.fixture(scope="module")
def whole(morning: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The points of a day on which nobody is killed, in order."""
    folder = shutil.copytree(morning, tmp_path_factory.mktemp("whole") / "home")
    assert life(folder, DAY, MONDAY_NOON) == 0
    return (folder / "points").read_text(encoding="utf-8").splitlines()


def begin(folder: Path) -> Path:
    """Build the program and plan the check-in."""
    program = build(folder)
    with program.house.db.write() as s:
        ana = s.merge(client(program))
        due = dues.put(s, DueKind.CHECKIN, ana, MONDAY_NOON, key="today's")
        assert due is not None
        checkins.ask(s, program.house, MONDAY_NOON, ana, due)
        dues.skip(s, ana, MONDAY_NOON, "no other in this test")
    program.house.db.close()
    return folder


@contextmanager
def rows(folder: Path) -> Iterator[Session]:
    database = Database(f"sqlite:///{folder / 'saf.db'}")
    with database.read() as s:
        yield s
    database.close()


def test_the_day_passes_every_point(whole: list[str]) -> None:
    assert set(POINTS) <= set(whole)


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_loses_and_doubles_nothing(
    morning: Path, whole: list[str], point: str, tmp_path: Path
) -> None:
    for number, reached in enumerate(whole):
        if reached != point:
            continue
        folder = shutil.copytree(morning, tmp_path / str(number))
        assert life(folder, DAY, MONDAY_NOON, die_at=number) == -9
        # Telegram brings all again that was not confirmed; here even what was.
        assert life(folder, DAY, LATER) == 0
        judge(folder, point, f"{point} ({number})")


def judge(folder: Path, point: str, where: str) -> None:
    with rows(folder) as s:
        alerts = s.scalars(sa.select(Alert)).all()
        log = Counter(s.scalars(sa.select(AlertLog.event)))
        came = Counter(s.scalars(sa.select(Inbox.state)))
        answers = s.scalars(sa.select(Answer.step)).all()
        unknown = s.scalar(
            sa.select(sa.func.count()).where(Outbox.state == OutboxState.OUTCOME_UNKNOWN)
        )
        left = {
            (row.kind, row.state) for row in s.scalars(sa.select(Outbox)) if row.worker_id is None
        }
        pages = s.scalars(
            sa.select(Outbox.state).where(Outbox.kind.in_((Kind.PAGE, Kind.ESCALATION)))
        ).all()
    sending = point in ("before send", "after send")
    assert len(alerts) == 1, where
    # The second danger message names a new signal: the chain begins again.
    assert alerts[0].state is AlertState.TRIGGERED, where
    assert log[LogEvent.CREATED] == 1 and log[LogEvent.MERGED] == 1, where
    assert log[LogEvent.ACKNOWLEDGED] == 1, where
    assert set(came) == {InboxState.HANDLED} and came[InboxState.HANDLED] == len(DAY), where
    # A question that may not have arrived is not answered by what Ana says meanwhile.
    whole = ["day", "safe_tonight", "somebody_after"]
    kept = sorted(answers)
    assert kept == whole or (sending and kept == [one for one in whole if one in kept]), where
    assert set(pages) == {OutboxState.SENT}, where
    assert (unknown or 0) <= sending, where
    assert {state for _, state in left} <= {OutboxState.SENT, OutboxState.OUTCOME_UNKNOWN}, where
    said = Counter((one["chat"], one["text"]) for one in Journal(folder).read())
    doubled = {text for (_, text), times in said.items() if times > 1 and not text.startswith("#")}
    resent = {"I'm paging Ben", "I've told Ben"}
    if point != "after send":
        assert not {text for text in doubled if not any(r in text for r in resent)}, where
    assert ("Ben", "#1, open") in said, where
    assert any(chat == "Ana" and "I'm paging Ben now" in text for chat, text in said), where
