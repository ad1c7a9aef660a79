"""Tables of care: alerts and what was done about them, asks, tasks, signals seen."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.alerts import AlertState, LogEvent
from bot.core.danger import Signal, Urgency
from bot.store.tables.base import Base, Moment, new_id, of


class Alert(Base):
    """Danger that a person must take care of; open until somebody says what became of it."""

    __tablename__ = "alert"

    id: Mapped[int] = mapped_column(primary_key=True, comment="the #number people say")
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("client.id"), index=True, comment="whose")
    inbox_id: Mapped[str | None] = mapped_column(unique=True, comment="message that opened it")
    linked_id: Mapped[int | None] = mapped_column(comment="earlier alert of the same client")
    trial: Mapped[bool] = mapped_column(default=False, comment="help pressed on trial")
    urgency: Mapped[Urgency] = mapped_column(of(Urgency), comment="highest so far")
    signals: Mapped[list[str]] = mapped_column(sa.JSON, comment="signals so far")
    why: Mapped[bytes | None] = mapped_column(comment="sealed: what triage saw; none: erased")
    state: Mapped[AlertState] = mapped_column(of(AlertState), index=True, comment="see there")
    policy: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, comment="steps as of opening")
    chain_at: Mapped[datetime] = mapped_column(Moment, comment="when the chain (re)started")
    next_step: Mapped[int] = mapped_column(default=0, comment="step that comes next")
    next_at: Mapped[datetime | None] = mapped_column(Moment, index=True, comment="when; none: over")
    told_at: Mapped[datetime | None] = mapped_column(Moment, comment="client hears 'nobody yet'")
    acknowledged_by: Mapped[str | None] = mapped_column(comment="worker id")
    acknowledged_at: Mapped[datetime | None] = mapped_column(Moment, comment="when")
    reached_at: Mapped[datetime | None] = mapped_column(Moment, comment="client was reached")
    closed_at: Mapped[datetime | None] = mapped_column(Moment, comment="when closed")
    outcome: Mapped[str] = mapped_column(default="", comment="one of escalation.yml's outcomes")
    opened_at: Mapped[datetime] = mapped_column(Moment, comment="when")


class AlertLog(Base):
    """One thing that happened to an alert."""

    __tablename__ = "alert_log"

    id: Mapped[int] = mapped_column(primary_key=True, comment="order of happening")
    alert_id: Mapped[int] = mapped_column(sa.ForeignKey("alert.id"), index=True, comment="which")
    at: Mapped[datetime] = mapped_column(Moment, comment="when")
    event: Mapped[LogEvent] = mapped_column(of(LogEvent), comment="see LogEvent")
    worker_id: Mapped[str | None] = mapped_column(comment="who did it or was paged")
    detail: Mapped[str] = mapped_column(default="", comment="step, reason or urgency; no words")


class Seen(Base):
    """A signal that triage saw, kept for days as context and for the worker's next contact."""

    __tablename__ = "seen"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("client.id"), index=True, comment="whose")
    alert_id: Mapped[int | None] = mapped_column(comment="alert that it belongs to")
    inbox_id: Mapped[str] = mapped_column(comment="message that showed it")
    signal: Mapped[Signal] = mapped_column(of(Signal), comment="which")
    urgency: Mapped[Urgency] = mapped_column(of(Urgency), comment="of that message")
    at: Mapped[datetime] = mapped_column(Moment, index=True, comment="when")


class AskState(StrEnum):
    """What became of "are you safe right now?"."""

    OPEN = "open"
    SAFE = "safe"  # said yes
    DANGER = "danger"  # said no or call me
    SILENT = "silent"  # did not answer in time: became an alert
    MOOT = "moot"  # overtaken by an alert


class Ask(Base):
    """A question to a client whose message left us unsure."""

    __tablename__ = "ask"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("client.id"), index=True, comment="whose")
    inbox_id: Mapped[str] = mapped_column(unique=True, comment="message that left us unsure")
    signals: Mapped[list[str]] = mapped_column(sa.JSON, comment="what it may be about")
    why: Mapped[bytes | None] = mapped_column(comment="sealed: what triage saw; none: erased")
    state: Mapped[AskState] = mapped_column(of(AskState), index=True, comment="see AskState")
    deadline: Mapped[datetime] = mapped_column(Moment, index=True, comment="silence pages then")
    made_at: Mapped[datetime] = mapped_column(Moment, comment="when asked")
    settled_at: Mapped[datetime | None] = mapped_column(Moment, comment="when settled")


class TaskState(StrEnum):
    """What became of a worker's task."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"  # no longer needed


class Task(Base):
    """Something a worker is to do for a client, that is no alert."""

    __tablename__ = "task"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    key: Mapped[str] = mapped_column(unique=True, comment="what makes it the same task")
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("client.id"), index=True, comment="whose")
    worker_id: Mapped[str] = mapped_column(sa.ForeignKey("worker.id"), index=True, comment="doer")
    kind: Mapped[str] = mapped_column(comment="constant name; its text is utter_task_<kind>")
    state: Mapped[TaskState] = mapped_column(of(TaskState), comment="see TaskState")
    made_at: Mapped[datetime] = mapped_column(Moment, comment="when")
    done_at: Mapped[datetime | None] = mapped_column(Moment, comment="when")
