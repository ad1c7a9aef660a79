"""The outbox: nothing is said that does not stand here first."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.core.messages import Button, Kind
from bot.core.people import Role
from bot.store.sealed import Box, Sealer
from bot.store.session import changed, rows_of
from bot.store.tables import ButtonRow, Client, Outbox, OutboxState, Worker, new_id

URGENT = 1  # up to this priority a message waits for no other
LEASE = timedelta(seconds=60)  # longer than any channel's own time-out, so that no one sends twice


@dataclass(frozen=True, slots=True)
class Press:
    """A button to be: its label and what a tap on it does."""

    label: str
    does: str
    run_id: str | None = None
    step: str = ""
    value: str = ""
    alert_id: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be: to whom, why, what. ``key`` makes it the same message if written twice."""

    to: Client | Worker
    kind: Kind
    text: str = field(repr=False)
    key: str = ""
    buttons: Sequence[Sequence[Press]] = ()
    about: Client | None = None
    channel: str | None = None  # a second way; None: the receiver's chat
    alert_id: int | None = None
    due_id: str | None = None
    run_id: str | None = None
    silent: bool = False
    protect: bool = False
    not_before: datetime | None = None
    expires_at: datetime | None = None
    delete_at: datetime | None = None


def put(s: Session, sealer: Sealer, draft: Draft, at: datetime) -> Outbox | None:
    """Write a message that is to leave; None when the same one stands here already."""
    key = draft.key or new_id()
    if s.scalar(sa.select(Outbox.id).where(Outbox.key == key)) is not None:
        return None
    id_ = new_id()
    to_client = isinstance(draft.to, Client)
    box = _box(sealer, draft.to)
    rows = [[_button(s, draft, press, at) for press in row] for row in draft.buttons]
    row = Outbox(
        id=id_,
        place=s.scalar(sa.select(sa.func.coalesce(sa.func.max(Outbox.place), 0) + 1)),
        key=key,
        kind=draft.kind,
        role=Role.CLIENT if isinstance(draft.to, Client) else draft.to.role,
        client_id=draft.to.id if to_client else None,
        worker_id=None if to_client else draft.to.id,
        channel=draft.channel,
        about_id=draft.about.id if draft.about else None,
        alert_id=draft.alert_id,
        due_id=draft.due_id,
        run_id=draft.run_id,
        text=box.seal("outbox.text", id_, draft.text),
        buttons=box.seal("outbox.buttons", id_, json.dumps(rows)) if rows else None,
        silent=draft.silent,
        protect=draft.protect,
        state=OutboxState.PENDING,
        priority=draft.kind.priority,
        not_before=draft.not_before or at,
        expires_at=draft.expires_at,
        delete_at=draft.delete_at,
        made_at=at,
        tries=0,
        unknowns=0,
        reason="",
    )
    s.add(row)
    s.flush()
    return row


def _box(sealer: Sealer, person: Client | Worker) -> Box:
    return sealer.client(person.id, person.key) if isinstance(person, Client) else sealer.program


def _button(s: Session, draft: Draft, press: Press, at: datetime) -> tuple[str, str]:
    token = secrets.token_urlsafe(12)
    to_client = isinstance(draft.to, Client)
    s.add(
        ButtonRow(
            token=token,
            client_id=draft.to.id if to_client else None,
            worker_id=None if to_client else draft.to.id,
            does=press.does,
            run_id=press.run_id,
            step=press.step,
            value=press.value,
            alert_id=press.alert_id if press.alert_id is not None else draft.alert_id,
            made_at=at,
        )
    )
    return press.label, token


def content(
    sealer: Sealer, row: Outbox, person: Client | Worker
) -> tuple[str, tuple[tuple[Button, ...], ...]]:
    """Return a message's text and rows of buttons; empty when they were erased."""
    box = _box(sealer, person)
    text = box.open("outbox.text", row.id, row.text) if row.text else ""
    rows = json.loads(box.open("outbox.buttons", row.id, row.buttons)) if row.buttons else []
    return text, tuple(tuple(Button(label, token) for label, token in line) for line in rows)


