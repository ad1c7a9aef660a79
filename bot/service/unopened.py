"""What has no words for us: a voice note, a picture, a place. A person hears of it in any case."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.core.danger import Verdict
from bot.core.messages import InboundKind, Kind
from bot.core.people import ClientState, PhoneState
from bot.service import speak, tasks
from bot.service.alerting import asks
from bot.service.house import House
from bot.store import care, people
from bot.store.tables import Client, Inbox

WHAT = {
    InboundKind.VOICE: "voice",
    InboundKind.PHOTO: "photo",
    InboundKind.LOCATION: "place",
    InboundKind.OTHER: "other",
}


def came(s: Session, house: House, at: datetime, row: Inbox, client: Client) -> None:
    """Give the worker the task to ask what it was, and ask the client whether it is urgent.

    Silence becomes an alert, as for any ask. A phone that shows no such question, covered or of who
    left, is asked the usual way. What comes on top of it, as an album does, is one and the same.
    """
    asked = care.open_ask(s, client.id)
    about = s.get(Inbox, asked.inbox_id) if asked is not None else None
    if client.phone is PhoneState.DECEASED or (about is not None and about.text is None):
        return
    worker = people.worker_of(s, client)
    what = speak.text(house, f"utter_media_{WHAT[row.kind]}", worker.language)
    time = speak.clock_face(at, worker.timezone)
    tasks.give(s, house, at, client, "media", key=f"media:{row.id}", what=what, time=time)
    if not client.phone.reachable:
        return
    if asked is not None:
        facts = speak.facts(s, house, client, at)
        words = speak.text(house, "utter_cannot_open_noted", client.language, **facts)
        speak.to_client(s, house, at, client, Kind.REPLY, words)
    elif client.cover or client.state is ClientState.LEFT:
        asks.hold(s, house, at, row, client, Verdict(ask=True))
    else:
        place = row.kind is InboundKind.LOCATION
        name = "utter_location" if place else "utter_cannot_open"
        asks.urgent(s, house, at, row, client, name)
