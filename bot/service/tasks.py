"""Tasks: what a worker is asked to do for a client that is no alert."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.core.messages import Kind
from bot.service import speak
from bot.service.house import House
from bot.store import care, people, telling
from bot.store.outbox import Press
from bot.store.tables import Client, Worker


def give(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    kind: str,
    *,
    key: str,
    message: Kind = Kind.TASK,
    due_id: str | None = None,
    text: str = "",
    buttons: Sequence[Sequence[Press]] = (),
    to: Worker | None = None,
    not_before: datetime | None = None,
    **facts: Any,
) -> bool:
    """Give a client's worker a task and tell them, without a sound; False when they have it.

    While they are on leave their substitute is told; the task stays theirs. ``to``: somebody else.
    ``not_before``: when they are told; it is theirs at once.

    Its text is ``utter_task_<kind>`` unless another is named; its button is [Done] unless others
    are given.
    """
    task = care.add_task(s, key, client, kind, at, to)
    if task is None:
        return False
    meant = to or people.worker_of(s, client)
    told = telling.receivers(s, client, [meant], at)
    worker = told[0] if told else meant
    alias = people.alias(house.sealer, client)
    words = speak.text(house, text or f"utter_task_{kind}", worker.language, alias=alias, **facts)
    speak.to_worker(
        s,
        house,
        at,
        worker,
        message,
        words,
        key=f"task:{task.id}",
        about=client,
        due_id=due_id,
        not_before=not_before,
        silent=True,
        buttons=buttons or [[speak.button(house, worker.language, "done", value=task.id)]],
    )
    return True
