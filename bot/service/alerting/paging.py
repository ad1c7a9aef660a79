"""Paging: whom a step means, what rings on their phones, and what is said where nothing can."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.core.alerts import LogEvent, Named, Target, Who
from bot.core.danger import Signal, Urgency
from bot.core.messages import Kind
from bot.core.people import SYNTHETIC, Role
from bot.service import second, speak
from bot.service.house import House
from bot.store import care, outbox, people, rota, telling
from bot.store.tables import Alert, Client, Outbox, Worker

MORE = "more:"  # outbox keys of pages about what a later message added


def whom(
    s: Session, house: House, who: Iterable[Target], client: Client, at: datetime
) -> list[Worker]:
    """Return whom a step means, also who cannot be reached; operators are never shown a client.

    Whoever is on leave has a substitute, whoever must not be told the fallback named for them.
    """
    if client.channel == SYNTHETIC:
        return [people.worker_of(s, client)]
    found: dict[str, Worker] = {}
    for one in who:
        if isinstance(one, Named):
            named = s.get(Worker, one.worker_id)
            group: Sequence[Worker] = [] if named is None else [named]
        elif one is Who.WORKER:
            group = [people.worker_of(s, client)]
        elif one is Who.ON_CALL:
            group = on_call(s, house, at)
        else:
            group = people.supervisors(s)
        meant = (worker for worker in group if worker.active and worker.role is not Role.OPERATOR)
        found.update({worker.id: worker for worker in meant})
    return telling.receivers(s, client, found.values(), at)


def on_call(s: Session, house: House, at: datetime) -> Sequence[Worker]:
    """Return who has the shift at a moment."""
    return rota.on_call(s, house.content.escalation.staffed.zone, at)


def has_shift(s: Session, house: House, client: Client, at: datetime) -> list[Worker]:
    """Return who has the shift for a client: who is on call, or who stands in for them."""
    return telling.receivers(s, client, on_call(s, house, at), at)


def cannot_reach(
    s: Session, house: House, at: datetime, alert: Alert, worker: Worker, *, detail: str = ""
) -> None:
    """Record that no page reaches a worker, and tell the supervisors, once a day for each."""
    care.log(s, alert, at, LogEvent.PAGE_FAILED, worker_id=worker.id, detail=detail)
    name = people.worker_name(house.sealer, worker)
    client = s.get_one(Client, alert.client_id)
    if client.channel == SYNTHETIC:
        return  # the self-check tells the operator itself
    for other in people.supervisors(s):
        if other.id == worker.id or not people.may_know(other, client):
            continue
        words = speak.text(
            house, "utter_task_page_failed", other.language, other=name, number=alert.id
        )
        key = f"unreachable:{worker.id}:{other.id}:{at.date()}"
        silent = silenced(s, house, at, alert, other)
        speak.to_worker(s, house, at, other, Kind.NOTICE, words, key=key, silent=silent)


def page(
    s: Session,
    house: House,
    at: datetime,
    alert: Alert,
    client: Client,
    worker: Worker,
    *,
    key: str,
    more: str | None = None,
) -> Outbox | None:
    """Write a page: one neutral line for the lock screen and a button that opens the rest.

    A second way follows while nobody has it, at once where there is no chat. ``more``: the later
    message that this page is about. None when it stands there already, or nothing can reach them.
    """
    first = alert.next_step <= 1
    kind, silent = (
        Kind.PAGE if first or more else Kind.ESCALATION,
        silenced(s, house, at, alert, worker),
    )
    line = speak.text(house, "utter_page_line", worker.language, number=alert.id)
    row = speak.to_worker(
        s,
        house,
        at,
        worker,
        kind,
        line,
        key=key,
        alert_id=alert.id,
        about=client,
        silent=silent,
        buttons=[[speak.button(house, worker.language, "open", value=more or "")]],
    )
    if row is not None and not more:
        # After an outage one page rings, the newest; what a message added stands by itself.
        before = (Outbox.alert_id == alert.id, Outbox.worker_id == worker.id, Outbox.id != row.id)
        waits = (Outbox.channel.is_(None), Outbox.kind.in_((Kind.PAGE, Kind.ESCALATION)))
        outbox.cancel(s, "a newer page rings", *before, *waits, Outbox.key.not_like(f"{MORE}%"))
    if (row is not None and alert.acknowledged_by is None) or worker.chat is None:
        follow = second.follow(
            s,
            house,
            at,
            worker,
            kind,
            alert.id,
            key=key,
            silent=silent,
            at_once=row is None or worker.blocked_at is not None,
        )
        row = row or follow
    if row is not None:
        care.log(s, alert, at, LogEvent.PAGED, worker_id=worker.id)
    return row


def silenced(s: Session, house: House, at: datetime, alert: Alert, worker: Worker) -> bool:
    """Tell whether a page makes no sound: only `today`, only off shift, and never for the person
    on call, or who stands in for them, when it is one of the signals that may wake them."""
    rules_ = house.content.escalation
    if alert.urgency is Urgency.NOW:
        return False
    here = at.astimezone(ZoneInfo(worker.timezone)).time()
    if rules_.staffed.covers(at) and not rules_.night.covers(here):
        return False
    if not any(Signal(signal) in rules_.wakes_on_call for signal in alert.signals):
        return True
    client = s.get_one(Client, alert.client_id)
    return all(one.id != worker.id for one in has_shift(s, house, client, at))
