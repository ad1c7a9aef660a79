"""Receiving: what a channel brings is written down before the channel hears that we have it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

import structlog

from bot.channels.base import OutcomeUnknown, SendFailed
from bot.core.messages import Bot, Inbound, InboundKind, Outgoing
from bot.core.people import Language
from bot.service import converse, staff
from bot.service.house import House, in_thread
from bot.service.judge import judge
from bot.store import inbox, people
from bot.store.tables import Inbox, InboxState

log = structlog.get_logger()


def write_down(house: House, inbound: Inbound) -> Inbox | None:
    """Commit what came in; None when it stands here already."""
    with house.db.write() as s:
        row = inbox.put(s, house.sealer, inbound)
    house.fault("after inbox is written")
    return row


class Lines:
    """One line for each person: their messages in order, everybody's beside each other."""

    def __init__(self, house: House) -> None:
        """Stand ready; nothing is read yet."""
        self._house = house
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tasks: set[asyncio.Task[None]] = set()

    async def receive(self, inbound: Inbound) -> None:
        """Write down what came in and have it handled; the channel may say so at the return."""
        row = await in_thread(write_down, self._house, inbound)
        if row is None:
            return
        if row.client_id is None and row.worker_id is None and not row.token:
            await self._stranger(row, inbound)
            return
        task = asyncio.create_task(self._handle(row, inbound))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Wait until everything that came in so far is handled."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _handle(self, row: Inbox, inbound: Inbound) -> None:
        try:
            await self.work(row)
            if await in_thread(_still_a_stranger, self._house, row.id):
                await self._stranger(row, inbound)
        except Exception:
            # The row stays as it is; the next tick finds it.
            log.exception("inbound_failed", inbox=row.id)

    async def work(self, row: Inbox) -> None:
        """Handle one row after all earlier ones of the same person."""
        async with self._locks[row.client_id or row.worker_id or row.id]:
            if row.bot is Bot.WORKER:
                await in_thread(staff.handle, self._house, row.id)
                return
            await in_thread(judge, self._house, row.id)
            if row.client_id is not None:
                await converse.turns(self._house, row.client_id)

    async def _stranger(self, row: Inbox, inbound: Inbound) -> None:
        """Say one neutral sentence to a stranger; the one thing that is said without being
        written down first, because nothing about a stranger is kept."""
        await in_thread(_ignore, self._house, row.id)
        if inbound.kind in (InboundKind.GROUP, InboundKind.BLOCKED, InboundKind.UNBLOCKED):
            return
        name = "utter_stranger" if inbound.bot is Bot.CLIENT else "utter_worker_stranger"
        text = "\n".join(self._house.content.texts.say(name, one) for one in Language)
        channel = self._house.channels.get(inbound.channel)
        if channel is None:
            return
        try:
            await channel.send(Outgoing(inbound.chat, text, bot=inbound.bot))
        except (SendFailed, OutcomeUnknown):
            log.info("stranger_not_answered")


def _ignore(house: House, inbox_id: str) -> None:
    with house.db.write() as s:
        row = s.get_one(Inbox, inbox_id)
        if row.state is InboxState.RECEIVED:
            people.count(s, "strangers")
        row.state, row.handled_at = InboxState.IGNORED, house.clock.now()
        row.chat = row.ref = None


def _still_a_stranger(house: House, inbox_id: str) -> bool:
    with house.db.read() as s:
        row = s.get_one(Inbox, inbox_id)
        return row.state is InboxState.IGNORED


async def tick(house: House, lines: Lines) -> int:
    """Take up what a crash or an outage left unfinished; return how many rows got any further."""
    before = await in_thread(_unfinished, house)
    for row in before:
        try:
            await lines.work(row)
        except Exception:
            log.exception("inbound_failed", inbox=row.id)
    after = {(row.id, row.state, row.tries) for row in await in_thread(_unfinished, house)}
    return sum((row.id, row.state, row.tries) not in after for row in before)


def _unfinished(house: House) -> Sequence[Inbox]:
    with house.db.read() as s:
        return inbox.unfinished(s, house.clock.now())
