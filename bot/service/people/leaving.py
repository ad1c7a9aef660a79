"""Leaving: a worker who goes leaves nothing behind that nobody looks after."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.alerts import AlertState, LogEvent
from bot.core.writing import Ended
from bot.service import writing
from bot.service.alerting import alerts, oncall
from bot.service.house import House
from bot.store import care, outbox
from bot.store.tables import Alert, Client, Invite, OnCall, Outbox, Task, TaskState, Worker


def leave(s: Session, house: House, at: datetime, worker: Worker) -> None:
    """Let a worker go, whose clients have another worker already.

    1. Their phone, PIN and links go dead, what was on its way to them is cancelled.
    2. Their shifts end; one that they took is again whose it was, and the supervisors hear that.
    3. An alert that they had rings again for the others; where the client was reached already, it
       is the client's own worker's to close.
    """
    client = writing.client_of(s, worker)
    if client is not None:
        writing.end(s, house, at, client, Ended.NOT_THEIRS)
    worker.active = False
    worker.chat = worker.chat_lookup = worker.channel = None
    worker.email = worker.number = worker.tested_at = None
    worker.pin = worker.writing = worker.unlocked_until = None
    s.execute(
        sa.update(Invite)
        .where(Invite.worker_id == worker.id, Invite.used_at.is_(None))
        .values(expires_at=at)
    )
    outbox.cancel(s, "the worker left", Outbox.worker_id == worker.id)
    s.execute(sa.delete(OnCall).where(OnCall.worker_id == worker.id, OnCall.starts >= at))
    s.execute(
        sa.update(OnCall).where(OnCall.worker_id == worker.id, OnCall.ends > at).values(ends=at)
    )
    oncall.give_back(s, house, at, worker)
    s.flush()
    # A debrief goes with them; what else they were to do for somebody's client is that worker's.
    todo = sa.select(Task).where(Task.worker_id == worker.id, Task.state == TaskState.OPEN)
    for task in s.scalars(todo).all():
        owner = s.get_one(Client, task.client_id).worker_id
        if task.kind == "debrief" or owner == worker.id:
            task.state = TaskState.DROPPED
        else:
            task.worker_id = owner
    had = sa.select(Alert).where(
        Alert.acknowledged_by == worker.id, Alert.state != AlertState.CLOSED
    )
    for alert in s.scalars(had).all():
        client = s.get_one(Client, alert.client_id)
        care.log(s, alert, at, LogEvent.RELEASED, worker_id=worker.id, detail="left")
        if alert.state is AlertState.REACHED:
            alert.acknowledged_by = client.worker_id
        else:
            alerts.restart(s, house, at, alert, client)
