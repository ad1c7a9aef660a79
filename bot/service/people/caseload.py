"""Handing over: clients get another worker, hear it from the one they have, and may refuse."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.hours import out_of_quiet
from bot.core.messages import Kind
from bot.core.people import Role
from bot.core.telling import stand_in
from bot.errors import SafError
from bot.service import checkins, speak, tasks
from bot.service.house import House
from bot.service.people import enrol
from bot.store import people, telling
from bot.store.tables import Client, Worker


@dataclass(slots=True)
class Moved:
    """What became of a caseload."""

    moved: list[Client] = field(default_factory=list)
    elsewhere: list[tuple[Client, Worker]] = field(default_factory=list)  # to a named fallback
    stay: list[Client] = field(default_factory=list)  # nobody was named for them


def check(before: Worker, to: Worker) -> None:
    """Raise SafError when a caseload cannot go from one worker to another."""
    if before.id == to.id:
        raise SafError("A caseload goes to somebody else; name another worker.")
    if to.role is Role.OPERATOR or not to.active:
        raise SafError("Clients go to an outreach worker or a supervisor; name another worker.")


def clients_of(s: Session, worker: Worker) -> list[Client]:
    """Return a worker's own clients, oldest first."""
    mine = sa.select(Client).where(Client.worker_id == worker.id, Client.key.is_not(None))
    return list(s.scalars(mine.order_by(Client.made_at, Client.id)))


def move(s: Session, house: House, at: datetime, before: Worker, to: Worker, who: str) -> Moved:
    """Give all clients of a worker to another, in the caller's one transaction.

    Dates, open alerts and tasks come along, and from this minute the old worker sees none of it.
    Who must not be known to the new worker goes to the fallback named for that, else stays.
    """
    check(before, to)
    became = Moved()
    for client in clients_of(s, before):
        id_ = stand_in(to.id, telling.never(s, client), {})
        if id_ is None or id_ == before.id:
            became.stay.append(client)
            continue
        theirs = s.get_one(Worker, id_)
        give(s, house, at, client, theirs, who)
        if theirs.id == to.id:
            became.moved.append(client)
        else:
            became.elsewhere.append((client, theirs))
    people.audit(s, at, who, "caseload_handed_over")
    return became


def give(s: Session, house: House, at: datetime, client: Client, to: Worker, who: str) -> None:
    """Give one client another worker, after the client was told by the one they have."""
    before = people.worker_of(s, client)
    if people.may_know(to, client):
        _tell(s, house, at, client, before, to)
    enrol.hand_over(s, house, at, client, to, who)


def _tell(
    s: Session, house: House, at: datetime, client: Client, before: Worker, to: Worker
) -> None:
    """Say it in the old worker's name, outside quiet hours; nobody is told who did not say yes."""
    if client.consented_at is None:
        return
    names = {
        "worker": people.worker_name(house.sealer, before),
        "other": people.worker_name(house.sealer, to),
    }
    presses = [
        speak.button(house, client.language, does, value=to.id)
        for does in ("hand_over_yes", "hand_over_no")
    ]
    speak.to_client(
        s,
        house,
        at,
        client,
        Kind.NOTICE,
        speak.text(house, "utter_hand_over", client.language, **names),
        buttons=[presses],
        cover="hand_over",
        not_before=out_of_quiet(at, client.timezone, checkins.quiet(client)),
    )


def agreed(s: Session, house: House, at: datetime, client: Client) -> None:
    """Answer a client to whom the new worker is fine."""
    facts = speak.facts(s, house, client, at)
    words = speak.text(house, "utter_hand_over_yes", client.language, **facts)
    speak.to_client(s, house, at, client, Kind.REPLY, words)


def refused(s: Session, house: House, at: datetime, client: Client) -> None:
    """Let a supervisor find somebody else; until then the new worker is there for danger."""
    new = people.worker_of(s, client)
    name = people.worker_name(house.sealer, new)
    leads = [one for one in people.supervisors(s) if one.id != new.id]
    told = [one for one in telling.receivers(s, client, leads, at) if one.id != new.id]
    lead = next((one for one in told if one.chat is not None), new)
    key = f"hand_over_refused:{client.id}:{new.id}:{at.date()}"
    tasks.give(s, house, at, client, "hand_over_refused", key=key, to=lead, other=name)
    people.audit(s, at, "service", "hand_over_refused", client_id=client.id)
    facts = speak.facts(s, house, client, at)
    facts["other"] = people.worker_name(house.sealer, lead)
    words = speak.text(house, "utter_hand_over_no", client.language, **facts)
    speak.to_client(s, house, at, client, Kind.REPLY, words)
