"""What a worker does with an alert, and the true answer to it, whoever was quicker."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from bot.core.alerts import ALLOWED, AlertState, LogEvent, Move
from bot.core.messages import Kind
from bot.core.people import Role
from bot.service import speak, writing
from bot.service.alerting import alerts, moves
from bot.service.staff import pin
from bot.service.staff.desk import Desk
from bot.store import care, people, telling
from bot.store.outbox import Press
from bot.store.tables import Alert, AlertLog, Client, Worker

TRIAL_OUTCOME = "no_danger"


def concerns(desk: Desk, alert: Alert) -> bool:
    """Tell whether a worker may look at an alert and act on it.

    Who was paged, the client's own worker, a supervisor; never an operator, never anybody else.
    """
    worker = desk.worker
    if not worker.active or worker.role is Role.OPERATOR:
        return False
    client = desk.s.get_one(Client, alert.client_id)
    if not people.may_know(worker, client):
        return False
    if desk.sees(client) or alert.acknowledged_by == worker.id:
        return True
    return care.paged(desk.s, alert, worker)


def open_for(desk: Desk) -> Sequence[Alert]:
    """Return the open alerts that a worker was paged for, has, or whose client is theirs, newest
    first."""
    worker = desk.worker
    if not worker.active or worker.role is Role.OPERATOR:
        return []
    paged = sa.select(AlertLog.alert_id).where(
        AlertLog.event == LogEvent.PAGED, AlertLog.worker_id == worker.id
    )
    mine = [client.id for client in telling.clients_of(desk.s, worker, desk.at)]
    asked = sa.select(Alert).where(
        Alert.state != AlertState.CLOSED,
        sa.or_(Alert.id.in_(paged), Alert.client_id.in_(mine), Alert.acknowledged_by == worker.id),
    )
    found = desk.s.scalars(asked.order_by(Alert.id.desc())).all()
    return [alert for alert in found if concerns(desk, alert)]


def act(desk: Desk, alert: Alert | None, move: Move, outcome: str = "") -> None:
    """Carry out a move and answer what is true now; nothing changes where it is not possible.

    1. Who it does not concern learns nothing but that.
    2. Who has it already hears so; what another has is theirs, but the client's own worker and
       supervisors may say that the client was reached, or close it, and who has it hears that.
    """
    if alert is None or not concerns(desk, alert):
        desk.say("utter_worker_not_yours")
        return
    other = _other_holder(desk, alert)
    if other is not None and not _senior(desk, alert, move):
        with_other(desk, alert, other)
    elif move is Move.RELEASE and alert.state is AlertState.TRIGGERED:
        _decline(desk, alert)
    elif moves.move(desk.s, desk.house, desk.at, alert, desk.worker, move, outcome):
        _did(desk, alert, move)
        if other is not None:
            _tell_holder(desk, alert, other, move)
    else:
        already(desk, alert)


def _other_holder(desk: Desk, alert: Alert) -> Worker | None:
    """Return who else has an open alert, None when nobody or this worker has it."""
    if alert.acknowledged_by in (None, desk.worker.id) or not alert.state.open:
        return None
    return desk.s.get(Worker, alert.acknowledged_by)


def _senior(desk: Desk, alert: Alert, move: Move) -> bool:
    client = desk.s.get_one(Client, alert.client_id)
    return move in (Move.REACHED, Move.CLOSE) and desk.sees(client)


def with_other(desk: Desk, alert: Alert, other: Worker) -> None:
    """Say who has an alert; nothing changed."""
    name = people.worker_name(desk.house.sealer, other)
    desk.say("utter_acknowledged_by_other", alert=alert, other=name, number=alert.id)


def already(desk: Desk, alert: Alert) -> None:
    """Say where an alert stands; nothing changed."""
    desk.s.refresh(alert)
    state = desk.text(f"utter_state_{alert.state}")
    desk.say("utter_already", alert=alert, number=alert.id, state=state)


def _did(desk: Desk, alert: Alert, move: Move) -> None:
    if move is Move.ACKNOWLEDGE and alert.trial:
        moves.move(desk.s, desk.house, desk.at, alert, desk.worker, Move.CLOSE, TRIAL_OUTCOME)
        desk.say("utter_trial_done", number=alert.id)
    elif move is Move.ACKNOWLEDGE:
        minutes = int(desk.house.content.escalation.not_reached.total_seconds() // 60)
        desk.say(
            "utter_acknowledged",
            alert=alert,
            buttons=buttons(desk, alert),
            number=alert.id,
            minutes=minutes,
        )
    elif move is Move.REACHED:
        desk.say("utter_reached", alert=alert, buttons=buttons(desk, alert), number=alert.id)
    elif move is Move.RELEASE:
        desk.say("utter_released", alert=alert, number=alert.id)
    else:
        desk.say("utter_closed", alert=alert, number=alert.id, outcome=ended(desk, alert.outcome))


def ended(desk: Desk, outcome: str) -> str:
    """Return an outcome in words."""
    return desk.text(f"utter_outcome_{outcome or 'unsaid'}")


def buttons(desk: Desk, alert: Alert) -> list[list[Press]]:
    """Return what can be done with an alert now, two beside each other."""
    possible = [move for move in Move if alert.state in ALLOWED[move]]
    if alert.state is AlertState.TRIGGERED:
        possible.insert(-1, Move.RELEASE)
    presses = [desk.button(move.value, alert_id=alert.id) for move in possible]
    client = desk.s.get_one(Client, alert.client_id)
    if alert.acknowledged_by == desk.worker.id and not writing.why_not(desk.s, client):
        presses.append(desk.button("write", value=client.id, alert_id=alert.id))
    return [presses[place : place + 2] for place in range(0, len(presses), 2)]


def _decline(desk: Desk, alert: Alert) -> None:
    """Bring the next step forward, once for each who was paged: they cannot, somebody else must."""
    asked = sa.select(AlertLog.worker_id).where(
        AlertLog.alert_id == alert.id,
        AlertLog.event == LogEvent.RELEASED,
        AlertLog.at >= alert.chain_at,
    )
    cannot = {one for one in desk.s.scalars(asked) if one is not None}
    others = True
    if desk.worker.id not in cannot:
        client = desk.s.get_one(Client, alert.client_id)
        care.log(
            desk.s, alert, desk.at, LogEvent.RELEASED, worker_id=desk.worker.id, detail="declined"
        )
        desk.audit("alert_declined", client, alert)
        without = cannot | {desk.worker.id}
        if alert.next_at is not None:
            others = alerts.fire(desk.s, desk.house, desk.at, alert, client, without=without)
    desk.say("utter_declined" if others else "utter_declined_alone", number=alert.id, alert=alert)


def _tell_holder(desk: Desk, alert: Alert, holder: Worker, move: Move) -> None:
    """Tell who has an alert what somebody else did with it."""
    words = speak.text(
        desk.house,
        "utter_done_by_other",
        holder.language,
        other=people.worker_name(desk.house.sealer, desk.worker),
        number=alert.id,
        state=speak.text(desk.house, f"utter_state_{alert.state}", holder.language),
    )
    speak.to_worker(desk.s, desk.house, desk.at, holder, Kind.NOTICE, words, silent=True)


def still(desk: Desk, alert: Alert) -> None:
    """Say where an alert stands and what can be done, to whoever has not reached the client."""
    if not concerns(desk, alert):
        desk.say("utter_worker_not_yours")
    elif not alert.state.open:
        already(desk, alert)
    else:
        desk.say(
            "utter_still",
            alert=alert,
            buttons=buttons(desk, alert),
            number=alert.id,
            state=stands(desk, alert),
        )


def ask_how(desk: Desk, alert: Alert) -> None:
    """Ask by buttons, or for their words, how an alert ended; where it cannot be closed, say so."""
    if not concerns(desk, alert):
        desk.say("utter_worker_not_yours")
        return
    if not alert.state.open:
        already(desk, alert)
        return
    other = _other_holder(desk, alert)
    if other is not None and not _senior(desk, alert, Move.CLOSE):
        with_other(desk, alert, other)
        return
    pin.wait_for(desk, "close", {"alert": alert.id})
    presses = [
        [
            desk.button(
                "close_as",
                label=desk.text(f"utter_outcome_{outcome}"),
                value=outcome,
                alert_id=alert.id,
            )
        ]
        for outcome in desk.house.content.escalation.outcomes
    ]
    desk.say("utter_close_how", alert=alert, buttons=presses, number=alert.id)


def open_page(desk: Desk, alert: Alert) -> None:
    """Show what a page is about; the first line stays neutral, and the look is recorded."""
    client = desk.s.get_one(Client, alert.client_id)
    shown = moves.details(desk.s, desk.house, alert, desk.worker, desk.at)
    desk.audit("alert_opened", client, alert)
    head = desk.text("utter_page_opened", number=alert.id, state=stands(desk, alert))
    desk.tell(
        f"{head}\n{shown}",
        buttons=buttons(desk, alert),
        about=client,
        alert=alert,
        shows=True,
    )


def stands(desk: Desk, alert: Alert) -> str:
    """Return where an open alert stands, with the name of who has it."""
    has_it = desk.s.get(Worker, alert.acknowledged_by) if alert.acknowledged_by else None
    state = desk.text(f"utter_state_{alert.state}")
    return f"{state}, {people.worker_name(desk.house.sealer, has_it)}" if has_it else state
