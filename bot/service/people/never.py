"""Never-tell lists: whom a client does not want to know of them, binding from this moment on.

Who stands on one is not told so, and learns nothing more; who hears instead was named beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.alerts import AlertState, LogEvent
from bot.core.findings import Finding, bad, warn
from bot.core.people import ClientState, Role
from bot.core.writing import Ended
from bot.errors import SafError
from bot.service import writing
from bot.service.alerting import alerts
from bot.service.house import House
from bot.store import care, outbox, people, telling
from bot.store.sealed import Sealer
from bot.store.tables import Alert, Client, Outbox, OutboxState, Task, TaskState, Worker


def keep(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    worker: Worker,
    instead: Worker | None,
    who: str,
) -> None:
    """Keep that a worker must not be told about a client, and who hears in their place.

    1. What they still would get is cancelled, what stands on their phone leaves it.
    2. Their tasks about the client are the client's worker's; an alert that they had rings again.
    Raises SafError with the sentence for whatever cannot be.
    """
    _check(client, worker, instead)
    client.never_tell = {**client.never_tell, worker.id: instead.id if instead else ""}
    people.audit(s, at, who, "never_tell_set", client_id=client.id)
    if client.writer_id == worker.id:
        writing.end(s, house, at, client, Ended.NOT_THEIRS)
    s.flush()
    withdraw(s, at, client, worker)
    s.execute(
        sa.update(Task)
        .where(Task.client_id == client.id, Task.worker_id == worker.id)
        .where(Task.state == TaskState.OPEN)
        .values(worker_id=client.worker_id)
    )
    had = sa.select(Alert).where(
        Alert.client_id == client.id,
        Alert.acknowledged_by == worker.id,
        Alert.state != AlertState.CLOSED,
    )
    for alert in s.scalars(had).all():
        care.log(s, alert, at, LogEvent.RELEASED, worker_id=worker.id, detail=care.HANDED_OVER)
        if alert.state is AlertState.REACHED:
            alert.acknowledged_by = client.worker_id
        else:
            alerts.restart(s, house, at, alert, client)


def _check(client: Client, worker: Worker, instead: Worker | None) -> None:
    if worker.id == client.worker_id:
        raise SafError("That is the client's own worker; give the client another worker first.")
    if instead is None:
        return
    if instead.id == worker.id or instead.id in client.never_tell:
        raise SafError("Who hears instead must not be told either; name somebody else.")
    if instead.role is Role.OPERATOR or not instead.active:
        raise SafError("Who hears instead must be an outreach worker or a supervisor.")


def undo(s: Session, at: datetime, client: Client, worker: Worker, who: str) -> None:
    """Take a worker off a client's list; SafError when they do not stand there."""
    if worker.id not in client.never_tell:
        raise SafError("They do not stand on that client's list; nothing changed.")
    client.never_tell = {k: v for k, v in client.never_tell.items() if k != worker.id}
    people.audit(s, at, who, "never_tell_undone", client_id=client.id)


def withdraw(s: Session, at: datetime, client: Client, worker: Worker) -> None:
    """Take from a worker what they have about a client: on its way, and on their phone."""
    theirs = sa.select(Alert.id).where(Alert.client_id == client.id)
    about = sa.or_(Outbox.about_id == client.id, Outbox.alert_id.in_(theirs))
    mine = Outbox.worker_id == worker.id
    outbox.cancel(s, "the client is not theirs to know", mine, about)
    stands = sa.update(Outbox).where(mine, about, Outbox.state == OutboxState.SENT)
    s.execute(stands.where(Outbox.ref.is_not(None)).values(delete_at=at))


def examine(s: Session, sealer: Sealer, now: datetime) -> Iterator[Finding]:
    """Yield for whom a never-tell list leaves nobody, or a fallback that is none."""
    listed = sa.select(Client).where(
        Client.key.is_not(None), Client.state != ClientState.LEFT, people.real(Client)
    )
    for client in s.scalars(listed.order_by(Client.made_at)):
        if not client.never_tell:
            continue
        alias = people.alias(sealer, client)
        meant = [people.worker_of(s, client), *people.supervisors(s)]
        told = telling.receivers(s, client, meant, now)
        if not any(worker.active and worker.chat is not None for worker in told):
            mend = f"`saf client never-tell {alias} NAME --instead NAME`"
            yield bad("never tell", f"nobody is left to page for {alias}; {mend}")
        elif any(worker.role is Role.SUPERVISOR for worker in meant[1:]) and len(told) < 2:
            yield warn("never tell", f"only one person is left to page for {alias}")
        for who, instead in telling.never(s, client).items():
            worker = s.get(Worker, who)
            if worker is not None and worker.active and not instead:
                name = people.worker_name(sealer, worker)
                yield warn("never tell", f"nobody hears about {alias} in place of {name}")
