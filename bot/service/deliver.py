"""Delivering: what stands in the outbox leaves, pages first; every end of a message is kept."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.channels.base import Channel, OutcomeUnknown, Reason, SendFailed
from bot.core.messages import Bot, Button, Kind, Outgoing
from bot.core.people import Role
from bot.service import checkins, lock_screen, speak, writing
from bot.service.alerting import moves
from bot.service.house import Heard, House, in_thread
from bot.service.pace import Over, Pace
from bot.service.receivers import address_of, kept_back, name_of, person_of, way_of
from bot.service.undelivered import PAGING, failed, outcome_unknown, unknown
from bot.store import outbox, people
from bot.store.tables import Alert, Client, Outbox, OutboxState, Worker

log = structlog.get_logger()

BATCH = 50
AT_ONCE = 16  # sends of one tick under way at once
HEAD_START = 1.0  # seconds by which pages leave before the rest, unless they are sent before that
PAGES = "pages"  # the lane of all of them
INLINE = ("terminal",)  # channels without a lock screen open a page at once


@dataclass(frozen=True, slots=True)
class _Ready:
    """A message that may leave now."""

    id: str
    kind: Kind
    priority: int
    receiver: str
    bot: Bot
    paced: bool  # it goes into the receiver's chat, not by a second way


async def tick(house: House, *, beside: bool = False, of: Collection[int] = ()) -> int:
    """Send what may leave now; return how many messages were tried. Run twice, sends once.

    One after the other, pages first, so that a rehearsal always tells the same story. ``beside``:
    everybody's messages leave beside each other, each person's in their order, because a channel
    that hangs for one person must hold up nobody else; then several ticks may run at once.
    ``of``: only these priorities, so that what is urgent never waits for a tick full of the rest.
    """
    tried: set[str] = set()
    if not of or outbox.URGENT in of:
        for heard in await in_thread(_recover, house):
            house.tell(heard)
    while True:
        known = tried | house.in_hand
        found = await in_thread(_due, house, known, of)
        found = [one for one in found if one.id not in house.in_hand]
        if not found or (house.pace is not None and house.pace.over):
            return len(tried)
        mine = {one.id for one in found}
        tried |= mine
        house.in_hand |= mine
        try:
            if beside:
                await _beside(house, found)
            else:
                await _lane(house, found)
        finally:
            house.in_hand -= mine


async def _beside(house: House, found: Sequence[_Ready]) -> None:
    """Send pages, and a moment later the rest in one lane for each receiver."""
    lanes: dict[str, list[_Ready]] = {}
    for one in found:
        lanes.setdefault(PAGES if one.kind in PAGING else one.receiver, []).append(one)
    pages = lanes.pop(PAGES, [])
    paging = [asyncio.create_task(_lane(house, [one], pace=house.pace)) for one in pages]
    if paging:
        await asyncio.wait(paging, timeout=HEAD_START)
    wide = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(
        *paging, *(_lane(house, lane, wide, house.pace) for lane in lanes.values())
    )


def _due(house: House, known: Collection[str], of: Collection[int]) -> list[_Ready]:
    """Return what may leave, was not tried in this tick and is in no other's hand."""
    with house.db.read() as s:
        return [
            _Ready(
                row.id,
                row.kind,
                row.priority,
                row.client_id or row.worker_id or "",
                _bot(row),
                row.channel is None,
            )
            for row in outbox.due(s, house.clock.now(), BATCH + len(known), of)
            if row.id not in known
        ][:BATCH]


async def _lane(
    house: House,
    lane: Sequence[_Ready],
    wide: asyncio.Semaphore | None = None,
    pace: Pace | None = None,
) -> None:
    """Send messages one after the other; one that fails never stops another.

    A turn is waited for before a message is claimed: a claim's lease runs, and what is cancelled
    meanwhile must not leave.
    """
    for one in lane:
        try:
            if pace is not None and one.paced:
                await _turn(pace, one)
            async with wide or contextlib.nullcontext():
                await _deliver(house, one.id)
        except Over:
            return
        except Exception:
            # The row stays findable: pending, or under a lease that runs out.
            log.exception("delivery_failed", outbox=one.id)


async def _turn(pace: Pace, one: _Ready) -> None:
    if one.priority <= outbox.URGENT:
        pace.urgent(one.bot, one.receiver)
    else:
        await pace.turn(one.bot, one.receiver, one.priority)


def _bot(row: Outbox) -> Bot:
    return Bot.CLIENT if row.role is Role.CLIENT else Bot.WORKER


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
            if row.client_id is not None:
                writing.not_arrived(s, house, now, s.get_one(Client, row.client_id), row)
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
    channel, outgoing, tries = taken
    house.fault("before send")
    try:
        ref = await channel.send(outgoing)
    except SendFailed as failure:
        kept_back = await in_thread(failed, house, id_, failure, tries)
        if kept_back is not None:
            house.tell(kept_back)
    except OutcomeUnknown:
        await in_thread(outcome_unknown, house, id_, tries)
    else:
        house.fault("after send")
        heard = await in_thread(_sent, house, id_, ref)
        house.tell(heard)


def _take(house: House, id_: str) -> tuple[Channel, Outgoing, int] | None:
    """Claim a message, and say the how manieth try it is; one that cannot be made fails for good,
    or it would stand before all others for ever."""
    try:
        return _claim(house, id_)
    except sa.exc.OperationalError:
        raise  # the database's trouble, not this message's
    except Exception:
        log.exception("message_cannot_be_made", outbox=id_)
        failed(house, id_, SendFailed("", permanent=True, reason=Reason.REFUSED), None)
        return None


def _claim(house: House, id_: str) -> tuple[Channel, Outgoing, int] | None:
    with house.db.write() as s:
        now = house.clock.now()
        row = outbox.claim(s, id_, now)
        if row is None:
            return None
        person = person_of(s, row)
        address = address_of(house, row, person)
        channel = house.channels.get(way_of(row, person))
        gone = isinstance(person, Worker) and not person.active
        reason = ""
        if isinstance(person, Client):
            reason = speak.silenced(person, row.kind, row.alert_id)
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
        hidden = lock_screen.hides(row.kind, about=row.about_id is not None, way=row.channel)
        if isinstance(person, Worker) and hidden and channel.name not in INLINE:
            text, buttons = lock_screen.line(house, row, person)
        outgoing = Outgoing(address, text, buttons, row.silent, row.protect, _bot(row), row.id)
        return channel, outgoing, row.tries


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
        if isinstance(person, Worker) and row.channel is None:
            person.blocked_at = None
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
