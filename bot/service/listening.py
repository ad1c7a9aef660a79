"""Listening: while a worker writes with a client every message is read for danger and passed on.

Danger pages as ever. What is not `now` gets no word from the assistant: a person is reading it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.core.danger import Signal, Urgency, Verdict
from bot.core.messages import InboundKind, Kind
from bot.core.people import Language
from bot.service import runs, speak, writing
from bot.service.alerting import alerts, asks, safety
from bot.service.alerting.alerts import Opened
from bot.service.house import House
from bot.store import care, inbox, people
from bot.store.people import fold
from bot.store.tables import ButtonRow, Client, FlowRun, Inbox, Worker


def danger(
    s: Session,
    house: House,
    at: datetime,
    row: Inbox,
    client: Client,
    verdict: Verdict,
    opened: Opened,
    said: str = "",
) -> None:
    """Pass on what rang; to `now` the client gets the safety answer, because others come in too."""
    if verdict.urgency is Urgency.NOW:
        runs.pause(s, client)
        safety.answer(s, house, at, client, verdict, opened, row.id)
    said = said or inbox.words(house.sealer, row, client)
    number = opened.alert.id
    writing.pass_on(s, house, at, row, client, said, "utter_writing_rang", number=number)


def words(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, verdict: Verdict
) -> None:
    """Pass on what did not ring; what is unclear is the worker's to ask, and rings if they do not.

    A "yeah" to the worker is no answer to what we have asked. "Stop" is for the assistant too,
    whoever writes.
    """
    said = inbox.words(house.sealer, row, client)
    asks.hold(s, house, at, row, client, verdict)
    notes = ("utter_writing_unsure",) if care.open_ask(s, client.id) else ()
    writing.pass_on(s, house, at, row, client, said, *notes)
    stops = {fold(speak.text(house, "utter_button_stop", one)) for one in Language}
    if fold(said).strip(" .!¡") in stops | {"stop"}:
        facts = speak.facts(s, house, client, at)
        asked = speak.text(house, "utter_stop", client.language, **facts)
        presses = [speak.button(house, client.language, does) for does in ("stop", "one_week")]
        speak.to_client(s, house, at, client, Kind.REPLY, asked, buttons=[presses], cover="stop")


def no_words(s: Session, house: House, at: datetime, row: Inbox, client: Client) -> None:
    """Say to both that something without words cannot be passed on."""
    if row.kind is InboundKind.STICKER:
        writing.pass_on(s, house, at, row, client, ":)")
        return
    worker = s.get_one(Worker, client.writer_id)
    name = people.worker_name(house.sealer, worker)
    said = speak.text(house, "utter_writing_words_only", client.language, other=name)
    speak.to_client(s, house, at, client, Kind.REPLY, said)
    beside = inbox.words(house.sealer, row, client)
    writing.pass_on(s, house, at, row, client, beside, "utter_writing_cannot_show")


def tapped(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, button: ButtonRow
) -> None:
    """Pass on a tap on an earlier question; its signal rings, its answer waits for the question."""
    run = s.get(FlowRun, button.run_id)
    choice = runs.flow_of(run).step(button.step).choice(button.value) if run is not None else None
    if choice is None:
        return
    label = choice.label[client.language]
    if choice.signal is not None:
        signal = Signal(choice.signal)
        urgency = house.content.signals.of(signal).urgency
        verdict = Verdict(urgency, (signal,), label, first_911=False)
        if urgency.pages:
            opened = alerts.raise_alert(s, house, at, client, verdict, inbox_id=row.id)
            care.note_seen(s, client.id, row.id, verdict, at, opened.alert.id)
            if urgency is Urgency.NOW:
                safety.answer(s, house, at, client, verdict, opened, row.id)
            number = opened.alert.id
            notes = ("utter_writing_tapped", "utter_writing_rang")
            writing.pass_on(s, house, at, row, client, label, *notes, number=number)
            return
        care.note_seen(s, client.id, row.id, verdict, at)
    writing.pass_on(s, house, at, row, client, label, "utter_writing_tapped")
