"""A worker's taps; one on an old button, or on somebody else's, changes nothing and says so."""

from __future__ import annotations

from collections.abc import Callable

from bot.core.alerts import Move
from bot.service import lock_screen
from bot.service.staff import acts, lines, moving, opening, phones, pin, plan_taps, shifts, today
from bot.service.staff.desk import Desk
from bot.store import people
from bot.store.tables import Alert, ButtonRow, Client, Task, TaskState, Worker


def tap(desk: Desk, button: ButtonRow | None) -> None:
    """Carry out a worker's tap."""
    does = _DOES.get(button.does) if button is not None else None
    if button is None or does is None:
        desk.say("utter_worker_not_yours")
        return
    if button.does in _SHOWS and pin.needs(desk, {"tap": button.token}):
        return
    does(desk, button)


def again(desk: Desk, token: str) -> ButtonRow | None:
    """Return the button that was tapped before a PIN was asked for."""
    button = desk.s.get(ButtonRow, token)
    return button if button is not None and button.worker_id == desk.worker.id else None


def _alert(desk: Desk, button: ButtonRow) -> Alert | None:
    return desk.s.get(Alert, button.alert_id) if button.alert_id else None


def _open(desk: Desk, button: ButtonRow) -> None:
    alert = _alert(desk, button)
    if alert is None or not acts.concerns(desk, alert):
        desk.say("utter_worker_not_yours")
    elif not alert.state.open:
        acts.already(desk, alert)
    else:
        acts.open_page(desk, alert)


def _move(desk: Desk, button: ButtonRow) -> None:
    acts.act(desk, _alert(desk, button), Move(button.does))


def _close(desk: Desk, button: ButtonRow) -> None:
    alert = _alert(desk, button)
    if alert is None:
        desk.say("utter_worker_not_yours")
    elif button.value:
        acts.act(desk, alert, Move.CLOSE, button.value)
    else:
        acts.ask_how(desk, alert)


def _close_as(desk: Desk, button: ButtonRow) -> None:
    desk.worker.writing = None
    acts.act(desk, _alert(desk, button), Move.CLOSE, button.value)


def _done(desk: Desk, button: ButtonRow) -> None:
    """End a task, once, by who has it now."""
    task = desk.s.get(Task, button.value)
    if task is None:
        desk.say("utter_worker_not_yours")
    elif not today.mine(desk, task):
        other = people.worker_name(desk.house.sealer, desk.s.get_one(Worker, task.worker_id))
        desk.say("utter_task_with_other", other=other)
    elif task.state is not TaskState.OPEN:
        desk.say("utter_task_already")
    else:
        task.state, task.done_at = TaskState.DONE, desk.at
        desk.audit("task_done", desk.s.get_one(Client, task.client_id))
        desk.say("utter_task_done")


Does = Callable[[Desk, ButtonRow], None]
_DOES: dict[str, Does] = {
    "open": _open,
    lock_screen.OPENS: opening.opened,
    "acknowledge": _move,
    "reached": _move,
    "release": _move,
    "close": _close,
    "close_as": _close_as,
    "done": _done,
    "heard": shifts.heard,
    "phone": phones.tapped,
    "hand_over": moving.tapped,
    "write": lines.tapped,
    "write_back": lines.back_tapped,
    "phone_sure": phones.sure,
    **plan_taps.DOES,
}
_SHOWS = frozenset(
    {"open", lock_screen.OPENS, "hand_over", "write", "phone", "phone_sure", *plan_taps.DOES}
)
