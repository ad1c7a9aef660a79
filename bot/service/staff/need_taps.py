"""A worker's taps about what a client asked for: its state, and whether a person told them."""

from __future__ import annotations

from collections.abc import Callable

from bot.core.plan import NeedState, may_become
from bot.service.planning import needs
from bot.service.staff.desk import Desk
from bot.store import people
from bot.store.tables import ButtonRow, Client, Need


def _on_need(does: Callable[[Desk, ButtonRow, Need, Client], None]) -> Does:
    """Do something about a need of a client whom this worker may see."""

    def tapped(desk: Desk, button: ButtonRow) -> None:
        need = desk.s.get(Need, button.value)
        client = desk.s.get(Client, need.client_id) if need is not None else None
        if need is None or client is None or not desk.sees(client):
            desk.say("utter_worker_not_yours")
        else:
            does(desk, button, need, client)

    return tapped


def _need(desk: Desk, button: ButtonRow, need: Need, client: Client) -> None:
    """Show where a need stands and to what it can go."""
    line = needs.line(desk.house, need, desk.worker)
    what, _, state = line.partition(": ")
    desk.say(
        "utter_need_kept",
        about=client,
        buttons=needs.buttons(desk.house, desk.worker, need),
        alias=people.alias(desk.house.sealer, client),
        what=what,
        state=state,
    )


def _state(desk: Desk, button: ButtonRow, need: Need, client: Client) -> None:
    """Take the state that was tapped: ask why, if declined, and whether the client was told."""
    state = NeedState(button.step)
    if not may_become(need.state, state):
        desk.say("utter_need_not_possible")
    elif state is NeedState.DECLINED:
        presses = [
            desk.button(
                "need_reason",
                label=desk.text(f"utter_need_reason_{reason}"),
                step=reason,
                value=need.id,
            )
            for reason in desk.house.content.plan.reasons
        ]
        what = desk.text(f"utter_need_{need.kind}")
        alias = people.alias(desk.house.sealer, client)
        rows = [[press] for press in presses]
        desk.say("utter_need_why", about=client, buttons=rows, alias=alias, what=what)
    else:
        _told_first(desk, need, client, state)


def _reason(desk: Desk, button: ButtonRow, need: Need, client: Client) -> None:
    _told_first(desk, need, client, NeedState.DECLINED, button.step)


def _told_first(desk: Desk, need: Need, client: Client, state: NeedState, reason: str = "") -> None:
    """Ask whether the client has heard it from a person; only then do they see it."""
    presses = [
        desk.button("need_told", step=f"{state}:{reason}", value=need.id),
        desk.button("need_not_told", value=need.id),
    ]
    desk.say(
        "utter_need_told",
        about=client,
        buttons=[presses],
        alias=people.alias(desk.house.sealer, client),
        what=desk.text(f"utter_need_{need.kind}"),
        state=desk.text(f"utter_need_state_{state}"),
    )


def _told(desk: Desk, button: ButtonRow, need: Need, client: Client) -> None:
    state, _, reason = button.step.partition(":")
    if not needs.settle(desk.s, desk.house, desk.at, need, NeedState(state), reason):
        desk.say("utter_need_not_possible")
        return
    desk.audit(f"need_{state}", client)
    _need(desk, button, need, client)


def _not_told(desk: Desk, button: ButtonRow, need: Need, client: Client) -> None:
    desk.say("utter_need_not_told")


Does = Callable[[Desk, ButtonRow], None]
DOES: dict[str, Does] = {
    "need": _on_need(_need),
    "need_state": _on_need(_state),
    "need_reason": _on_need(_reason),
    "need_told": _on_need(_told),
    "need_not_told": _on_need(_not_told),
}
