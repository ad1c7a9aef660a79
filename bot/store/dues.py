"""Dues: what is planned for a moment; each ends as done, skipped or failed, and says why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.store.session import changed
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


def revive(s: Session, key: str) -> Due | None:
    """Let a plan that was skipped stand again; None when it was carried out."""
    again = sa.update(Due).where(Due.key == key, Due.state == DueState.SKIPPED)
    changed(s, again.values(state=DueState.WAITING, reason="", ended_at=None))
    return s.scalar(sa.select(Due).where(Due.key == key, Due.state == DueState.WAITING))


def ready(s: Session, at: datetime) -> Sequence[str]:
    """Return the ids of what is due now, earliest first; at one moment always in the same order."""
    asked = sa.select(Due.id).join(Client, Client.id == Due.client_id)
    asked = asked.where(Due.state == DueState.WAITING, Due.at <= at)
    order = (Due.at, Client.made_at, Due.kind, Due.step, Due.id)
    return s.scalars(asked.order_by(*order)).all()


def take(s: Session, id_: str) -> Due | None:
    """Take one due thing; None when somebody else took it or it was skipped."""
    mine = sa.update(Due).where(Due.id == id_, Due.state == DueState.WAITING)
    if changed(s, mine.values(state=DueState.TAKEN)) != 1:
        return None
    return s.get_one(Due, id_)


def put_off(due: Due, until: datetime) -> None:
    """Let something that was taken wait until a later moment."""
    due.state, due.at = DueState.WAITING, until


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
    """Skip what is still waiting for a client; return how many.

    Never that a worker's task is late: it stays theirs whatever becomes of the client's phone.
    """
    change = (
        sa.update(Due)
        .where(Due.client_id == client.id, Due.state == DueState.WAITING, Due.kind.in_(kinds))
        .where(Due.kind != DueKind.TASK_LATE)
    )
    if about_id is not None:
        change = change.where(Due.about_id == about_id)
    return changed(s, change.values(state=DueState.SKIPPED, reason=reason, ended_at=at))


def next_moment(s: Session) -> datetime | None:
    """Return when the next thing is due, None when nothing is planned."""
    return s.scalar(sa.select(sa.func.min(Due.at)).where(Due.state == DueState.WAITING))
