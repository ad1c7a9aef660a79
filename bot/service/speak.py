"""Saying something: the one place where a text is chosen, covered, held back and written down.

Whatever goes to a client passes here, so that a phone that is not theirs any more, a cover line
or a client who left is never forgotten on one of the many ways out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.channels.base import TEXT_LIMIT
from bot.core.messages import Kind, parts
from bot.core.people import ClientState, Language
from bot.service import lock_screen
from bot.service.house import House
from bot.store import outbox, telling
from bot.store.outbox import Draft, Press
from bot.store.people import may_know, worker_name
from bot.store.tables import Alert, Client, FlowRun, Outbox, RunState, Worker

# The harmless line that stands for each kind on a covered phone. All of them: a kind without one
# would say out loud what this is about.
COVERED = {
    Kind.SAFETY: "safety",
    Kind.ASK: "ask",
    Kind.NUDGE: "nudge",
    Kind.NOTICE: "notice",
    Kind.HOLDING: "holding",
    Kind.ANNIVERSARY: "anniversary",
    Kind.CHECKIN: "checkin",
    Kind.REPLY: "reply",
    Kind.QUESTION: "question",
}
HARMLESS_BUTTONS = (Kind.CHECKIN, Kind.ASK)
# What answers a line of the client's; in the middle of a plan it must not be the end of it.
_ANSWERS = (Kind.SAFETY, Kind.REPLY)
# What the assistant says of itself; it is silent while a person writes.
_OF_ITSELF = frozenset(
    {Kind.CHECKIN, Kind.NUDGE, Kind.QUESTION, Kind.ASK, Kind.HOLDING, Kind.ANNIVERSARY}
)
DAY = timedelta(days=1)
# A client who left still hears that danger rings, and what they were promised to be told of it.
AFTER_LEAVING = (Kind.SAFETY, Kind.ASK)


def text(house: House, name: str, language: Language, **facts: Any) -> str:
    """Return a text of the staff's room in a language."""
    return house.content.texts.say(name, language, **facts)


def button(house: House, language: Language, does: str, *, label: str = "", **where: Any) -> Press:
    """Return a button that does something; its label is ``utter_button_<does>`` unless given."""
    return Press(label or text(house, f"utter_button_{does}", language), does, **where)


def silenced(client: Client, kind: Kind, alert_id: int | None = None) -> str:
    """Say why nothing may be sent to a client, empty when it may; ``alert_id``: its alert."""
    if not client.phone.reachable:
        return f"the phone is {client.phone}"
    rings = kind in AFTER_LEAVING or (kind is Kind.NOTICE and alert_id is not None)
    if client.state is ClientState.LEFT and not rings:
        return "the client left"
    if client.chat is None:
        return "the client has no phone with us"
    return ""


def answer_kind(client: Client) -> Kind:
    """Return the kind of an answer to what a client tapped under a safety answer or an ask: for who
    left it is part of that, and not silenced."""
    return Kind.SAFETY if client.state is ClientState.LEFT else Kind.REPLY


def to_client(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    kind: Kind,
    words: str,
    *,
    buttons: Sequence[Sequence[Press]] = (),
    cover: str = "",
    as_is: bool = False,
    **more: Any,
) -> Outbox | None:
    """Write a message to a client, covered where that was agreed; None when they are silenced, a
    person writes with them, or it stands there already.

    A covered answer in the middle of a plan leaves [Go on], which says nothing: the question that
    it cut off would come no other way.

    ``cover``: the harmless line that stands for these words, with its buttons, instead of the one
    of their kind. ``as_is``: on a covered phone too; harmless already, or asked for a moment ago by
    whoever holds it.
    """
    if silenced(client, kind, more.get("alert_id")):
        return None
    if client.writer_id is not None and kind in _OF_ITSELF:
        return None
    if client.cover and not as_is:
        words = text(house, f"utter_cover_{cover or COVERED[kind]}", client.language)
        if kind not in HARMLESS_BUTTONS and not cover:
            answers = kind in _ANSWERS and _in_a_plan(s, at, client)
            buttons = [[button(house, client.language, "go_on")]] if answers else ()
    return _put(s, house, Draft(client, kind, words, buttons=buttons, **more), at)


def _in_a_plan(s: Session, at: datetime, client: Client) -> bool:
    """Tell whether a client was asked for their plan a short time ago and did not put it away."""
    mine = FlowRun.client_id == client.id, FlowRun.flow.startswith("plan_"), ~FlowRun.put_away
    waits = FlowRun.state.in_((RunState.ACTIVE, RunState.PAUSED)), FlowRun.asked_at > at - DAY
    return s.scalar(sa.select(FlowRun.id).where(*mine, *waits).limit(1)) is not None


