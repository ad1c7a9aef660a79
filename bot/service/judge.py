"""Judging: every message is read for danger before anything else is done with it.

Triage needs no dialogue engine; what danger asks for is committed here, whatever comes later.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.core import answers
from bot.core.danger import Context, Signal, Urgency, Verdict
from bot.core.messages import InboundKind, Kind
from bot.core.people import ClientState, Language
from bot.core.writing import Ended
from bot.service import calling, checkins, listening, runs, speak, taps, tasks, unopened, writing
from bot.service.alerting import alerts, asks, safety
from bot.service.house import House
from bot.service.people import enrol
from bot.service.planning import offers, plans, situations
from bot.store import care, inbox, outbox, people
from bot.store.tables import Client, Inbox, InboxState, Outbox, OutboxState, RunState

log = structlog.get_logger()

PRESSABLE = timedelta(days=1)  # a label typed later than this is just words
_NO_SIGN = (InboundKind.BLOCKED, InboundKind.UNBLOCKED, InboundKind.GROUP)


def judge(house: House, inbox_id: str) -> None:
    """Judge one client's message and write what danger asks for; nothing when it was judged.

    1. What was said is read, and triaged outside any transaction.
    2. In one transaction: the alert and its first page, the safety answer or the ask, and how far
       the message got. A second judge of the same message changes nothing.
    """
    with house.db.read() as s:
        row = s.get(Inbox, inbox_id)
        if row is None or row.state is not InboxState.RECEIVED:
            return
        client = s.get(Client, row.client_id) if row.client_id else None
        words = inbox.words(house.sealer, row, client)
        context = _context(s, client) if client else Context()
        # What is typed to a person is words, even where it is a button's label.
        talks = client is not None and client.writer_id is not None
        if row.edited:
            context = replace(context, asked="")  # what is changed later answers nothing
        presses = client is not None and words and not talks and not row.edited
        pressed = _pressed(s, house, client, words) if client and presses else None
        ruled = _rule(s, house, client, words, row.received_at) if client and words else None
        calm = client is not None and not talks and _calm(s, house, client, words, context)
    verdict = ruled or (_read(house, words, context) if words and not calm else Verdict())
    house.fault("before judging is written")
    with house.db.write() as s:
        row = s.get_one(Inbox, inbox_id)
        if row.state is not InboxState.RECEIVED:
            return
        at = house.clock.now()
        client = s.get(Client, row.client_id) if row.client_id else None
        if client is not None and client.phone.reachable and row.kind not in _NO_SIGN:
            checkins.heard(s, house, at, client)
        if row.kind is InboundKind.START or client is None:
            enrol.open_door(s, house, at, row, client)
        elif row.kind is InboundKind.TEXT and words and pressed is not None and ruled is None:
            row.token = pressed
            taps.tap(s, house, at, row, client)
        # Words beside a picture or a voice note: danger in them rings like any other.
        elif words and (row.kind is InboundKind.TEXT or verdict.urgency.pages or verdict.ask):
            row.asked = context.asked
            _text(s, house, at, row, client, verdict)
        elif row.edited:
            done(row, at)  # a place that moves on: it was answered the first time
        else:
            _without_words(s, house, at, row, client)
    house.fault("after judging is written")
    house.wake()


def _read(house: House, words: str, context: Context) -> Verdict:
    """Triage a message; one that triage breaks on must be read by a person."""
    try:
        return house.triage.judge(words, context)
    except Exception:
        log.exception("triage_failed")
        why = speak.text(house, "utter_page_unread", Language.EN)
        return Verdict(Urgency.TODAY, (Signal.DISTRESS,), why)


def _calm(s: Session, house: House, client: Client, words: str, context: Context) -> bool:
    """Tell whether these words are an answer that staff listed as calm, to what is asked now, or
    a label of ours, such as a part of the plan.

    An answer whose signal rings nobody is the flow's, which keeps the signal.
    """
    if answers.fold(words) in house.content.labels:
        return True
    run = runs.current(s, client)
    if run is None or context.asked != f"{run.flow}.{run.step}":
        return False
    mild = [one.value for one in Signal if not house.content.signals.of(one).urgency.pages]
    return answers.calm(runs.step_of(run), words, mild) or plans.names_worker(
        s, house, client, run, words
    )


def _context(s: Session, client: Client) -> Context:
    run = runs.current(s, client)
    asked = ""
    if asks.standing(s, client) is not None:
        asked = "ask"
    elif run is not None and run.state is RunState.ACTIVE:
        asked = f"{run.flow}.{run.step}"
    recent = care.recent_signals(s, client.id, _latest(s, client))
    if asked != "ask" and run is not None and asked and runs.step_of(run).words:
        recent = ()  # a plan asks in its own words for what the last days were like
    return Context(asked, client.situation, recent, people.worker_of(s, client).language)


def _latest(s: Session, client: Client) -> datetime:
    asked = sa.select(sa.func.max(Inbox.received_at)).where(Inbox.client_id == client.id)
    return s.scalar(asked) or client.made_at


def _pressed(s: Session, house: House, client: Client, words: str) -> str | None:
    """Return the token of the button whose label or number these words are, None if none's.

    Looked for under the newest message with buttons; labels come before numbers.
    """
    asked = sa.select(Outbox).where(
        Outbox.client_id == client.id,
        Outbox.buttons.is_not(None),
        Outbox.state == OutboxState.SENT,
        Outbox.sent_at > _latest(s, client) - PRESSABLE,
    )
    row = s.scalar(asked.order_by(Outbox.place.desc()).limit(1))
    if row is None:
        return None
    _, lines = outbox.content(house.sealer, row, client)
    pressable = [button for line in lines for button in line]
    said = answers.fold(words)
    for button in pressable:
        if said and answers.fold(button.label) == said:
            return button.token
    if said.isdecimal() and 1 <= int(said) <= len(pressable):
        return pressable[int(said) - 1].token
    return offers.meant(s, house, [button.token for button in pressable], words)


def _rule(s: Session, house: House, client: Client, words: str, at: datetime) -> Verdict | None:
    """Return the verdict of the rules that cannot miss: the code word, the help button.

    Only where the help button stands to be tried, beside the worker, its label is that trial.
    """
    if client.code_word is not None:
        box = people.box(house.sealer, client)
        if answers.says(words, box.open("client.code_word", client.id, client.code_word)):
            language = people.worker_of(s, client).language
            why = speak.text(house, "utter_page_code_word", language)
            return Verdict(Urgency.NOW, (Signal.IMMEDIATE_THREAT,), why)
    label = answers.fold(speak.text(house, "utter_button_help_now", client.language))
    if answers.fold(words) == label and not calling.on_trial(s, client, label, at):
        return calling.help_wanted(s, house, client)
    return None


def _text(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, verdict: Verdict
) -> None:
    """Write what a message's verdict asks for, and leave the rest to the dialogue."""
    row.urgency, row.signals = verdict.urgency, [signal.value for signal in verdict.signals]
    no_talk = client.state is ClientState.LEFT or row.edited or not client.phone.reachable
    if verdict.urgency.pages:
        situations.seen(s, at, client, verdict.signals)
        opened = alerts.raise_alert(s, house, at, client, verdict, inbox_id=row.id)
        care.note_seen(s, client.id, row.id, verdict, at, opened.alert.id)
        asks.moot(s, client, at)
        if client.writer_id is not None:
            listening.danger(s, house, at, row, client, verdict, opened)
            done(row, at)
        elif verdict.urgency is Urgency.NOW or no_talk:
            runs.pause(s, client)
            safety.answer(s, house, at, client, verdict, opened, row.id)
            done(row, at)
        else:
            row.state = InboxState.JUDGED
        return
    care.note_seen(s, client.id, row.id, verdict, at)
    if client.writer_id is not None:
        listening.words(s, house, at, row, client, verdict)
        done(row, at)
    elif not row.edited and asks.answered(s, house, at, row, client, verdict):
        done(row, at)
    elif no_talk:
        # Who stopped was told that danger still rings; only they know whether this is.
        asks.hold(s, house, at, row, client, verdict)
        done(row, at)
    else:
        row.hold = asks.hold(s, house, at, row, client, verdict)
        row.state = InboxState.JUDGED


