"""What Telegram does wrong: refusals, floods, silence after the effect, doubles, forgeries."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from bot.core.alerts import LogEvent
from bot.core.messages import Bot, Inbound, InboundKind, Kind
from bot.service import checkins, speak
from bot.store import dues
from bot.store.tables import (
    Alert,
    AlertLog,
    Counter,
    DueKind,
    FlowRun,
    Inbox,
    Outbox,
    OutboxState,
    RunState,
    Task,
)
from tests.support.fake_telegram import FakeTelegram, FaultKind
from tests.support.phones import CHATS, STRANGER, Phones, phones
from tests.support.program import build, client
from tests.support.waiting import eventually

pytestmark = pytest.mark.both_databases

DANGER = "they outside my house rn"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
async def street(tmp_path: Path, fake_telegram: FakeTelegram) -> AsyncIterator[Phones]:
    """Everybody has a phone."""
    async with phones(build(tmp_path), fake_telegram) as made:
        yield made


def count(street: Phones, table: type, *conditions: sa.ColumnElement[bool]) -> int:
    with street.program.house.db.read() as s:
        asked = sa.select(sa.func.count()).select_from(table).where(*conditions)
        return s.scalar(asked) or 0


async def check_in(street: Phones) -> None:
    """Ask Ana how her day is."""
    house, at = street.program.house, street.program.clock.now()
    with house.db.write() as s:
        ana = s.merge(client(street.program))
        due = dues.put(s, DueKind.CHECKIN, ana, at, key=f"test:{at}")
        assert due is not None and dues.take(s, due.id)
        checkins.ask(s, house, at, ana, due)
    await street.settle()


async def test_the_same_update_twice_is_one_alert_and_one_answer(street: Phones) -> None:
    street.telegram.say(CHATS["Ana"], DANGER)
    await street.taken()
    street.telegram.repeat()
    await street.taken()
    assert count(street, Alert) == 1
    assert street.texts("Ben") == ["#1, open"]
    assert len(street.got("Ana")) == 1


async def test_a_page_is_sent_again_when_nobody_knows_whether_it_arrived(street: Phones) -> None:
    street.telegram.fail_next("sendMessage", FaultKind.HANG_AFTER, chat=CHATS["Ben"])
    street.telegram.say(CHATS["Ana"], DANGER)
    await street.taken()
    await street.after(2 * SECOND)
    assert street.texts("Ben") == ["#1, open", "#1, open"]
    assert count(street, AlertLog, AlertLog.event == LogEvent.PAGED) == 1


async def test_a_safety_answer_is_sent_again_a_question_is_not(street: Phones) -> None:
    street.telegram.fail_next("sendMessage", FaultKind.GATEWAY_AFTER, chat=CHATS["Ana"])
    street.telegram.say(CHATS["Ana"], DANGER)
    await street.taken()
    await street.after(2 * SECOND)
    assert len(street.got("Ana")) == 2
    street.telegram.fail_next("sendMessage", FaultKind.RESET_AFTER, chat=CHATS["Ana"])
    await check_in(street)
    await street.after(MINUTE)
    assert len(street.got("Ana")) == 3
    assert count(street, Outbox, Outbox.state == OutboxState.OUTCOME_UNKNOWN) == 1


async def test_a_question_that_may_not_have_arrived_is_asked_again_at_the_next_contact(
    street: Phones,
) -> None:
    street.telegram.fail_next("sendMessage", FaultKind.HANG, chat=CHATS["Ana"])
    await check_in(street)
    assert street.texts("Ana") == []
    assert count(street, FlowRun, FlowRun.state == RunState.PAUSED) == 1
    street.telegram.say(CHATS["Ana"], "/start")
    await street.taken()
    assert "How's today?" in street.texts("Ana")[-1]


async def test_a_flood_is_waited_out_and_nothing_overtakes(street: Phones) -> None:
    await check_in(street)
    street.telegram.fail_next("sendMessage", FaultKind.FLOOD, chat=CHATS["Ana"], retry_after=7)
    street.telegram.show(CHATS["Ana"], "sticker")
    await street.taken()
    street.telegram.show(CHATS["Ana"], "voice")
    await street.taken()
    assert len(street.got("Ana")) == 1
    await street.after(6 * SECOND)
    assert len(street.got("Ana")) == 1
    await street.after(SECOND)
    first, second = street.texts("Ana")[1:]
    assert "can't open" not in first and "can't open" in second


async def test_a_client_who_blocked_the_bot_becomes_the_workers_task(street: Phones) -> None:
    street.telegram.vanish(CHATS["Ana"], "Forbidden: bot was blocked by the user")
    await check_in(street)
    assert count(street, Task, Task.kind == "blocked") == 1
    assert len(street.got("Ben")) == 1
    street.telegram.block(CHATS["Ana"])
    await street.taken()
    assert count(street, Task, Task.kind == "blocked") == 1


async def test_a_worker_who_cannot_be_paged_brings_the_next_step_forward(street: Phones) -> None:
    street.telegram.vanish(CHATS["Ben"], "Forbidden: user is deactivated", bot="worker")
    street.telegram.say(CHATS["Ana"], DANGER)
    await street.taken()
    assert "#1, open" in street.texts("Cora")
    assert count(street, AlertLog, AlertLog.event == LogEvent.PAGE_FAILED) == 1


async def test_an_outage_of_telegram_loses_nothing(street: Phones) -> None:
    street.telegram.fail_next("sendMessage", FaultKind.GATEWAY, times=3, bot="worker")
    street.telegram.say(CHATS["Ana"], DANGER)
    await street.taken()
    for _ in range(3):
        await street.after(MINUTE)
    assert "#1, open" in street.texts("Ben")


async def test_a_phone_that_hangs_holds_up_nobody_elses_page(street: Phones) -> None:
    await check_in(street)
    street.telegram.fail_next("sendMessage", FaultKind.HANG, chat=CHATS["Ana"], times=9)
    lines = street.program.lines
    for number, what in enumerate(("hey", DANGER)):
        at = street.program.clock.now()
        await lines.receive(
            Inbound("telegram", Bot.CLIENT, f"x{number}", "7", InboundKind.TEXT, at, what)
        )
        await lines.idle()
    began = time.monotonic()
    first = asyncio.create_task(street.deliver_beside())
    await eventually(lambda: street.texts("Ben") == ["#1, open"])
    assert time.monotonic() - began < 0.3  # the hanging send itself is given up after 0.3 s
    await first


async def test_one_persons_messages_keep_their_order_when_deliveries_overlap(
    street: Phones,
) -> None:
    house = street.program.house
    with house.db.write() as s:
        ana = s.merge(client(street.program))
        for number in range(6):
            at = street.program.clock.now()
            speak.to_client(s, house, at, ana, Kind.REPLY, f"number {number}")
    await asyncio.gather(*(street.deliver_beside() for _ in range(4)))
    await street.deliver_beside()
    assert street.texts("Ana") == [f"number {number}" for number in range(6)]


async def test_a_stranger_hears_one_neutral_sentence_and_leaves_only_a_count(
    street: Phones,
) -> None:
    for bot, said in (("client", DANGER), ("worker", "/today"), ("client", "hello??")):
        street.telegram.say(STRANGER, said, bot=bot)
    street.telegram.say(STRANGER, "/start abcdefghijklmnop")
    await street.taken()
    for bot in ("client", "worker"):
        assert len(street.telegram.sent(STRANGER, bot=bot)) == 1
    assert count(street, Inbox) == count(street, Outbox) == count(street, Alert) == 0
    with street.program.house.db.read() as s:
        assert s.get_one(Counter, "strangers").value == 4


async def test_an_old_button_tapped_days_later_changes_nothing(street: Phones) -> None:
    await check_in(street)
    question = street.got("Ana")[-1]
    await street.after(timedelta(days=2))
    before = count(street, Alert)
    await check_in(street)
    street.telegram.tap(CHATS["Ana"], "Not good", message_id=question.message_id)
    await street.taken()
    with street.program.house.db.read() as s:
        run = s.scalars(sa.select(FlowRun).where(FlowRun.state == RunState.ACTIVE)).one()
        assert run.step == "day"
    said = street.texts("Ana")[-1]
    assert "from before" in said and "How's today?" in said
    assert count(street, Alert) == before


async def test_a_forged_webhook_call_is_refused_and_leaves_nothing(street: Phones) -> None:
    app = street.channel.webhook_app(street.program.lines.receive, "s" * 32)
    update = {
        "update_id": 1,
        "message": {
            "message_id": 1,
            "date": 1767225600,
            "chat": {"id": CHATS["Ana"], "type": "private"},
            "text": DANGER,
        },
    }
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as http:
        for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "t" * 32}):
            answer = await http.post("/telegram/client", json=update, headers=headers)
            assert answer.status_code == 403
        assert count(street, Inbox) == 0
        right = {"X-Telegram-Bot-Api-Secret-Token": "s" * 32}
        assert (await http.post("/telegram/client", json=update, headers=right)).status_code == 200
    await street.settle()
    assert count(street, Alert) == 1
