"""Sending over real HTTP: what arrives, and what each way of failing is called."""

from __future__ import annotations

import socket
from datetime import timedelta

import pytest

from bot.channels.base import ChannelUnusable, OutcomeUnknown, Reason, SendFailed
from bot.channels.telegram import TelegramChannel
from bot.clock import SystemClock
from bot.core.messages import Bot, Button, Outgoing
from tests.support.fake_telegram import CLIENT_TOKEN, WORKER_TOKEN, FakeTelegram, FaultKind

ANA = 7
BEN = 9
HEY = Outgoing("7", "Hey. How's today?")


@pytest.fixture(autouse=True)
def _ana_and_ben_have_started(fake_telegram: FakeTelegram) -> None:
    fake_telegram.open_chat(ANA)
    fake_telegram.open_chat(BEN, bot="worker")


async def test_a_message_arrives_as_it_was_meant(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    rows = ((Button("I'm good", "a"), Button("Not good", "b")), (Button("Call me", "c" * 64),))
    ref = await telegram_channel.send(
        Outgoing("7", "<b>Hey</b> & *you* _ok_ https://example.org", rows, True, True)
    )
    [sent] = fake_telegram.sent(ANA)
    assert sent.text == "<b>Hey</b> & *you* _ok_ https://example.org"
    assert sent.buttons == [["I'm good", "Not good"], ["Call me"]]
    assert (sent.silent, sent.protect) == (True, True)
    assert ref == f"7:{sent.message_id}"
    [call] = fake_telegram.calls("sendMessage")
    assert "is_disabled" in call["params"]["link_preview_options"]


async def test_each_bot_speaks_for_itself(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    await telegram_channel.send(Outgoing("9", "#12, open", bot=Bot.WORKER))
    [sent] = fake_telegram.sent(BEN, bot="worker")
    assert (sent.text, sent.silent, sent.protect) == ("#12, open", False, False)
    assert fake_telegram.sent(ANA) == []


@pytest.mark.parametrize(
    "message",
    [
        Outgoing("7", "x" * 4097),
        Outgoing("7", " \n"),
        Outgoing("7", "hey", ((Button("Yes", "é" * 33),),)),
        Outgoing("7", "hey", ((Button("Yes", ""),),)),
        Outgoing("ana", "hey"),
    ],
    ids=["long", "empty", "token", "no-token", "address"],
)
async def test_what_telegram_would_refuse_is_not_even_tried(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel, message: Outgoing
) -> None:
    with pytest.raises(SendFailed) as failed:
        await telegram_channel.send(message)
    assert (failed.value.permanent, failed.value.reason) == (True, Reason.REFUSED)
    assert fake_telegram.calls("sendMessage") == []


async def test_the_longest_text_and_token_arrive(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    await telegram_channel.send(Outgoing("7", "ñ" * 4096, ((Button("Sí", "é" * 32),),)))
    [sent] = fake_telegram.sent(ANA)
    assert (len(sent.text), sent.tokens) == (4096, ["é" * 32])


@pytest.mark.parametrize(
    ("kind", "said", "reason"),
    [
        ("forbidden", "Forbidden: bot was blocked by the user", Reason.BLOCKED),
        ("forbidden", "Forbidden: user is deactivated", Reason.GONE),
        ("forbidden", "Forbidden: bot was kicked from the group chat", Reason.GONE),
        ("forbidden", "Forbidden: bot can't initiate conversation with a user", Reason.GONE),
        ("bad_request", "Bad Request: chat not found", Reason.GONE),
        ("bad_request", "Bad Request: PEER_ID_INVALID", Reason.GONE),
        ("bad_request", "[Error]: Bad Request: user not found", Reason.GONE),
        ("bad_request", "Bad Request: BUTTON_DATA_INVALID", Reason.REFUSED),
    ],
)
async def test_what_cannot_succeed_is_permanent(
    fake_telegram: FakeTelegram,
    telegram_channel: TelegramChannel,
    kind: str,
    said: str,
    reason: Reason,
) -> None:
    fake_telegram.fail_next("sendMessage", kind, description=said)
    with pytest.raises(SendFailed) as failed:
        await telegram_channel.send(HEY)
    assert (failed.value.permanent, failed.value.reason) == (True, reason)


@pytest.mark.parametrize(
    ("kind", "said", "reason"),
    [
        ("forbidden", "Forbidden: bot can't send messages to the user", Reason.SERVER),
        ("server_error", "Internal Server Error", Reason.SERVER),
        ("conflict", "Conflict: whatever", Reason.SERVER),
        ("unauthorized", "Unauthorized", Reason.TOKEN),
    ],
)
async def test_what_may_pass_is_temporary(
    fake_telegram: FakeTelegram,
    telegram_channel: TelegramChannel,
    kind: str,
    said: str,
    reason: Reason,
) -> None:
    fake_telegram.fail_next("sendMessage", kind, description=said)
    with pytest.raises(SendFailed) as failed:
        await telegram_channel.send(HEY)
    assert (failed.value.permanent, failed.value.reason) == (False, reason)
    await telegram_channel.send(HEY)


async def test_a_flood_says_how_long_to_wait(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    fake_telegram.fail_next("sendMessage", "flood", retry_after=17)
    with pytest.raises(SendFailed) as failed:
        await telegram_channel.send(HEY)
    assert (failed.value.permanent, failed.value.reason) == (False, Reason.FLOOD)
    assert failed.value.retry_after == 17
    assert len(fake_telegram.calls("sendMessage")) == 1


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [
        (FaultKind.HANG, 0),
        (FaultKind.HANG_AFTER, 1),
        (FaultKind.RESET, 0),
        (FaultKind.RESET_AFTER, 1),
        (FaultKind.GATEWAY, 0),
        (FaultKind.GATEWAY_AFTER, 1),
        (FaultKind.GARBAGE_AFTER, 1),
        (FaultKind.STRANGE_AFTER, 1),
    ],
)
async def test_what_was_written_and_not_answered_is_unknown(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel, fault: FaultKind, arrived: int
) -> None:
    fake_telegram.fail_next("sendMessage", fault)
    with pytest.raises(OutcomeUnknown):
        await telegram_channel.send(HEY)
    assert len(fake_telegram.sent(ANA)) == arrived


async def test_without_a_connection_nothing_has_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = listener.getsockname()[1]
    channel = TelegramChannel(
        {Bot.CLIENT: CLIENT_TOKEN}, SystemClock(), base_url=f"http://127.0.0.1:{nobody}"
    )
    with pytest.raises(SendFailed) as failed:
        await channel.send(HEY)
    assert (failed.value.permanent, failed.value.reason) == (False, Reason.UNREACHED)
    await channel.close()


async def test_a_group_that_moved_is_tried_once_more_at_its_new_address(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    fake_telegram.open_chat(-100)
    fake_telegram.fail_next("sendMessage", "migrated", chat=-5, migrate_to=-100)
    ref = await telegram_channel.send(Outgoing("-5", "hey"))
    assert ref.startswith("-100:")
    assert len(fake_telegram.sent(-100)) == 1


async def test_when_the_new_address_fails_too_it_is_told(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    fake_telegram.fail_next("sendMessage", "migrated", chat=-5, migrate_to=-100)
    fake_telegram.fail_next("sendMessage", "flood", chat=-100)
    with pytest.raises(SendFailed) as failed:
        await telegram_channel.send(Outgoing("-5", "hey"))
    assert (failed.value.moved_to, failed.value.permanent) == ("-100", False)
    assert len(fake_telegram.calls("sendMessage")) == 2


async def test_deleting_takes_the_message_away_and_twice_is_no_fault(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    ref = await telegram_channel.send(HEY)
    await telegram_channel.delete(Bot.CLIENT, ref)
    await telegram_channel.delete(Bot.CLIENT, ref)
    [sent] = fake_telegram.sent(ANA)
    assert sent.deleted


async def test_after_48_hours_nothing_can_be_deleted(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    ref = await telegram_channel.send(HEY)
    fake_telegram.pass_time(timedelta(hours=48, seconds=5))
    with pytest.raises(SendFailed) as failed:
        await telegram_channel.delete(Bot.CLIENT, ref)
    assert failed.value.permanent
    with pytest.raises(SendFailed):
        await telegram_channel.delete(Bot.CLIENT, "no reference")


async def test_start_tells_the_bots_name(telegram_channel: TelegramChannel) -> None:
    assert await telegram_channel.check(Bot.CLIENT) == "fake_client_bot"
    assert await telegram_channel.check(Bot.WORKER) == "fake_worker_bot"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (FaultKind.UNAUTHORIZED, "refuses the client bot's token"),
        (FaultKind.HANG, "no answer from Telegram"),
        (FaultKind.GATEWAY, "could not be read"),
        (FaultKind.SERVER_ERROR, "Telegram could not do it"),
    ],
)
async def test_what_is_wrong_at_the_start_is_one_sentence(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel, fault: FaultKind, words: str
) -> None:
    fake_telegram.fail_next("getMe", fault)
    with pytest.raises(ChannelUnusable, match=words):
        await telegram_channel.check(Bot.CLIENT)


@pytest.mark.parametrize(
    "tokens",
    [
        {Bot.CLIENT: ""},
        {Bot.CLIENT: "hello"},
        {Bot.CLIENT: "1:a b"},
        {Bot.CLIENT: CLIENT_TOKEN, Bot.WORKER: CLIENT_TOKEN},
    ],
)
def test_tokens_that_cannot_work_are_refused_before_any_call(tokens: dict[Bot, str]) -> None:
    with pytest.raises(ChannelUnusable) as unusable:
        TelegramChannel(tokens, SystemClock())
    assert not any(token in str(unusable.value) for token in tokens.values() if token)


async def test_a_bot_without_a_token_sends_nothing() -> None:
    channel = TelegramChannel({Bot.WORKER: WORKER_TOKEN}, SystemClock())
    with pytest.raises(SendFailed) as failed:
        await channel.send(HEY)
    assert (failed.value.permanent, failed.value.reason) == (False, Reason.TOKEN)
    with pytest.raises(ChannelUnusable):
        await channel.check(Bot.CLIENT)
    await channel.close()
