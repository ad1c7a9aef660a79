"""Who cannot be reached tonight, and what is stuck on its way to somebody."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.content.program import Escalation
from bot.core.alerts import AlertState, Named
from bot.core.findings import Finding, bad, ok, warn
from bot.core.messages import Kind
from bot.core.people import ClientState, Role
from bot.service import second
from bot.service.alerting import oncall
from bot.service.people import away, never
from bot.store import people
from bot.store.sealed import Sealer
from bot.store.tables import (
    Alert,
    Client,
    Inbox,
    InboxState,
    Outbox,
    OutboxState,
    Worker,
)

AHEAD, WEEK = timedelta(hours=24), timedelta(days=7)
DAY = timedelta(days=1)
# A running service handles a message in seconds; minutes later nobody is at it.
STUCK = timedelta(minutes=5)
UNANSWERED = timedelta(hours=1)


def examine(
    s: Session, sealer: Sealer, now: datetime, rules: Escalation, channels: Container[str]
) -> Iterator[Finding]:
    """Yield what is wrong with reaching people, and what is well.

    ``channels``: the ways out that this installation has.
    """
    workers = s.scalars(
        sa.select(Worker).where(Worker.active, people.real(Worker)).order_by(Worker.made_at)
    ).all()
    clients = s.scalars(
        sa.select(Client).where(
            Client.key.is_not(None), Client.state != ClientState.LEFT, people.real(Client)
        )
    ).all()
    yield from _workers(sealer, workers, channels)
    yield from _policies(sealer, workers, rules)
    yield from _clients(s, sealer, clients)
    yield from never.examine(s, sealer, now)
    yield from away.examine(s, sealer, now, rules.staffed.zone)
    yield from _on_call(s, sealer, now, workers, rules.staffed.zone, channels)
    yield from _alerts(s, now)
    yield from _outbox(s, now)
    yield from _inbox(s, now)
    yield from _clock(s, now)


def _workers(
    sealer: Sealer, workers: Sequence[Worker], channels: Container[str]
) -> Iterator[Finding]:
    paged = [worker for worker in workers if worker.role is not Role.OPERATOR]
    if not paged:
        yield bad("workers", "nobody works here yet; begin with `saf worker add NAME`")
        return
    for worker in paged:
        name = people.worker_name(sealer, worker)
        if not second.reachable(channels, worker):
            why = "no phone" if worker.chat is None else "the bot is blocked"
            yield bad("workers", f"{name} cannot be paged: {why}; `saf worker link {name}`")
        elif worker.chat is None:
            yield warn("workers", f"{name} has no phone with us, and cannot answer what rings")
        for way, column in second.WAYS.items():
            if getattr(worker, column) is not None and way not in channels:
                yield bad("workers", f"{name} has a second way, {way}, that is not set up here")
    reachable = sum(second.reachable(channels, worker) for worker in paged)
    if reachable:
        yield ok("workers", f"{reachable} of {len(paged)} can be paged")
    if not _supervised(workers, channels):
        yield bad("workers", "no supervisor can be paged when nobody acknowledges")


def _supervised(workers: Sequence[Worker], channels: Container[str]) -> bool:
    supervisors = (worker for worker in workers if worker.role is Role.SUPERVISOR)
    return any(second.reachable(channels, worker) for worker in supervisors)


def _policies(sealer: Sealer, workers: Sequence[Worker], rules: Escalation) -> Iterator[Finding]:
    """Find names in escalation.yml that nobody here has: their step would reach nobody."""
    known = {
        people.fold(people.worker_name(sealer, worker))
        for worker in workers
        if worker.role is not Role.OPERATOR
    }
    steps = (step for policy in rules.policies.values() for step in policy)
    named = {who.name for step in steps for who in step.who if isinstance(who, Named)}
    for name in sorted(named):
        if people.fold(name) not in known:
            yield bad("escalation", f"escalation.yml pages {name}, and nobody of that name works")


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


def _on_call(
    s: Session,
    sealer: Sealer,
    now: datetime,
    workers: Sequence[Worker],
    zone: str,
    channels: Container[str],
) -> Iterator[Finding]:
    """Find when of the next 24 hours nobody on call can be reached, and who was never tried."""
    names = {worker.id: people.worker_name(sealer, worker) for worker in workers}
    week = oncall.outlook(s, zone, channels, now, now + WEEK)
    untried = {one.worker_id for one in week.stretches}
    for worker in workers:
        if worker.id in untried and worker.tested_at is None:
            name = names[worker.id]
            what = f"{name} never acknowledged a test page on this phone; `saf oncall test {name}`"
            yield warn("on call", what)
    found = oncall.outlook(s, zone, channels, now, now + AHEAD).gaps
    if not found:
        yield ok("on call", "somebody has every hour of the next day")
    for gap in found:
        why = oncall.why_unreachable(gap, names)
        what = f"{oncall.when(gap, now, zone)} nobody can be reached on call: {why}"
        if _supervised(workers, channels):
            yield warn("on call", f"{what}; the client's worker is paged, then the supervisors")
        else:
            yield bad("on call", f"{what}, and no supervisor can be paged")


def _alerts(s: Session, now: datetime) -> Iterator[Finding]:
    waiting = s.scalars(
        sa.select(Alert.id).where(
            Alert.state == AlertState.TRIGGERED,
            Alert.opened_at <= now - UNANSWERED,
            Alert.id > 0,
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