def _without_words(s: Session, house: House, at: datetime, row: Inbox, client: Client) -> None:
    """Answer what has no words for us to judge; nothing is dropped silently."""
    if row.kind is InboundKind.BUTTON:
        taps.tap(s, house, at, row, client)
        return
    done(row, at)
    if row.kind is InboundKind.BLOCKED:
        outbox.cancel(s, "the client blocked the bot", Outbox.client_id == client.id)
        writing.end(s, house, at, client, Ended.BLOCKED)
        tasks.give(s, house, at, client, "blocked", key=f"blocked:{client.id}:{at.date()}")
    elif client.writer_id is not None and row.kind not in (
        InboundKind.UNBLOCKED,
        InboundKind.GROUP,
    ):
        listening.no_words(s, house, at, row, client)
    elif row.kind in unopened.WHAT:
        unopened.came(s, house, at, row, client)
    elif row.kind not in (InboundKind.UNBLOCKED, InboundKind.GROUP):
        name = "utter_contact" if row.kind is InboundKind.CONTACT else "utter_sticker"
        words = speak.text(house, name, client.language)
        press = speak.button(house, client.language, "call_me")
        speak.to_client(s, house, at, client, Kind.REPLY, words, buttons=[[press]])


def done(row: Inbox, at: datetime) -> None:
    """Mark a message as handled."""
    row.state, row.handled_at = InboxState.HANDLED, at
