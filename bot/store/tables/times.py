"""Tables of time: what is due, the dates that hurt, the check-ins."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.dates import DateKind, Wants
from bot.core.people import Situation
from bot.store.tables.base import Base, Moment, new_id, of


class DueKind(StrEnum):
    """What is planned."""

    CHECKIN = "checkin"  # ask how the day is
    NUDGE = "nudge"  # one gentle reminder
    MISS = "miss"  # the check-in stayed unanswered
    DATE = "date"  # a step around a date: tell the worker, plan ahead, the day itself ...
    END_PAUSE = "end_pause"  # a client's break is over
    DAY_OF_CALL = "day_of_call"  # day 0 of an incident: a human call
    PLAN_REVIEW = "plan_review"  # ask whether the plan is still true
    TASK_LATE = "task_late"  # nobody has settled a worker's task


class DueState(StrEnum):
    """What became of something planned; each ends as done, skipped or failed."""

    WAITING = "waiting"
    TAKEN = "taken"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


class Due(Base):
    """Something planned for a moment."""

    __tablename__ = "due"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    key: Mapped[str] = mapped_column(unique=True, comment="what makes it the same plan")
    kind: Mapped[DueKind] = mapped_column(of(DueKind), comment="see DueKind")
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("client.id"), index=True, comment="whose")
    about_id: Mapped[str | None] = mapped_column(index=True, comment="check-in, date or run")
    step: Mapped[str] = mapped_column(default="", comment="which step of its calendar")
    version: Mapped[int] = mapped_column(default=1, comment="of what it was planned from")
    at: Mapped[datetime] = mapped_column(Moment, index=True, comment="when")
    state: Mapped[DueState] = mapped_column(of(DueState), index=True, comment="see DueState")
    reason: Mapped[str] = mapped_column(default="", comment="why skipped or failed")
    ended_at: Mapped[datetime | None] = mapped_column(Moment, comment="when it ended")


class HardDate(Base):
    """A date that weighs on a client; the day is sealed, a date can name a dead person."""

    __tablename__ = "hard_date"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("client.id"), index=True, comment="whose")
    kind: Mapped[DateKind] = mapped_column(of(DateKind), comment="see DateKind")
    what: Mapped[bytes | None] = mapped_column(comment="sealed: a word for whom it is about")
    day: Mapped[bytes] = mapped_column(comment="sealed: ISO date, with the year")
    wants: Mapped[Wants] = mapped_column(of(Wants), comment="what the client wants around it")
    version: Mapped[int] = mapped_column(default=1, comment="raised by each change")
    active: Mapped[bool] = mapped_column(default=True, comment="false: dropped")
    made_at: Mapped[datetime] = mapped_column(Moment, comment="when recorded")


class Incident(Base):
    """That something happened around a client, and when: it sets the cadence for a year."""

    __tablename__ = "incident"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("client.id"), index=True, comment="whose")
    kind: Mapped[Situation] = mapped_column(of(Situation), comment="situation that it makes")
    at: Mapped[datetime] = mapped_column(Moment, comment="when it happened")
    made_at: Mapped[datetime] = mapped_column(Moment, comment="when recorded")


class CheckinState(StrEnum):
    """What became of a check-in."""

    SCHEDULED = "scheduled"
    SENT = "sent"
    ANSWERED = "answered"
    MISSED = "missed"


class Checkin(Base):
    """One time that a client was asked how it goes."""

    __tablename__ = "checkin"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("client.id"), index=True, comment="whose")
    run_id: Mapped[str | None] = mapped_column(index=True, comment="flow run that asks it")
    state: Mapped[CheckinState] = mapped_column(of(CheckinState), comment="see CheckinState")
    at: Mapped[datetime] = mapped_column(Moment, comment="when it was due")
    answered_at: Mapped[datetime | None] = mapped_column(Moment, comment="first answer")
