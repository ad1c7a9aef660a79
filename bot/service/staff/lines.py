"""A worker's own talk with a client: beginning it, each line, handing back.

Plain lines go to the client as they stand, "got it" too; what begins with / is a command.
"""

from __future__ import annotations

from bot.core.messages import Kind
from bot.core.writing import Ended
from bot.service import speak, writing
from bot.service.alerting import asks
from bot.service.staff import pin
from bot.service.staff.desk import SHOWN_FOR, Desk
from bot.service.staff.pin import Proof
from bot.store import people
from bot.store.tables import Alert, ButtonRow, Client, Worker

# What begin's refusals say stands with /checkin, which is refused for the same reasons.
_NO = "utter_checkin_not_"


def begin(desk: Desk, client: Client) -> None:
    """Let the worker write with a client, or say why not."""
    alias = people.alias(desk.house.sealer, client)
    why = writing.why_not(desk.s, client)
    with_now = writing.client_of(desk.s, desk.worker)
    if why:
        state = desk.text(f"utter_phone_{client.phone}")
        desk.say(f"{_NO}{why}", about=client, alias=alias, state=state)
    elif with_now is not None and with_now.id != client.id:
        named = people.alias(desk.house.sealer, with_now)
        desk.say("utter_writing_busy", about=with_now, alias=named)
    elif with_now is not None or writing.begin(desk.s, desk.house, desk.at, client, desk.worker):
        _unlock(desk)
        _on(desk, client, alias)
    else:
        desk.s.refresh(client)
        other = desk.s.get_one(Worker, client.writer_id)
        name = people.worker_name(desk.house.sealer, other)
        desk.say("utter_writing_taken", about=client, alias=alias, other=name)


def _on(desk: Desk, client: Client, alias: str) -> None:
    minutes = int(desk.house.content.staff.hands_back.total_seconds() // 60)
    parts = [desk.text("utter_writing_on", alias=alias, minutes=minutes)]
    if client.cover:
        parts.append(desk.text("utter_writing_on_covered"))
    press = desk.button("write_back", value=client.id)
    desk.tell("\n".join(parts), buttons=[[press]], about=client)


def may_begin(desk: Desk, client: Client, alert: Alert | None) -> bool:
    """Tell whether a worker may write with a client: they see them, or have an alert of theirs."""
    if client.key is None or not people.may_know(desk.worker, client):
        return False
    has = alert is not None and alert.acknowledged_by == desk.worker.id and alert.state.open
    return desk.sees(client) or (has and alert is not None and alert.client_id == client.id)


def tapped(desk: Desk, button: ButtonRow) -> None:
    """Begin from the button of an alert."""
    client = desk.s.get(Client, button.value)
    alert = desk.s.get(Alert, button.alert_id) if button.alert_id else None
    if client is None or not may_begin(desk, client, alert):
        desk.say("utter_worker_not_yours")
    else:
        begin(desk, client)


def back_tapped(desk: Desk, button: ButtonRow) -> None:
    """Hand back from a button; one of an earlier talk changes nothing."""
    client = writing.client_of(desk.s, desk.worker)
    if client is None or client.id != button.value:
        desk.say("utter_writing_nobody")
    else:
        back(desk)


def back(desk: Desk) -> None:
    """Hand over to the assistant again; without a PIN, because ending it must be easy."""
    client = writing.client_of(desk.s, desk.worker)
    if client is None:
        desk.say("utter_writing_nobody")
        return
    writing.end(desk.s, desk.house, desk.at, client, Ended.HANDED_BACK, quiet=True)
    desk.say("utter_writing_ended_handed_back")


def takes(desk: Desk, words: str, proof: Proof) -> bool:
    """Tell whether what a worker wrote is a line to a client: they write with one, it is no
    command, and it is no PIN. The PIN itself is never passed on, whenever it is written."""
    if words.startswith("/") or writing.client_of(desk.s, desk.worker) is None:
        return False
    wanted = pin.waiting(desk).get("what") in ("pin", "new_pin")
    return not (proof.digits and (proof.right or wanted))


def line(desk: Desk, *lines: str) -> None:
    """Send what a worker wrote to the client; nobody else who holds the phone can, so the PIN
    stands before it, and each line keeps it open."""
    client = writing.client_of(desk.s, desk.worker)
    if desk.row is not None:
        desk.row.delete_at = desk.at + SHOWN_FOR
    if client is None:
        desk.say("utter_writing_nobody")
        return
    if not any(lines):
        desk.say("utter_writing_only_words")
        return
    if pin.needs(desk, {"lines": [*pin.waiting(desk).get("lines", []), *lines]}):
        return
    if speak.silenced(client, Kind.REPLY) or not people.may_know(desk.worker, client):
        writing.end(desk.s, desk.house, desk.at, client, Ended.NOT_THEIRS)
        return
    _unlock(desk)
    asks.moot(desk.s, client, desk.at)
    for place, words in enumerate(lines):
        key = f"{desk.row.id if desk.row else desk.at.isoformat()}:{place}"
        writing.say(desk.s, desk.house, desk.at, client, desk.worker, words, key)
    desk.audit("writing_line", client)


def _unlock(desk: Desk) -> None:
    """Keep what the PIN opened open while somebody writes."""
    worker = desk.worker
    if worker.unlocked_until is not None and worker.unlocked_until > desk.at:
        worker.unlocked_until = desk.at + pin.OPEN_FOR
