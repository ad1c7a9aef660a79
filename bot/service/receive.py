"""Receiving: what a channel brings is written down before the channel hears that we have it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from weakref import WeakValueDictionary

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

AT_ONCE = 16  # people whose unfinished messages are taken up beside each other
ONCE_EACH = timedelta(hours=1)  # a stranger who floods us must not use up the bot's 30 a second
STRANGERS = 1000  # whom we remember to have answered, until the next start
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


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
        self._judging = _Locks()
        self._talking = _Locks()
        self._tasks: set[asyncio.Task[None]] = set()
        self._answered: dict[str, datetime] = {}  # strangers' chats, in memory only

    async def receive(self, inbound: Inbound) -> None:
        """Write down what came in and have it handled; the channel may say so at the return."""
        row = await in_thread(write_down, self._house, inbound)
        if row is None:
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
            if row.client_id is None and row.worker_id is None and not row.token:
                await in_thread(_ignore, self._house, row.id)
                await self._stranger(inbound)
                return
            await self.work(row)
            if await in_thread(_drop_stranger, self._house, row.id):
                await self._stranger(inbound)
        except Exception:
            # The row stays as it is; the next tick finds it.
            log.exception("inbound_failed", inbox=row.id)

    async def work(self, row: Inbox) -> None:
        """Handle one row after all earlier ones of the same person.

        Danger is read in one line and the talk goes on in another: a message is judged at once,
        also while the engine is still at the one before it.
        """
        key = row.client_id or row.worker_id or row.id
        async with self._judging.of(key):
            for id_ in await in_thread(_before, self._house, row):
                try:
                    await self._judge(row.bot, id_)
                except Exception:
                    # It stays as it is; it must not stand before what came after it.
                    log.exception("inbound_failed", inbox=id_)
            await self._judge(row.bot, row.id)
        if row.client_id is not None:
            async with self._talking.of(key):
                await self._talk(row.client_id)

    async def _judge(self, bot: Bot, inbox_id: str) -> None:
        step = staff.handle if bot is Bot.WORKER else judge
        await in_thread(step, self._house, inbox_id)

    async def _talk(self, client_id: str) -> None:
        """Take a client's open turns, unless another process of the service is at them: it goes on
        to this message by itself, and what it does not see the next tick takes up."""
        claims, name = self._house.db.claims, f"talk:{client_id}"
        if not await in_thread(claims.take, name):
            return
        try:
            await converse.turns(self._house, client_id)
        finally:
            await in_thread(claims.release, name)

    async def _stranger(self, inbound: Inbound) -> None:
        """Say one neutral sentence to a stranger, at most once an hour; the one thing that is said
        without being written down first, because nothing about a stranger is kept."""
        if inbound.kind in (InboundKind.GROUP, InboundKind.BLOCKED, InboundKind.UNBLOCKED):
            return
        channel, now = self._house.channels.get(inbound.channel), self._house.clock.now()
        key = f"{inbound.bot}/{inbound.chat}"
        if channel is None or abs(now - self._answered.get(key, LONG_AGO)) < ONCE_EACH:
            return
        if len(self._answered) >= STRANGERS:
            self._answered.pop(next(iter(self._answered)))
        self._answered[key] = now
        name = "utter_stranger" if inbound.bot is Bot.CLIENT else "utter_worker_stranger"
        text = "\n".join(self._house.content.texts.say(name, one) for one in Language)
        try:
            await channel.send(Outgoing(inbound.chat, text, bot=inbound.bot))
        except (SendFailed, OutcomeUnknown):
            log.info("stranger_not_answered")


class _Locks:
    """A lock for each person, gone when nobody holds it."""

    def __init__(self) -> None:
        self._by_key: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def of(self, key: str) -> asyncio.Lock:
        """Return a person's lock."""
        return self._by_key.setdefault(key, asyncio.Lock())


def _ignore(house: House, inbox_id: str) -> None:
    """Count a stranger and keep nothing else of them."""
    with house.db.write() as s:
        people.count(s, "strangers")
        s.delete(s.get_one(Inbox, inbox_id))


def _drop_stranger(house: House, inbox_id: str) -> bool:
    """Tell whether somebody was found to be a stranger (and counted), and keep nothing of them."""
    with house.db.read() as s:
        row = s.get_one(Inbox, inbox_id)
        if row.state is not InboxState.IGNORED or row.client_id or row.worker_id:
            return False
    with house.db.write() as s:
        s.delete(s.get_one(Inbox, inbox_id))
    return True


async def tick(house: House, lines: Lines) -> int:
    """Take up what a crash or an outage left unfinished; return how many rows got any further."""
    before = await in_thread(_unfinished, house)
    people_: dict[str, list[Inbox]] = {}
    for row in before:
        people_.setdefault(row.client_id or row.worker_id or row.id, []).append(row)
    wide = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(_take_up(house, lines, rows, wide) for rows in people_.values()))
    after = {(row.id, row.state, row.tries) for row in await in_thread(_unfinished, house)}
    return sum((row.id, row.state, row.tries) not in after for row in before)


async def _take_up(
    house: House, lines: Lines, rows: Sequence[Inbox], wide: asyncio.Semaphore
) -> None:
    async with wide:
        for row in rows:
            try:
                await lines.work(row)
                await in_thread(_drop_stranger, house, row.id)
            except Exception:
                log.exception("inbound_failed", inbox=row.id)


def _before(house: House, row: Inbox) -> Sequence[str]:
    with house.db.read() as s:
        return inbox.unread_before(s, row)


def _unfinished(house: House) -> Sequence[Inbox]:
    with house.db.read() as s:
        return inbox.unfinished(s, house.clock.now())
