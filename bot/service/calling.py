"""Calling for a person: what rings in the moment of a tap, whether the dialogue is up or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from bot.core.answers import fold
from bot.core.danger import Signal, Urgency, Verdict
from bot.core.flows import Choice
from bot.core.messages import Kind
from bot.service import listening, runs, speak
from bot.service.alerting import alerts, asks, safety
from bot.service.house import House
from bot.service.planning import situations
from bot.store import care, people
from bot.store.tables import ButtonRow, Client, FlowRun, Inbox, RunState

TRIAL = "action_trial_page"  # what the help button of the first conversation leads to


def help_wanted(s: Session, house: House, client: Client) -> Verdict:
    """Return what [I need help now] means, tapped or typed: a rule, so it cannot miss."""
    why = speak.text(house, "utter_page_help_button", people.worker_of(s, client).language)
    return Verdict(Urgency.NOW, (Signal.IMMEDIATE_THREAT,), why)


def on_trial(s: Session, client: Client, label: str, at: datetime) -> bool:
    """Tell whether the help button is what a client is asked to try right now: hours later it is
    no trial any more."""
    run = runs.current(s, client)
    if run is None or run.state is not RunState.ACTIVE or at - run.asked_at > runs.TALK:
        return False
    flow = runs.flow_of(run)
    return any(
        fold(choice.label[client.language]) == label
        and (after := flow.after(flow.step(run.step), choice.value)) is not None
        and after.action == TRIAL
        for choice in flow.step(run.step).choices
    )


def help_now(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, button: ButtonRow
) -> None:
    """Ring at once for who tapped [I need help now]; who writes with them hears it too."""
    verdict = help_wanted(s, house, client)
    opened = _ring(s, house, at, row, client, verdict)
    if client.writer_id is not None:
        label = speak.text(house, "utter_button_help_now", client.language)
        listening.danger(s, house, at, row, client, verdict, opened, said=label)
        return
    runs.pause(s, client)
    safety.answer(s, house, at, client, verdict, opened, row.id)


def urgent(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, button: ButtonRow
) -> None:
    """Ring at once for who says that what we cannot open is urgent."""
    why = speak.text(house, "utter_page_urgent_media", people.worker_of(s, client).language)
    verdict = Verdict(Urgency.NOW, (Signal.CONTACT_REQUEST,), why)
    opened = _ring(s, house, at, row, client, verdict)
    safety.answer(s, house, at, client, verdict, opened, row.id)


def _ring(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, verdict: Verdict
) -> alerts.Opened:
    row.urgency, row.signals = verdict.urgency, [signal.value for signal in verdict.signals]
    opened = alerts.raise_alert(s, house, at, client, verdict, inbox_id=row.id)
    care.note_seen(s, client.id, row.id, verdict, at, opened.alert.id)
    asks.moot(s, client, at)
    return opened


def chose(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, run: FlowRun, value: str
) -> None:
    """Let the danger in a tapped answer ring now; its turn, whenever that comes, only keeps it."""
    choice = runs.step_of(run).choice(value)
    if choice is None or choice.signal is None:
        return
    signal = Signal(choice.signal)
    verdict = Verdict(house.content.signals.of(signal).urgency, (signal,), first_911=False)
    if not verdict.urgency.pages:
        return
    verdict = replace(verdict, why=answer_why(s, house, at, client, run, run.step, choice))
    situations.seen(s, at, client, [signal])
    row.urgency, row.signals = verdict.urgency, [signal.value]
    opened = alerts.raise_alert(s, house, at, client, verdict, inbox_id=row.id)
    care.note_seen(s, client.id, row.id, verdict, at, opened.alert.id)
    if verdict.urgency is Urgency.NOW:
        safety.answer(s, house, at, client, verdict, opened, row.id)


def answer_why(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    run: FlowRun,
    step: str,
    choice: Choice,
) -> str:
    """Say in the worker's language which answer was given to which question.

    By its label: what they wrote stands beside it as long as it is kept, and this is kept longer.
    """
    language = people.worker_of(s, client).language
    asked = f"utter_ask_{run.flow}_{step}"
    question = speak.text(house, asked, language, **speak.facts(s, house, client, at))
    words = choice.label[language]
    return speak.text(house, "utter_page_tapped", language, words=words, question=question)


def ask_for_person(
    s: Session, house: House, at: datetime, client: Client, inbox_id: str
) -> alerts.Opened:
    """Open an alert because the client wants a person."""
    why = speak.text(house, "utter_page_asked_person", people.worker_of(s, client).language)
    verdict = Verdict(Urgency.TODAY, (Signal.CONTACT_REQUEST,), why)
    opened = alerts.raise_alert(s, house, at, client, verdict, inbox_id=inbox_id)
    care.note_seen(s, client.id, inbox_id, verdict, at, opened.alert.id)
    return opened


def call_me(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, button: ButtonRow
) -> None:
    """Ask for a person, and say what is true of that now."""
    opened = ask_for_person(s, house, at, client, row.id)
    verdict = Verdict(Urgency.TODAY, (Signal.CONTACT_REQUEST,))
    words = safety.sentence(s, house, at, client, verdict, opened)
    key = f"safety:{row.id}"
    speak.to_client(s, house, at, client, Kind.SAFETY, words, key=key, alert_id=opened.alert.id)
