"""The safety answer: what a client hears when it sounds like danger, and nothing that is untrue."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.alerts import Join
from bot.core.danger import Signal, Urgency, Verdict
from bot.core.messages import Kind
from bot.core.people import ClientState
from bot.service import second, speak
from bot.service.alerting import paging
from bot.service.alerting.alerts import Opened
from bot.service.house import House
from bot.store import care, people, telling
from bot.store.outbox import Press
from bot.store.tables import Alert, Client, Outbox, Worker

# A signal that changes what the first sentence must be; the first that fits is taken.
_FIRST = (
    (Signal.INJURY, "utter_safety_medical"),
    (Signal.SUICIDE_RISK, "utter_safety_suicide"),
    (Signal.RETALIATION, "utter_safety_retaliation"),
)


def sentence(
    s: Session, house: House, at: datetime, client: Client, verdict: Verdict, opened: Opened
) -> str:
    """Return the safety sentence for a message that led to an alert."""
    facts = speak.facts(s, house, client, at)
    rung = care.all_paged(s, opened.alert)
    if not rung and client.state is not ClientState.LEFT:
        return speak.text(house, "utter_safety_nobody", client.language)
    if rung and telling.in_charge(s, client, at).id not in {worker.id for worker in rung}:
        facts["worker"] = people.worker_name(house.sealer, rung[0])
    has_it = opened.alert.acknowledged_by
    if opened.join in (Join.MERGE, Join.MERGE_AND_RESTART) and has_it:
        name = people.worker_name(house.sealer, s.get_one(Worker, has_it))
        return speak.text(house, "utter_safety_more_seen", client.language, other=name)
    if opened.join is Join.MERGE:
        return speak.text(house, "utter_safety_more", client.language, **facts)
    name = _name(house, client, verdict, _hours(s, house, at, client, opened.alert))
    return speak.text(house, name, client.language, **facts)


def _hours(s: Session, house: House, at: datetime, client: Client, alert: Alert) -> str:
    """Return which words are true now: somebody is at work, only who is on call was rung aloud, or
    nobody is on until the next shift."""
    staffed = house.content.escalation.staffed
    if staffed.covers(at) or staffed.next_start(at) is None:
        return ""
    for worker in paging.has_shift(s, house, client, at):
        rung = care.paged(s, alert, worker) and second.reachable(house.channels, worker)
        if rung and not paging.silenced(s, house, at, alert, worker):
            return "" if worker.id == client.worker_id else "_on_call"
    return "_off_hours"


def _name(house: House, client: Client, verdict: Verdict, hours: str) -> str:
    if client.state is ClientState.LEFT:
        return "utter_left_alone"
    if verdict.signals == (Signal.CONTACT_REQUEST,):
        return f"utter_contact_request{hours}"
    if verdict.urgency is Urgency.NOW:
        found = (name for signal, name in _FIRST if signal in verdict.signals[:1])
        name = f"{next(found, 'utter_safety_danger')}{hours}"
        return name if house.content.texts.has(name) else name.removesuffix(hours)
    return f"utter_safety_today{hours}"


def buttons(house: House, client: Client, alert_id: int) -> list[list[Press]]:
    """Return what stands under a safety answer: their own plan first."""
    return [
        [
            speak.button(house, client.language, does, alert_id=alert_id)
            for does in ("plan", "okay_now", "call_me")
        ]
    ]


def answer(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    verdict: Verdict,
    opened: Opened,
    inbox_id: str,
) -> Outbox | None:
    """Write the safety answer to one message."""
    return speak.to_client(
        s,
        house,
        at,
        client,
        Kind.SAFETY,
        sentence(s, house, at, client, verdict, opened),
        key=f"safety:{inbox_id}",
        alert_id=opened.alert.id,
        buttons=buttons(house, client, opened.alert.id),
    )


def said(s: Session, inbox_id: str) -> bool:
    """Tell whether the safety answer to a message was written already."""
    return s.scalar(sa.select(Outbox.id).where(Outbox.key == f"safety:{inbox_id}")) is not None
