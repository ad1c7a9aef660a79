"""/today: a worker's open alerts and tasks, and what is to be known before the next contact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.core.danger import Signal, Urgency
from bot.core.people import PhoneState, Role
from bot.service.staff import acts, plans
from bot.service.staff.desk import Desk
from bot.store import care, people, telling
from bot.store import plans as store
from bot.store.outbox import Press
from bot.store.tables import Alert, Client, Seen, Task, TaskState, Worker

MOST = 12  # lines of a kind; more does not fit on a small phone, and the rest is counted
MOST_BUTTONS = 8


def show(desk: Desk) -> None:
    """List what is open for a worker; a supervisor sees every open alert. Each look is recorded."""
    found = listing(desk)
    if found is None:
        desk.say("utter_today_nothing")
    else:
        desk.tell(found[0], buttons=found[1], shows=True)


def listing(desk: Desk) -> tuple[str, list[Sequence[Press]]] | None:
    """Return what is open for a worker and its buttons, None when nothing is. Each look counts."""
    alerts = _alerts(desk)
    tasks = [] if desk.worker.role is Role.OPERATOR else _tasks(desk)
    watched = _watched(desk) + plans.old_ones(desk)
    if not alerts and not tasks and not watched:
        return None
    lines = [desk.text("utter_today_head", count=len(alerts) + len(tasks))]
    presses: list[Press] = []
    for alert in alerts[:MOST]:
        lines.append(_alert_line(desk, alert))
        presses.append(desk.button("open", label=f"#{alert.id}", alert_id=alert.id))
    for number, task in enumerate(tasks[:MOST], 1):
        lines.append(_task_line(desk, number, task))
        presses.append(_task_button(desk, number, task))
    lines += watched[:MOST]
    left = sum(max(0, len(group) - MOST) for group in (alerts, tasks, watched))
    if left:
        lines.append(desk.text("utter_today_more", count=left))
    return "\n".join(lines), _rows(presses[:MOST_BUTTONS])


def any_since(desk: Desk, since: datetime | None, until: datetime) -> bool:
    """Tell whether something of what is open for a worker came in a span of time."""
    moments = [alert.opened_at for alert in _alerts(desk)]
    moments += [task.made_at for task in _tasks(desk)]
    mine = [client.id for client in _living(desk)]
    seen = sa.select(Seen.at).where(Seen.client_id.in_(mine), Seen.urgency == Urgency.WATCH)
    moments += desk.s.scalars(seen.where(Seen.at < until))
    return any(moment < until and (since is None or moment >= since) for moment in moments)


def _rows(presses: Sequence[Press]) -> list[Sequence[Press]]:
    return [presses[place : place + 2] for place in range(0, len(presses), 2)]


def _alerts(desk: Desk) -> list[Alert]:
    if desk.worker.role is Role.SUPERVISOR:
        return [one for one in care.open_alerts(desk.s) if acts.concerns(desk, one)]
    return list(acts.open_for(desk))


def _tasks(desk: Desk) -> list[Task]:
    """Return the worker's open tasks, and in their time those of whom they stand in for."""
    others = [who for who, one in telling.away(desk.s, desk.at).items() if one == desk.worker.id]
    found = care.open_tasks(desk.s, desk.worker, *others)
    return [task for task in found if mine(desk, task)]


def mine(desk: Desk, task: Task) -> bool:
    """Tell whether a task is this worker's to do now."""
    if task.worker_id == desk.worker.id:
        return people.may_know(desk.worker, desk.s.get_one(Client, task.client_id))
    meant = desk.s.get_one(Worker, task.worker_id)
    client = desk.s.get_one(Client, task.client_id)
    return desk.worker in telling.receivers(desk.s, client, [meant], desk.at)


def _alert_line(desk: Desk, alert: Alert) -> str:
    client = desk.s.get_one(Client, alert.client_id)
    desk.audit("today_shown", client, alert)
    return desk.text(
        "utter_today_alert",
        number=alert.id,
        urgency=desk.text(f"utter_urgency_{alert.urgency}"),
        alias=people.alias(desk.house.sealer, client),
        state=acts.stands(desk, alert),
        time=desk.clock_face(alert.opened_at),
    )


def _task_line(desk: Desk, number: int, task: Task) -> str:
    client = desk.s.get_one(Client, task.client_id)
    desk.audit("today_shown", client)
    name = f"utter_today_task_{task.kind}"
    known = desk.house.content.texts.has(name)
    what = desk.text(name if known else "utter_today_task_other")
    alias = people.alias(desk.house.sealer, client)
    return desk.text("utter_today_task", number=number, alias=alias, what=what)


def _task_button(desk: Desk, number: int, task: Task) -> Press:
    """Return [Done]; what a client asked for is opened instead, for it ends with what became of
    it."""
    need = store.need_of_task(desk.s, task.id)
    if need is not None:
        label = f"{desk.text('utter_button_need')}: {number}"
        return desk.button("need", label=label, value=need.id)
    label = desk.text("utter_button_done_number", number=number)
    return desk.button("done", label=label, value=task.id)


def _watched(desk: Desk) -> list[str]:
    """Return a line for each client of the worker about whom something was seen since a person
    last talked to them."""
    lines: list[str] = []
    if desk.worker.role is Role.OPERATOR:
        return lines
    for client in _living(desk):
        seen = sa.select(Seen.signal).where(
            Seen.client_id == client.id, Seen.urgency == Urgency.WATCH
        )
        since = _last_contact(desk, client)
        found = desk.s.scalars(seen.where(Seen.at > since) if since else seen).all()
        if not found:
            continue
        desk.audit("today_shown", client)
        names = [_meaning(desk, signal) for signal, _ in Counter(found).most_common(3)]
        alias = people.alias(desk.house.sealer, client)
        lines.append(desk.text("utter_today_watch", alias=alias, signals="; ".join(names)))
    return lines


def _living(desk: Desk) -> list[Client]:
    """Return a worker's clients, without those who died: there is no next contact with them."""
    mine = telling.clients_of(desk.s, desk.worker, desk.at)
    return [client for client in mine if client.phone is not PhoneState.DECEASED]


def _meaning(desk: Desk, signal: Signal) -> str:
    return desk.house.content.signals.of(signal).meaning[desk.worker.language]


def _last_contact(desk: Desk, client: Client) -> datetime | None:
    """Return when a person last talked to a client, as far as somebody marked it."""
    moments = [
        desk.s.scalar(
            sa.select(sa.func.max(Alert.reached_at)).where(
                Alert.client_id == client.id, Alert.trial.is_(False)
            )
        ),
        desk.s.scalar(
            sa.select(sa.func.max(Task.done_at)).where(
                Task.client_id == client.id, Task.state == TaskState.DONE
            )
        ),
    ]
    return max((moment for moment in moments if moment is not None), default=None)
