"""A virtual network: a loop whose seconds pass only while everybody waits, a clock that follows it,
and a channel that is as slow and as strict as Telegram."""

from __future__ import annotations

import asyncio
import selectors
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from random import Random
from typing import Any

from bot.channels.base import Reason, SendFailed
from bot.core.messages import Bot, Outgoing

ROUND_TRIP = (0.05, 0.35)  # seconds that a call to Telegram takes
OF_BOT, SPAN = 30, 1.0


class _Jumping(selectors.DefaultSelector):  # type: ignore[misc,valid-type]
    """Lets the time pass instead of waiting for it."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            raise AssertionError("everybody waits and nothing will ever happen")
        self.now += max(timeout, 0)
        return super().select(0)


class _Inline(ThreadPoolExecutor):
    """Runs what is meant for a thread at once: the database's work takes no time here."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **more: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args, **more))
        except Exception as error:  # noqa: BLE001 - told to whoever waits for it
            done.set_exception(error)
        return done


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)
        self.set_default_executor(_Inline(1))

    def time(self) -> float:
        return float(self._jumping.now)


class LoopClock:
    """The service's clock, as the virtual loop has it."""

    def __init__(self, start: datetime, loop: asyncio.AbstractEventLoop) -> None:
        self._start, self._loop = start, loop

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._loop.time())


class Wire:
    """Telegram over a virtual network: 30 messages a second of a bot and one of a chat are taken,
    what is more gets a 429 that says how long to wait."""

    name = "telegram"

    def __init__(self, clock: LoopClock, seed: int = 1) -> None:
        self._clock, self._random = clock, Random(seed)  # noqa: S311 - a network, no secret
        self._taken: dict[Bot, deque[tuple[datetime, str]]] = {bot: deque() for bot in Bot}
        self.sent: list[tuple[datetime, Outgoing]] = []
        self.refused = 0

    async def send(self, message: Outgoing) -> str:
        there = self._random.uniform(*ROUND_TRIP)
        await asyncio.sleep(there / 2)
        taken, now = self._taken[message.bot], self._clock.now()
        while taken and now - taken[0][0] >= timedelta(seconds=SPAN):
            taken.popleft()
        if len(taken) >= OF_BOT or any(chat == message.chat for _, chat in taken):
            self.refused += 1
            await asyncio.sleep(there / 2)
            raise SendFailed("wait", permanent=False, reason=Reason.FLOOD, retry_after=1.0)
        taken.append((now, message.chat))
        self.sent.append((now, message))
        await asyncio.sleep(there / 2)
        return f"{message.chat}:{len(self.sent)}"

    async def delete(self, bot: Bot, ref: str) -> None:
        return


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a test's coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main())
