"""Questions about people: who writes, who is whose worker, who can be paged now."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.people import SYNTHETIC, ClientState, Language, PhoneState, Role
from bot.store.sealed import Box, Sealer
from bot.store.tables import Audit, Client, Counter, Worker, new_id


def fold(name: str) -> str:
    """Return a name as it is looked up: without case, accents and outer space."""
    plain = unicodedata.normalize("NFKD", name.strip())
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def alias(sealer: Sealer, client: Client) -> str:
    """Return what the program calls a client."""
    return sealer.program.open("client.alias", client.id, client.alias)


def worker_name(sealer: Sealer, worker: Worker) -> str:
    """Return the name that clients know a worker by."""
    return sealer.program.open("worker.name", worker.id, worker.name)


def chat(sealer: Sealer, person: Client | Worker) -> str | None:
    """Return a person's chat address, None when they have none."""
    if person.chat is None:
        return None
    return sealer.program.open(f"{person.__tablename__}.chat", person.id, person.chat)


def bind_chat(sealer: Sealer, person: Client | Worker, channel: str, address: str) -> None:
    """Bind a person to a chat; whoever was bound before is not any more."""
    person.channel = channel
    person.chat = sealer.program.seal(f"{person.__tablename__}.chat", person.id, address)
    person.chat_lookup = sealer.lookup("chat", f"{channel}/{address}")
    if isinstance(person, Worker):
        person.blocked_at = None


def box(sealer: Sealer, client: Client) -> Box:
    """Return the box that seals what belongs to a client."""
    return sealer.client(client.id, client.key)


def client_by_chat(s: Session, sealer: Sealer, channel: str, address: str) -> Client | None:
    """Return the client who writes from a chat, None for a stranger."""
    lookup = sealer.lookup("chat", f"{channel}/{address}")
    return s.scalar(sa.select(Client).where(Client.chat_lookup == lookup))


def worker_by_chat(s: Session, sealer: Sealer, channel: str, address: str) -> Worker | None:
    """Return the active worker who writes from a chat, None for anybody else."""
    lookup = sealer.lookup("chat", f"{channel}/{address}")
    return s.scalar(sa.select(Worker).where(Worker.chat_lookup == lookup, Worker.active))


def client_by_alias(s: Session, sealer: Sealer, name: str) -> Client | None:
    """Return the client with an alias, None when there is none."""
    lookup = sealer.lookup("alias", fold(name))
    return s.scalar(sa.select(Client).where(Client.alias_lookup == lookup))


def worker_by_name(s: Session, sealer: Sealer, name: str) -> Worker | None:
    """Return the worker with a name, None when there is none."""
    lookup = sealer.lookup("worker", fold(name))
    return s.scalar(sa.select(Worker).where(Worker.name_lookup == lookup))


def add_worker(
    s: Session,
    sealer: Sealer,
    name: str,
    role: Role,
    at: datetime,
    *,
    language: Language,
    zone: str,
) -> Worker:
    """Record a worker; they can be paged once they are enrolled."""
    id_ = new_id()
    worker = Worker(
        id=id_,
        role=role,
        name=sealer.program.seal("worker.name", id_, name.strip()),
        name_lookup=sealer.lookup("worker", fold(name)),
        active=True,
        language=language,
        timezone=zone,
        made_at=at,
        pin_misses=0,
    )
    s.add(worker)
    s.flush()
    return worker


def add_client(
    s: Session,
    sealer: Sealer,
    name: str,
    worker: Worker,
    at: datetime,
    *,
    language: Language,
    zone: str,
    quiet: tuple[str, str] = ("21:00", "09:00"),
    checkin_time: str = "10:00",
    cover: bool = False,
) -> Client:
    """Record a client under an alias; nothing is sent before they said yes."""
    id_ = new_id()
    client = Client(
        id=id_,
        worker_id=worker.id,
        key=sealer.new_client_key(id_),
        alias=sealer.program.seal("client.alias", id_, name.strip()),
        alias_lookup=sealer.lookup("alias", fold(name)),
        state=ClientState.INVITED,
        phone=PhoneState.OK,
        language=language,
        timezone=zone,
        quiet_from=quiet[0],
        quiet_to=quiet[1],
        checkin_time=checkin_time,
        cadence="usual",
        cover=cover,
        silences=0,
        legal_hold=False,
        never_tell={},
        made_at=at,
    )
    s.add(client)
    s.flush()
    return client


def real(table: type[Client] | type[Worker]) -> sa.ColumnElement[bool]:
    """Return the condition that somebody is no part of the self-check."""
    return table.channel.is_distinct_from(SYNTHETIC)


def worker_of(s: Session, client: Client) -> Worker:
    """Return a client's own worker."""
    return s.get_one(Worker, client.worker_id)


def supervisors(s: Session) -> Sequence[Worker]:
    """Return all active supervisors, in the order of their coming."""
    asked = sa.select(Worker).where(Worker.active, Worker.role == Role.SUPERVISOR)
    return s.scalars(asked.order_by(Worker.made_at, Worker.id)).all()


def may_know(worker: Worker, client: Client) -> bool:
    """Tell whether a worker may learn anything of a client: nobody on their never-tell list."""
    return worker.active and worker.id not in client.never_tell


def may_see(worker: Worker, client: Client) -> bool:
    """Tell whether a worker may see a client: their own, or any for a supervisor; see
    ``telling.may_see`` for who stands in for somebody."""
    if not may_know(worker, client):
        return False
    return worker.role is Role.SUPERVISOR or client.worker_id == worker.id


def audit(
    s: Session,
    at: datetime,
    who: str,
    did: str,
    *,
    client_id: str | None = None,
    alert_id: int | None = None,
) -> None:
    """Record that somebody looked at or changed something."""
    s.add(Audit(at=at, who=who, did=did, client_id=client_id, alert_id=alert_id))


def count(s: Session, name: str) -> None:
    """Add one to a bare counter."""
    counter = s.get(Counter, name)
    if counter is None:
        s.add(Counter(name=name, value=1))
    else:
        counter.value = Counter.value + 1
