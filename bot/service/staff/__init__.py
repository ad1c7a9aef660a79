"""The worker's side: taps, plain words and commands of outreach workers and supervisors.

Nobody here is shown a client who is not theirs, and every look is recorded.
"""

from __future__ import annotations

from typing import Any

from bot.core.alerts import Move
from bot.core.messages import InboundKind, Kind
from bot.core.words import understand
from bot.core.writing import Ended
from bot.errors import SafError
from bot.service import speak, writing
from bot.service.house import House
from bot.service.staff import acts, commands, door, lines, pin, plans, taps
from bot.service.staff.desk import Desk
from bot.service.staff.pin import Proof
from bot.store import inbox, people
from bot.store.tables import Alert, Inbox, InboxState, Worker

__all__ = ["act", "handle"]

_SILENT = (InboundKind.GROUP, InboundKind.UNBLOCKED)


def handle(house: House, inbox_id: str) -> None:
    """Handle one message to the worker bot; nothing when it was handled.

    1. A PIN is checked outside any transaction, because that takes long on purpose.
    2. In one transaction: what the worker does and the answer to it. A second call of the same
       message changes nothing. Somebody unknown is only counted.
    """
    with house.db.read() as s:
        row = s.get(Inbox, inbox_id)
        if row is None or row.state is not InboxState.RECEIVED:
            return
        worker = s.get(Worker, row.worker_id) if row.worker_id else None
        proof = pin.prove(worker, inbox.words(house.sealer, row, None)) if worker else Proof()
    house.fault("before staff is written")
    with house.db.write() as s:
        row = s.get_one(Inbox, inbox_id)
        if row.state is not InboxState.RECEIVED:
            return
        at = house.clock.now()
        row.state, row.handled_at = InboxState.HANDLED, at
        worker = s.get(Worker, row.worker_id) if row.worker_id else None
        if row.kind is InboundKind.START:
            door.open_door(s, house, at, row, worker)
        elif worker is None or not worker.active:
            row.state = InboxState.IGNORED
            people.count(s, "strangers")
        else:
            _handle(Desk(s, house, at, worker, row), row, proof)
        inbox.erase(row)
    house.fault("after staff is written")
    house.wake()


def _handle(desk: Desk, row: Inbox, proof: Proof) -> None:
    words = inbox.words(desk.house.sealer, row, None)
    desk.worker.blocked_at = desk.at if row.kind is InboundKind.BLOCKED else None
    if row.kind is InboundKind.BUTTON:
        taps.tap(desk, inbox.button(desk.s, row))
    elif row.kind is InboundKind.BLOCKED:
        _blocked(desk)
    elif row.kind in _SILENT:
        return
    elif lines.takes(desk, words, proof):
        lines.line(desk, words)
    elif proof.digits:
        wanted = pin.take(desk, proof)
        if wanted:
            _after_pin(desk, wanted)
    elif words.startswith("/"):
        commands.run(desk, words)
    elif words:
        _plain(desk, words)
    else:
        desk.say("utter_worker_help")


def _after_pin(desk: Desk, wanted: dict[str, Any]) -> None:
    """Do what the PIN was asked for."""
    if wanted.get("tap"):
        taps.tap(desk, taps.again(desk, wanted["tap"]))
    elif wanted.get("lines"):
        lines.line(desk, *wanted["lines"])
    elif wanted.get("command"):
        commands.run(desk, wanted["command"])


def _blocked(desk: Desk) -> None:
    """Tell the supervisors that pages cannot reach this worker any more."""
    desk.audit("worker_blocked_bot")
    client = writing.client_of(desk.s, desk.worker)
    if client is not None:
        writing.end(desk.s, desk.house, desk.at, client, Ended.NOT_THEIRS, quiet=True)
    name = people.worker_name(desk.house.sealer, desk.worker)
    for other in people.supervisors(desk.s):
        if other.id != desk.worker.id:
            words = speak.text(desk.house, "utter_worker_blocked", other.language, other=name)
            speak.to_worker(desk.s, desk.house, desk.at, other, Kind.NOTICE, words)


def _plain(desk: Desk, words: str) -> None:
    """Understand plain words as the answer to a page; what is not sure gets the help."""
    kept = pin.waiting(desk)
    closing = kept.get("what") == "close"
    meant = understand(words, desk.house.content.worker_words, closing=closing)
    if meant.nothing and kept.get("what") in plans.WRITING:
        plans.written(desk, kept, words)  # never words that answer a page: those come first
        return
    if meant.unsure and (found := _which(desk, Move.ACKNOWLEDGE, meant.number)[0]):
        presses = acts.buttons(desk, found) if acts.concerns(desk, found) else ()
        desk.say("utter_worker_unsure", alert=found, number=found.id, buttons=presses)
        return
    if meant.nothing:
        desk.say("utter_pin_shape" if kept.get("what") == "new_pin" else "utter_worker_help")
        return
    if closing and meant.outcome and meant.move is None and meant.number is None:
        desk.worker.writing = None
        acts.act(desk, desk.s.get(Alert, kept["alert"]), Move.CLOSE, meant.outcome)
        return
    found, which = _which(desk, meant.move, meant.number)
    if found is None and which:
        presses = [
            [
                desk.button(
                    meant.move.value if meant.move else "close",
                    label=f"#{alert.id}",
                    value=meant.outcome,
                    alert_id=alert.id,
                )
            ]
            for alert in which
        ]
        desk.say("utter_worker_which", buttons=presses)
    elif found is None:
        desk.say("utter_nothing_open")
    elif meant.not_yet:
        acts.still(desk, found)
    elif meant.move is None or (meant.move is Move.CLOSE and not meant.outcome):
        acts.ask_how(desk, found)
    else:
        acts.act(desk, found, meant.move, meant.outcome)


def _which(desk: Desk, move: Move | None, number: int | None) -> tuple[Alert | None, list[Alert]]:
    """Return the alert that plain words are about, or those between which they leave it open.

    A named one; for "got it" the newest; else what the worker has, and only then the newest.
    """
    if number is not None:
        return desk.s.get(Alert, number), []
    alerts = list(acts.open_for(desk))
    if not alerts or move is Move.ACKNOWLEDGE:
        return (alerts[0] if alerts else None), []
    mine = [alert for alert in alerts if alert.acknowledged_by == desk.worker.id]
    if len(mine) > 1:
        return None, mine
    return (mine or alerts)[0], []


def act(house: House, worker_id: str, alert_id: int | None, move: Move, outcome: str = "") -> str:
    """Do with an alert what a worker orders outside their chat; return the answer.

    The answer stands in the outbox too, so whoever watches the deliveries need not print it.
    ``alert_id`` None: the worker's newest open alert. ``outcome`` empty: closed without one.
    Raises SafError for an outcome that escalation.yml does not have.
    """
    outcomes = house.content.escalation.outcomes
    if outcome and outcome not in outcomes:
        raise SafError(f"{outcome} is no outcome; use one of: {', '.join(outcomes)}")
    with house.db.write() as s:
        desk = Desk(s, house, house.clock.now(), s.get_one(Worker, worker_id))
        if alert_id is None:
            newest = acts.open_for(desk)
            alert = newest[0] if newest else None
        else:
            alert = s.get(Alert, alert_id)
        if alert is None and alert_id is None:
            desk.say("utter_nothing_open")
        else:
            acts.act(desk, alert, move, outcome)
    house.wake()
    return "\n".join(desk.said)
