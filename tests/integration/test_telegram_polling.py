"""Polling over real HTTP: nothing is confirmed that is not committed, and nothing stops it."""

from __future__ import annotations

import asyncio
import time

import pytest
from structlog.testing import capture_logs

from bot.channels.base import ChannelUnusable
from bot.channels.telegram import TelegramChannel
from bot.core.messages import Bot
from tests.support.fake_telegram import FakeTelegram, FaultKind
from tests.support.telegram_intake import Received, impatient_channel, polling
from tests.support.waiting import eventually

ANA = 7
LUIS = 8


async def test_an_update_is_confirmed_only_after_it_is_committed(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    first = fake_telegram.say(ANA, "one")
    received = Received()
    received.failures = 3
    async with polling(telegram_channel, received):
        await eventually(lambda: len(received.attempts) >= 2)
        assert fake_telegram.status()["pending"] == [first]
        await received.until(1)
        fake_telegram.say(ANA, "two")
        await received.until(2)
        await eventually(lambda: not fake_telegram.status()["pending"])
    assert received.texts == ["one", "two"]
    assert len(received.attempts) == 5


async def test_a_locked_database_loses_nothing_and_keeps_the_order(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    for words in ("one", "two", "three"):
        fake_telegram.say(ANA, words)
    received = Received()
    received.failures = 2
    async with polling(telegram_channel, received):
        await received.until(3)
    assert received.texts == ["one", "two", "three"]


async def test_one_message_that_cannot_be_saved_holds_back_its_own_chat_only(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    stuck = fake_telegram.say(ANA, "one")
    fake_telegram.say(ANA, "two")
    fake_telegram.say(LUIS, "they outside")
    received = Received()
    received.refused_chats.add("7")
    async with polling(telegram_channel, received):
        await received.until(1)
        fake_telegram.say(LUIS, "rn")
        await received.until(2)
        assert received.texts == ["they outside", "rn"]
        assert min(fake_telegram.status()["pending"]) == stuck
        received.refused_chats.clear()
        await received.until(4)
        await eventually(lambda: not fake_telegram.status()["pending"])
    assert received.texts == ["they outside", "rn", "one", "two"]


async def test_the_same_update_again_is_handed_on_under_its_own_id(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    fake_telegram.say(ANA, "one")
    async with polling(telegram_channel, Received()) as received:
        await received.until(1)
        # Once the offset has moved on: before, Telegram would drop the repetition itself.
        await eventually(lambda: not fake_telegram.status()["pending"])
        fake_telegram.repeat()
        await received.until(2)
    first, second = received.committed
    assert first.update_id == second.update_id  # the inbox's unique key drops it


async def test_reordered_updates_all_come_in(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    for words in ("one", "two", "three"):
        fake_telegram.say(ANA, words)
    fake_telegram.reorder()
    async with polling(telegram_channel, Received()) as received:
        await received.until(3)
        await eventually(lambda: not fake_telegram.status()["pending"])
    assert sorted(received.texts) == ["one", "three", "two"]


async def test_update_ids_that_begin_again_lower_are_not_missed(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    fake_telegram.say(ANA, "before the quiet week")
    async with polling(telegram_channel, Received()) as received:
        await received.until(1)
        # Two empty polls: the second one asks without an offset.
        await eventually(lambda: len(fake_telegram.calls("getUpdates")) >= 3, within=10)
        fake_telegram.inject(
            {
                "update_id": 12,
                "message": {
                    "message_id": 90,
                    "date": 1767225600,
                    "chat": {"id": ANA, "type": "private"},
                    "text": "after it",
                },
            }
        )
        await received.until(2)
    assert received.texts[-1] == "after it"


@pytest.mark.parametrize(
    "fault",
    [
        FaultKind.GATEWAY,
        FaultKind.SERVER_ERROR,
        FaultKind.RESET,
        FaultKind.GARBAGE_AFTER,
        FaultKind.STRANGE_AFTER,
        FaultKind.FORBIDDEN,
    ],
)
async def test_troubles_are_waited_out_and_said(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel, fault: FaultKind
) -> None:
    fake_telegram.fail_next("deleteWebhook", fault)
    fake_telegram.fail_next("getUpdates", fault, times=2)
    fake_telegram.say(ANA, "one")
    with capture_logs() as logs:
        async with polling(telegram_channel, Received()) as received:
            await received.until(1)
    assert received.texts == ["one"]
    if fault is not FaultKind.STRANGE_AFTER:  # a list of no updates: skipped, nothing to say
        assert {entry["event"] for entry in logs} == {"telegram_poll_failed"}


async def test_a_flood_is_waited_out_as_long_as_telegram_says(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    fake_telegram.fail_next("getUpdates", "flood", retry_after=1)
    fake_telegram.say(ANA, "one")
    begun = time.monotonic()
    async with polling(telegram_channel, Received()) as received:
        await received.until(1)
    assert time.monotonic() - begun >= 1


async def test_another_poller_is_named_once_and_outwaited(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    fake_telegram.fail_next("getUpdates", "conflict", times=4)
    fake_telegram.say(ANA, "one")
    with capture_logs() as logs:
        async with polling(telegram_channel, Received()) as received:
            await received.until(1)
    [said] = [entry for entry in logs if entry["event"] == "telegram_other_poller"]
    assert "another process" in said["meaning"]


async def test_two_pollers_see_each_other_and_nothing_is_lost(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    received, other = Received(), impatient_channel(fake_telegram)
    with capture_logs() as logs:
        async with polling(telegram_channel, received), polling(other, received):
            await eventually(lambda: logs)
            fake_telegram.say(ANA, "one")
            await received.until(1)
    await other.close()
    assert "telegram_other_poller" in {entry["event"] for entry in logs}
    assert received.texts[0] == "one"


async def test_a_webhook_that_is_left_over_is_removed(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    await telegram_channel.set_webhook(Bot.CLIENT, "http://127.0.0.1:9", "s" * 16)
    fake_telegram.say(ANA, "one")
    async with polling(telegram_channel, Received()) as received:
        await received.until(1)
    assert fake_telegram.status()["webhook"] is None


async def test_a_refused_token_ends_polling_with_one_sentence(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    fake_telegram.fail_next("getUpdates", "unauthorized")
    with pytest.raises(ChannelUnusable, match="refuses the client bot's token"):
        await telegram_channel.poll(Bot.CLIENT, Received(), asyncio.Event())


async def test_both_bots_are_polled_side_by_side(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    fake_telegram.say(ANA, "hey")
    fake_telegram.say(9, "/today", bot="worker")
    clients, workers = Received(), Received()
    async with (
        polling(telegram_channel, clients),
        polling(telegram_channel, workers, Bot.WORKER),
    ):
        await clients.until(1)
        await workers.until(1)
    assert (clients.texts, workers.texts) == (["hey"], ["/today"])
    assert workers.committed[0].bot is Bot.WORKER


async def test_stopping_does_not_wait_for_the_long_poll(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    async with polling(telegram_channel, Received()):
        await eventually(lambda: fake_telegram.calls("getUpdates"))
        begun = time.monotonic()
    assert time.monotonic() - begun < 0.5  # the poll itself takes a second


async def test_what_was_taken_but_not_confirmed_comes_again_after_a_restart(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    fake_telegram.say(ANA, "one")
    received = Received()
    received.failures = 10_000
    async with polling(telegram_channel, received):
        await eventually(lambda: received.attempts)
    received.failures = 0
    async with polling(telegram_channel, received):
        await received.until(1)
    assert received.texts == ["one"]
