"""Run the Telegram channel's polling in a test and keep what comes in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.channels.telegram import TelegramChannel
from bot.clock import SystemClock
from bot.core.messages import Bot, Inbound
from tests.support.fake_telegram import CLIENT_TOKEN, WORKER_TOKEN, FakeTelegram
from tests.support.waiting import eventually


def impatient_channel(fake: FakeTelegram) -> TelegramChannel:
    """Return the real channel for both bots, with short waits so that faults show at once."""
    return TelegramChannel(
        {Bot.CLIENT: CLIENT_TOKEN, Bot.WORKER: WORKER_TOKEN},
        SystemClock(),
        base_url=fake.base_url,
        answer_within=0.3,
        long_poll=1,
        first_pause=0.01,
    )


class Received:
    """Stands for service.receive: keeps what was committed, fails when told to."""

    def __init__(self) -> None:
        self.committed: list[Inbound] = []
        self.attempts: list[Inbound] = []
        self.failures = 0  # how many of the next attempts fail
        self.refused_chats: set[str] = set()  # whose messages cannot be saved at all

    async def __call__(self, inbound: Inbound) -> None:
        self.attempts.append(inbound)
        if self.failures > 0:
            self.failures -= 1
            raise OSError("database is locked")
        if inbound.chat in self.refused_chats:
            raise ValueError("cannot be saved")
        self.committed.append(inbound)

    @property
    def texts(self) -> list[str]:
        return [inbound.text for inbound in self.committed]

    async def until(self, count: int) -> list[Inbound]:
        """Return what was committed once there are at least ``count`` of it."""
        await eventually(lambda: len(self.committed) >= count)
        return self.committed


@asynccontextmanager
async def polling(
    channel: TelegramChannel, received: Received, bot: Bot = Bot.CLIENT
) -> AsyncIterator[Received]:
    """Poll while the block runs, then stop as the service does."""
    stop = asyncio.Event()
    task = asyncio.create_task(channel.poll(bot, received, stop))
    try:
        yield received
    finally:
        stop.set()
        await asyncio.wait_for(task, 5)
