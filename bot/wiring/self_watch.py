"""Watching the path: the self-check at its distance, the outside dead-man's switch, the operator.

The one message that does not pass the outbox leaves here: it says that the outbox may not work.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import httpx
import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.channels.base import OutcomeUnknown, SendFailed
from bot.core.messages import Bot, Outgoing
from bot.core.people import Language, Role
from bot.service import second, self_check
from bot.service.house import House, in_thread
from bot.service.receive import Lines
from bot.service.self_check import PathBroken
from bot.settings import Settings
from bot.store.tables import Worker

log = structlog.get_logger()

# Seconds. The first check lets the service come up; a switch that does not answer is tried again
# at the next check, and must not hold up anything meanwhile.
TICK, FIRST, PING_WITHIN = 15, timedelta(minutes=1), 10.0
Ping = Callable[[], Awaitable[None]]


class SelfWatch:
    """Checks the path and says what came of it; what it found last can be looked at."""

    def __init__(self, house: House, lines: Lines, settings: Settings) -> None:
        """Begin; the first check is a minute away."""
        self._house, self._lines = house, lines
        self._every = timedelta(minutes=settings.self_check_minutes)
        self._switch = settings.deadman_url.revealed
        self._due = house.clock.now() + FIRST
        # Kept in memory, because the database may be what is broken when they must be told.
        self._operators: list[tuple[str, str, Language]] = []  # way, address, language
        self.broken = ""  # where the last check stopped; empty: it came through
        self.took: float | None = None  # seconds that the last whole way took
        self.whole_at: datetime | None = None

    async def tick(self) -> None:
        """Check when it is time to."""
        now = self._house.clock.now()
        if now < self._due:
            return
        self._due = now + self._every
        await self.check()

    async def check(self) -> None:
        """Let a message run the whole way. It came through: the dead-man's switch hears it. It did
        not: nobody pings the switch, and the operator hears it once, and again when it is whole."""
        try:
            self._operators = await in_thread(_operators, self._house)
            took = await self_check.run(self._house, self._lines)
        except PathBroken as stopped:
            await self._breaks(str(stopped))
        except Exception as error:
            log.exception("self_check_failed")
            await self._breaks("database" if isinstance(error, sa.exc.SQLAlchemyError) else "code")
        else:
            if took is not None:
                await self._holds(took)

    async def _breaks(self, stage: str) -> None:
        log.error("path_broken", stage=stage)
        before, self.broken = self.broken, stage
        if not before:
            await self._tell("utter_operator_path_broken")

    async def _holds(self, took: float) -> None:
        before, self.broken, self.took = self.broken, "", took
        self.whole_at = self._house.clock.now()
        if before:
            await self._tell("utter_operator_path_whole")
        if self._switch:
            await self._ping()

    async def _ping(self) -> None:
        """Tell the switch that we live; its address is a secret and stands in no log."""
        try:
            async with httpx.AsyncClient(timeout=PING_WITHIN) as http:
                answer = await http.get(self._switch)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("deadman_not_reached", why=type(error).__name__)
        else:
            if not answer.is_success:
                log.warning("deadman_not_reached", why=answer.status_code)

    async def _tell(self, name: str) -> None:
        """Ring every operator by each second way that they have."""
        told = 0
        for way, address, language in self._operators:
            channel = self._house.channels.get(way)
            if channel is None:
                continue
            words = self._house.content.texts.say(name, language)
            try:
                await channel.send(Outgoing(address, words, bot=Bot.WORKER))
            except (SendFailed, OutcomeUnknown) as failed:
                log.warning("operator_not_told", why=str(failed))
            else:
                told += 1
        if not told:
            log.error("no_operator_told")


def _operators(house: House) -> list[tuple[str, str, Language]]:
    with house.db.read() as s:
        return [
            (way, address, worker.language)
            for worker in _active(s)
            for way in second.ways(house.channels, worker)
            if (address := second.address(house.sealer, worker, way)) is not None
        ]


def _active(s: Session) -> list[Worker]:
    asked = sa.select(Worker).where(Worker.active, Worker.role == Role.OPERATOR)
    return list(s.scalars(asked.order_by(Worker.made_at)))
