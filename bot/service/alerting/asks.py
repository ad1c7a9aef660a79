"""Asks: "are you safe right now?", when a message leaves us unsure; silence becomes an alert."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.core.answers import exact
from bot.core.danger import Signal, Urgency, Verdict
from bot.core.flows import Choice
from bot.core.messages import Kind
from bot.core.people import PhoneState
from bot.service import runs, speak
from bot.service.alerting import alerts, safety
from bot.service.house import House
from bot.store import care, inbox, outbox, people
from bot.store.outbox import Press
from bot.store.tables import Ask, AskState, Client, Inbox, Outbox, OutboxState

log = structlog.get_logger()

FLOW, STEP = "ask", "safe"  # its choices and their examples stand in data/flows/ask.yml
URGENT = "urgent:"  # outbox keys of the question about what we cannot open


def hold(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, verdict: Verdict
) -> bool:
    """Ask when triage is unsure; tell whether the next question has to wait for an answer.

    While one ask is open no second one nags. Where a person writes with the client it is they who
    ask, and only their silence pages.
    """
    had = care.open_ask(s, client.id)
    only_urgent = had is not None and _only_urgent(s, had)
    if had is not None and not only_urgent:
        return True
    if not verdict.ask:
        return False
    if only_urgent:
        moot(s, client, at)  # this question asks for more
    ask = _open(s, house, at, row, client, verdict)
    presses = [
        Press(choice.label[client.language], f"ask_{choice.value}", value=ask.id)
        for choice in _choices(house)
    ]
    _say(s, house, at, client, ask, Kind.ASK, "utter_ask_ask_safe", f"ask:{row.id}", presses)
    return True


def urgent(s: Session, house: House, at: datetime, row: Inbox, client: Client, name: str) -> None:
    """Ask whether what we cannot open is urgent; the talk need not wait for that answer."""
    ask = _open(s, house, at, row, client, Verdict())
    presses = [
        Press(speak.text(house, f"utter_button_{label}", client.language), does, value=row.id)
        for label, does in (("yes", "urgent_yes"), ("no", "urgent_no"))
    ]
    _say(s, house, at, client, ask, Kind.REPLY, name, f"{URGENT}{row.id}", presses)


def not_urgent(s: Session, client: Client, at: datetime, inbox_id: str) -> None:
    """Settle the ask about what we cannot open; the worker has the task to ask what it was."""
    ask = care.open_ask(s, client.id)
    if ask is not None and ask.inbox_id == inbox_id:
        ask.state, ask.settled_at = AskState.SAFE, at


def _only_urgent(s: Session, ask: Ask) -> bool:
    """Tell whether an open ask is about something that we cannot open."""
    asked = sa.select(Outbox.id).where(Outbox.key == f"{URGENT}{ask.inbox_id}")
    return s.scalar(asked) is not None


def _open(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, verdict: Verdict
) -> Ask:
    ask = Ask(
        client_id=client.id,
        inbox_id=row.id,
        signals=[signal.value for signal in verdict.signals],
        state=AskState.OPEN,
        deadline=at + house.content.escalation.ask_deadline,
        made_at=at,
    )
    s.add(ask)
    s.flush()
    ask.why = people.box(house.sealer, client).seal("ask.why", ask.id, verdict.why)
    return ask


def _say(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    ask: Ask,
    kind: Kind,
    name: str,
    key: str,
    presses: list[Press],
) -> None:
    """Write the question, with the time at which silence becomes an alert; not asked after that."""
    facts = speak.facts(s, house, client, at)
    facts["time"] = speak.clock_face(ask.deadline, client.timezone)
    words = speak.text(house, name, client.language, **facts)
    speak.to_client(
        s, house, at, client, kind, words, key=key, buttons=[presses], expires_at=ask.deadline
    )


def _choices(house: House) -> tuple[Choice, ...]:
    return house.content.flow(FLOW).step(STEP).choices


def raised(s: Session, row: Inbox) -> bool:
    """Tell whether a message was asked about, whatever was answered since."""
    return s.scalar(sa.select(Ask.id).where(Ask.inbox_id == row.id).limit(1)) is not None


def standing(s: Session, client: Client) -> Ask | None:
    """Return the open ask that words of a client may answer, None without: one that stands
    on their phone, and not while a person writes with them, to whom all words are meant."""
    ask = care.open_ask(s, client.id)
    if ask is None or client.writer_id is not None:
        return None
    shown = Outbox.key == f"ask:{ask.inbox_id}", Outbox.state == OutboxState.SENT
    return ask if s.scalar(sa.select(Outbox.id).where(*shown)) is not None else None


def answered(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, verdict: Verdict
) -> bool:
    """Settle an open ask by words that stand among its examples; tell whether they did."""
    ask = standing(s, client)
    if ask is None or verdict.ask:
        return False
    value = exact(house.content.flow(FLOW).step(STEP), inbox.words(house.sealer, row, client))
    if value is None:
        return False
    settle(s, house, at, client, ask, value, row.id)
    return True


def settle(
    s: Session, house: House, at: datetime, client: Client, ask: Ask, answer: str, inbox_id: str
) -> None:
    """Settle an ask by its answer: yes lets the talk go on, anything else pages."""
    ask.settled_at = at
    outbox.cancel(s, "the ask is settled", Outbox.key == f"ask:{ask.inbox_id}")
    if answer == "yes":
        ask.state = AskState.SAFE
        words = speak.text(house, "utter_ask_settled", client.language)
        run = runs.to_go_on(s, client)
        if run is not None:
            runs.ask(s, house, at, client, run, before=words)
        else:
            speak.to_client(s, house, at, client, speak.answer_kind(client), words)
        return
    ask.state = AskState.DANGER
    choice = next(c for c in _choices(house) if c.value == answer)
    signal = Signal(choice.signal or Signal.CONTACT_REQUEST)
    urgency = Urgency.NOW if answer == "no" else Urgency.TODAY
    why = "utter_page_ask_no" if answer == "no" else "utter_page_asked_person"
    page(s, house, at, client, ask, urgency, (signal,), why, inbox_id)


def page(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    ask: Ask,
    urgency: Urgency,
    signals: tuple[Signal, ...],
    why: str,
    inbox_id: str,
) -> None:
    """Make an alert of an ask: what was said before stays part of it."""
    box = people.box(house.sealer, client)
    before = box.open("ask.why", ask.id, ask.why) if ask.why else ""
    language = people.worker_of(s, client).language
    seen = tuple(dict.fromkeys((*signals, *(Signal(one) for one in ask.signals))))[:3]
    said = "; ".join(part for part in (speak.text(house, why, language), before) if part)
    verdict = Verdict(urgency, seen, said)
    opened = alerts.raise_alert(s, house, at, client, verdict, inbox_id=ask.inbox_id)
    care.note_seen(s, client.id, ask.inbox_id, verdict, at, opened.alert.id)
    # A question that was held back has not been seen: no word may answer it.
    runs.pause(s, client)
    safety.answer(s, house, at, client, verdict, opened, f"{ask.id}:{inbox_id}")


def moot(s: Session, client: Client, at: datetime) -> None:
    """End an open ask that an alert or a weightier question has overtaken."""
    ask = care.open_ask(s, client.id)
    if ask is not None:
        ask.state, ask.settled_at = AskState.MOOT, at
        keys = f"ask:{ask.inbox_id}", f"{URGENT}{ask.inbox_id}"
        outbox.cancel(s, "overtaken", Outbox.key.in_(keys))


def silent(house: House, at: datetime) -> int:
    """Make an alert of every ask whose time is over; return how many. One that fails stops no
    other."""
    with house.db.read() as s:
        over = s.scalars(
            sa.select(Ask.id).where(Ask.state == AskState.OPEN, Ask.deadline <= at)
        ).all()
    did = 0
    for id_ in over:
        try:
            did += _silent(house, at, id_)
        except Exception:
            log.exception("ask_failed", ask=id_)
    return did


def _silent(house: House, at: datetime, id_: str) -> int:
    with house.db.write() as s:
        ask = s.get_one(Ask, id_)
        if ask.state is not AskState.OPEN:
            return 0
        give_up(s, house, at, s.get_one(Client, ask.client_id), ask)
    return 1


def give_up(s: Session, house: House, at: datetime, client: Client, ask: Ask) -> None:
    """Make an alert of an ask that nobody answers any more; about who died there is none."""
    ask.state, ask.settled_at = AskState.SILENT, at
    if client.phone is PhoneState.DECEASED:
        return
    row = s.get(Inbox, ask.inbox_id)
    why = "utter_page_unanswered" if client.writer_id else "utter_page_silent_ask"
    if row is not None and row.text is None:
        why = "utter_page_silent_media"
    signals: tuple[Signal, ...] = () if ask.signals else (Signal.CONTACT_REQUEST,)
    page(s, house, at, client, ask, Urgency.TODAY, signals, why, "silent")
