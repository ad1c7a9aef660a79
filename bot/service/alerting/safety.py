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

_MEDICAL = "utter_safety_first_medical"
# A signal that has a first sentence of its own where it happens this minute, wherever it stands.
_FIRST = ((Signal.INJURY, _MEDICAL), (Signal.SUICIDE_RISK, "utter_safety_first_suicide"))


def sentence(
    s: Session, house: House, at: datetime, client: Client, verdict: Verdict, opened: Opened
) -> str:
    """Return the safety answer to a message that led to an alert: what comes first, who is being
    told, and what to do meanwhile. Only who can be reached is named."""
    facts, alert = speak.facts(s, house, client, at), opened.alert
    rung = [one for one in care.all_paged(s, alert) if second.reachable(house.channels, one)]
    if rung and telling.in_charge(s, client, at).id not in {worker.id for worker in rung}:
        facts["worker"] = people.worker_name(house.sealer, rung[0])
    joined = opened.join in (Join.MERGE, Join.MERGE_AND_RESTART)
    has_it = s.get(Worker, alert.acknowledged_by) if joined and alert.acknowledged_by else None
    first = _first(client, verdict)
    meanwhile = _meanwhile(verdict, first)
    if has_it is not None and second.reachable(house.channels, has_it):
        facts["other"] = people.worker_name(house.sealer, has_it)
        names = [*first, "utter_safety_more_seen"]
    elif not rung:
        # This text says where to be itself.
        names = [*first, "utter_safety_nobody", *(n for n in meanwhile if n != "utter_safety_away")]
    elif verdict.signals == (Signal.CONTACT_REQUEST,):
        names = ["utter_contact_request"]
    elif opened.join is Join.MERGE:
        names = [*first, "utter_safety_adding", *meanwhile]
    elif verdict.urgency is Urgency.NOW:
        names = [*first, "utter_safety_paging", *meanwhile]
    else:
        names = [*(first or ["utter_safety_first_today"]), "utter_safety_letting"]
    hours, has = _hours(s, house, at, client, alert), house.content.texts.has
    names = [f"{name}{hours}" if has(f"{name}{hours}") else name for name in names]
    return " ".join(speak.text(house, name, client.language, **facts) for name in names)


def _first(client: Client, verdict: Verdict) -> list[str]:
    """Return what is said before anything about who is told.

    911 leads where a life is at stake. Getting back at somebody is slowed down, but "give it a
    minute" is no word to who has to run: not where an attack on them weighs more.
    """
    names = []
    if verdict.urgency is Urgency.NOW:
        names = [name for signal, name in _FIRST if signal in verdict.signals]
        if _MEDICAL in names and not verdict.first_911:
            names.remove(_MEDICAL)
    elif client.state is ClientState.LEFT:
        names = ["utter_safety_first_left"]
    either = (Signal.IMMEDIATE_THREAT, Signal.RETALIATION)
    if next((one for one in verdict.signals if one in either), None) is Signal.RETALIATION:
        names.append("utter_safety_first_retaliation")
    return names


def _meanwhile(verdict: Verdict, first: list[str]) -> list[str]:
    """Return what to do until somebody answers: where to be, and 911 as the client's own choice
    where it did not lead."""
    if verdict.urgency is not Urgency.NOW:
        return []
    attacked = not first or Signal.IMMEDIATE_THREAT in verdict.signals
    names = ["utter_safety_away"] if attacked else []
    if (attacked or Signal.INJURY in verdict.signals) and _MEDICAL not in first:
        names.append("utter_safety_choice")
    return names


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
