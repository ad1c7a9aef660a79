"""No bot token, text or chat id leaves by a log line or an error, whatever goes wrong."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator

import pytest
from structlog.testing import capture_logs

from bot.channels.base import ChannelUnusable, OutcomeUnknown, SendFailed
from bot.channels.telegram import TelegramChannel
from bot.core.messages import Bot, Outgoing
from tests.support.fake_telegram import CLIENT_TOKEN, FakeTelegram, FaultKind
from tests.support.telegram_intake import Received, polling

CHAT = 7_700_123
WORDS = "they outside my house"


@pytest.fixture
def everything_logged() -> Iterator[Callable[[], list[str]]]:
    """Every record of every logger, from DEBUG on, formatted with its traceback."""
    lines: list[str] = []
    formatter = logging.Formatter()

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(formatter.format(record))

    root, keep = logging.getLogger(), Keep()
    before = root.level
    root.addHandler(keep)
    root.setLevel(logging.DEBUG)
    with capture_logs() as structured:
        yield lambda: lines + [str(entry) for entry in structured]
    root.removeHandler(keep)
    root.setLevel(before)


@pytest.mark.parametrize("fault", list(FaultKind))
async def test_nothing_secret_is_said(
    fake_telegram: FakeTelegram,
    telegram_channel: TelegramChannel,
    everything_logged: Callable[[], list[str]],
    fault: FaultKind,
) -> None:
    said: list[str] = []
    fake_telegram.open_chat(CHAT)
    for method in ("sendMessage", "deleteMessage", "getMe", "setWebhook"):
        fake_telegram.fail_next(
            method, fault, migrate_to=CHAT, times=2, description=f"Bad Request: {CHAT} is wrong"
        )
    for call in (
        telegram_channel.send(Outgoing(str(CHAT), WORDS)),
        telegram_channel.delete(Bot.CLIENT, f"{CHAT}:1"),
        telegram_channel.check(Bot.CLIENT),
        telegram_channel.set_webhook(Bot.CLIENT, "https://example.org", "s" * 16),
    ):
        try:
            await call
        except (SendFailed, OutcomeUnknown, ChannelUnusable) as error:
            said.append("".join(traceback.format_exception(error)))
    assert len(said) == (2 if fault is FaultKind.STRANGE_AFTER else 4)  # there, not False is True
    quiet(said + everything_logged())


@pytest.mark.parametrize(
    "fault", [FaultKind.CONFLICT, FaultKind.GATEWAY, FaultKind.RESET, FaultKind.GARBAGE_AFTER]
)
async def test_polling_says_nothing_secret(
    fake_telegram: FakeTelegram,
    telegram_channel: TelegramChannel,
    everything_logged: Callable[[], list[str]],
    fault: FaultKind,
) -> None:
    fake_telegram.say(CHAT, WORDS)
    # One that the library cannot read: it would log the whole batch as critical.
    fake_telegram.inject({"message": {"chat": {"id": CHAT, "type": "private"}, "text": WORDS}})
    fake_telegram.fail_next("getUpdates", fault, times=2)
    received = Received()
    received.failures = 1
    async with polling(telegram_channel, received):
        await received.until(2)
    lines = everything_logged()
    assert any("telegram_update_not_saved" in line for line in lines)
    quiet(lines)


def quiet(lines: list[str]) -> None:
    for secret in (CLIENT_TOKEN, CLIENT_TOKEN.split(":")[1], WORDS, str(CHAT)):
        # httpx's own request line in the fake's client shows control routes, never these.
        assert not [line for line in lines if secret in line]
