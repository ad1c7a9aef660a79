"""Tasks: what a worker is asked to do for a client that is no alert."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.core.messages import Kind
from bot.core.people import SYNTHETIC, PhoneState
from bot.service import speak
from bot.service.house import House
from bot.store import care, dues, people, telling
from bot.store.outbox import Press
from bot.store.tables import Client, Due, DueKind, Outbox, Task, TaskState, Worker

KEY = "task:"  # outbox keys of what gives a task to its worker
OF_WORKERS = ("debrief", "cover")  # for a worker's own sake


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

    Where it does not reach them the supervisors hear of it at once, and later where nobody has
    settled it in time.

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
    told_at = max(at, not_before or at)
    _plan(s, house, told_at, client, task)
    row = speak.to_worker(
        s,
        house,
        at,
        worker,
        message,
        words,
        key=f"{KEY}{task.id}",
        about=client,
        due_id=due_id,
        not_before=not_before,
        silent=True,
        buttons=buttons or [[speak.button(house, worker.language, "done", value=task.id)]],
    )
    if row is None:
        pass_up(s, house, at, client, task, "utter_task_unread")
    return True


def _plan(s: Session, house: House, at: datetime, client: Client, task: Task) -> None:
    """Plan to look whether a task is settled; looking after a worker is nobody's to hurry."""
    if task.kind in OF_WORKERS:
        return
    staff = house.content.staff
    within = staff.day_0_within if task.kind == "day_0" else staff.settled_within
    late = house.content.escalation.staffed.after(at, within)
    dues.put(s, DueKind.TASK_LATE, client, late, key=f"late:{task.id}", about_id=task.id)


def late(s: Session, house: House, at: datetime, client: Client, due: Due) -> str:
    """Tell the supervisors of a task that is still open; return why not, empty when they hear."""
    task = s.get(Task, due.about_id)
    if task is None or task.state is not TaskState.OPEN:
        return "settled"
    if client.phone is PhoneState.DECEASED:
        return f"the phone is {client.phone}"
    pass_up(s, house, at, client, task, "utter_task_late")
    return ""


def unread(s: Session, house: House, at: datetime, row: Outbox) -> None:
    """Tell the supervisors of a task whose message will never reach its worker."""
    task = s.get(Task, row.key.removeprefix(KEY)) if row.key.startswith(KEY) else None
    if task is not None and task.state is TaskState.OPEN and task.kind not in OF_WORKERS:
        client = s.get_one(Client, task.client_id)
        pass_up(s, house, at, client, task, "utter_task_unread")


def pass_up(s: Session, house: House, at: datetime, client: Client, task: Task, text: str) -> None:
    """Tell the supervisors what a worker has to do and cannot or does not settle, once for each."""
    if client.channel == SYNTHETIC:
        return
    meant = s.get_one(Worker, task.worker_id)
    for other in telling.receivers(s, client, people.supervisors(s), at):
        if other.id == meant.id:
            continue
        name = f"utter_today_task_{task.kind}"
        known = house.content.texts.has(name)
        words = speak.text(
            house,
            text,
            other.language,
            alias=people.alias(house.sealer, client),
            other=people.worker_name(house.sealer, meant),
            what=speak.text(house, name if known else "utter_today_task_other", other.language),
        )
        key = f"late:{task.id}:{other.id}"
        speak.to_worker(s, house, at, other, Kind.TASK, words, key=key, about=client, silent=True)