def due(s: Session, at: datetime, limit: int, of: Collection[int] = ()) -> Sequence[Outbox]:
    """Return what may leave now: pages first, then answers, then the rest; ``of``: only these
    priorities."""
    given = {"at": at, "limit": limit, **({"of": list(of)} if of else {})}
    return s.scalars(_due(chosen=bool(of)), given).all()


def claim(s: Session, id_: str, at: datetime) -> Outbox | None:
    """Take one message under a lease; None when another sender has it, it was cancelled, or an
    earlier one of the same receiver is still on its way.

    Pages and safety answers wait for no other message.
    """
    taken = s.execute(_claim(), {"which": id_, "until": at + LEASE})
    return s.get_one(Outbox, id_) if rows_of(taken) == 1 else None


# These statements are made once: every message asks them several times, and to make one takes
# longer than to carry it out.
@cache
def _due(*, chosen: bool) -> sa.Select[Outbox]:
    asked = sa.select(Outbox).where(
        Outbox.state == OutboxState.PENDING,
        Outbox.not_before <= sa.bindparam("at"),
        _waits_for_none(),
    )
    if chosen:
        asked = asked.where(Outbox.priority.in_(sa.bindparam("of", expanding=True)))
    return asked.order_by(Outbox.priority, Outbox.place).limit(sa.bindparam("limit"))


@cache
def _claim() -> sa.Update:
    return (
        sa.update(Outbox)
        .where(Outbox.id == sa.bindparam("which"), Outbox.state == OutboxState.PENDING)
        .where(_waits_for_none())
        .values(
            state=OutboxState.SENDING,
            lease_until=sa.bindparam("until"),
            tries=Outbox.tries + 1,
        )
        .execution_options(synchronize_session=False)
    )


@cache
def _waits_for_none() -> sa.ColumnElement[bool]:
    return sa.or_(Outbox.priority <= URGENT, ~_behind_another())


def _behind_another() -> sa.Exists:
    """Tell whether a message of the same receiver is being sent, or an earlier one leaves before
    it or is tried again: what was said first arrives first."""
    other = aliased(Outbox)
    same = sa.or_(other.client_id == Outbox.client_id, other.worker_id == Outbox.worker_id)
    earlier = sa.and_(
        other.state == OutboxState.PENDING,
        other.place < Outbox.place,
        sa.or_(other.tries > 0, other.not_before <= Outbox.not_before),
    )
    on_its_way = sa.or_(other.state == OutboxState.SENDING, earlier)
    matters = sa.and_(other.priority > URGENT, other.priority <= Outbox.priority)
    return sa.select(other.id).where(same, on_its_way, matters).exists()


def to_settle(s: Session, at: datetime) -> bool:
    """Tell whether a lease or the time of a message is over."""
    lease = sa.and_(Outbox.state == OutboxState.SENDING, Outbox.lease_until <= at)
    passed = sa.and_(Outbox.state == OutboxState.PENDING, Outbox.expires_at <= at)
    return s.scalar(sa.select(Outbox.id).where(sa.or_(lease, passed)).limit(1)) is not None


def leases_over(s: Session, at: datetime) -> Sequence[Outbox]:
    """Return messages whose sender died: nobody knows whether they arrived."""
    return s.scalars(
        sa.select(Outbox).where(Outbox.state == OutboxState.SENDING, Outbox.lease_until <= at)
    ).all()


def cancel(s: Session, reason: str, *conditions: sa.ColumnElement[bool]) -> int:
    """Cancel what has not left and is no longer true or wanted; return how many."""
    over = (
        sa.update(Outbox)
        .where(Outbox.state == OutboxState.PENDING, *conditions)
        .values(state=OutboxState.CANCELLED, reason=reason)
    )
    return changed(s, over)


def next_moment(s: Session) -> datetime | None:
    """Return when the next pending message may leave, None when nothing is pending."""
    mine = (Outbox.state == OutboxState.PENDING, _waits_for_none())
    return s.scalar(sa.select(sa.func.min(Outbox.not_before)).where(*mine))
