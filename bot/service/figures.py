"""Figures of a span: how soon somebody had an alert, how often pages were false, and the counts
that funders ask for.

Of the program only: nothing here is counted by worker, client, place, date, weapon or retaliation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.core.alerts import LogEvent
from bot.core.plan import NeedState
from bot.core.quarters import Days, shown
from bot.store import people
from bot.store.tables import (
    Alert,
    AlertLog,
    Checkin,
    Client,
    Need,
    Plan,
    PlanChange,
)

SOON = timedelta(minutes=5)
NO_DANGER = "no_danger"  # the outcome that makes an alert's pages false
# "I've got it", or "reached" by who never said it.
_TAKEN = (LogEvent.ACKNOWLEDGED, LogEvent.REACHED)


@dataclass(frozen=True, slots=True)
class Answered:
    """How soon alerts of a span were acknowledged, in seconds; never by whom."""

    alerts: int
    seconds: tuple[float, ...]

    def percentile(self, percent: int) -> float | None:
        """Return the time within which so many percent were (nearest rank); None without any."""
        if not self.seconds:
            return None
        return self.seconds[max(1, ceil(len(self.seconds) * percent / 100)) - 1]

    @property
    def share_soon(self) -> float | None:
        """Return the share of all alerts that somebody had within five minutes."""
        if not self.alerts:
            return None
        return sum(one < SOON.total_seconds() for one in self.seconds) / self.alerts


def figures(s: Session, days: Days, zone: str) -> dict[str, Any]:
    """Return a span's figures as they may be printed; counts of people under ten are hidden."""
    begin, end = days.moments(zone)
    took = answered(s, begin, end)
    pages, false = _pages(s, begin, end)
    soon = took.share_soon
    return {
        "from": days.first.isoformat(),
        "to": days.last.isoformat(),
        "response": {
            "alerts": took.alerts,
            "acknowledged": len(took.seconds),
            "median_minutes": _minutes(took.percentile(50)),
            "p95_minutes": _minutes(took.percentile(95)),
            "under_5_minutes_percent": None if soon is None else round(soon * 100),
            "pages_a_week": round(pages / days.weeks, 1),
            "false_pages_a_week": round(false / days.weeks, 1),
        },
        "funders": {
            "clients_served": shown(_served(s, begin, end)),
            "plans_made": shown(_number(s, Plan.id, Plan.made_at, begin, end)),
            "alerts_answered": shown(_number_answered(s, begin, end)),
            "referrals": shown(_referrals(s, begin, end)),
        },
    }


def _minutes(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / 60, 1)


def _real() -> sa.ColumnElement[bool]:
    """Return the condition that an alert was neither a trial nor the self-check's."""
    return sa.and_(Alert.trial.is_(False), Alert.id > 0)


def _taken(since: datetime, until: datetime) -> sa.Select[datetime, datetime]:
    """Ask for the opening and the first acknowledgement of each alert opened in a span."""
    first = sa.func.min(AlertLog.at)
    return (
        sa.select(Alert.opened_at, sa.type_coerce(first, AlertLog.at.type))
        .join(AlertLog, AlertLog.alert_id == Alert.id)
        .where(_real(), AlertLog.event.in_(_TAKEN))
        .where(Alert.opened_at >= since, Alert.opened_at < until)
        .group_by(Alert.id, Alert.opened_at)
    )


def answered(s: Session, since: datetime, until: datetime) -> Answered:
    """Return how soon the alerts that were opened in a span were acknowledged."""
    seconds = [
        max((row[1] - row[0]).total_seconds(), 0.0) for row in s.execute(_taken(since, until))
    ]
    opened_in = (Alert.opened_at >= since, Alert.opened_at < until)
    alerts = s.scalar(sa.select(sa.func.count(Alert.id)).where(_real(), *opened_in))
    return Answered(alerts or 0, tuple(sorted(seconds)))


def _number_answered(s: Session, since: datetime, until: datetime) -> int:
    return len(answered(s, since, until).seconds)


def _pages(s: Session, since: datetime, until: datetime) -> tuple[int, int]:
    """Return how many pages were written, and how many of them for an alert that was none."""
    asked = (
        sa.select(sa.func.count(AlertLog.id))
        .join(Alert, Alert.id == AlertLog.alert_id)
        .where(_real(), AlertLog.event == LogEvent.PAGED)
        .where(AlertLog.at >= since, AlertLog.at < until)
    )
    return s.scalar(asked) or 0, s.scalar(asked.where(Alert.outcome == NO_DANGER)) or 0


def _served(s: Session, since: datetime, until: datetime) -> int:
    """Return how many clients the program was with: a check-in answered, an alert, a plan touched
    or a need. Whoever was forgotten is not counted any more."""
    moments: Sequence[tuple[InstrumentedAttribute[str], Any]] = (
        (Checkin.client_id, Checkin.answered_at),
        (Alert.client_id, Alert.opened_at),
        (PlanChange.client_id, PlanChange.at),
        (Plan.client_id, Plan.made_at),
        (Need.client_id, Need.changed_at),
        (Client.id, Client.consented_at),
    )
    here = sa.select(Client.id).where(people.real(Client))
    seen = sa.union(
        *(sa.select(who).where(at >= since, at < until, who.in_(here)) for who, at in moments)
    )
    return s.scalar(sa.select(sa.func.count()).select_from(seen.subquery())) or 0


def _referrals(s: Session, since: datetime, until: datetime) -> int:
    """Return how many needs were arranged."""
    arranged = Need.state == NeedState.ARRANGED
    return s.scalar(
        sa.select(sa.func.count(Need.id)).where(
            arranged, Need.changed_at >= since, Need.changed_at < until
        )
    ) or 0  # fmt: skip


def _number(
    s: Session, what: Any, at: InstrumentedAttribute[datetime], since: datetime, until: datetime
) -> int:
    return s.scalar(sa.select(sa.func.count(what)).where(at >= since, at < until)) or 0
