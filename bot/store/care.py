"""Questions about care: a client's open alerts, what was seen lately, open asks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.alerts import AlertState, LogEvent
from bot.core.danger import Signal, Urgency, Verdict
from bot.store.tables import Alert, AlertLog, Ask, AskState, Client, Seen, Task, TaskState, Worker

RECENT = timedelta(days=3)  # how long an earlier signal colours the reading of a new message

HANDED_OVER = "handed over"  # in the log: this worker's pages open nothing any more


def log(
    s: Session,
    alert: Alert,
    at: datetime,
    event: LogEvent,
    *,
    worker_id: str | None = None,
    detail: str = "",
) -> None:
    """Add a line to an alert's log."""
    s.add(AlertLog(alert_id=alert.id, at=at, event=event, worker_id=worker_id, detail=detail))


def newest_open(s: Session, client_id: str) -> Alert | None:
    """Return a client's newest alert that is not closed, None when all are."""
    asked = sa.select(Alert).where(Alert.client_id == client_id, Alert.state != AlertState.CLOSED)
    return s.scalar(asked.order_by(Alert.id.desc()).limit(1))


def open_now(s: Session, client_id: str) -> bool:
    """Tell whether an alert of a client that rang at once is not closed yet."""
    mine = Alert.client_id == client_id, Alert.state != AlertState.CLOSED, Alert.trial.is_(False)
    asked = sa.select(Alert.id).where(*mine, Alert.urgency == Urgency.NOW).limit(1)
    return s.scalar(asked) is not None


def of_message(s: Session, inbox_id: str) -> Alert | None:
    """Return the alert that a message opened, None when it opened none."""
    return s.scalar(sa.select(Alert).where(Alert.inbox_id == inbox_id))


def paged(s: Session, alert: Alert, worker: Worker) -> bool:
    """Tell whether a worker was paged for an alert, and the client was not given away since."""
    asked = sa.select(AlertLog.event).where(
        AlertLog.alert_id == alert.id,
        AlertLog.worker_id == worker.id,
        sa.or_(AlertLog.event == LogEvent.PAGED, AlertLog.detail == HANDED_OVER),
    )
    return s.scalar(asked.order_by(AlertLog.id.desc()).limit(1)) == LogEvent.PAGED


def all_paged(s: Session, alert: Alert) -> Sequence[Worker]:
    """Return who was paged for an alert, in the order in which they were first rung."""
    rung = sa.select(AlertLog.worker_id, sa.func.min(AlertLog.id).label("first"))
    rung = rung.where(AlertLog.alert_id == alert.id, AlertLog.event == LogEvent.PAGED)
    by = rung.group_by(AlertLog.worker_id).subquery()
    return s.scalars(
        sa.select(Worker).join(by, by.c.worker_id == Worker.id).order_by(by.c.first)
    ).all()


def synthetic_number(s: Session) -> int:
    """Return the next number of the self-check's alerts, below zero: those of people go on without
    a gap."""
    lowest = s.scalar(sa.select(sa.func.min(Alert.id))) or 0
    return min(lowest, 0) - 1


def open_alerts(s: Session, worker: Worker | None = None) -> Sequence[Alert]:
    """Return open alerts, newest first: all, or those of a worker's clients and their own."""
    asked = sa.select(Alert).where(Alert.state != AlertState.CLOSED, Alert.id > 0)
    if worker is not None:
        mine = sa.select(Client.id).where(Client.worker_id == worker.id)
        asked = asked.where(sa.or_(Alert.client_id.in_(mine), Alert.acknowledged_by == worker.id))
    return s.scalars(asked.order_by(Alert.id.desc())).all()


def note_seen(
    s: Session,
    client_id: str,
    inbox_id: str,
    verdict: Verdict,
    at: datetime,
    alert_id: int | None = None,
) -> None:
    """Keep the signals of a message for some days."""
    for signal in verdict.signals:
        s.add(
            Seen(
                client_id=client_id,
                inbox_id=inbox_id,
                signal=signal,
                urgency=verdict.urgency,
                at=at,
                alert_id=alert_id,
            )
        )


def recent_signals(s: Session, client_id: str, at: datetime) -> tuple[Signal, ...]:
    """Return the signals of the last days, newest first."""
    asked = sa.select(Seen.signal).where(Seen.client_id == client_id, Seen.at > at - RECENT)
    return tuple(s.scalars(asked.order_by(Seen.at.desc()).limit(12)))


def open_ask(s: Session, client_id: str) -> Ask | None:
    """Return the ask that a client has not answered, None when there is none."""
    return s.scalar(sa.select(Ask).where(Ask.client_id == client_id, Ask.state == AskState.OPEN))


def add_task(
    s: Session, key: str, client: Client, kind: str, at: datetime, to: Worker | None = None
) -> Task | None:
    """Give a client's worker, or somebody else, a task; None when the same one is there already."""
    if s.scalar(sa.select(Task.id).where(Task.key == key)) is not None:
        return None
    task = Task(
        key=key,
        client_id=client.id,
        worker_id=client.worker_id if to is None else to.id,
        kind=kind,
        state=TaskState.OPEN,
        made_at=at,
    )
    s.add(task)
    s.flush()
    return task


def open_tasks(s: Session, worker: Worker, *others: str) -> Sequence[Task]:
    """Return a worker's open tasks, oldest first; ``others``: ids of whom they stand in for."""
    whose = Task.worker_id.in_((worker.id, *others))
    asked = sa.select(Task).where(whose, Task.state == TaskState.OPEN)
    return s.scalars(asked.order_by(Task.made_at)).all()
