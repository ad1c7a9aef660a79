"""Tables of safety plans: whose, what stands in them, what changed, what was asked for."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.people import Situation
from bot.core.plan import (
    By,
    Did,
    ItemState,
    NeedKind,
    NeedState,
    Section,
    SituationState,
    Term,
)
from bot.store.tables.base import Base, Moment, new_id, of


class Plan(Base):
    """One client's safety plan; what stands in it are its items."""

    __tablename__ = "plan"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("client.id"), unique=True, comment="whose")
    version: Mapped[int] = mapped_column(default=0, comment="raised by each change")
    made_at: Mapped[datetime] = mapped_column(Moment, comment="when begun")
    changed_at: Mapped[datetime] = mapped_column(Moment, comment="last change")
    reviewed_at: Mapped[datetime] = mapped_column(
        Moment, comment="last gone through; at first: made"
    )
    review_from: Mapped[datetime | None] = mapped_column(Moment, comment="a review is open since")


class PlanItem(Base):
    """One thing in a plan, in the client's own words."""

    __tablename__ = "plan_item"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("client.id"), index=True, comment="whose")
    place: Mapped[int] = mapped_column(comment="order of coming in")
    section: Mapped[Section] = mapped_column(of(Section), comment="see Section")
    term: Mapped[Term] = mapped_column(of(Term), comment="short or long")
    words: Mapped[bytes | None] = mapped_column(comment="sealed; none: dropped")
    comment: Mapped[bytes | None] = mapped_column(comment="sealed: what the worker said to it")
    only_me: Mapped[bool] = mapped_column(default=False, comment="true: the worker does not see it")
    state: Mapped[ItemState] = mapped_column(of(ItemState), comment="see ItemState")
    by: Mapped[By] = mapped_column(of(By), comment="client or worker")
    source: Mapped[str] = mapped_column(default="", comment="flow.step that it answers, if one")
    checked_at: Mapped[datetime] = mapped_column(Moment, comment="last said to be true")
    made_at: Mapped[datetime] = mapped_column(Moment, comment="when")


class PlanChange(Base):
    """What changed from one version of a plan to the next; the words of before are not kept."""

    __tablename__ = "plan_change"

    id: Mapped[int] = mapped_column(primary_key=True, comment="order of happening")
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("client.id"), index=True, comment="whose")
    version: Mapped[int] = mapped_column(comment="version that it made")
    did: Mapped[Did] = mapped_column(of(Did), comment="see Did")
    by: Mapped[By] = mapped_column(of(By), comment="client or worker")
    item_id: Mapped[str | None] = mapped_column(comment="which item; none: the whole")
    at: Mapped[datetime] = mapped_column(Moment, comment="when")


class ClientSituation(Base):
    """A situation of a client, and what they decided about it; they can have several."""

    __tablename__ = "client_situation"
    __table_args__ = (sa.UniqueConstraint("client_id", "situation"),)

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("client.id"), index=True, comment="whose")
    situation: Mapped[Situation] = mapped_column(of(Situation), comment="which")
    state: Mapped[SituationState] = mapped_column(of(SituationState), comment="see there")
    seen_at: Mapped[datetime] = mapped_column(Moment, comment="when last seen or set")
    asked_at: Mapped[datetime | None] = mapped_column(Moment, comment="when last proposed")


class Need(Base):
    """Something a client asked the program for; money is promised or refused by a person."""

    __tablename__ = "need"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("client.id"), index=True, comment="whose")
    kind: Mapped[NeedKind] = mapped_column(of(NeedKind), comment="see NeedKind")
    state: Mapped[NeedState] = mapped_column(of(NeedState), comment="what the client has been told")
    reason: Mapped[str] = mapped_column(default="", comment="why declined: one of plan.yml's")
    task_id: Mapped[str | None] = mapped_column(comment="the worker's task")
    made_at: Mapped[datetime] = mapped_column(Moment, comment="when asked for")
    changed_at: Mapped[datetime] = mapped_column(Moment, comment="last change of state")
