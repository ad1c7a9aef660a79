"""Who cannot be reached tonight, and what is stuck on its way to somebody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.alerts import AlertState
from bot.core.findings import Finding, bad, ok, warn
from bot.core.messages import Kind
from bot.core.people import ClientState, Role
from bot.store import people
from bot.store.sealed import Sealer
from bot.store.tables import (
    Alert,
    Client,
    Inbox,
    InboxState,
    OnCall,
    Outbox,
    OutboxState,
    Worker,
)

AHEAD = timedelta(hours=24)
DAY = timedelta(days=1)
# A running service handles a message in seconds; minutes later nobody is at it.
STUCK = timedelta(minutes=5)
UNANSWERED = timedelta(hours=1)


def examine(s: Session, sealer: Sealer, now: datetime) -> Iterator[Finding]:
    """Yield what is wrong with reaching people, and what is well."""
    workers = s.scalars(sa.select(Worker).where(Worker.active).order_by(Worker.made_at)).all()
    clients = s.scalars(
        sa.select(Client).where(Client.key.is_not(None), Client.state != ClientState.LEFT)
    ).all()
    yield from _workers(sealer, workers)
    yield from _clients(s, sealer, clients)
    yield from _on_call(s, now, workers)
    yield from _alerts(s, now)
    yield from _outbox(s, now)
    yield from _inbox(s, now)
    yield from _clock(s, now)


def _workers(sealer: Sealer, workers: Sequence[Worker]) -> Iterator[Finding]:
    paged = [worker for worker in workers if worker.role is not Role.OPERATOR]
    if not paged:
        yield bad("workers", "nobody works here yet; begin with `saf worker add NAME`")
        return
    for worker in paged:
        if worker.chat is None:
            name = people.worker_name(sealer, worker)
            yield bad("workers", f"{name} cannot be paged: no phone; `saf worker link {name}`")
    reachable = sum(worker.chat is not None for worker in paged)
    if reachable:
        yield ok("workers", f"{reachable} of {len(paged)} can be paged")
    if not any(worker.chat and worker.role is Role.SUPERVISOR for worker in paged):
        yield bad("workers", "no supervisor can be paged when nobody acknowledges")


def _clients(s: Session, sealer: Sealer, clients: Sequence[Client]) -> Iterator[Finding]:
    reached = 0
    for client in clients:
        worker, alias = people.worker_of(s, client), people.alias(sealer, client)
        if not worker.active:
            yield bad("clients", f"{alias}'s worker has left; `saf client hand-over {alias}`")
        if not client.phone.reachable:
            yield warn("clients", f"{alias}'s phone is {client.phone}: only a person reaches them")
        elif client.chat is None and client.state is ClientState.INVITED:
            yield warn("clients", f"{alias} has not used the link yet")
        elif client.chat is None:
            yield warn("clients", f"{alias} has no phone with us: each check-in is the worker's")
        else:
            reached += 1
    yield ok("clients", f"{reached} of {len(clients)} have a phone with us")


def _on_call(s: Session, now: datetime, workers: Sequence[Worker]) -> Iterator[Finding]:
    """Find the first gap of the next 24 hours in which nobody who can be paged is on call."""
    asked = sa.select(OnCall.starts, OnCall.ends).join(Worker, Worker.id == OnCall.worker_id)
    mine = (Worker.active, Worker.chat.is_not(None), OnCall.ends > now, OnCall.starts < now + AHEAD)
    covered = now
    for starts, ends in s.execute(asked.where(*mine).order_by(OnCall.starts)):
        if starts > covered:
            break
        covered = max(covered, ends)
    if covered >= now + AHEAD:
        yield ok("on call", "somebody has every hour of the next day")
        return
    zone = ZoneInfo(workers[0].timezone) if workers else now.tzinfo
    since = f"{covered.astimezone(zone):%a %H:%M}"
    supervised = any(w.chat and w.role is Role.SUPERVISOR for w in workers)
    what = f"nobody who can be paged is on call from {since}; `saf oncall add`"
    if supervised:
        yield warn("on call", f"{what}; the client's worker is paged, then the supervisors")
    else:
        yield bad("on call", f"{what}, and no supervisor can be paged")


def _alerts(s: Session, now: datetime) -> Iterator[Finding]:
    waiting = s.scalars(
        sa.select(Alert.id).where(
            Alert.state == AlertState.TRIGGERED, Alert.opened_at <= now - UNANSWERED
        )
    ).all()
    for id_ in waiting:
        yield bad("alerts", f"#{id_} is open for over an hour and nobody has it")


def _outbox(s: Session, now: datetime) -> Iterator[Finding]:
    late = sa.and_(Outbox.state == OutboxState.PENDING, Outbox.not_before <= now - STUCK)
    if number := _count(s, Outbox, late):
        yield bad("outbox", f"{number} messages should have left; is `saf run` running?")
    lately = Outbox.made_at > now - DAY
    pages = Outbox.kind.in_((Kind.PAGE, Kind.ESCALATION))
    dead = sa.and_(Outbox.state == OutboxState.FAILED_PERMANENT, lately)
    if number := _count(s, Outbox, sa.and_(dead, pages)):
        yield bad("outbox", f"{number} pages of the last day will never arrive; look at the phones")
    if number := _count(s, Outbox, sa.and_(dead, ~pages)):
        yield warn("outbox", f"{number} messages of the last day will never arrive")
    if number := _count(s, Outbox, Outbox.state == OutboxState.OUTCOME_UNKNOWN, lately):
        yield warn("outbox", f"of {number} messages of the last day nobody knows if they arrived")


def _inbox(s: Session, now: datetime) -> Iterator[Finding]:
    old = Inbox.received_at <= now - STUCK
    if number := _count(s, Inbox, Inbox.state == InboxState.RECEIVED, old):
        yield bad("inbox", f"{number} messages are not read for danger yet; is `saf run` running?")
    waiting = Inbox.state.in_((InboxState.JUDGED, InboxState.WAITING))
    if number := _count(s, Inbox, waiting, old):
        yield warn("inbox", f"{number} messages wait for the dialogue engine; danger was read")


def _clock(s: Session, now: datetime) -> Iterator[Finding]:
    newest = s.scalar(sa.select(sa.func.max(Outbox.made_at)))
    if newest is not None and newest > now + STUCK:
        yield bad("clock", f"it is before the newest message ({newest:%Y-%m-%d %H:%M} UTC)")


def _count(s: Session, table: type[Inbox] | type[Outbox], *on: sa.ColumnElement[bool]) -> int:
    return s.scalar(sa.select(sa.func.count()).select_from(table).where(*on)) or 0
