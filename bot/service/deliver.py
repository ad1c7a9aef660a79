"""Delivering: what stands in the outbox leaves, pages first; every end of a message is kept."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.channels.base import Channel, OutcomeUnknown, Reason, SendFailed
from bot.core.messages import Bot, Button, Outgoing
from bot.core.people import Role
from bot.service import checkins, moves, speak
from bot.service.house import Heard, House, in_thread
from bot.service.receivers import address_of, kept_back, name_of, person_of, way_of
from bot.service.undelivered import PAGING, failed, outcome_unknown, unknown
from bot.store import outbox, people
from bot.store.tables import Alert, Client, Outbox, OutboxState, Worker

log = structlog.get_logger()

BATCH = 50
AT_ONCE = 16  # receivers of one tick; Telegram takes about 30 messages a second
HEAD_START = 1.0  # seconds by which pages leave before the rest, unless they are sent before that
PAGES = "pages"  # the lane of all of them
INLINE = ("terminal",)  # channels without a lock screen open a page at once


async def tick(house: House, *, beside: bool = False) -> int:
    """Send what may leave now; return how many messages were tried. Run twice, sends once.

    One after the other, pages first, so that a rehearsal always tells the same story. ``beside``:
    everybody's messages leave beside each other, each person's in their order, because a channel
    that hangs for one person must hold up nobody else; then several ticks may run at once.
    """
    tried: set[str] = set()
    for heard in await in_thread(_recover, house):
        house.tell(heard)
    while True:
        found = await in_thread(_due, house, tried)
        if not found:
            return len(tried)
        tried.update(id_ for id_, _ in found)
        if beside:
            await _beside(house, found)
        else:
            await _lane(house, [id_ for id_, _ in found])


async def _beside(house: House, found: Sequence[tuple[str, str]]) -> None:
    """Send pages, and a moment later the rest in one lane for each receiver."""
    lanes: dict[str, list[str]] = {}
    for id_, receiver in found:
        lanes.setdefault(receiver, []).append(id_)
    paging = [asyncio.create_task(_lane(house, [id_])) for id_ in lanes.pop(PAGES, [])]
    if paging:
        await asyncio.wait(paging, timeout=HEAD_START)
    wide = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*paging, *(_lane(house, lane, wide) for lane in lanes.values()))


def _due(house: House, tried: Collection[str]) -> list[tuple[str, str]]:
    """Return what may leave and was not tried in this tick: its id, and its receiver or PAGES."""
    with house.db.read() as s:
        return [
            (row.id, PAGES if row.kind in PAGING else row.client_id or row.worker_id or "")
            for row in outbox.due(s, house.clock.now(), BATCH + len(tried))
            if row.id not in tried
        ]


async def _lane(house: House, lane: Sequence[str], wide: asyncio.Semaphore | None = None) -> None:
    """Send messages one after the other; one that fails never stops another."""
    async with wide or contextlib.nullcontext():
        for id_ in lane:
            try:
                await _deliver(house, id_)
            except Exception:
                # The row stays findable: pending, or under a lease that runs out.
                log.exception("delivery_failed", outbox=id_)


def _recover(house: House) -> list[Heard]:
    """Settle messages whose sender died in the middle: nobody knows whether they arrived; return
    those whose moment has passed before they could leave."""
    with house.db.read() as s:
        now = house.clock.now()
        if not outbox.to_settle(s, now):
            return []
    with house.db.write() as s:
        for row in outbox.leases_over(s, now):
            unknown(s, row, now, "the sender died", waited=True)
        over = sa.select(Outbox).where(
            Outbox.state == OutboxState.PENDING, Outbox.expires_at <= now
        )
        heard = []
        for row in s.scalars(over.order_by(Outbox.place)):
            row.state, row.reason = OutboxState.CANCELLED, "its moment has passed"
            heard.append(kept_back(house, row, person_of(s, row), now))
        return heard


async def _deliver(house: House, id_: str) -> None:
    """Send one message and keep how it ended."""
    taken = await in_thread(_take, house, id_)
    if taken is None:
        return
    channel, outgoing = taken
    house.fault("before send")
    try:
        ref = await channel.send(outgoing)
    except SendFailed as failure:
        kept_back = await in_thread(failed, house, id_, failure)
        if kept_back is not None:
            house.tell(kept_back)
    except OutcomeUnknown:
        await in_thread(outcome_unknown, house, id_)
    else:
        house.fault("after send")
        heard = await in_thread(_sent, house, id_, ref)
        house.tell(heard)


def _take(house: House, id_: str) -> tuple[Channel, Outgoing] | None:
    """Claim a message; one that cannot be made fails for good, or it would stand before all others
    for ever."""
    try:
        return _claim(house, id_)
    except sa.exc.OperationalError:
        raise  # the database's trouble, not this message's
    except Exception:
        log.exception("message_cannot_be_made", outbox=id_)
        failed(house, id_, SendFailed("", permanent=True, reason=Reason.REFUSED))
        return None


def _claim(house: House, id_: str) -> tuple[Channel, Outgoing] | None:
    with house.db.write() as s:
        now = house.clock.now()
        row = outbox.claim(s, id_, now)
        if row is None:
            return None
        person = person_of(s, row)
        address = address_of(house, row, person)
        channel = house.channels.get(way_of(row, person))
        gone = isinstance(person, Worker) and not person.active
        reason = speak.silenced(person, row.kind) if isinstance(person, Client) else ""
        # A stop's own last word leaves although the client has left by then.
        if reason == "the client left" and row.state is OutboxState.SENDING:
            reason = ""
        if address is None or channel is None or gone or reason:
            row.state, row.reason = OutboxState.CANCELLED, reason or "no chat any more"
            return None
        later = checkins.quiet_until(person, row, now) if isinstance(person, Client) else None
        if later is not None:
            # As if it had never been tried: what is tried again goes before all that came later.
            row.state, row.tries, row.not_before = OutboxState.PENDING, 0, later
            row.lease_until = None
            return None
        text, buttons = _content(s, house, row, person, channel, now)
        bot = Bot.CLIENT if row.role is Role.CLIENT else Bot.WORKER
        return channel, Outgoing(address, text, buttons, row.silent, row.protect, bot, row.id)


def _content(
    s: Session, house: House, row: Outbox, person: Client | Worker, channel: Channel, now: datetime
) -> tuple[str, tuple[tuple[Button, ...], ...]]:
    """Return what is sent; on a channel without a lock screen a page is opened already."""
    text, buttons = outbox.content(house.sealer, row, person)
    pages = row.kind in PAGING and row.alert_id is not None
    if pages and channel.name in INLINE and isinstance(person, Worker):
        alert = s.get_one(Alert, row.alert_id)
        text = f"{text}\n{moves.details(s, house, alert, person, now)}"
        people.audit(
            s, now, person.id, "alert_opened", client_id=alert.client_id, alert_id=alert.id
        )
    return text, buttons


def _sent(house: House, id_: str, ref: str) -> Heard:
    with house.db.write() as s:
        row = s.get_one(Outbox, id_)
        now = house.clock.now()
        person = person_of(s, row)
        box = (
            people.box(house.sealer, person) if isinstance(person, Client) else house.sealer.program
        )
        row.state, row.sent_at, row.lease_until = OutboxState.SENT, now, None
        row.ref = box.seal("outbox.ref", row.id, ref) if ref else None
        return _heard(s, house, row, person)


def _heard(s: Session, house: House, row: Outbox, person: Client | Worker) -> Heard:
    """Return what those who watch see of a sent message."""
    channel = house.channels[way_of(row, person)]
    text, buttons = _content(s, house, row, person, channel, row.sent_at or row.made_at)
    about = s.get(Client, row.about_id) if row.about_id else None
    return Heard(
        at=row.sent_at or row.made_at,
        zone=person.timezone,
        to=name_of(house, person),
        role=row.role,
        channel=channel.name,
        kind=row.kind,
        text=text,
        buttons=tuple((button.label, button.token) for line in buttons for button in line),
        about=people.alias(house.sealer, about) if about else "",
        alert=row.alert_id,
        chat=address_of(house, row, person) or "",
    )
