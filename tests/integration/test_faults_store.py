"""A database that is locked, read-only, or without its key: nothing is confirmed that is not
committed, nothing half-written, and one sentence for the operator."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.core.messages import Bot, Inbound, InboundKind, Kind
from bot.errors import KeyTrouble, StoreTrouble
from bot.service import speak
from bot.settings import Settings
from bot.store.tables import Alert, Inbox, Outbox
from bot.wiring import open_database
from tests.support.fake_telegram import FakeTelegram
from tests.support.phones import CHATS, Phones, phones
from tests.support.program import build, client
from tests.support.service import saf
from tests.support.telegram_intake import polling
from tests.support.waiting import eventually

DANGER = "they outside my house rn"


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Hold the database as another process does that began to write and does not end."""
    other = sqlite3.connect(home / "saf.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.rollback()
        other.close()


@pytest.fixture
async def street(tmp_path: Path, fake_telegram: FakeTelegram) -> AsyncIterator[Phones]:
    """Everybody has a phone; nobody waits longer for a lock than this test has time for."""
    program = build(tmp_path)
    engine = program.house.db._engine
    sa.event.listen(engine, "begin", lambda c: c.exec_driver_sql("PRAGMA busy_timeout=100"))
    async with phones(program, fake_telegram) as made:
        yield made


async def test_a_locked_database_confirms_nothing_and_loses_nothing(
    street: Phones, tmp_path: Path
) -> None:
    street.telegram.say(CHATS["Ana"], DANGER)
    with locked(tmp_path):
        async with polling(street.channel, street.program.lines.receive):  # type: ignore[arg-type]
            await eventually(lambda: street.telegram.calls("getUpdates"))
            await asyncio.sleep(0.3)
        assert len(street.telegram.status()["pending"]) == 1
    await street.taken()
    assert street.texts("Ben") == ["#1, open"]


async def test_a_lock_between_judging_and_sending_only_delays(
    street: Phones, tmp_path: Path
) -> None:
    at = street.program.clock.now()
    inbound = Inbound("telegram", Bot.CLIENT, "1", "7", InboundKind.TEXT, at, DANGER)
    await street.program.lines.receive(inbound)
    await street.program.lines.idle()
    with locked(tmp_path):
        await street.deliver_beside()
        assert street.texts("Ben") == []
    await street.settle()
    assert street.texts("Ben") == ["#1, open"]


async def test_a_lock_after_a_send_sends_the_page_twice_and_the_rest_once(
    street: Phones, tmp_path: Path
) -> None:
    at = street.program.clock.now()
    inbound = Inbound("telegram", Bot.CLIENT, "1", "7", InboundKind.TEXT, at, DANGER)
    await street.program.lines.receive(inbound)
    await street.program.lines.idle()
    holding: list[object] = []

    def lock(point: str) -> None:
        if point == "after send" and not holding:
            holding.append(lock_now := locked(tmp_path))
            lock_now.__enter__()

    street.program.house.fault = lock
    await street.deliver_beside()
    street.program.house.fault = lambda point: None
    holding[0].__exit__(None, None, None)  # type: ignore[attr-defined]
    await street.after(timedelta(seconds=60))
    assert street.texts("Ben") == ["#1, open", "#1, open"]
    assert street.program.got("Ben", Kind.PAGE)


def test_a_read_only_database_is_one_sentence(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    open_database(settings)[0].close()
    saved = sqlite3.connect(settings.home / "saf.db")
    saved.execute("PRAGMA journal_mode=DELETE")
    saved.close()
    frozen = Settings(
        home=settings.home,
        database_url=type(settings.database_url)(
            f"sqlite:///file:{settings.home / 'saf.db'}?mode=ro&uri=true"
        ),
    )
    with pytest.raises(StoreTrouble) as trouble:
        open_database(frozen)
    assert "\n" not in str(trouble.value)


def test_a_home_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()  # no rights help against it: root may write anywhere
    with pytest.raises(StoreTrouble) as trouble:
        open_database(Settings(home=tmp_path / "file" / "home"))
    assert "\n" not in str(trouble.value)


def test_a_key_that_is_missing_beside_a_database_is_never_made_anew(
    tmp_path: Path, fake_telegram: FakeTelegram
) -> None:
    build(tmp_path).house.db.close()
    (tmp_path / "key").rename(tmp_path / "elsewhere")
    tokens = {
        "SAF_CLIENT_BOT_TOKEN": "1:a",
        "SAF_WORKER_BOT_TOKEN": "2:b",
        "SAF_TELEGRAM_URL": fake_telegram.base_url,
    }
    done = saf(tmp_path, "run", "--no-train", **tokens)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and "key" in done.stderr, done.stderr
    assert not (tmp_path / "key").exists()
    assert fake_telegram.calls() == []


def test_another_programs_key_is_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        open_database(Settings(home=tmp_path / name))[0].close()
    shutil.copy(tmp_path / "one" / "key", tmp_path / "two" / "key")
    with pytest.raises(KeyTrouble, match="put the right key back"):
        open_database(Settings(home=tmp_path / "two"))


def test_a_torn_key_is_refused(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    open_database(settings)[0].close()
    settings.key.write_text("AAAA")
    with pytest.raises(KeyTrouble, match="right key"):
        open_database(settings)


def test_a_key_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    settings.key.mkdir()
    with pytest.raises(KeyTrouble, match="cannot be read"):
        open_database(settings)


async def test_a_message_that_cannot_be_made_stands_before_nobody(street: Phones) -> None:
    house = street.program.house
    with house.db.write() as s:
        ana = s.merge(client(street.program))
        row = speak.to_client(s, house, street.program.clock.now(), ana, Kind.SAFETY, "torn")
        assert row is not None
        torn = row.id
        s.get_one(Outbox, torn).text = b"\x01 nothing that opens"
    street.telegram.say(CHATS["Ana"], DANGER)
    await street.taken()
    assert len(street.got("Ana")) == 1
    # What the client will never get is the worker's to say.
    assert street.texts("Ben") == ["#1, open", "To do, open"]
    with house.db.read() as s:
        assert s.get_one(Outbox, torn).state == "failed_permanent"
        assert s.scalar(sa.select(sa.func.count()).select_from(Inbox)) == 1
        assert s.scalar(sa.select(sa.func.count()).select_from(Alert)) == 1
