"""The steady ticks of a running service: APScheduler as a clock, nothing planned in it.

A tick that fails is logged and comes again; nothing here may end the service.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.service import receive, remind, retain, set_back
from bot.service.alerting import escalate
from bot.service.house import House, in_thread
from bot.service.receive import Lines
from bot.service.staff import digest
from bot.wiring.delivering import Deliveries

log = structlog.get_logger()

# Seconds. A commit wakes delivery at once, so its own second is only the net under that.
DELIVER, TAKE_UP, ESCALATE, SWEEP, REMIND, RETAIN = 1, 2, 5, 5, 30, 600
Step = Callable[[], Awaitable[object]]


class Ticks:
    """Calls the ticks until they are stopped; each at most once at a time, late ones only once."""

    def __init__(self, house: House, lines: Lines) -> None:
        """Stand ready; nothing ticks yet."""
        self._house, self._lines = house, lines
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._deliveries = Deliveries(house)
        self._tasks: set[asyncio.Task[None]] = set()
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
            self._deliveries.start()
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
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        for task in self._tasks:
            task.cancel()
        await self._deliveries.stop(seconds)

    async def _wake_delivery(self) -> None:
        self._deliveries.wake()

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
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _guarded(name: str, step: Step) -> Callable[[], Awaitable[None]]:
    async def tick() -> None:
        try:
            await step()
        except asyncio.CancelledError:
            return  # the scheduler ends, and would call it an error
        except Exception:
            log.exception("tick_failed", tick=name)

    return tick
