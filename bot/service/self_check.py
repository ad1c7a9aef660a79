"""The path watches itself: a synthetic danger message runs the whole way, from being received to a
worker's "got it".

Its client and its worker live on a channel of their own, their alert has a number below zero, and
whatever the run has written is gone when it ends: nobody is paged, listed or counted by it.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable

import sqlalchemy as sa

from bot.core.alerts import AlertState
from bot.core.messages import Bot, Inbound, InboundKind, Kind
from bot.core.people import SYNTHETIC, ClientState, Language, Role
from bot.service.house import House, in_thread
from bot.service.receive import Lines
from bot.store import people
from bot.store.tables import Alert, Base, Client, Outbox, OutboxState, Worker

CLAIM = "self-check"  # of several services on one database one checks at a time
# What is said on the way; nobody ever reads it. Triage has to hear the first as danger.
DANGER, GOT_IT = "they outside my house rn", "got it"
WITHIN = 60.0  # seconds for the whole way; a page that takes longer is too late
LOOK = 0.2
Wait = Callable[[], Awaitable[None]]


class PathBroken(Exception):
    """The message did not come through; the text is the constant name of where it stopped."""


async def run(house: House, lines: Lines, *, wait: Wait | None = None) -> float | None:
    """Let one message run the whole way; return how many seconds that took, None when another
    service is at it.

    Raises PathBroken when it does not arrive in time, and the database's errors when there is none.
    """
    if not await in_thread(house.db.claims.take, CLAIM):
        return None
    began = time.monotonic()
    try:
        await in_thread(sweep, house)
        chat = await in_thread(_begin, house)
        await lines.receive(_inbound(house, Bot.CLIENT, chat, DANGER))
        await _until(lambda: _paged(house), "page", began, wait)
        await lines.receive(_inbound(house, Bot.WORKER, chat, GOT_IT))
        await _until(lambda: _acknowledged(house), "acknowledge", began, wait)
        return time.monotonic() - began
    finally:
        try:
            await in_thread(sweep, house)
        finally:
            await in_thread(house.db.claims.release, CLAIM)


def _begin(house: House) -> str:
    """Record the two; their chat, of which each run has its own, is what is returned."""
    chat, at = secrets.token_hex(8), house.clock.now()
    zone = house.content.escalation.staffed.zone
    name = f"self-check {chat}"
    with house.db.write() as s:
        worker = people.add_worker(
            s, house.sealer, name, Role.OUTREACH_WORKER, at, language=Language.EN, zone=zone
        )
        client = people.add_client(
            s, house.sealer, name, worker, at, language=Language.EN, zone=zone
        )
        client.state = ClientState.ACTIVE
        for person in (worker, client):
            people.bind_chat(house.sealer, person, SYNTHETIC, chat)
    return chat


def _inbound(house: House, bot: Bot, chat: str, text: str) -> Inbound:
    at, update = house.clock.now(), secrets.token_hex(8)
    return Inbound(SYNTHETIC, bot, update, chat, InboundKind.TEXT, at, text)


async def _until(holds: Callable[[], bool], stage: str, began: float, wait: Wait | None) -> None:
    while not await in_thread(holds):
        if time.monotonic() - began > WITHIN:
            raise PathBroken(stage)
        await (wait() if wait is not None else asyncio.sleep(LOOK))


def _paged(house: House) -> bool:
    mine = sa.select(Worker.id).where(Worker.channel == SYNTHETIC)
    asked = sa.select(Outbox.id).where(
        Outbox.kind == Kind.PAGE, Outbox.state == OutboxState.SENT, Outbox.worker_id.in_(mine)
    )
    with house.db.read() as s:
        return s.scalar(asked.limit(1)) is not None


def _acknowledged(house: House) -> bool:
    asked = sa.select(Alert.id).where(Alert.id < 0, Alert.state == AlertState.ACKNOWLEDGED)
    with house.db.read() as s:
        return s.scalar(asked.limit(1)) is not None


def sweep(house: House) -> None:
    """Erase what a run has written, in whatever table; nothing where there was none."""
    with house.db.read() as s:
        clients = s.scalars(sa.select(Client.id).where(Client.channel == SYNTHETIC)).all()
        workers = s.scalars(sa.select(Worker.id).where(Worker.channel == SYNTHETIC)).all()
    if not clients and not workers:
        return
    with house.db.write() as s:
        for table in reversed(Base.metadata.sorted_tables):
            conditions = []
            if "client_id" in table.c:
                conditions.append(table.c.client_id.in_(clients))
            if "worker_id" in table.c:
                conditions.append(table.c.worker_id.in_(workers))
            if "alert_id" in table.c:
                conditions.append(table.c.alert_id < 0)
            if table.name == "audit":
                conditions.append(table.c.who.in_(workers))
            if table is Client.__table__:
                conditions = [table.c.id.in_(clients)]
            if table is Worker.__table__:
                conditions = [table.c.id.in_(workers)]
            if conditions:
                s.execute(sa.delete(table).where(sa.or_(*conditions)))