def _put(s: Session, house: House, draft: Draft, at: datetime) -> Outbox | None:
    """Write a message, one that is too long for a channel as several; return the last, under which
    the buttons hang, None when it stands there already."""
    *before, last = parts(draft.text, TEXT_LIMIT)
    for number, words in enumerate(before, 1):
        key = f"{draft.key}:part{number}" if draft.key else ""
        outbox.put(s, house.sealer, replace(draft, text=words, key=key, buttons=()), at)
    return outbox.put(s, house.sealer, replace(draft, text=last), at)


def to_worker(
    s: Session, house: House, at: datetime, worker: Worker, kind: Kind, words: str, **more: Any
) -> Outbox | None:
    """Write a message to a worker; None when they are not enrolled or it stands there already, and
    when it is about a client who does not want them to know.

    A page, and whatever is about a client, cannot be forwarded. ``channel``: another way than their
    chat, which they need no chat for (bot/service/second.py).
    """
    if (worker.chat is None and not more.get("channel")) or not worker.active:
        return None
    draft = Draft(worker, kind, words, **more)
    about = draft.about or _client_of(s, draft)
    if about is not None and not may_know(worker, about):
        return None
    if kind in (Kind.PAGE, Kind.ESCALATION, Kind.DIGEST) or draft.about is not None:
        draft = replace(draft, protect=True)
    if not lock_screen.hides(draft.kind, about=draft.about is not None, way=draft.channel):
        return _put(s, house, draft, at)
    # It waits whole behind its neutral line; what opens it is cut where it is too long.
    row = outbox.put(s, house.sealer, draft, at)
    if row is not None:
        lock_screen.add_button(s, row)
    return row


def _client_of(s: Session, draft: Draft) -> Client | None:
    alert = s.get(Alert, draft.alert_id) if draft.alert_id is not None else None
    return s.get(Client, alert.client_id) if alert is not None else None


def worker_for(s: Session, house: House, client: Client, at: datetime) -> str:
    """Return the name of who looks after a client now, as the client knows them."""
    return worker_name(house.sealer, telling.in_charge(s, client, at))


def clock_face(at: datetime, zone: str) -> str:
    """Return a moment as people say it: ``9:05 pm``."""
    here = at.astimezone(ZoneInfo(zone))
    return f"{here.hour % 12 or 12}:{here:%M} {'am' if here.hour < 12 else 'pm'}"


def day_face(at: datetime, zone: str, house: House, language: Language) -> str:
    """Return a day as people say it: ``March 8``, ``8 de marzo``."""
    here = at.astimezone(ZoneInfo(zone))
    month = text(house, f"utter_month_{here.month}", language)
    return text(house, "utter_day_of_month", language, day=here.day, what=month)


def facts(s: Session, house: House, client: Client, at: datetime) -> dict[str, str]:
    """Return what any text to a client may name: their worker, and when somebody is on."""
    back = house.content.escalation.staffed.next_start(at)
    return {
        "worker": worker_for(s, house, client, at),
        "hours": _hours(house, client, at),
        "time": _back(house, client, at, back) if back else "",
    }


def _hours(house: House, client: Client, at: datetime) -> str:
    """Return when somebody reads, for the whole week, by the client's own clock."""
    shifts = house.content.escalation.staffed.week(at, client.timezone)
    language = client.language
    parts = []
    for first, last, start, end in shifts:
        day = text(house, f"utter_weekday_{first}", language)
        if last != first:
            until = text(house, f"utter_weekday_{last}", language)
            day = text(house, "utter_hours_days", language, day=day, last=until)
        hours = {"time": _face(start), "last": _face(end)}
        parts.append(text(house, "utter_hours_shift", language, day=day, **hours))
    name = "utter_hours_some" if parts else "utter_hours_none"
    return text(house, name, language, list=", ".join(parts))


def _back(house: House, client: Client, at: datetime, back: datetime) -> str:
    """Return when somebody is on again; with its weekday when that is not the next morning."""
    face = clock_face(back, client.timezone)
    if back - at < DAY:
        return text(house, "utter_back_soon", client.language, time=face)
    weekday = back.astimezone(ZoneInfo(client.timezone)).weekday()
    day = text(house, f"utter_weekday_{weekday}", client.language)
    return text(house, "utter_back_on_day", client.language, day=day, time=face)


def _face(hour: time) -> str:
    minutes = f":{hour:%M}" if hour.minute else ""
    return f"{hour.hour % 12 or 12}{minutes} {'am' if hour.hour < 12 else 'pm'}"
