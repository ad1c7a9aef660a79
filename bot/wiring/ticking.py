"""The steady ticks of a running service: APScheduler as a clock, nothing planned in it.

A tick that fails is logged and comes again; nothing here may end the service.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.service import deliver, escalate, receive, remind, retain, set_back
from bot.service.house import House, in_thread
from bot.service.receive import Lines
from bot.service.staff import digest

log = structlog.get_logger()

# Seconds. A commit wakes delivery at once, so its own second is only the net under that.
DELIVER, TAKE_UP, ESCALATE, SWEEP, REMIND, RETAIN = 1, 2, 5, 5, 30, 600
MOST_DELIVERIES = 8  # ticks that may be sending at once; more only wait for the same hanging line
Step = Callable[[], Awaitable[object]]


class Ticks:
    """Calls the ticks until they are stopped; each at most once at a time, late ones only once."""

    def __init__(self, house: House, lines: Lines) -> None:
        """Stand ready; nothing ticks yet."""
        self._house, self._lines = house, lines
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._woken = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sending = asyncio.Semaphore(MOST_DELIVERIES)
        self._steps: dict[str, tuple[Step, float]] = {}

    def everything_due(self) -> None:
        """Let this process escalate, remind, erase and deliver."""
        self._steps |= {
            "set back": (lambda: in_thread(set_back.tick, self._house), ESCALATE),
            "escalate": (lambda: in_thread(escalate.tick, self._house), ESCALATE),
            "remind": (lambda: in_thread(remind.tick, self._house), REMIND),
            "digest": (lambda: in_thread(digest.tick, self._house), REMIND),
            "retain": (lambda: in_thread(retain.tick, self._house), RETAIN),
            "sweep": (lambda: retain.sweep(self._house), SWEEP),
            "deliver": (self._wake_delivery, DELIVER),
        }

    def taking_up(self) -> None:
        """Let this process take up messages that a crash or an outage left unfinished."""
        self._steps["take up"] = (lambda: receive.tick(self._house, self._lines), TAKE_UP)

    def also(self, name: str, step: Step, seconds: float) -> None:
        """Let something of the caller's tick too."""
        self._steps[name] = (step, seconds)

    def start(self) -> None:
        """Begin: each tick once now, then at its distance."""
        if "deliver" in self._steps:
            loop = asyncio.get_running_loop()

            def wake() -> None:
                loop.call_soon_threadsafe(self._woken.set)

            self._house.wake = wake
            self._keep(self._deliver())
        for name, (step, seconds) in self._steps.items():
            self._scheduler.add_job(
                _guarded(name, step),
                "interval",
                seconds=seconds,
                id=name,
                next_run_time=datetime.now(UTC),  # noqa: TID251 - the scheduler's own clock
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
        self._scheduler.start()
        self._keep(self._watch_the_clock())

    async def stop(self, seconds: float) -> None:
        """End: no new tick begins, what is being sent gets so many seconds to end."""
        self._house.wake = lambda: None
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        for task in [task for task in self._tasks if task.get_name() == "for ever"]:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    async def _wake_delivery(self) -> None:
        self._woken.set()

    async def _deliver(self) -> None:
        """Deliver at every wake, also while an earlier delivery hangs in the network."""
        while True:
            await self._woken.wait()
            await self._sending.acquire()
            self._woken.clear()
            sending = asyncio.create_task(self._deliver_once())
            self._tasks.add(sending)
            sending.add_done_callback(self._tasks.discard)

    async def _deliver_once(self) -> None:
        try:
            await _guarded("deliver", lambda: deliver.tick(self._house, beside=True))()
        finally:
            self._sending.release()

    async def _watch_the_clock(self) -> None:
        """Let everything tick at once when the machine's clock was set back: the scheduler would
        wait until it has caught up, and nobody would be paged for an hour."""
        before = self._house.clock.now()
        while True:
            await asyncio.sleep(1)
            now = self._house.clock.now()
            if now < before:
                log.warning("clock_set_back", seconds=round((before - now).total_seconds()))
                for job in self._scheduler.get_jobs():
                    job.modify(next_run_time=now)
            before = now

    def _keep(self, work: Awaitable[None]) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        task.set_name("for ever")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _guarded(name: str, step: Step) -> Callable[[], Awaitable[None]]:
    async def tick() -> None:
        try:
            await step()
        except Exception:
            log.exception("tick_failed", tick=name)

    return tick
