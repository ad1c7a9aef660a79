"""Needs: what a client asks the program for is a worker's task; money is a person's to promise."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.plan import MONEY, NeedKind, NeedState, may_become
from bot.service import speak, tasks
from bot.service.house import House
from bot.store import people, plans
from bot.store.outbox import Press
from bot.store.tables import Client, Need, Task, TaskState, Worker, new_id

__all__ = ["NeedKind", "ask", "buttons", "line", "settle"]

KIND = "need"  # a task's kind is need_<kind of need>


def ask(s: Session, house: House, at: datetime, client: Client, kind: NeedKind) -> Need | None:
    """Ask the worker for something; None when the same is being seen to already."""
    if plans.open_need(s, client, kind) is not None:
        return None
    need = Need(
        id=new_id(),
        client_id=client.id,
        kind=kind,
        state=NeedState.ASKED,
        made_at=at,
        changed_at=at,
    )
    s.add(need)
    s.flush()
    worker, key = people.worker_of(s, client), f"need:{need.id}"
    what = speak.text(house, f"utter_need_{kind}", worker.language)
    tasks.give(
        s,
        house,
        at,
        client,
        f"{KIND}_{kind}",
        key=key,
        text=f"utter_task_{KIND}_money" if kind in MONEY else f"utter_task_{KIND}",
        buttons=buttons(house, worker, need),
        what=what,
    )
    need.task_id = s.scalar(sa.select(Task.id).where(Task.key == key))
    return need


def buttons(house: House, worker: Worker, need: Need) -> list[list[Press]]:
    """Return the states that a need can go to, as a worker's buttons."""
    return [
        [
            speak.button(
                house,
                worker.language,
                "need_state",
                label=speak.text(house, f"utter_need_state_{state}", worker.language),
                step=state.value,
                value=need.id,
            )
            for state in NeedState
            if may_become(need.state, state)
        ]
    ]


def settle(
    s: Session, house: House, at: datetime, need: Need, state: NeedState, reason: str = ""
) -> bool:
    """Keep what became of a need, after a person told the client; False when it cannot become so.

    The task ends when it is arranged or declined.
    """
    if not may_become(need.state, state):
        return False
    need.state, need.reason, need.changed_at = state, reason, at
    task = s.get(Task, need.task_id) if need.task_id else None
    over = state in (NeedState.ARRANGED, NeedState.DECLINED)
    if task is not None and over and task.state is TaskState.OPEN:
        task.state, task.done_at = TaskState.DONE, at
    return True


def line(house: House, need: Need, person: Client | Worker) -> str:
    """Return a need and its state as one line: ``some nights in a hotel: asked``."""
    language = person.language
    state = speak.text(house, f"utter_need_state_{need.state}", language)
    if need.reason:
        state += f" ({speak.text(house, f'utter_need_reason_{need.reason}', language)})"
    return f"{speak.text(house, f'utter_need_{need.kind}', language)}: {state}"
