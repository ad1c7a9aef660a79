"""The small program of the tests on real phones: the real Telegram channel, the fake Telegram."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from bot.channels.telegram import TelegramChannel
from bot.core.messages import Bot
from bot.service import deliver, ticks
from bot.store import people
from tests.support.fake_telegram import FakeTelegram, Sent
from tests.support.program import Program
from tests.support.telegram_intake import impatient_channel, polling
from tests.support.waiting import eventually

CHATS = {"Ana": 7, "Ben": 9, "Cora": 10, "Dev": 11}
STRANGER = 99


@dataclass
class Phones:
    """The program with everybody's phone."""

    program: Program
    telegram: FakeTelegram
    channel: TelegramChannel

    def got(self, who: str) -> list[Sent]:
        """Return what stands in somebody's chat."""
        return self.telegram.sent(CHATS[who], bot="client" if who == "Ana" else "worker")

    def texts(self, who: str) -> list[str]:
        """Return the texts of what stands in somebody's chat."""
        return [sent.text for sent in self.got(who)]

    async def taken(self, count: int = 1) -> None:
        """Poll as the service does until Telegram has nothing left, then do what is due."""
        lines = self.program.lines

        def nothing_left() -> bool:
            return not any(self.telegram.status(bot=bot.value)["pending"] for bot in Bot)

        async with (
            polling(self.channel, lines.receive),  # type: ignore[arg-type]
            polling(self.channel, lines.receive, Bot.WORKER),  # type: ignore[arg-type]
        ):
            await eventually(nothing_left)
        await self.settle()

    async def settle(self) -> None:
        """Do all that is due at this moment."""
        await ticks.settle(self.program.house, self.program.lines)

    async def after(self, span: timedelta) -> None:
        """Let time pass, and do what is due then."""
        self.program.clock.move_by(span)
        await self.settle()

    async def deliver_beside(self) -> None:
        """Deliver as the running service does."""
        await deliver.tick(self.program.house, beside=True)


@asynccontextmanager
async def phones(program: Program, telegram: FakeTelegram) -> AsyncIterator[Phones]:
    """Give everybody of the program a phone."""
    house, channel = program.house, impatient_channel(telegram)
    house.channels = {channel.name: channel}
    with house.db.write() as s:
        for name, number in CHATS.items():
            person = (
                people.client_by_alias(s, house.sealer, name)
                if name == "Ana"
                else people.worker_by_name(s, house.sealer, name)
            )
            assert person is not None
            people.bind_chat(house.sealer, person, channel.name, str(number))
            telegram.open_chat(number, bot="client" if name == "Ana" else "worker")
    yield Phones(program, telegram, channel)
    await channel.close()
