"""Delivering: what stands in the outbox leaves, pages first; every end of a message is kept."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.channels.base import Channel, OutcomeUnknown, Reason, SendFailed
from bot.core.alerts import LogEvent
from bot.core.messages import Bot, Button, Kind, Outgoing
from bot.core.people import Role
from bot.service import checkins, moves, speak, tasks
from bot.service.house import Heard, House, in_thread
from bot.store import care, outbox, people
from bot.store.tables import Alert, Client, FlowRun, Outbox, OutboxState, RunState, Worker

log = structlog.get_logger()

BATCH = 50
AT_ONCE = 16  # receivers of one tick; Telegram takes about 30 messages a second
HEAD_START = 1.0  # seconds by which pages leave before the rest, unless they are sent before that
# Seconds until the next try; nothing is given up, the last delay repeats. What is urgent is tried
# often enough that it leaves half a minute after an outage at the latest.
RETRY, URGENT_RETRY = (2, 5, 15, 30, 60, 300), (2, 5, 15, 30)
MOST_UNKNOWN = 5  # a page whose outcome stays unknown is not sent for ever
PAGES, PAGING = "pages", (Kind.PAGE, Kind.ESCALATION)
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
            _unknown(s, row, now, "the sender died", waited=True)
        over = sa.select(Outbox).where(
            Outbox.state == OutboxState.PENDING, Outbox.expires_at <= now
        )
        heard = []
        for row in s.scalars(over.order_by(Outbox.place)):
            row.state, row.reason = OutboxState.CANCELLED, "its moment has passed"
            heard.append(_kept_back(house, row, _person(s, row), now))
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
        kept_back = await in_thread(_failed, house, id_, failure)
        if kept_back is not None:
            house.tell(kept_back)
    except OutcomeUnknown:
        await in_thread(_outcome_unknown, house, id_)
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
        _failed(house, id_, SendFailed("", permanent=True, reason=Reason.REFUSED))
        return None


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
        later = checkins.quiet_until(person, row, now) if isinstance(person, Client) else None
        if later is not None:
            # As if it had never been tried: what is tried again goes before all that came later.
            row.state, row.tries, row.not_before = OutboxState.PENDING, 0, later
            row.lease_until = None
            return None
        text, buttons = _content(s, house, row, person, channel, now)
        bot = Bot.CLIENT if row.role is Role.CLIENT else Bot.WORKER
        return channel, Outgoing(address, text, buttons, row.silent, row.protect, bot)


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
    return Heard(
        at=row.sent_at or row.made_at,
        zone=person.timezone,
        to=_name(house, person),
        role=row.role,
        channel=person.channel or "",
        kind=row.kind,
        text=text,
        buttons=tuple((button.label, button.token) for line in buttons for button in line),
        about=people.alias(house.sealer, about) if about else "",
        alert=row.alert_id,
        chat=people.chat(house.sealer, person) or "",
    )


def _name(house: House, person: Client | Worker) -> str:
    if isinstance(person, Client):
        return people.alias(house.sealer, person)
    return people.worker_name(house.sealer, person)


def _kept_back(house: House, row: Outbox, person: Client | Worker, now: datetime) -> Heard:
    """Return what those who watch hear of a message that will not arrive."""
    name, channel = _name(house, person), person.channel or ""
    return Heard(now, person.timezone, name, row.role, channel, row.kind, skipped=row.reason)


def _failed(house: House, id_: str, failure: SendFailed) -> Heard | None:
    """Plan the next try, or say to whom it concerns that this will never arrive."""
    with house.db.write() as s:
        row = s.get_one(Outbox, id_)
        person, now = _person(s, row), house.clock.now()
        row.lease_until, row.reason = None, failure.reason.value
        if failure.moved_to is not None:
            people.bind_chat(house.sealer, person, person.channel or "", failure.moved_to)
        if not failure.permanent or failure.moved_to is not None:
            delay = failure.retry_after or _delay(row, row.tries)
            row.state, row.not_before = OutboxState.PENDING, now + timedelta(seconds=delay)
            return None
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
        return _kept_back(house, row, person, now)


def _delay(row: Outbox, tries: int) -> float:
    """Return the seconds until a message is tried again, after so many tries."""
    delays = URGENT_RETRY if row.priority <= outbox.URGENT else RETRY
    return delays[min(tries, len(delays)) - 1]


def _page_failed(s: Session, alert: Alert, now: datetime) -> None:
    """Bring the next step forward: a page that cannot arrive must not be waited for."""
    waiting = sa.select(Outbox.id).where(
        Outbox.alert_id == alert.id,
        Outbox.worker_id.is_not(None),
        Outbox.kind.in_(PAGING),
        Outbox.state.in_((OutboxState.PENDING, OutboxState.SENDING, OutboxState.SENT)),
        Outbox.made_at >= alert.chain_at,
    )
    if s.scalar(waiting.limit(1)) is None and alert.next_at is not None:
        alert.next_at = now


def _outcome_unknown(house: House, id_: str) -> None:
    with house.db.write() as s:
        _unknown(s, s.get_one(Outbox, id_), house.clock.now(), "no answer from the channel")


def _unknown(s: Session, row: Outbox, now: datetime, reason: str, *, waited: bool = False) -> None:
    """Send again what must not be lost, never what must not be doubled: a question that may not
    have arrived is asked again at the next contact."""
    row.unknowns, row.lease_until, row.reason = row.unknowns + 1, None, reason
    log.warning("send_outcome_unknown", outbox=row.id, kind=row.kind, why=reason)
    if row.kind.resend_on_unknown and row.unknowns <= MOST_UNKNOWN:
        delay = 0 if waited else _delay(row, row.unknowns)
        row.state, row.not_before = OutboxState.PENDING, now + timedelta(seconds=delay)
        return
    row.state = OutboxState.OUTCOME_UNKNOWN
    people.count(s, "outcome_unknown")
    run = s.get(FlowRun, row.run_id) if row.run_id else None
    if run is not None and run.state is RunState.ACTIVE and run.asked_at <= row.made_at:
        run.state = RunState.PAUSED
