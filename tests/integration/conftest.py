"""What the integration tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from bot.channels.telegram import TelegramChannel
from tests.support.fake_telegram import FakeTelegram
from tests.support.telegram_intake import impatient_channel


@pytest.fixture
def fake_telegram() -> Iterator[FakeTelegram]:
    """A Bot API server on loopback."""
    with FakeTelegram() as fake:
        yield fake


@pytest.fixture
async def telegram_channel(fake_telegram: FakeTelegram) -> AsyncIterator[TelegramChannel]:
    """The real channel, talking to the fake."""
    channel = impatient_channel(fake_telegram)
    yield channel
    await channel.close()
