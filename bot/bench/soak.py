"""The soak: the real service over a bad network, killed again and again, and what it came to.

Everything is real but Telegram and the people: `run` in a process of its own, its database, the
trained models, one dialogue engine that outlives the service's deaths.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa

from bot.bench.fake_telegram import CLIENT_TOKEN, WORKER_TOKEN, FakeTelegram
from bot.bench.mortal import Mortal
from bot.bench.soak_counts import Said, count
from bot.bench.soak_people import (
    CALM,
    DANGER,
    FIRST_CLIENT,
    FIRST_WORKER,
    Wanted,
    begin,
    chats_of,
    workers,
)
from bot.clock import SystemClock, VirtualClock
from bot.dialogue.supervisor import EngineSettings, Supervisor
from bot.environments import Environments
from bot.errors import SafError
from bot.service import deliver
from bot.service.house import House, in_thread
from bot.settings import Sensitive, Settings
from bot.store.inbox import OPEN
from bot.store.outbox import LEASE
from bot.store.tables import Inbox, Outbox, OutboxState
from bot.wiring.telegram import telegram

WAITING = 40  # messages that Telegram may hold before people write on
UNHANDLED = 80  # messages in the service's hand before people write on: a crowd, no avalanche
TWICE, REORDERED, ANSWERS = 0.05, 0.03, 0.3
PATIENCE = 180.0  # seconds without any progress after which the rest counts as stuck
ROUNDS = 400  # moments of the outbox that are played at the end
Say = Callable[[str], None]
Figures = dict[str, Any]


@dataclass(slots=True)
class Soak:
    """One soak: the fake Telegram, the service that is killed, what people said."""

    wanted: Wanted
    settings: Settings
    fake: FakeTelegram
    service: Mortal
    house: House  # looks at the service's database; carries out nothing while it runs
    say: Say
    random: Random
    said: list[Said] = field(default_factory=list)
    killed: int = 0

    async def play(self) -> None:
        """Let everybody write, and kill the service on the way; return when all is handled."""
        order = self.random.sample(range(self.wanted.messages), self.wanted.danger)
        danger = set(order)
        places = range(self.wanted.messages // 20, self.wanted.messages * 19 // 20)
        kills = set(self.random.sample(places, self.wanted.kills))
        for number in range(self.wanted.messages):
            if number in kills:
                self._kill()
            if number % 10 == 0:
                await self._room()
            self._writes(number in danger)
            if number % 250 == 249:
                self.say(f"{number + 1} messages, {self.killed} kills")
        await self._handled()

    def _kill(self) -> None:
        self.service.kill()
        self.killed += 1
        self.service.start()

    def _writes(self, dangerous: bool) -> None:
        """Let somebody write; some of it comes twice, or in another order."""
        chat = FIRST_CLIENT + self.random.randrange(self.wanted.clients)
        text = self.random.choice(DANGER if dangerous else CALM)
        at = SystemClock().now()
        self.said.append(Said(self.fake.say(chat, text), chat, dangerous, at))
        if self.random.random() < TWICE:
            self.fake.repeat()
        if self.random.random() < REORDERED:
            self.fake.reorder()
        if dangerous and self.random.random() < ANSWERS:
            worker = FIRST_WORKER + self.random.randrange(workers(self.wanted))
            self.fake.say(worker, "got it", bot="worker")

    async def _room(self) -> None:
        """Wait until the service has most of what was written."""
        ends = time.monotonic() + PATIENCE
        while await in_thread(self._crowded):
            if not self.service.alive:
                raise SafError(f"The service does not stay up: {self.service.last_words}")
            if time.monotonic() > ends:
                raise SafError("The service takes no more messages: see its log.")
            await asyncio.sleep(0.05)

    def _crowded(self) -> bool:
        return self.fake.pending() > WAITING or self._unhandled() > UNHANDLED

    def _unhandled(self) -> int:
        with self.house.db.read() as s:
            asked = sa.select(sa.func.count()).select_from(Inbox).where(Inbox.state.in_(OPEN))
            return s.scalar(asked) or 0

    async def _handled(self) -> None:
        """Wait until nothing comes in any more and all is handled; give up without progress."""
        best, ends = None, time.monotonic() + PATIENCE
        while True:
            left = self.fake.pending() + self.fake.pending("worker")
            left += await in_thread(self._unhandled)
            if left == 0:
                return
            if best is None or left < best:
                best, ends = left, time.monotonic() + PATIENCE
            if time.monotonic() > ends:
                self.say(f"{left} messages are not handled")
                return
            await asyncio.sleep(0.1)

    async def finish(self) -> None:
        """Deliver what waits for a dead sender's lease or a later try, without waiting for it: the
        service has ended, and the clock jumps."""
        clock = VirtualClock(SystemClock().now() + LEASE)
        channel = telegram(self.settings, clock)
        self.house.clock, self.house.channels = clock, {channel.name: channel}
        try:
            for _ in range(ROUNDS):
                await deliver.tick(self.house, beside=True)
                moment = await in_thread(self._next_try)
                if moment is None:
                    return
                clock.move_to(moment)
        finally:
            await channel.close()

    def _next_try(self) -> datetime | None:
        """Return when the next message leaves that has been tried; None when there is none."""
        tried = sa.and_(Outbox.state == OutboxState.PENDING, Outbox.tries > 0)
        with self.house.db.read() as s:
            moments = (
                s.scalar(sa.select(sa.func.min(Outbox.not_before)).where(tried)),
                s.scalar(
                    sa.select(sa.func.min(Outbox.lease_until)).where(
                        Outbox.state == OutboxState.SENDING
                    )
                ),
            )
        return min((moment for moment in moments if moment is not None), default=None)


async def soak(settings: Settings, home: Path, wanted: Wanted, say: Say) -> Figures:
    """Play a soak in a folder and return its figures; SafError when it cannot be played."""
    own = replace(settings, home=home, database_url=Sensitive(""), key_file=None, webhook_url="")
    token, port = secrets.token_urlsafe(24), _free_port()
    # What the fake's server says when it is stopped in the middle of a poll is no news.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)
    with FakeTelegram() as fake:
        own = replace(
            own,
            telegram_url=fake.base_url,
            client_token=Sensitive(CLIENT_TOKEN),
            worker_token=Sensitive(WORKER_TOKEN),
        )
        house = await in_thread(begin, own, wanted)
        try:
            for bot, chats in chats_of(wanted).items():
                for chat in chats:
                    fake.open_chat(chat, bot=bot.value)
            async with _engine(own, token, port, say) as engine_url:
                began = time.monotonic()
                with Mortal(own, engine_url, token, port) as service:
                    fake.weather(wanted.faults, wanted.seed)
                    random = Random(wanted.seed)  # noqa: S311 - a script, no secret
                    played = Soak(wanted, own, fake, service, house, say, random)
                    await played.play()
                    seconds = time.monotonic() - began
                    await in_thread(service.stop)
                counts = fake.counts()
                fake.weather(0)
                await played.finish()
            figures = await in_thread(count, house, played.said, fake, FIRST_CLIENT)
        finally:
            house.db.close()
    return {
        "messages": len(played.said),
        "kills": played.killed,
        "calls": counts["calls"],
        "faults": counts["faults"],
        "seconds": round(seconds, 1),
        "seed": wanted.seed,
        **figures,
    }


@asynccontextmanager
async def _engine(settings: Settings, token: str, port: int, say: Say) -> AsyncIterator[str]:
    """Keep one engine, whose actions every life of the service serves at the same port."""
    supervisor = Supervisor(
        EngineSettings(
            python=Environments().engine() / "bin" / "python",
            model=settings.models / "dialogue.tar.gz",
            actions_url=f"http://127.0.0.1:{port}/webhook",
            token=token,
        )
    )
    say("starting the dialogue engine")
    await supervisor.start()
    try:
        if not await supervisor.ready() or supervisor.url is None:
            raise SafError(f"The dialogue engine does not start ({supervisor.last_words}).")
        yield supervisor.url
    finally:
        await supervisor.stop()


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
