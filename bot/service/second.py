"""A second way to reach a worker: e-mail, or a gateway that texts or calls.

Nothing that leaves here names anybody or says what it is about: only that it rings in Telegram.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.hours import out_of_quiet
from bot.core.messages import Kind
from bot.service import speak
from bot.service.house import House
from bot.store.sealed import Sealer
from bot.store.tables import Outbox, OutboxState, Worker

EMAIL, WEBHOOK = "email", "webhook"
WAYS = {EMAIL: "email", WEBHOOK: "number"}  # channel -> where the worker's address there is kept


def address(sealer: Sealer, worker: Worker, way: str) -> str | None:
    """Return where a worker is reached by a second way, None when they have none there."""
    column = WAYS[way]
    sealed = getattr(worker, column)
    return None if sealed is None else sealer.program.open(f"worker.{column}", worker.id, sealed)


def keep(sealer: Sealer, worker: Worker, way: str, where: str) -> None:
    """Keep where a worker is reached by a second way; empty: no more."""
    column = WAYS[way]
    place = f"worker.{column}"
    setattr(worker, column, sealer.program.seal(place, worker.id, where) if where else None)


def ways(channels: Container[str], worker: Worker) -> list[str]:
    """Return the second ways that a worker has and this installation can use."""
    return [
        way
        for way, column in WAYS.items()
        if getattr(worker, column) is not None and way in channels
    ]


def reachable(channels: Container[str], worker: Worker) -> bool:
    """Tell whether a page can arrive at a worker at all, as far as we know."""
    chat = worker.chat is not None and worker.blocked_at is None
    return worker.active and (chat or bool(ways(channels, worker)))


def follow(
    s: Session,
    house: House,
    at: datetime,
    worker: Worker,
    kind: Kind,
    alert_id: int,
    *,
    key: str,
    silent: bool,
    at_once: bool,
) -> Outbox | None:
    """Write what follows a page by the second ways if nobody acknowledges; return one of it.

    ``at_once``: there is no chat to wait for. What must make no sound leaves by e-mail only, and
    by the gateway when sounds are allowed again.
    """
    wrote = None
    for way in ways(house.channels, worker):
        later = at if at_once else at + house.content.escalation.second_after
        if silent and way == WEBHOOK:
            if not at_once:
                continue
            later = _aloud(house, worker, at)
        words = speak.text(house, "utter_page_second", worker.language, number=alert_id)
        row = speak.to_worker(
            s,
            house,
            at,
            worker,
            kind,
            words,
            key=f"{key}:{way}",
            channel=way,
            alert_id=alert_id,
            silent=silent,
            not_before=later,
        )
        wrote = wrote or row
    return wrote


def chat_failed(s: Session, house: House, at: datetime, page: Outbox, worker: Worker) -> None:
    """Let the second ways ring now, because a page cannot arrive in the worker's chat."""
    if page.alert_id is None:
        return
    follow(
        s,
        house,
        at,
        worker,
        page.kind,
        page.alert_id,
        key=page.key,
        silent=page.silent,
        at_once=True,
    )
    waiting = sa.update(Outbox).where(
        Outbox.alert_id == page.alert_id,
        Outbox.worker_id == worker.id,
        Outbox.channel.is_not(None),
        Outbox.state == OutboxState.PENDING,
        Outbox.not_before > at,
        sa.or_(Outbox.silent.is_(False), Outbox.channel == EMAIL),
    )
    s.execute(waiting.values(not_before=at))


def _aloud(house: House, worker: Worker, at: datetime) -> datetime:
    """Return the first moment from ``at`` on at which `today` may sound for a worker."""
    rules = house.content.escalation
    if not rules.staffed.covers(at):
        at = rules.staffed.next_start(at) or at
    return out_of_quiet(at, worker.timezone, rules.night)
