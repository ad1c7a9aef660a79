"""Tables of on-call: single shifts, weekly rotations, overrides, and the test pages before them."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.tables.base import Base, Moment, new_id


class OnCall(Base):
    """A stretch of time in which a worker has the shift."""

    __tablename__ = "on_call"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    worker_id: Mapped[str] = mapped_column(sa.ForeignKey("worker.id"), comment="who")
    starts: Mapped[datetime] = mapped_column(Moment, index=True, comment="from")
    ends: Mapped[datetime] = mapped_column(Moment, index=True, comment="to, not included")


class RotationRow(Base):
    """Workers who are on call by turns, each a week; times are the program's wall clock."""

    __tablename__ = "rotation"

    id: Mapped[int] = mapped_column(primary_key=True, comment="the number that people say")
    first: Mapped[date] = mapped_column(comment="local day of the first hand-over")
    at: Mapped[str] = mapped_column(comment="HH:MM local, when it is handed over")
    hours: Mapped[str] = mapped_column(default="", comment="HH:MM-HH:MM of each day; empty: all")
    made_at: Mapped[datetime] = mapped_column(Moment, comment="when recorded")
    ended_at: Mapped[datetime | None] = mapped_column(Moment, comment="nobody's turn from then on")


class RotationTurn(Base):
    """One turn of a rotation."""

    __tablename__ = "rotation_turn"
    __table_args__ = (sa.UniqueConstraint("rotation_id", "place"),)

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    rotation_id: Mapped[int] = mapped_column(sa.ForeignKey("rotation.id"), comment="of which")
    place: Mapped[int] = mapped_column(comment="0 has the first week")
    worker_id: Mapped[str] = mapped_column(sa.ForeignKey("worker.id"), comment="whose")


class OverrideRow(Base):
    """Somebody is off for a while, and who has it instead."""

    __tablename__ = "on_call_override"

    id: Mapped[int] = mapped_column(primary_key=True, comment="order of saying: the last is true")
    worker_id: Mapped[str] = mapped_column(sa.ForeignKey("worker.id"), comment="who is off")
    by_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("worker.id"), comment="who has it instead; none: nobody"
    )
    starts: Mapped[datetime] = mapped_column(Moment, comment="from")
    ends: Mapped[datetime] = mapped_column(Moment, index=True, comment="to, not included")
    made_by: Mapped[str] = mapped_column(comment="worker id, or 'operator'")
    made_at: Mapped[datetime] = mapped_column(Moment, comment="when said")


class PageTest(Base):
    """A page without an alert, to try whether pages reach a worker; kept as the record of it."""

    __tablename__ = "page_test"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    worker_id: Mapped[str] = mapped_column(sa.ForeignKey("worker.id"), index=True, comment="to")
    made_by: Mapped[str] = mapped_column(comment="worker id, or 'operator'")
    made_at: Mapped[datetime] = mapped_column(Moment, comment="when written")
    acknowledged_at: Mapped[datetime | None] = mapped_column(Moment, comment="when tapped")
