"""Delivering: what stands in the outbox leaves, pages first; every end of a message is kept."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.channels.base import Channel, OutcomeUnknown, Reason, SendFailed
from bot.core.alerts import LogEvent
from bot.core.messages import Bot, Button, Kind, Outgoing
from bot.core.people import Role
from bot.service import moves, speak, tasks
from bot.service.house import Heard, House, in_thread
from bot.store import care, outbox, people
from bot.store.tables import Alert, Client, Outbox, OutboxState, Worker

log = structlog.get_logger()

BATCH = 50
# Seconds until the next try; a page is never given up, the last delay repeats.
RETRY = (2, 5, 15, 30, 60, 300)
MOST_UNKNOWN = 5  # a page whose outcome stays unknown is not sent for ever
INLINE = ("terminal",)  # channels without a lock screen open a page at once


async def tick(house: House) -> int:
    """Send what may leave now; return how many messages were tried. Run twice, sends once."""
    tried = 0
    await in_thread(_recover, house)
    while True:
        ids = await in_thread(_due, house)
        if not ids:
            return tried
        for id_ in ids:
            await _deliver(house, id_)
            tried += 1


def _due(house: House) -> list[str]:
    with house.db.read() as s:
        return list(outbox.due(s, house.clock.now(), BATCH))


def _recover(house: House) -> None:
    """Settle messages whose sender died in the middle: nobody knows whether they arrived."""
    with house.db.write() as s:
        now = house.clock.now()
        for row in outbox.leases_over(s, now):
            _unknown(row, now, "the sender died")
        over = sa.and_(Outbox.expires_at.is_not(None), Outbox.expires_at <= now)
        outbox.cancel(s, "its moment has passed", over)


async def _deliver(house: House, id_: str) -> None:
    """Send one message; one receiver's failure never holds up another's."""
    taken = await in_thread(_claim, house, id_)
    if taken is None:
        return
    channel, outgoing = taken
    house.fault("before send")
    try:
        ref = await channel.send(outgoing)
    except SendFailed as failure:
        await in_thread(_failed, house, id_, failure)
    except OutcomeUnknown:
        await in_thread(_outcome_unknown, house, id_)
    else:
        house.fault("after send")
        heard = await in_thread(_sent, house, id_, ref)
        house.tell(heard)


def _claim(house: House, id_: str) -> tuple[Channel, Outgoing] | None:
    with house.db.write() as s:
        now = house.clock.now()
        row = outbox.claim(s, id_, now)
        if row is None:
            return None
        person = _person(s, row)
        address = people.chat(house.sealer, person)
        channel = house.channels.get(person.channel or "")
        gone = isinstance(person, Worker) and not person.active
        reason = speak.silenced(person, row.kind) if isinstance(person, Client) else ""
        # A stop's own last word leaves although the client has left by then.
        if reason == "the client left" and row.state is OutboxState.SENDING:
            reason = ""
        if address is None or channel is None or gone or reason:
            row.state, row.reason = OutboxState.CANCELLED, reason or "no chat any more"
            return None
        text, buttons = _content(s, house, row, person, channel, now)
        bot = Bot.CLIENT if row.role is Role.CLIENT else Bot.WORKER
        return channel, Outgoing(address, text, buttons, row.silent, row.protect, bot)


def _content(
    s: Session, house: House, row: Outbox, person: Client | Worker, channel: Channel, now: datetime
) -> tuple[str, tuple[tuple[Button, ...], ...]]:
    """Return what is sent; on a channel without a lock screen a page is opened already."""
    text, buttons = outbox.content(house.sealer, row, person)
    pages = row.kind in (Kind.PAGE, Kind.ESCALATION) and row.alert_id is not None
    if pages and channel.name in INLINE and isinstance(person, Worker):
        alert = s.get_one(Alert, row.alert_id)
        text = f"{text}\n{moves.details(s, house, alert, person, now)}"
        people.audit(
            s, now, person.id, "alert_opened", client_id=alert.client_id, alert_id=alert.id
        )
    return text, buttons


def _person(s: Session, row: Outbox) -> Client | Worker:
    if row.client_id is not None:
        return s.get_one(Client, row.client_id)
    return s.get_one(Worker, row.worker_id)


def _sent(house: House, id_: str, ref: str) -> Heard:
    with house.db.write() as s:
        row = s.get_one(Outbox, id_)
        now = house.clock.now()
        person = _person(s, row)
        box = (
            people.box(house.sealer, person) if isinstance(person, Client) else house.sealer.program
        )
        row.state, row.sent_at, row.lease_until = OutboxState.SENT, now, None
        row.ref = box.seal("outbox.ref", row.id, ref)
        return _heard(s, house, row, person)


def _heard(s: Session, house: House, row: Outbox, person: Client | Worker) -> Heard:
    """Return what those who watch see of a sent message."""
    channel = house.channels[person.channel or ""]
    text, buttons = _content(s, house, row, person, channel, row.sent_at or row.made_at)
    about = s.get(Client, row.about_id) if row.about_id else None
    name = (
        people.alias(house.sealer, person)
        if isinstance(person, Client)
        else people.worker_name(house.sealer, person)
    )
    return Heard(
        at=row.sent_at or row.made_at,
        zone=person.timezone,
        to=name,
        role=row.role,
        channel=person.channel or "",
        kind=row.kind,
        text=text,
        buttons=tuple((button.label, button.token) for line in buttons for button in line),
        about=people.alias(house.sealer, about) if about else "",
        alert=row.alert_id,
        chat=people.chat(house.sealer, person) or "",
    )


def _failed(house: House, id_: str, failure: SendFailed) -> None:
    """Plan the next try, or say to whom it concerns that this will never arrive."""
    with house.db.write() as s:
        row = s.get_one(Outbox, id_)
        person, now = _person(s, row), house.clock.now()
        row.lease_until, row.reason = None, failure.reason.value
        if failure.moved_to is not None:
            people.bind_chat(house.sealer, person, person.channel or "", failure.moved_to)
        if not failure.permanent or failure.moved_to is not None:
            delay = failure.retry_after or RETRY[min(row.tries, len(RETRY)) - 1]
            row.state, row.not_before = OutboxState.PENDING, now + timedelta(seconds=delay)
            return
        row.state = OutboxState.FAILED_PERMANENT
        log.warning("send_failed", outbox=row.id, kind=row.kind, reason=failure.reason.value)
        if isinstance(person, Client):
            if failure.reason in (Reason.BLOCKED, Reason.GONE):
                key = f"blocked:{person.id}:{now.date()}"
                tasks.give(s, house, now, person, "blocked", key=key)
        elif row.alert_id is not None:
            alert = s.get_one(Alert, row.alert_id)
            care.log(s, alert, now, LogEvent.PAGE_FAILED, worker_id=person.id)
            _page_failed(s, alert, now)


def _page_failed(s: Session, alert: Alert, now: datetime) -> None:
    """Bring the next step forward: a page that cannot arrive must not be waited for."""
    waiting = sa.select(Outbox.id).where(
        Outbox.alert_id == alert.id,
        Outbox.worker_id.is_not(None),
        Outbox.kind.in_((Kind.PAGE, Kind.ESCALATION)),
        Outbox.state.in_((OutboxState.PENDING, OutboxState.SENDING, OutboxState.SENT)),
        Outbox.made_at >= alert.chain_at,
    )
    if s.scalar(waiting.limit(1)) is None and alert.next_at is not None:
        alert.next_at = now


def _outcome_unknown(house: House, id_: str) -> None:
    with house.db.write() as s:
        _unknown(s.get_one(Outbox, id_), house.clock.now(), "no answer from the channel")


def _unknown(row: Outbox, now: datetime, reason: str) -> None:
    """Send again what must not be lost, never what must not be doubled."""
    row.unknowns, row.lease_until, row.reason = row.unknowns + 1, None, reason
    if row.kind.resend_on_unknown and row.unknowns <= MOST_UNKNOWN:
        row.state = OutboxState.PENDING
        row.not_before = now + timedelta(seconds=RETRY[min(row.unknowns, len(RETRY)) - 1])
    else:
        row.state = OutboxState.OUTCOME_UNKNOWN
