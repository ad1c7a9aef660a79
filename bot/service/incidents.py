"""Incidents: something happened around a client; the first word is a person's, never a message.

Nothing here ties a client to another person: who else was close to a victim, workers know.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.core.people import PhoneState, Situation
from bot.service import checkins, covering, speak, tasks
from bot.service.house import House
from bot.service.people import looking_after
from bot.service.planning import reviews, situations
from bot.store import dues, people
from bot.store.tables import Client, Due, DueKind, Incident

# An incident that is heard of later than this is no reason for a call today: the cadence around it
# has taken over. The first days are what contact within 72 hours is for.
CALL_WITHIN = timedelta(days=14)


def record(
    s: Session, house: House, at: datetime, client: Client, kind: Situation, happened: datetime
) -> Incident:
    """Write down an incident: a call by a person now, and check-ins at its cadence from tomorrow.

    Silences are forgiven: after an incident everybody is asked again.
    """
    incident = Incident(client_id=client.id, kind=kind, at=happened, made_at=at)
    s.add(incident)
    s.flush()
    client.situation, client.silences = kind, 0
    if kind is Situation.PARTNER_VIOLENCE:
        covering.begin(s, house, client)  # somebody else may read this phone
    if client.phone is not PhoneState.DECEASED and at - happened < CALL_WITHIN:
        key = f"day_of_call:{incident.id}"
        dues.put(s, DueKind.DAY_OF_CALL, client, at, key=key, about_id=incident.id)
    checkins.plan(s, house, at, client)
    situations.set_to(s, at, client, kind)
    reviews.after_incident(s, house, at, client)
    looking_after.after_incident(s, house, at, client, incident)
    return incident


def call(s: Session, house: House, at: datetime, client: Client, due: Due) -> str:
    """Give the worker the call; return why not, empty when it was given."""
    if client.phone is PhoneState.DECEASED:
        return f"the phone is {client.phone}"
    incident = s.get_one(Incident, due.about_id)
    language = people.worker_of(s, client).language
    what = speak.text(house, f"utter_situation_{incident.kind}", language)
    tasks.give(s, house, at, client, "day_0", key=f"day_0:{incident.id}", due_id=due.id, what=what)
    return ""
