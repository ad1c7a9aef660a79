"""Delivering as the running service does: woken by a commit, each urgency in a line of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from bot.core.messages import Kind
from bot.service import deliver
from bot.service.house import House

log = structlog.get_logger()

# What is urgent, what answers a person, what nobody waits for: a thousand reminders that wait for
# their turn hold up neither of the first two.
LINES: Sequence[tuple[int, ...]] = (
    (Kind.PAGE.priority, Kind.SAFETY.priority),
    (Kind.REPLY.priority,),
    (Kind.CHECKIN.priority,),
)
MOST = 8  # ticks of one line that may be sending at once; more only wait for the same hanging phone


class Deliveries:
    """Delivers at every wake, also while an earlier delivery hangs in the network."""

    def __init__(self, house: House) -> None:
        """Stand ready; nothing is sent yet."""
        self._house = house
        self._lines = [_Line(house, of) for of in LINES]

    def start(self) -> None:
        """Begin, in the running loop; from now on a commit wakes us."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(self.wake)

        self._house.wake = wake
        for line in self._lines:
            line.start()

    def wake(self) -> None:
        """Look what may leave; to be called in the loop."""
        for line in self._lines:
            line.woken.set()

    async def stop(self, seconds: float) -> None:
        """Take up nothing new: what waits for its turn stays in the outbox; what is being sent gets
        so many seconds to end."""
        self._house.wake = lambda: None
        if self._house.pace is not None:
            self._house.pace.close()
        tasks = [task for line in self._lines for task in line.stop()]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)


class _Line:
    """The messages of some priorities."""

    def __init__(self, house: House, of: tuple[int, ...]) -> None:
        self._house, self._of = house, of
        self.woken = asyncio.Event()
        self._room = asyncio.Semaphore(MOST)
        self._keeper: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._keeper = asyncio.create_task(self._keep())

    def stop(self) -> set[asyncio.Task[None]]:
        if self._keeper is not None:
            self._keeper.cancel()
        return self._sending

    async def _keep(self) -> None:
        while True:
            await self.woken.wait()
            await self._room.acquire()
            self.woken.clear()
            sending = asyncio.create_task(self._once())
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)

    async def _once(self) -> None:
        try:
            await deliver.tick(self._house, beside=True, of=self._of)
        except Exception:
            log.exception("tick_failed", tick="deliver")
        finally:
            self._room.release()
