"""Looking after workers: who went through something hard gets cover, and somebody to talk it over.

After a client's death, a shooting or an alert about suicide; once for each, and never as a rating.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.core.danger import Signal
from bot.core.people import Situation
from bot.service import speak, tasks
from bot.service.house import House
from bot.store import people, telling
from bot.store.tables import Alert, Client, Incident, Worker

NO_DANGER = "no_danger"
KINDS = tasks.OF_WORKERS


def after_death(s: Session, house: House, at: datetime, client: Client) -> None:
    """Look after the worker of a client who died."""
    _look_after(s, house, at, client, people.worker_of(s, client), f"death:{client.id}")


def after_incident(s: Session, house: House, at: datetime, client: Client, one: Incident) -> None:
    """Look after a client's worker, if what happened is among the hard things."""
    if Situation(one.kind) in house.content.staff.hard_situations:
        _look_after(s, house, at, client, people.worker_of(s, client), f"incident:{one.id}")


def after_alert(s: Session, house: House, at: datetime, client: Client, alert: Alert) -> None:
    """Look after who had an alert that was closed and was not a false one."""
    hard = house.content.staff.hard_signals
    if alert.trial or alert.outcome == NO_DANGER or not hard & {Signal(x) for x in alert.signals}:
        return
    had = s.get(Worker, alert.acknowledged_by) if alert.acknowledged_by else None
    worker = had if had is not None and had.active else people.worker_of(s, client)
    _look_after(s, house, at, client, worker, f"alert:{alert.id}")


def _look_after(
    s: Session, house: House, at: datetime, client: Client, worker: Worker, what: str
) -> None:
    """Give the worker the debrief, and somebody who leads them their cover; each once.

    A supervisor's own cover is another supervisor's; where there is none it is their own to find.
    """
    until = at + house.content.staff.care_within
    others = [one for one in people.supervisors(s) if one.id != worker.id]
    leads = telling.receivers(s, client, others, at)
    lead = next((one for one in leads if one.chat is not None and one.id != worker.id), worker)
    for kind, to, other in (("debrief", worker, lead), ("cover", lead, worker)):
        tasks.give(
            s,
            house,
            at,
            client,
            kind,
            key=f"{kind}:{what}:{worker.id}",
            to=to,
            other=people.worker_name(house.sealer, other),
            day=f"{until.astimezone(ZoneInfo(to.timezone)):%Y-%m-%d}",
            time=speak.clock_face(until, to.timezone),
        )
