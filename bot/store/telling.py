"""Questions about who may be told about a client at a moment: never-tell lists, leave."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core import telling
from bot.core.people import Role
from bot.store import people
from bot.store.tables import Away, Client, Worker


def never(s: Session, client: Client) -> dict[str, str]:
    """Return who must not be told about a client, each with the fallback who can be; "" for none.

    A fallback who has left, or is an operator, is none.
    """
    return {who: one if _may_stand_in(s, one) else "" for who, one in client.never_tell.items()}


def away(s: Session, at: datetime) -> dict[str, str]:
    """Return who is on leave at a moment, each with their substitute who can be paged now."""
    asked = sa.select(Away).where(Away.starts <= at, Away.ends > at).order_by(Away.id)
    return {
        one.worker_id: one.substitute_id
        for one in s.scalars(asked)
        if _may_stand_in(s, one.substitute_id, reachable=True)
    }


def _may_stand_in(s: Session, worker_id: str, *, reachable: bool = False) -> bool:
    worker = s.get(Worker, worker_id) if worker_id else None
    if worker is None or not worker.active or worker.role is Role.OPERATOR:
        return False
    return worker.chat is not None or not reachable


def receivers(s: Session, client: Client, meant: Iterable[Worker], at: datetime) -> list[Worker]:
    """Return who is told about a client when these are meant, in their order."""
    ids = telling.receivers((worker.id for worker in meant), never(s, client), away(s, at))
    return [s.get_one(Worker, one) for one in ids]


def in_charge(s: Session, client: Client, at: datetime) -> Worker:
    """Return who looks after a client at a moment: their worker, or who stands in for them."""
    found = receivers(s, client, [people.worker_of(s, client)], at)
    return found[0] if found else people.worker_of(s, client)


def may_see(s: Session, worker: Worker, client: Client, at: datetime) -> bool:
    """Tell whether a worker may see a client: their own, any for a supervisor, and in their time
    those of whom they stand in for. Never who must not be told."""
    if not people.may_know(worker, client):
        return False
    return people.may_see(worker, client) or in_charge(s, client, at).id == worker.id


def clients_of(s: Session, worker: Worker, at: datetime) -> Sequence[Client]:
    """Return the clients whom a worker looks after at a moment, oldest first."""
    others = [who for who, one in away(s, at).items() if one == worker.id]
    asked = sa.select(Client).where(
        Client.worker_id.in_([worker.id, *others]), Client.key.is_not(None)
    )
    return [
        client
        for client in s.scalars(asked.order_by(Client.made_at, Client.id))
        if client.worker_id == worker.id or in_charge(s, client, at).id == worker.id
    ]
