"""Vital signs of the service: counts and durations, never an id, an alias or a word."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.alerts import AlertState
from bot.core.people import SYNTHETIC
from bot.service.figures import answered
from bot.store import outbox
from bot.store.tables import Alert, Client, Inbox, InboxState, Outbox, OutboxState
from bot.store.tables import Counter as Count

# A running service reads a message in seconds and lets a page go in less; a minute later something
# holds them. What only waits for its turn among a thousand reminders gets longer.
UNREAD, URGENT_LATE, LATE = timedelta(minutes=1), timedelta(minutes=1), timedelta(minutes=10)
LATELY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Vitals:
    """How the service is at a moment."""

    alerts: Counter[AlertState]  # that are not closed
    unread: int  # messages that nobody read for danger for over a minute
    oldest_unread: float  # seconds; 0 when all are read
    urgent_late: int  # pages and safety answers that should have left a minute ago
    late: int  # other messages that should have left ten minutes ago
    waiting: int  # all messages that may leave now
    unknown: int  # of how many messages nobody ever knew whether they arrived
    acknowledged: tuple[float, ...]  # seconds to acknowledge, last 7 days, in order

    @property
    def reasons(self) -> dict[str, int]:
        """Return what is wrong, by count; empty when the service is well."""
        found = {"unread": self.unread, "urgent_late": self.urgent_late, "late": self.late}
        return {name: number for name, number in found.items() if number}


def look(s: Session, now: datetime) -> Vitals:
    """Count what stands in the database."""
    states = s.execute(
        sa.select(Alert.state, sa.func.count(Alert.id))
        .where(Alert.id > 0, Alert.state != AlertState.CLOSED)
        .group_by(Alert.state)
    )
    real = Inbox.channel != SYNTHETIC
    unread = sa.and_(real, Inbox.state == InboxState.RECEIVED, Inbox.received_at <= now - UNREAD)
    oldest = s.scalar(sa.select(sa.func.min(Inbox.received_at)).where(unread))
    no_one = sa.select(Client.id).where(Client.channel == SYNTHETIC)
    mine = sa.or_(Outbox.about_id.is_(None), Outbox.about_id.not_in(no_one))
    mine = sa.and_(mine, sa.or_(Outbox.client_id.is_(None), Outbox.client_id.not_in(no_one)))
    pending = sa.and_(mine, Outbox.state == OutboxState.PENDING)
    urgent = Outbox.priority <= outbox.URGENT
    late_urgent = sa.and_(pending, urgent, Outbox.not_before <= now - URGENT_LATE)
    late = sa.and_(pending, ~urgent, Outbox.not_before <= now - LATE)
    counted = s.get(Count, "outcome_unknown")
    return Vitals(
        alerts=Counter({state: number for state, number in states}),
        unread=_count(s, Inbox, unread),
        oldest_unread=max((now - oldest).total_seconds(), 0.0) if oldest else 0.0,
        urgent_late=_count(s, Outbox, late_urgent),
        late=_count(s, Outbox, late),
        waiting=_count(s, Outbox, sa.and_(pending, Outbox.not_before <= now)),
        unknown=counted.value if counted else 0,
        acknowledged=answered(s, now - LATELY, now).seconds,
    )


def _count(s: Session, table: type[Inbox] | type[Outbox], on: sa.ColumnElement[bool]) -> int:
    return s.scalar(sa.select(sa.func.count()).select_from(table).where(on)) or 0
