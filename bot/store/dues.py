"""Dues: what is planned for a moment; each ends as done, skipped or failed, and says why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store.tables import Client, Due, DueKind, DueState


def put(
    s: Session,
    kind: DueKind,
    client: Client,
    at: datetime,
    *,
    key: str,
    about_id: str | None = None,
    step: str = "",
    version: int = 1,
) -> Due | None:
    """Plan something; None when the same plan stands here already."""
    if s.scalar(sa.select(Due.id).where(Due.key == key)) is not None:
        return None
    due = Due(
        key=key,
        kind=kind,
        client_id=client.id,
        about_id=about_id,
        step=step,
        version=version,
        at=at,
        state=DueState.WAITING,
        reason="",
    )
    s.add(due)
    s.flush()
    return due


def ready(s: Session, at: datetime) -> Sequence[str]:
    """Return the ids of what is due now, earliest first."""
    asked = sa.select(Due.id).where(Due.state == DueState.WAITING, Due.at <= at)
    return s.scalars(asked.order_by(Due.at, Due.id)).all()


def take(s: Session, id_: str) -> Due | None:
    """Take one due thing; None when somebody else took it or it was skipped."""
    taken = s.execute(
        sa.update(Due)
        .where(Due.id == id_, Due.state == DueState.WAITING)
        .values(state=DueState.TAKEN)
    )
    return s.get_one(Due, id_) if taken.rowcount == 1 else None


def end(due: Due, at: datetime, state: DueState, reason: str = "") -> None:
    """Say what became of a due thing."""
    due.state, due.ended_at, due.reason = state, at, reason


def skip(
    s: Session,
    client: Client,
    at: datetime,
    reason: str,
    *,
    kinds: Sequence[DueKind] = tuple(DueKind),
    about_id: str | None = None,
) -> int:
    """Skip what is still waiting for a client; return how many."""
    change = sa.update(Due).where(
        Due.client_id == client.id, Due.state == DueState.WAITING, Due.kind.in_(kinds)
    )
    if about_id is not None:
        change = change.where(Due.about_id == about_id)
    skipped = s.execute(change.values(state=DueState.SKIPPED, reason=reason, ended_at=at))
    return skipped.rowcount


def next_moment(s: Session) -> datetime | None:
    """Return when the next thing is due, None when nothing is planned."""
    return s.scalar(sa.select(sa.func.min(Due.at)).where(Due.state == DueState.WAITING))
