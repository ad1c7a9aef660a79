"""The running service: takes messages from Telegram, ticks, and keeps the dialogue engine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

import structlog
import uvicorn

from bot import wiring
from bot.channels.base import Channel, ChannelUnusable
from bot.channels.synthetic import SyntheticChannel
from bot.channels.telegram import TelegramChannel
from bot.clock import SystemClock
from bot.core.messages import Bot
from bot.service.house import House
from bot.service.pace import Pace
from bot.service.receive import Lines
from bot.settings import Settings
from bot.wiring import models, published, standing_by
from bot.wiring.dialogue import Dialogue, Server, dialogue
from bot.wiring.health_server import serving
from bot.wiring.second_ways import second_ways
from bot.wiring.self_watch import TICK as SELF_CHECK
from bot.wiring.self_watch import SelfWatch
from bot.wiring.telegram import names, telegram
from bot.wiring.ticking import Ticks
from bot.wiring.watching import SECONDS as LOOK
from bot.wiring.watching import Watch

log = structlog.get_logger()

# Longer than Telegram's own time-out of a send, so that what is in hand ends by itself.
FINISH_SECONDS = 15.0
# Below the 15 connections of the database's pool: no step ever waits for one.
THREADS = 12
DIE_AT = "SAF_DIE_AT"  # tests only: the named point at which this process kills itself
Say = Callable[[str], None]


class Part(StrEnum):
    """What a process of the service can do; several may share a program's database."""

    TELEGRAM = "telegram"  # takes messages in, reads them for danger, holds the talk
    TICKS = "ticks"  # delivers, escalates, reminds, erases
    ENGINE = "engine"  # keeps the dialogue engine that the talk needs


@dataclass
class Service:
    """One process of the service; ``run`` returns when it was told to stop."""

    settings: Settings
    house: House
    channel: TelegramChannel
    parts: frozenset[Part]
    say: Say
    engine_url: str = ""
    watch: SelfWatch | None = None  # the self-check of this process, once it runs
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Run until ``stop``; ChannelUnusable when Telegram refuses a token.

        1. The engine begins to start, ticks and messages begin meanwhile.
        2. Told to stop: no new message is taken, what is in hand ends, then the engine.
        """
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(THREADS))
        loop.set_exception_handler(_log_what_nobody_awaited)
        try:
            self.house.bots = await names(self.channel, self.say)
            async with self._engine() as engine:
                await self._run(engine)
        finally:
            await self.channel.close()
            self.house.db.close()
        self.say("stopped")

    async def _run(self, engine: Dialogue | None) -> None:
        lines = Lines(self.house)
        if Part.TICKS in self.parts and self.settings.self_check_minutes:
            self.watch = SelfWatch(self.house, lines, self.settings)
        async with self._health():
            await self._serve(lines, engine)

    async def _serve(self, lines: Lines, engine: Dialogue | None) -> None:
        ticks = self._ticks(lines, engine)
        ticks.start()
        taking = [asyncio.create_task(work) for work in self._take(lines)]
        waiting = [asyncio.create_task(engine.ready(self.say))] if engine else []
        self.say(f"running: {', '.join(sorted(self.parts))}; Ctrl-C ends it")
        try:
            await self._until_stopped(taking)
        finally:
            self.say("stopping: finishing what is in hand")
            self.stop.set()
            for task in waiting:
                task.cancel()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_ended(taking, lines), FINISH_SECONDS)
            await ticks.stop(FINISH_SECONDS)

    async def _until_stopped(self, taking: list[asyncio.Task[None]]) -> None:
        """Wait for the order to stop; what ends before that raises its reason here."""
        stopping = asyncio.create_task(self.stop.wait())
        try:
            done, _ = await asyncio.wait({stopping, *taking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        for task in done - {stopping}:
            task.result()

    @contextlib.asynccontextmanager
    async def _engine(self) -> AsyncIterator[Dialogue | None]:
        if Part.ENGINE in self.parts or self.engine_url:
            chosen = published.live(self.settings)
            async with dialogue(self.house, chosen, self.engine_url) as engine:
                yield engine
            return
        if Part.TELEGRAM in self.parts:
            self.say("no dialogue engine here: danger is read, the talk waits (see --engine)")
        yield None

    @contextlib.asynccontextmanager
    async def _health(self) -> AsyncIterator[None]:
        if not self.settings.health_port:
            yield
            return
        async with serving(self.house, self.watch, self.settings.health_port) as port:
            self.say(f"how it is can be asked at http://127.0.0.1:{port}/healthz and /metrics")
            yield

    def _ticks(self, lines: Lines, engine: Dialogue | None) -> Ticks:
        ticks = Ticks(self.house, lines)
        if Part.TICKS in self.parts:
            ticks.everything_due()
        if Part.TELEGRAM in self.parts:
            ticks.taking_up()
        watch = Watch(self.house, self.settings, self.say, engine)
        ticks.also("content", watch.look, LOOK)
        if self.watch is not None:
            ticks.also("self-check", self.watch.tick, SELF_CHECK)
        return ticks

    def _take(self, lines: Lines) -> Iterator[Coroutine[Any, Any, None]]:
        """Yield what takes messages in: one line of polling for each bot, or the webhook."""
        if Part.TELEGRAM not in self.parts:
            return
        if self.settings.webhook_url:
            yield self._webhook(lines)
            return
        for bot in Bot:
            poll = partial(self.channel.poll, bot, lines.receive)
            yield standing_by.alone(self.house.db.claims, bot, poll, self.stop, self.say)

    async def _webhook(self, lines: Lines) -> None:
        """Serve Telegram's calls; a proxy before us ends TLS, which Telegram asks for."""
        secret = self.settings.webhook_secret.revealed
        app = self.channel.webhook_app(lines.receive, secret)
        listener = _listener(self.settings.webhook_host, self.settings.webhook_port)
        server = Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        serving = asyncio.create_task(server.serve([listener]))
        try:
            for bot in Bot:
                await self.channel.set_webhook(bot, self.settings.webhook_url, secret)
            self.say(f"Telegram's calls are taken at {listener.getsockname()}")
            await self._until_stopped([serving])
        finally:
            server.should_exit = True
            await serving


