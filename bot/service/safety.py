"""The safety answer: what a client hears when it sounds like danger, and nothing that is untrue."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.core.alerts import Join
from bot.core.danger import Signal, Urgency, Verdict
from bot.core.messages import Kind
from bot.core.people import ClientState
from bot.service import speak
from bot.service.alerts import Opened
from bot.service.house import House
from bot.store import people
from bot.store.outbox import Press
from bot.store.tables import Client, Outbox, Worker

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
    has_it = opened.alert.acknowledged_by
    if opened.join in (Join.MERGE, Join.MERGE_AND_RESTART) and has_it:
        name = people.worker_name(house.sealer, s.get_one(Worker, has_it))
        return speak.text(house, "utter_safety_more_seen", client.language, other=name)
    if opened.join is Join.MERGE:
        return speak.text(house, "utter_safety_more", client.language, **facts)
    name = _name(house, at, client, verdict)
    return speak.text(house, name, client.language, **facts)


def _name(house: House, at: datetime, client: Client, verdict: Verdict) -> str:
    off = "" if house.content.escalation.staffed.covers(at) else "_off_hours"
    if client.state is ClientState.LEFT:
        return "utter_left_alone"
    if verdict.signals == (Signal.CONTACT_REQUEST,):
        return f"utter_contact_request{off}"
    if verdict.urgency is Urgency.NOW:
        found = (name for signal, name in _FIRST if signal in verdict.signals[:1])
        return next(found, f"utter_safety_danger{off}")
    return f"utter_safety_today{off}"


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
