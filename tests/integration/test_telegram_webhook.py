"""The webhook over real HTTP: forged calls get nothing, 200 means committed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp

from bot.channels.base import ChannelUnusable
from bot.channels.telegram import TelegramChannel
from bot.core.messages import Bot, InboundKind
from tests.support.fake_telegram import FakeTelegram
from tests.support.telegram_intake import Received
from tests.support.waiting import eventually

ANA = 7
SECRET = "a-long-enough-secret_1"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
UPDATE = {
    "update_id": 5,
    "message": {
        "message_id": 1,
        "date": 1767225600,
        "chat": {"id": ANA, "type": "private"},
        "from": {"id": ANA, "is_bot": False, "first_name": "P"},
        "text": "hey",
    },
}


def client_of(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an application on a free loopback port."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


async def test_telegram_delivers_to_us_and_it_is_committed(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    received = Received()
    async with served(telegram_channel.webhook_app(received, SECRET)) as url:
        await telegram_channel.set_webhook(Bot.CLIENT, url + "/", SECRET)
        await telegram_channel.set_webhook(Bot.WORKER, url, SECRET)
        first = fake_telegram.say(ANA, "hey")
        fake_telegram.say(9, "/today", bot="worker")
        await received.until(2)
        await eventually(lambda: not fake_telegram.status()["pending"])
        assert fake_telegram.status()["deliveries"] == [{"update_id": first, "status": 200}]
    assert {(one.bot, one.text) for one in received.committed} == {
        (Bot.CLIENT, "hey"),
        (Bot.WORKER, "/today"),
    }


async def test_what_could_not_be_committed_is_delivered_again(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    received = Received()
    received.failures = 2
    async with served(telegram_channel.webhook_app(received, SECRET)) as url:
        await telegram_channel.set_webhook(Bot.CLIENT, url, SECRET)
        update = fake_telegram.say(ANA, "hey")
        await received.until(1)
        await eventually(lambda: not fake_telegram.status()["pending"])
    statuses = [one["status"] for one in fake_telegram.status()["deliveries"]]
    assert statuses == [500, 500, 200]
    assert [one.update_id for one in received.attempts] == [str(update)] * 3


async def test_a_tap_by_webhook_stops_its_spinner(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    app = telegram_channel.webhook_app(received := Received(), SECRET)
    tap = {
        "id": "tap-1",
        "from": UPDATE["message"]["from"],  # type: ignore[index]
        "chat_instance": "1",
        "data": "t2",
        "message": {**UPDATE["message"], "from": None},  # type: ignore[dict-item]
    }
    async with client_of(app) as http:
        answer = await http.post(
            "/telegram/client",
            json={"update_id": 6, "callback_query": tap},
            headers={HEADER: SECRET},
        )
    assert answer.status_code == 200
    assert received.committed[0].kind is InboundKind.BUTTON
    await eventually(lambda: fake_telegram.calls("answerCallbackQuery"))


@pytest.mark.parametrize("headers", [{}, {HEADER: ""}, {HEADER: SECRET + "x"}, {HEADER: "ñ" * 20}])
async def test_a_forged_call_gets_403_before_its_body_is_read(
    telegram_channel: TelegramChannel, headers: dict[str, str]
) -> None:
    app = telegram_channel.webhook_app(received := Received(), SECRET)
    read: list[bytes] = []

    async def body() -> AsyncIterator[bytes]:
        read.append(b"")
        yield json.dumps(UPDATE).encode()

    encoded = {name: value.encode() for name, value in headers.items()}
    async with client_of(app) as http:
        answer = await http.post("/telegram/client", content=body(), headers=encoded)
    assert answer.status_code == 403
    assert (received.attempts, read) == ([], [])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"", 400),
        (b"[]", 400),
        (b'{"message": {}}', 400),
        (b'{"update_id": "5"}', 400),
        (b"[" * 100_000, 400),
        (b"\xff\xfe", 400),
        (b"x" * 1_000_001, 413),
    ],
    ids=["cut", "empty", "list", "no-id", "text-id", "deep", "bytes", "large"],
)
async def test_what_is_no_update_is_refused(
    telegram_channel: TelegramChannel, body: bytes, status: int
) -> None:
    app = telegram_channel.webhook_app(received := Received(), SECRET)
    async with client_of(app) as http:
        answer = await http.post("/telegram/client", content=body, headers={HEADER: SECRET})
    assert answer.status_code == status
    assert received.attempts == []


async def test_only_our_bots_paths_exist_and_only_post(telegram_channel: TelegramChannel) -> None:
    app = telegram_channel.webhook_app(Received(), SECRET)
    async with client_of(app) as http:
        assert (await http.get("/telegram/client", headers={HEADER: SECRET})).status_code == 405
        assert (await http.post("/telegram/other", headers={HEADER: SECRET})).status_code == 404


@pytest.mark.parametrize("secret", ["", "short", "with spaces in it, long"])
async def test_a_secret_that_protects_nothing_is_refused(
    telegram_channel: TelegramChannel, secret: str
) -> None:
    with pytest.raises(ChannelUnusable, match="16 to 256"):
        telegram_channel.webhook_app(Received(), secret)
    with pytest.raises(ChannelUnusable, match="16 to 256"):
        await telegram_channel.set_webhook(Bot.CLIENT, "https://example.org", secret)


async def test_an_address_that_telegram_refuses_is_one_sentence(
    telegram_channel: TelegramChannel,
) -> None:
    with pytest.raises(ChannelUnusable, match="an https url must be provided"):
        await telegram_channel.set_webhook(Bot.CLIENT, "ftp://example.org", SECRET)


async def test_a_webhook_can_be_taken_away(
    fake_telegram: FakeTelegram, telegram_channel: TelegramChannel
) -> None:
    await telegram_channel.set_webhook(Bot.CLIENT, "https://example.org", SECRET)
    assert fake_telegram.status()["webhook"]["url"] == "https://example.org/telegram/client"
    await telegram_channel.delete_webhook(Bot.CLIENT)
    assert fake_telegram.status()["webhook"] is None