def _listener(host: str, port: int) -> socket.socket:
    # Named as TCP: else asyncio leaves Nagle's algorithm on, 44 ms for each answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ChannelUnusable(
            f"Telegram's calls cannot be taken at {host}:{port} ({error.strerror}); free the port "
            "or set SAF_WEBHOOK_PORT and SAF_WEBHOOK_HOST."
        ) from None
    return listener


async def _ended(taking: Iterable[asyncio.Task[None]], lines: Lines) -> None:
    await asyncio.gather(*taking, return_exceptions=True)
    await lines.idle()


def build(
    settings: Settings,
    parts: frozenset[Part],
    say: Say,
    *,
    engine_url: str = "",
    train: bool = True,
) -> Service:
    """Put a process of the service together; SafError says what it lacks.

    ``train``: make the models that are missing or out of date first, as long as nothing is
    published; a published version has its own.
    """
    clock = SystemClock()
    live = published.live_version(settings.home)
    if live is not None:
        published.check_whole(live)
    train = train and live is None
    channel = telegram(settings, clock)
    nobody = SyntheticChannel()
    channels: dict[str, Channel] = {
        channel.name: channel,
        nobody.name: nobody,
        **second_ways(settings, clock),
    }
    house = wiring.open_house(settings, clock=clock, channels=channels, fault=_dying(os.environ))
    house.pace = Pace()
    if live is None:
        say("nothing is published yet: data/ is used as it stands (see `saf publish --help`)")
    else:
        say(f"version {live.number} of {live.at:.10} is live")
    if train and Part.TELEGRAM in parts:
        models.danger(settings, say)
        house.triage = wiring.load_triage(settings.models, settings.data)
    if train and Part.ENGINE in parts:
        models.dialogue(settings, say)
    degraded = getattr(house.triage, "degraded", "")
    if degraded and Part.TELEGRAM in parts:
        say(degraded)
    return Service(settings, house, channel, parts, say, engine_url)


def serve(service: Service) -> None:
    """Run a service in this process's main thread until SIGTERM or Ctrl-C."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, _stop, loop, service.stop)
        await service.run()

    asyncio.run(main())


def _stop(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Stop in order; the second signal ends the process as it would end any other."""
    stop.set()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)


def _dying(environment: os._Environ[str]) -> Callable[[str], None] | None:
    point = environment.get(DIE_AT)
    if not point:
        return None

    def die(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    return die


def _log_what_nobody_awaited(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log the kind of an error that asyncio found; its text and the task's could hold words."""
    error = context.get("exception")
    log.error("loop_error", error=type(error).__name__ if error else str(context.get("message")))
