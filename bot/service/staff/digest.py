"""The digest: what came while a worker was off shift, once, when the next shift begins."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.core.alerts import AlertState
from bot.core.danger import Urgency
from bot.core.messages import Kind
from bot.core.people import Role
from bot.service import speak
from bot.service.house import House
from bot.service.staff import today
from bot.service.staff.desk import SHOWN_FOR, Desk
from bot.store import telling
from bot.store.session import changed
from bot.store.tables import Alert, Program, Seen, Task, TaskState, Worker

log = structlog.get_logger()


def tick(house: House) -> int:
    """Give each worker one list when a shift has begun; return how many. Run twice, does it once.

    Shifts are the staffed hours of data/program/escalation.yml. Nothing is sent to whom nothing
    new concerns, to whoever is on leave, or when the shift is over by the time that we run again.
    """
    now = house.clock.now()
    shift = house.content.escalation.staffed.running(now)
    if shift is None:
        return 0
    begins, ends = shift
    with house.db.read() as s:
        program = s.get(Program, 1)
        if program is None or (program.digest_at is not None and program.digest_at >= begins):
            return 0
        since = program.digest_at
    with house.db.write() as s:
        undone = sa.or_(Program.digest_at.is_(None), Program.digest_at < begins)
        mark = sa.update(Program).where(Program.id == 1, undone).values(digest_at=begins)
        if changed(s, mark) != 1:
            return 0
        away = telling.away(s, now)
        workers = sa.select(Worker).where(
            Worker.active, Worker.role != Role.OPERATOR, Worker.chat.is_not(None)
        )
        did = 0
        for worker in s.scalars(workers.order_by(Worker.made_at, Worker.id)).all():
            if worker.id in away:
                continue
            try:
                with s.begin_nested():
                    did += _give(Desk(s, house, now, worker), since, begins, ends)
            except sa.exc.OperationalError:
                raise  # the database's trouble: the whole tick comes again
            except Exception:
                log.exception("digest_failed", worker=worker.id)
    if did:
        house.wake()
    return did


def _give(desk: Desk, since: datetime | None, begins: datetime, ends: datetime) -> int:
    if not today.any_since(desk, since, begins):
        return 0
    found = today.listing(desk)
    if found is None:
        return 0
    speak.to_worker(
        desk.s,
        desk.house,
        desk.at,
        desk.worker,
        Kind.DIGEST,
        found[0],
        key=f"digest:{desk.worker.id}:{begins.isoformat()}",
        buttons=found[1],
        expires_at=ends,
        delete_at=desk.at + SHOWN_FOR,
    )
    return 1


def next_moment(s: Session, house: House) -> datetime | None:
    """Return when the next digest is due, None when there is nothing that it could hold."""
    newest = max(
        (
            moment
            for moment in (
                s.scalar(
                    sa.select(sa.func.max(Alert.opened_at)).where(Alert.state != AlertState.CLOSED)
                ),
                s.scalar(sa.select(sa.func.max(Task.made_at)).where(Task.state == TaskState.OPEN)),
                s.scalar(sa.select(sa.func.max(Seen.at)).where(Seen.urgency == Urgency.WATCH)),
            )
            if moment is not None
        ),
        default=None,
    )
    program = s.get(Program, 1)
    done = program.digest_at if program is not None else None
    if newest is None or (done is not None and newest < done):
        return None
    return house.content.escalation.staffed.next_start(house.clock.now())
