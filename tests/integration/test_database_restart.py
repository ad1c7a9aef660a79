"""PostgreSQL that is restarted in the middle, hangs up, or is gone: nothing is confirmed that is
not committed, nothing is lost, nothing is said twice but by the rule, and the service goes on."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.clock import SystemClock
from bot.core.messages import Bot, Inbound, InboundKind
from bot.service import ticks
from bot.store import people
from bot.store.tables import Alert, Inbox, InboxState, Outbox, OutboxState
from bot.store.tables import Counter as Count
from tests.support.fake_telegram import FakeTelegram
from tests.support.phones import CHATS, Phones, phones
from tests.support.postgresql import Server
from tests.support.program import Program, build
from tests.support.service import Running, until
from tests.support.telegram_intake import polling
from tests.support.waiting import eventually

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
DANGER = "they outside my house rn"
LEASE = timedelta(seconds=61)


@pytest.fixture
def server(postgresql: Server) -> Iterator[Server]:
    """The server, which runs again after the test."""
    yield postgresql
    if not postgresql.running:
        postgresql.start()


@pytest.fixture
async def street(tmp_path: Path, fake_telegram: FakeTelegram) -> AsyncIterator[Phones]:
    """Everybody has a phone."""
    program = build(tmp_path)
    async with phones(program, fake_telegram) as made:
        yield made
    program.house.db.close()


async def test_a_database_that_is_down_confirms_nothing_and_loses_nothing(
    street: Phones, server: Server
) -> None:
    street.telegram.say(CHATS["Ana"], DANGER)
    server.stop()
    async with polling(street.channel, street.program.lines.receive):  # type: ignore[arg-type]
        await eventually(lambda: street.telegram.calls("getUpdates"))
        await asyncio.sleep(0.3)
    assert len(street.telegram.status()["pending"]) == 1
    server.start()
    await street.taken()
    assert street.texts("Ben") == ["#1, open"]


async def test_a_restart_between_judging_and_sending_only_delays(
    street: Phones, server: Server
) -> None:
    at = street.program.clock.now()
    inbound = Inbound("telegram", Bot.CLIENT, "1", "7", InboundKind.TEXT, at, DANGER)
    await street.program.lines.receive(inbound)
    await street.program.lines.idle()
    server.stop()
    await asyncio.gather(street.deliver_beside(), return_exceptions=True)
    assert street.texts("Ben") == []
    server.start()
    await street.settle()
    assert street.texts("Ben") == ["#1, open"]


async def test_gone_after_a_send_the_page_is_sent_twice_and_the_rest_once(
    street: Phones, server: Server
) -> None:
    at = street.program.clock.now()
    inbound = Inbound("telegram", Bot.CLIENT, "1", "7", InboundKind.TEXT, at, DANGER)
    await street.program.lines.receive(inbound)
    await street.program.lines.idle()
    street.program.house.fault = lambda point: server.stop() if point == "after send" else None
    await asyncio.gather(street.deliver_beside(), return_exceptions=True)
    street.program.house.fault = lambda point: None
    server.start()
    await street.after(LEASE)
    assert street.texts("Ben") == ["#1, open", "#1, open"]


def test_what_was_written_in_a_transaction_that_was_cut_is_not_there(
    tmp_path: Path, server: Server
) -> None:
    db = build(tmp_path).house.db
    with pytest.raises(sa.exc.OperationalError), db.write() as s:
        people.count(s, "cut")
        s.flush()
        server.stop()
        server.start()
    with db.read() as s:
        assert s.get(Count, "cut") is None
    db.close()


@pytest.mark.parametrize("every", range(6))
async def test_hung_up_on_at_any_statement_nothing_is_lost_or_doubled(
    tmp_path: Path, server: Server, every: int
) -> None:
    program = build(tmp_path)
    said = 0

    def hang_up(*_: Any) -> None:
        nonlocal said
        said += 1
        if said % 60 == 10 * every + 9:
            server.hang_up(program.house.db.url.database or "")

    sa.event.listen(program.house.db._engine, "before_cursor_execute", hang_up)
    for number, words in enumerate((DANGER, "hey", "he threatened me too"), 1):
        await _received(program, str(number), words)
    sa.event.remove(program.house.db._engine, "before_cursor_execute", hang_up)
    program.clock.move_by(LEASE)
    await program.settle()
    assert said > 60
    with program.house.db.read() as s:
        assert len(s.scalars(sa.select(Alert)).all()) == 1
        assert s.scalar(sa.select(sa.func.count()).select_from(Inbox)) == 3
        assert InboxState.RECEIVED not in s.scalars(sa.select(Inbox.state)).all()
        left = s.execute(sa.select(Outbox.state, Outbox.unknowns)).all()
    assert {state for state, _ in left} <= {OutboxState.SENT, OutboxState.OUTCOME_UNKNOWN}
    got = Counter((message.chat, message.text) for message in program.channel.sent)
    # An alert's number may be another: PostgreSQL takes no number twice, even of what was cut.
    assert "Ben" in {who for who, text in got if text.startswith("#")}
    assert sum(got.values()) - len(got) <= 1 + sum(unknowns for _, unknowns in left)
    program.house.db.close()


async def _received(program: Program, number: str, words: str) -> None:
    """Bring an update as a channel does: again until it is taken; then do what is due."""
    at = program.clock.now()
    inbound = Inbound("telegram", Bot.CLIENT, number, "Ana", InboundKind.TEXT, at, words)
    for step in (
        lambda: program.lines.receive(inbound),
        lambda: ticks.settle(program.house, program.lines),
    ):
        for _ in range(5):
            try:
                await step()
            except sa.exc.OperationalError:
                continue
            break


async def test_two_services_one_killed_and_the_database_restarted(
    tmp_path: Path, fake_telegram: FakeTelegram, server: Server, database: str
) -> None:
    program = build(tmp_path, start=SystemClock().now())
    async with phones(program, fake_telegram):
        program.house.db.close()
    words = ("--no-train", "--only", "telegram", "--only", "ticks")
    set_ = {"SAF_DATABASE_URL": database}

    def pages() -> int:
        return len(fake_telegram.sent(CHATS["Ben"], bot="worker"))

    with (
        Running(tmp_path, fake_telegram, *words, **set_) as one,
        Running(tmp_path, fake_telegram, *words, **set_) as two,
    ):
        for service in (one, two):
            service.until_says("running:", within=60)
        until(lambda: "standing by" in one.said + two.said)
        fake_telegram.say(CHATS["Ana"], DANGER)
        until(lambda: pages() == 1)
        poller, other = (two, one) if "standing by" in one.said else (one, two)
        poller.process.kill()
        fake_telegram.say(CHATS["Ana"], "i got shot")  # another signal: the chain begins again
        until(lambda: pages() == 2, within=20)
        server.stop()
        fake_telegram.say(CHATS["Ana"], "im gonna kill myself tonight")
        server.start()
        until(lambda: pages() == 3, within=20)
        assert other.stop() == 0, other.said
        assert "telegram_other_poller" not in one.said + two.said
