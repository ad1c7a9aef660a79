"""Asking a client at the worker's word; why it does not happen is said, and never guessed."""

from __future__ import annotations

from bot.core.hours import out_of_quiet
from bot.core.messages import Kind
from bot.core.people import ClientState
from bot.service import checkins, speak
from bot.service.staff.desk import Desk
from bot.store import dues, people
from bot.store.tables import Client, DueKind, DueState


def ask_now(desk: Desk, client: Client) -> None:
    """Ask a client how the day is, now or as soon as their quiet hours are over.

    It takes the place of the check-in that was planned or is open.
    """
    s, at = desk.s, desk.at
    alias = people.alias(desk.house.sealer, client)
    why = _why_not(desk, client)
    if why:
        state = desk.text(f"utter_phone_{client.phone}")
        desk.say(f"utter_checkin_not_{why}", about=client, alias=alias, state=state)
        return
    dues.skip(
        s, client, at, "asked by the worker", kinds=(DueKind.CHECKIN, DueKind.NUDGE, DueKind.MISS)
    )
    when = out_of_quiet(at, client.timezone, checkins.quiet(client))
    key = f"asked:{client.id}:{desk.row.id if desk.row else at.isoformat()}"
    due = dues.put(s, DueKind.CHECKIN, client, when, key=key)
    desk.audit("checkin_asked", client)
    if when > at:
        time = desk.clock_face(when)
        desk.say("utter_checkin_later", about=client, alias=alias, time=time)
        return
    if due is not None and dues.take(s, due.id) is not None:
        reason = checkins.ask(s, desk.house, at, client, due)
        dues.end(due, at, DueState.SKIPPED if reason else DueState.DONE, reason)
    desk.say("utter_checkin_asked", about=client, alias=alias)


def _why_not(desk: Desk, client: Client) -> str:
    """Return the name of the reason why a client cannot be asked, empty when they can."""
    if not client.phone.reachable:
        return "phone"
    if client.state is not ClientState.ACTIVE:
        return client.state.value
    if speak.silenced(client, Kind.CHECKIN):
        return "no_phone"
    return "talking" if checkins.talking(desk.s, client, desk.at) else ""
