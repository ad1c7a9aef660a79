"""Receivers: for whom a message in the outbox is, and by which way it leaves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.service import second
from bot.service.house import Heard, House
from bot.store import people
from bot.store.tables import Client, Outbox, Worker


def person_of(s: Session, row: Outbox) -> Client | Worker:
    if row.client_id is not None:
        return s.get_one(Client, row.client_id)
    return s.get_one(Worker, row.worker_id)


def way_of(row: Outbox, person: Client | Worker) -> str:
    """Return by which channel a message leaves: the receiver's chat, or their second way."""
    return row.channel or person.channel or ""


def address_of(house: House, row: Outbox, person: Client | Worker) -> str | None:
    if row.channel and isinstance(person, Worker):
        return second.address(house.sealer, person, row.channel)
    return people.chat(house.sealer, person)


def name_of(house: House, person: Client | Worker) -> str:
    if isinstance(person, Client):
        return people.alias(house.sealer, person)
    return people.worker_name(house.sealer, person)


def kept_back(house: House, row: Outbox, person: Client | Worker, now: datetime) -> Heard:
    """Return what those who watch hear of a message that will not arrive."""
    name, channel = name_of(house, person), way_of(row, person)
    return Heard(now, person.timezone, name, row.role, channel, row.kind, skipped=row.reason)
