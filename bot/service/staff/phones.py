"""What became of a client's phone: one tap, and nothing more goes to it; a death is asked twice."""

from __future__ import annotations

import sqlalchemy as sa

from bot.core.alerts import AlertState
from bot.core.people import PhoneState, may_become
from bot.service.people import enrol
from bot.service.staff.desk import Desk
from bot.store import people
from bot.store.tables import Alert, ButtonRow, Client


def offer(desk: Desk, client: Client) -> None:
    """Ask by buttons what became of a client's phone."""
    presses = [
        [
            desk.button(
                "phone",
                label=desk.text(f"utter_button_phone_{state}"),
                step=state.value,
                value=client.id,
            )
        ]
        for state in PhoneState
        if may_become(client.phone, state)
    ]
    alias = people.alias(desk.house.sealer, client)
    if not presses:
        desk.say("utter_phone_never_undone", about=client, alias=alias)
        return
    state = desk.text(f"utter_phone_{client.phone}")
    desk.say("utter_phone_which", about=client, buttons=presses, alias=alias, state=state)


def tapped(desk: Desk, button: ButtonRow) -> None:
    """Keep a phone's new state; only "deceased" is asked once more."""
    client = _client(desk, button)
    if client is None:
        desk.say("utter_worker_not_yours")
    elif PhoneState(button.step) is PhoneState.DECEASED and may_become(
        client.phone, PhoneState.DECEASED
    ):
        press = desk.button("phone_sure", step=button.step, value=client.id)
        alias = people.alias(desk.house.sealer, client)
        desk.say("utter_phone_sure", about=client, buttons=[[press]], alias=alias)
    else:
        _keep(desk, client, PhoneState(button.step))


def sure(desk: Desk, button: ButtonRow) -> None:
    """Keep what was asked twice."""
    client = _client(desk, button)
    if client is None:
        desk.say("utter_worker_not_yours")
    else:
        _keep(desk, client, PhoneState(button.step))


def _client(desk: Desk, button: ButtonRow) -> Client | None:
    client = desk.s.get(Client, button.value)
    return client if client is not None and may_mark(desk, client) else None


def may_mark(desk: Desk, client: Client) -> bool:
    """Tell whether a worker may say what became of a phone: who sees the client, and who has an
    open alert of theirs, because it is they who learn of it at night."""
    if desk.sees(client):
        return True
    has = sa.select(Alert.id).where(
        Alert.client_id == client.id,
        Alert.acknowledged_by == desk.worker.id,
        Alert.state != AlertState.CLOSED,
    )
    return people.may_know(desk.worker, client) and desk.s.scalar(has.limit(1)) is not None


def _keep(desk: Desk, client: Client, state: PhoneState) -> None:
    alias = people.alias(desk.house.sealer, client)
    if client.phone is PhoneState.DECEASED:
        desk.say("utter_phone_never_undone", about=client, alias=alias)
    elif client.phone is state:
        now = desk.text(f"utter_phone_{state}")
        desk.say("utter_phone_already", about=client, alias=alias, state=now)
    else:
        enrol.set_phone(desk.s, desk.house, desk.at, client, state, desk.worker.id)
        desk.say(f"utter_phone_kept_{_how(state)}", about=client, alias=alias)


def _how(state: PhoneState) -> str:
    if state is PhoneState.DECEASED:
        return "deceased"
    return "ok" if state.reachable else "quiet"
