"""Tables of talk: what came in, what leaves, which buttons hang where, how far a flow got."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.danger import Urgency
from bot.core.messages import Bot, InboundKind, Kind
from bot.core.people import Role
from bot.store.tables.base import Base, Moment, new_id, of


class InboxState(StrEnum):
    """How far an inbound message got."""

    RECEIVED = "received"  # written down, nothing else
    JUDGED = "judged"  # triaged; what danger asks for is written; the dialogue's turn is open
    WAITING = "waiting"  # the engine did not answer; the turn is tried again
    HANDLED = "handled"  # nothing more will follow
    IGNORED = "ignored"  # a stranger's, a group's, or too old to be answered


class Inbox(Base):
    """One thing that a channel received; its text is erased on a timer."""

    __tablename__ = "inbox"
    __table_args__ = (sa.UniqueConstraint("channel", "bot", "update_id"),)

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    place: Mapped[int] = mapped_column(index=True, comment="order of coming in")
    channel: Mapped[str] = mapped_column(comment="telegram, terminal")
    bot: Mapped[Bot] = mapped_column(of(Bot), comment="client or worker bot")
    update_id: Mapped[str] = mapped_column(comment="the channel's id; the same again is ignored")
    kind: Mapped[InboundKind] = mapped_column(of(InboundKind), comment="see InboundKind")
    client_id: Mapped[str | None] = mapped_column(index=True, comment="who wrote, if a client")
    worker_id: Mapped[str | None] = mapped_column(comment="who wrote, if a worker")
    text: Mapped[bytes | None] = mapped_column(comment="sealed; none: erased or empty")
    token: Mapped[str] = mapped_column(default="", comment="a button's token")
    chat: Mapped[bytes | None] = mapped_column(comment="sealed: a newcomer's chat, until judged")
    ref: Mapped[bytes | None] = mapped_column(comment="sealed: where the channel finds it again")
    delete_at: Mapped[datetime | None] = mapped_column(Moment, comment="take it off the phone")
    edited: Mapped[bool] = mapped_column(default=False, comment="an edit of an older message")
    state: Mapped[InboxState] = mapped_column(of(InboxState), index=True, comment="how far it got")
    urgency: Mapped[Urgency | None] = mapped_column(of(Urgency), comment="what triage found")
    signals: Mapped[list[str]] = mapped_column(sa.JSON, default=list, comment="signals found")
    asked: Mapped[str] = mapped_column(default="", comment="flow.step it may answer")
    hold: Mapped[bool] = mapped_column(default=False, comment="the next question waits for an ask")
    tries: Mapped[int] = mapped_column(default=0, comment="turns that failed")
    next_try_at: Mapped[datetime | None] = mapped_column(Moment, comment="when to try again")
    received_at: Mapped[datetime] = mapped_column(Moment, index=True, comment="when")
    handled_at: Mapped[datetime | None] = mapped_column(Moment, comment="when done with")


class OutboxState(StrEnum):
    """Where an outgoing message stands."""

    PENDING = "pending"  # to be sent at or after its time, for the first time or again
    SENDING = "sending"  # handed to the channel under a lease
    SENT = "sent"  # the channel took it
    FAILED_PERMANENT = "failed_permanent"  # will never arrive; said to whom it concerns
    OUTCOME_UNKNOWN = "outcome_unknown"  # may have arrived; not sent again
    CANCELLED = "cancelled"  # no longer true or no longer wanted


class Outbox(Base):
    """One message that leaves; nothing is said that does not stand here first."""

    __tablename__ = "outbox"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    place: Mapped[int] = mapped_column(index=True, comment="order of writing")
    key: Mapped[str] = mapped_column(unique=True, comment="what makes it the same message")
    kind: Mapped[Kind] = mapped_column(of(Kind), comment="see Kind")
    role: Mapped[Role] = mapped_column(of(Role), comment="role of the receiver")
    client_id: Mapped[str | None] = mapped_column(index=True, comment="receiver, if a client")
    worker_id: Mapped[str | None] = mapped_column(index=True, comment="receiver, if a worker")
    channel: Mapped[str | None] = mapped_column(comment="a second way; none: receiver's chat")
    about_id: Mapped[str | None] = mapped_column(comment="client that it is about")
    alert_id: Mapped[int | None] = mapped_column(index=True, comment="alert that it is about")
    due_id: Mapped[str | None] = mapped_column(comment="planned thing that it carries out")
    run_id: Mapped[str | None] = mapped_column(comment="flow run whose question it asks")
    text: Mapped[bytes | None] = mapped_column(comment="sealed; none: erased")
    buttons: Mapped[bytes | None] = mapped_column(comment="sealed JSON: rows of [label, token]")
    silent: Mapped[bool] = mapped_column(default=False, comment="no sound")
    protect: Mapped[bool] = mapped_column(default=False, comment="no forwarding")
    state: Mapped[OutboxState] = mapped_column(of(OutboxState), index=True, comment="see there")
    priority: Mapped[int] = mapped_column(comment="0 leaves first")
    not_before: Mapped[datetime] = mapped_column(Moment, index=True, comment="not sent earlier")
    expires_at: Mapped[datetime | None] = mapped_column(Moment, comment="pointless after")
    lease_until: Mapped[datetime | None] = mapped_column(Moment, comment="claim runs out")
    tries: Mapped[int] = mapped_column(default=0, comment="times handed to the channel")
    unknowns: Mapped[int] = mapped_column(default=0, comment="times the outcome was unknown")
    reason: Mapped[str] = mapped_column(default="", comment="why it failed or was cancelled")
    ref: Mapped[bytes | None] = mapped_column(comment="sealed: where the channel finds it again")
    delete_at: Mapped[datetime | None] = mapped_column(Moment, comment="take it off the phone")
    made_at: Mapped[datetime] = mapped_column(Moment, comment="when written")
    sent_at: Mapped[datetime | None] = mapped_column(Moment, comment="when the channel took it")


class ButtonRow(Base):
    """What a short token means; a tap counts only for whom and what it was made for."""

    __tablename__ = "button"

    token: Mapped[str] = mapped_column(sa.String(64), primary_key=True, comment="comes back")
    client_id: Mapped[str | None] = mapped_column(comment="who may press it, if a client")
    worker_id: Mapped[str | None] = mapped_column(comment="who may press it, if a worker")
    does: Mapped[str] = mapped_column(comment="constant name of what it does")
    run_id: Mapped[str | None] = mapped_column(comment="flow run that it answers")
    step: Mapped[str] = mapped_column(default="", comment="step that it answers")
    value: Mapped[str] = mapped_column(default="", comment="the choice's value, or an id")
    alert_id: Mapped[int | None] = mapped_column(comment="alert that it acts on")
    made_at: Mapped[datetime] = mapped_column(Moment, index=True, comment="when made")


class RunState(StrEnum):
    """Where a run of a flow stands."""

    ACTIVE = "active"  # its question is the one being asked
    PAUSED = "paused"  # interrupted; goes on at the same step
    DONE = "done"
    ABANDONED = "abandoned"


class FlowRun(Base):
    """One client's way through one version of a flow: the whole state of the conversation."""

    __tablename__ = "flow_run"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    client_id: Mapped[str] = mapped_column(sa.ForeignKey("client.id"), index=True, comment="whose")
    flow: Mapped[str] = mapped_column(comment="name of the flow")
    version: Mapped[int] = mapped_column(comment="version that it began with")
    definition: Mapped[dict[str, Any]] = mapped_column(sa.JSON, comment="the flow as it was then")
    state: Mapped[RunState] = mapped_column(of(RunState), index=True, comment="see RunState")
    step: Mapped[str] = mapped_column(comment="step asked now")
    asked_again: Mapped[bool] = mapped_column(default=False, comment="asked twice already")
    about: Mapped[str] = mapped_column(
        default="", server_default="", comment="plan item or section that it changes"
    )
    put_away: Mapped[bool] = mapped_column(
        default=False, server_default=sa.false(), comment="true: waits until the client asks for it"
    )
    began_at: Mapped[datetime] = mapped_column(Moment, comment="when it began")
    asked_at: Mapped[datetime] = mapped_column(Moment, comment="when the question was last asked")
    ended_at: Mapped[datetime | None] = mapped_column(Moment, comment="when done or abandoned")


class Answer(Base):
    """What a client answered to one step of one run."""

    __tablename__ = "answer"
    __table_args__ = (sa.UniqueConstraint("run_id", "step"),)

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    run_id: Mapped[str] = mapped_column(sa.ForeignKey("flow_run.id"), index=True, comment="run")
    step: Mapped[str] = mapped_column(comment="step answered")
    value: Mapped[bytes | None] = mapped_column(comment="sealed: value or words; none: erased")
    inbox_id: Mapped[str] = mapped_column(comment="message that answered")
    at: Mapped[datetime] = mapped_column(Moment, comment="when")
