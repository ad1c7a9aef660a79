"""Questions about the on-call schedule: who has the shift at a moment, and who will."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.hours import Span
from bot.core.oncall import Override, Rotation, Stretch, put_together
from bot.store.tables import OnCall, OverrideRow, RotationRow, RotationTurn, Worker

INSTANT = timedelta(microseconds=1)


def schedule(s: Session, zone: str, since: datetime, until: datetime) -> list[Stretch]:
    """Return who is on call from one moment to another, in order of time; ``zone``: the program's.

    Single shifts and rotations together, overrides over both. Who has left is on call no more.
    """
    here = frozenset(s.scalars(sa.select(Worker.id).where(Worker.active)))
    said = sa.select(OverrideRow).where(OverrideRow.ends > since, OverrideRow.starts < until)
    overrides = [
        Override(one.worker_id, one.by_id, one.starts, one.ends)
        for one in s.scalars(said.order_by(OverrideRow.id))
    ]
    planned = [*_shifts(s, since, until), *_turns(s, zone, since, until, here)]
    found = put_together(planned, overrides, since, until)
    return [one for one in found if one.worker_id in here]


def on_call(s: Session, zone: str, at: datetime) -> Sequence[Worker]:
    """Return who has the shift at a moment; nobody is an answer too."""
    ids = dict.fromkeys(one.worker_id for one in schedule(s, zone, at, at + INSTANT))
    return [s.get_one(Worker, id_) for id_ in ids]


def _shifts(s: Session, since: datetime, until: datetime) -> Iterator[Stretch]:
    asked = sa.select(OnCall).where(OnCall.ends > since, OnCall.starts < until)
    for one in s.scalars(asked.order_by(OnCall.starts, OnCall.id)):
        yield Stretch(one.worker_id, one.starts, one.ends)


def _turns(
    s: Session, zone: str, since: datetime, until: datetime, here: frozenset[str]
) -> Iterator[Stretch]:
    for row in s.scalars(sa.select(RotationRow).order_by(RotationRow.id)):
        ends = until if row.ended_at is None else min(until, row.ended_at)
        for one in rotation(s, zone, row).stretches(since, ends, here):
            yield Stretch(one.worker_id, one.starts, min(one.ends, row.ended_at or one.ends))


def rotation(s: Session, zone: str, row: RotationRow) -> Rotation:
    """Return a rotation as it is worked out."""
    turns = sa.select(RotationTurn.worker_id).where(RotationTurn.rotation_id == row.id)
    return Rotation(
        zone,
        row.first,
        time.fromisoformat(row.at),
        tuple(s.scalars(turns.order_by(RotationTurn.place))),
        Span.parse(row.hours) if row.hours else None,
    )
