"""Every kind of thing that a person can send, from the Bot API's JSON to our Inbound."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.telegram import TelegramChannel
from bot.channels.telegram.mapping import to_inbound
from bot.clock import SystemClock
from bot.core.messages import Bot, Button, Inbound, InboundKind, Outgoing
from tests.support.fake_telegram import FakeTelegram
from tests.support.telegram_intake import Received, polling
from tests.support.waiting import eventually

ANA = 7
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


async def taken_in(channel: TelegramChannel, count: int = 1) -> list[Inbound]:
    async with polling(channel, Received()) as received:
        return await received.until(count)


async def test_words_arrive_whole(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    words = "they outside my house rn 😬 " + "x" * 4000
    update = fake_telegram.say(ANA, words)
    [inbound] = await taken_in(telegram_channel)
    assert inbound.kind is InboundKind.TEXT
    assert inbound.text == words
    assert (inbound.channel, inbound.bot) == ("telegram", Bot.CLIENT)
    assert inbound.update_id == str(update)
    assert (inbound.chat, inbound.message_ref) == ("7", "7:1")
    assert abs(inbound.at - SystemClock().now()) < timedelta(seconds=10)
    assert not inbound.edited
    assert not inbound.forwarded


async def test_an_edited_message_says_so_and_keeps_its_reference(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    fake_telegram.say(ANA, "im good")
    fake_telegram.edit(ANA, "im not good")
    first, second = await taken_in(telegram_channel, 2)
    assert (second.kind, second.text, second.edited) == (InboundKind.TEXT, "im not good", True)
    assert second.message_ref == first.message_ref
    assert second.update_id != first.update_id


async def test_a_forwarded_message_says_so(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    fake_telegram.say(ANA, "ima find you", forwarded=True)
    [inbound] = await taken_in(telegram_channel)
    assert (inbound.text, inbound.forwarded) == ("ima find you", True)


@pytest.mark.parametrize(
    ("words", "kind", "token"),
    [
        ("/start", InboundKind.START, ""),
        ("/start aB3-_x", InboundKind.START, "aB3-_x"),
        ("/start@fake_client_bot aB3", InboundKind.START, "aB3"),
        ("/start they outside", InboundKind.TEXT, ""),
        ("/start " + "a" * 65, InboundKind.TEXT, ""),
        ("/starting", InboundKind.TEXT, ""),
        ("/restart", InboundKind.TEXT, ""),
        ("/answer{}", InboundKind.TEXT, ""),
    ],
)
async def test_start_carries_the_links_payload_and_nothing_else_is_a_start(
    fake_telegram: FakeTelegram,
    telegram_channel: TelegramChannel,
    words: str,
    kind: InboundKind,
    token: str,
) -> None:
    fake_telegram.say(ANA, words)
    [inbound] = await taken_in(telegram_channel)
    assert (inbound.kind, inbound.token, inbound.text) == (kind, token, words)


async def test_an_edit_never_starts_again(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    fake_telegram.say(ANA, "hey")
    fake_telegram.edit(ANA, "/start abc")
    [_, inbound] = await taken_in(telegram_channel, 2)
    assert (inbound.kind, inbound.token) == (InboundKind.TEXT, "")


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("voice", InboundKind.VOICE),
        ("audio", InboundKind.VOICE),
        ("video_note", InboundKind.VOICE),
        ("photo", InboundKind.PHOTO),
        ("video", InboundKind.PHOTO),
        ("document", InboundKind.PHOTO),
        ("animation", InboundKind.STICKER),
        ("sticker", InboundKind.STICKER),
        ("dice", InboundKind.STICKER),
        ("location", InboundKind.LOCATION),
        ("venue", InboundKind.LOCATION),
        ("pinned", InboundKind.OTHER),
        ("nothing", InboundKind.OTHER),
    ],
)
async def test_what_is_not_words_has_its_kind(
    fake_telegram: FakeTelegram,
    telegram_channel: TelegramChannel,
    what: str,
    kind: InboundKind,
) -> None:
    fake_telegram.show(ANA, what)
    [inbound] = await taken_in(telegram_channel)
    assert (inbound.kind, inbound.text, inbound.message_ref) == (kind, "", "7:1")


@pytest.mark.parametrize("what", ["photo", "video", "document", "voice", "animation"])
async def test_a_caption_is_words(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel, what: str
) -> None:
    fake_telegram.show(ANA, what, caption="look who is outside")
    [inbound] = await taken_in(telegram_channel)
    assert inbound.text == "look who is outside"
    assert inbound.kind is not InboundKind.TEXT


@pytest.mark.parametrize(("owner", "token"), [(ANA, "own"), (99, "other"), (None, "other")])
async def test_a_contact_is_ones_own_or_not_and_its_number_is_not_kept(
    fake_telegram: FakeTelegram,
    telegram_channel: TelegramChannel,
    owner: int | None,
    token: str,
) -> None:
    fake_telegram.contact(ANA, owner)
    [inbound] = await taken_in(telegram_channel)
    assert (inbound.kind, inbound.token) == (InboundKind.CONTACT, token)
    assert "15550100" not in str(inbound.text)


async def test_a_tap_brings_the_buttons_token_and_its_spinner_stops(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    fake_telegram.open_chat(ANA)
    ref = await telegram_channel.send(
        Outgoing("7", "How's today?", ((Button("I'm good", "t1"), Button("Call me", "t2")),))
    )
    fake_telegram.tap(ANA, "Call me")
    [inbound] = await taken_in(telegram_channel)
    assert (inbound.kind, inbound.token, inbound.text) == (InboundKind.BUTTON, "t2", "")
    assert (inbound.chat, inbound.message_ref) == ("7", ref)
    await eventually(lambda: fake_telegram.status()["taps_answered"])


async def test_a_tap_under_a_deleted_message_still_counts(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    fake_telegram.open_chat(ANA)
    ref = await telegram_channel.send(Outgoing("7", "?", ((Button("Call me", "t2"),),)))
    await telegram_channel.delete(Bot.CLIENT, ref)
    fake_telegram.fail_next("answerCallbackQuery", "gateway")
    fake_telegram.tap(ANA, "Call me")
    [inbound] = await taken_in(telegram_channel)
    assert (inbound.kind, inbound.token, inbound.chat) == (InboundKind.BUTTON, "t2", "7")


async def test_blocking_and_unblocking_are_told(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    fake_telegram.block(ANA)
    fake_telegram.unblock(ANA)
    first, second = await taken_in(telegram_channel, 2)
    assert (first.kind, first.chat) == (InboundKind.BLOCKED, "7")
    assert (second.kind, second.chat) == (InboundKind.UNBLOCKED, "7")


async def test_a_group_is_told_without_what_is_said_in_it(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    fake_telegram.group(-50)
    fake_telegram.group(-50, "secret of others")
    for inbound in await taken_in(telegram_channel, 2):
        assert (inbound.kind, inbound.chat, inbound.text) == (InboundKind.GROUP, "-50", "")


async def test_channel_posts_are_nobody_talking_to_us(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    fake_telegram.channel_post(-70, "news")
    fake_telegram.say(ANA, "hey")
    [inbound] = await taken_in(telegram_channel)
    assert inbound.text == "hey"
    await eventually(lambda: not fake_telegram.status()["pending"])


STRANGE: list[dict[str, object]] = [
    {"new_thing_of_2027": {"a": 1}},
    {"message": {"message_id": 1, "chat": {"id": 7, "type": "private"}}},
    {"message": {"chat": "?"}},
    {"message": None},
    {"message": []},
    {"callback_query": {"id": "1"}},
    {"callback_query": {"id": 5, "from": {"id": 7}}},
    {"my_chat_member": {"chat": {"id": 7}}},
    {},
]


@pytest.mark.parametrize("strange", STRANGE, ids=str)
async def test_what_nobody_understands_is_kept_with_its_id_and_stops_nobody(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel, strange: dict[str, object]
) -> None:
    # Allowed updates would keep the unknown ones away; they must not hurt if they come.
    update = fake_telegram.inject({"update_id": 6000, **strange})
    fake_telegram.inject(
        {
            "update_id": 6001,
            "message": {
                "message_id": 2,
                "date": 1767225600,
                "chat": {"id": 8, "type": "private"},
                "text": "after it",
            },
        }
    )
    first, second = await taken_in(telegram_channel, 2)
    assert (first.kind, first.update_id) == (InboundKind.OTHER, str(update))
    assert second.text == "after it"


def test_words_of_an_unreadable_message_still_reach_the_triage() -> None:
    raw = {
        "update_id": 5,
        "message": {
            "message_id": 1,
            "date": "not a date",
            "chat": {"id": 7, "type": "private"},
            "text": "they outside",
        },
    }
    inbound = to_inbound(raw, Bot.CLIENT, NOW)
    assert inbound is not None
    assert (inbound.kind, inbound.text, inbound.chat) == (InboundKind.TEXT, "they outside", "7")
    assert inbound.at == NOW


def test_a_tap_of_an_unreadable_query_still_counts() -> None:
    raw = {"update_id": 5, "callback_query": {"id": "1", "data": "t2", "from": {"id": 7}}}
    inbound = to_inbound(raw, Bot.WORKER, NOW)
    assert inbound is not None
    assert (inbound.kind, inbound.token, inbound.chat) == (InboundKind.BUTTON, "t2", "7")


@pytest.mark.parametrize("kind", ["group", "supergroup"])
def test_an_unreadable_group_message_brings_no_words(kind: str) -> None:
    raw = {"update_id": 5, "message": {"chat": {"id": -5, "type": kind}, "text": "of others"}}
    inbound = to_inbound(raw, Bot.CLIENT, NOW)
    assert inbound is not None
    assert (inbound.kind, inbound.text) == (InboundKind.GROUP, "")


async def test_ten_thousand_characters_come_in_parts_and_none_is_lost(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    words = "".join(chr(97 + place % 26) for place in range(10_000))
    for start in range(0, len(words), 4096):  # the phone's app cuts it so
        fake_telegram.say(ANA, words[start : start + 4096])
    parts = await taken_in(telegram_channel, 3)
    assert "".join(part.text for part in parts) == words
