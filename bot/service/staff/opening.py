"""Opening what stood behind a neutral line, after the PIN; the look is recorded."""

from __future__ import annotations

from bot.service.staff import acts
from bot.service.staff.desk import Desk
from bot.store import outbox, people
from bot.store.outbox import Press
from bot.store.tables import Alert, ButtonRow, Client, Outbox, Task


def opened(desk: Desk, button: ButtonRow) -> None:
    """Show a message with its buttons, if it is still this worker's to read."""
    row = desk.s.get(Outbox, button.value)
    if row is None or not _may_read(desk, row):
        desk.say("utter_worker_not_yours")
        return
    if row.text is None:
        desk.say("utter_opened_gone")
        return
    client = desk.s.get(Client, row.about_id) if row.about_id else None
    alert = desk.s.get(Alert, row.alert_id) if row.alert_id else None
    words, lines = outbox.content(desk.house.sealer, row, desk.worker)
    presses = [[_again(desk, one.label, one.token) for one in line] for line in lines]
    desk.audit("message_opened", client, alert)
    desk.tell(words, buttons=presses, about=client, alert=alert, shows=True)


def _again(desk: Desk, label: str, token: str) -> Press:
    row = desk.s.get_one(ButtonRow, token)
    return Press(label, row.does, row.run_id, row.step, row.value, row.alert_id)


def _may_read(desk: Desk, row: Outbox) -> bool:
    """Tell whether a worker may read a message now: it was theirs, and what it is about still is.

    A task stays readable to who has it: after a hard alert that may be somebody who was on call.
    """
    if row.worker_id != desk.worker.id:
        return False
    client = desk.s.get(Client, row.about_id) if row.about_id else None
    if client is None:
        return True
    if client.key is None or not people.may_know(desk.worker, client):
        return False
    alert = desk.s.get(Alert, row.alert_id) if row.alert_id else None
    task = desk.s.get(Task, row.key.removeprefix("task:"))
    mine = task is not None and task.worker_id == desk.worker.id
    return desk.sees(client) or mine or (alert is not None and acts.concerns(desk, alert))
