"""A clock that was set back: what waits for a moment that has moved away waits no longer than it
ever should; else nobody would be paged, and nothing would leave, until the clock has caught up."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.alerts import AlertState
from bot.service import outage
from bot.service.house import House
from bot.store.inbox import OPEN
from bot.store.outbox import LEASE
from bot.store.session import changed
from bot.store.tables import Alert, Ask, AskState, Inbox, Outbox, OutboxState

SLACK = timedelta(seconds=5)  # machines that share a database differ by less
LONGEST_RETRY = timedelta(minutes=10)  # of a send; twice what we ever plan ourselves
LONGEST_TURN = timedelta(seconds=max(outage.RETRY))
LONGEST_LOOK = timedelta(seconds=outage.LATER_LOOK)  # for the engine, by a turn that came too late


def tick(house: House) -> int:
    """Bring back what waits too far ahead; return how many rows. Nothing on a clock that runs."""
    now = house.clock.now()
    with house.db.read() as s:
        if not _anything(s, house, now):
            return 0
    with house.db.write() as s:
        did = _alerts(s, house, now) + _messages(s, now) + _turns(s, now)
    house.wake()
    return did


def _anything(s: Session, house: House, now: datetime) -> bool:
    conditions = (
        (Alert, _ahead_alert(now)),
        (Outbox, _ahead_message(now)),
        (Outbox, _ahead_retry(now)),
        (Outbox, _ahead_lease(now)),
        (Inbox, _ahead_turn(now)),
        (Ask, _ahead_ask(house, now)),
    )
    return any(
        s.scalar(sa.select(table.id).where(condition).limit(1)) is not None
        for table, condition in conditions
    )


def _ahead_alert(now: datetime) -> sa.ColumnElement[bool]:
    edge = now + SLACK
    ahead = sa.or_(Alert.chain_at > edge, Alert.acknowledged_at > edge)
    return sa.and_(Alert.state != AlertState.CLOSED, ahead)


def _ahead_message(now: datetime) -> sa.ColumnElement[bool]:
    """What was to leave at once, and was written at a moment that has not come yet."""
    soon = sa.or_(Outbox.not_before <= Outbox.made_at, Outbox.channel.is_not(None))
    at_once = sa.and_(soon, Outbox.made_at > now + SLACK)
    return sa.and_(Outbox.state == OutboxState.PENDING, at_once)


def _ahead_retry(now: datetime) -> sa.ColumnElement[bool]:
    again = sa.and_(Outbox.tries > 0, Outbox.not_before > now + LONGEST_RETRY)
    return sa.and_(Outbox.state == OutboxState.PENDING, again)


def _ahead_lease(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(Outbox.state == OutboxState.SENDING, Outbox.lease_until > now + LEASE + SLACK)


def _ahead_turn(now: datetime) -> sa.ColumnElement[bool]:
    soon = sa.and_(Inbox.handled_at.is_(None), Inbox.next_try_at > now + LONGEST_TURN + SLACK)
    ahead = sa.or_(soon, Inbox.next_try_at > now + LONGEST_LOOK + SLACK)
    return sa.and_(Inbox.state.in_(OPEN), ahead)


def _ahead_ask(house: House, now: datetime) -> sa.ColumnElement[bool]:
    deadline = now + house.content.escalation.ask_deadline + SLACK
    return sa.and_(Ask.state == AskState.OPEN, Ask.deadline > deadline)


def _alerts(s: Session, house: House, now: datetime) -> int:
    """Move an alert's whole chain back with its beginning."""
    found = s.scalars(sa.select(Alert).where(_ahead_alert(now))).all()
    for alert in found:
        back = max(alert.chain_at - now, timedelta(0))
        alert.chain_at -= back
        alert.next_at = alert.next_at - back if alert.next_at else None
        alert.told_at = alert.told_at - back if alert.told_at else None
        if alert.acknowledged_at is not None:
            alert.acknowledged_at = min(alert.acknowledged_at, now)
    late = sa.update(Ask).where(_ahead_ask(house, now))
    deadline = now + house.content.escalation.ask_deadline
    return len(found) + changed(s, late.values(deadline=deadline))


def _messages(s: Session, now: datetime) -> int:
    leave = sa.or_(_ahead_message(now), _ahead_retry(now))
    due = sa.update(Outbox).where(leave).values(not_before=now)
    lease = sa.update(Outbox).where(_ahead_lease(now)).values(lease_until=now + LEASE)
    return changed(s, due) + changed(s, lease)


def _turns(s: Session, now: datetime) -> int:
    again = sa.update(Inbox).where(_ahead_turn(now))
    return changed(s, again.values(next_try_at=now))
