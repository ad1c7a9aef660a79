"""Taps: what a client's tap on a button does; one that is not asked any more changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.core.alerts import AlertState
from bot.core.danger import Signal
from bot.core.messages import Kind
from bot.core.people import ClientState
from bot.core.writing import Ended
from bot.service import calling, checkins, listening, runs, speak, writing
from bot.service.alerting import asks
from bot.service.house import House
from bot.service.people import caseload, consent
from bot.service.planning import plan_taps
from bot.service.planning.plan_views import View
from bot.store import inbox, people
from bot.store.tables import (
    Alert,
    Ask,
    AskState,
    ButtonRow,
    Client,
    FlowRun,
    Inbox,
    InboxState,
    RunState,
    Worker,
)

BREAK = timedelta(days=7)
# An old question's answer is among them where it asks for a person; else it changes nothing.
_CALLS = ("call_me", "help_now", "urgent_yes", "choice")


def tap(s: Session, house: House, at: datetime, row: Inbox, client: Client) -> None:
    """Carry out a client's tap; the row is handled, or judged when the dialogue comes next.

    On a phone that is not theirs any more a tap still calls for help, and does nothing else.
    """
    button = inbox.button(s, row)
    if not client.phone.reachable and (button is None or button.does not in _CALLS):
        row.state, row.handled_at = InboxState.HANDLED, at
        return
    if button is not None and button.does == "choice" and client.writer_id is not None:
        row.state, row.handled_at = InboxState.HANDLED, at
        listening.tapped(s, house, at, row, client, button)
        return
    if button is not None and button.does == "choice":
        _choice(s, house, at, row, client, button)
        return
    row.state, row.handled_at = InboxState.HANDLED, at
    does = DOES.get(button.does) if button is not None else None
    if button is None or does is None:
        old(s, house, at, client)
    else:
        does(s, house, at, row, client, button)


def _choice(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, button: ButtonRow
) -> None:
    """Hand an answer on, if its question is the one that is asked now.

    An old question's answer changes nothing, but who asks for a person gets one, whenever it is,
    and who tells late how their day is has told it.
    """
    run = s.get(FlowRun, button.run_id)
    current = run is not None and run.state in (RunState.ACTIVE, RunState.PAUSED)
    if run is None or not current or run.step != button.step:
        wants_person = _wants_person(run, button)
        run = None if wants_person else checkins.late(s, house, at, client, run, button)
        if run is None:
            row.state, row.handled_at = InboxState.HANDLED, at
            if wants_person:
                calling.call_me(s, house, at, row, client, button)
            else:
                old(s, house, at, client)
            return
    run.state, run.put_away = RunState.ACTIVE, False
    row.token, row.asked = button.token, f"{run.flow}.{run.step}"
    row.state = InboxState.JUDGED
    calling.chose(s, house, at, row, client, run, button.value)


def _wants_person(run: FlowRun | None, button: ButtonRow) -> bool:
    if run is None:
        return False
    choice = runs.flow_of(run).step(button.step).choice(button.value)
    return choice is not None and choice.signal == Signal.CONTACT_REQUEST


def old(s: Session, house: House, at: datetime, client: Client) -> None:
    """Say that a button is old, and ask what is asked now."""
    run = runs.current(s, client)
    if run is not None and run.state is RunState.ACTIVE:
        before = speak.text(house, "utter_old_button", client.language)
        runs.ask(s, house, at, client, run, before=before)
    else:
        words = speak.text(house, "utter_old_button_nothing", client.language)
        speak.to_client(s, house, at, client, Kind.REPLY, words)


def _okay_now(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, button: ButtonRow
) -> None:
    """Pass on that the client says they are okay; the alert stays a person's to close."""
    alert = s.get(Alert, button.alert_id) if button.alert_id else None
    if alert is not None and alert.state is not AlertState.CLOSED:
        alias = people.alias(house.sealer, client)
        for worker in {people.worker_of(s, client), *_has(s, alert)}:
            words = speak.text(
                house, "utter_client_okay_now", worker.language, alias=alias, number=alert.id
            )
            speak.to_worker(
                s, house, at, worker, Kind.NOTICE, words, alert_id=alert.id, about=client
            )
    words = speak.text(house, "utter_okay_now", client.language)
    go_on(s, house, at, client, words)


def _has(s: Session, alert: Alert) -> list[Worker]:
    worker = s.get(Worker, alert.acknowledged_by) if alert.acknowledged_by else None
    return [worker] if worker else []


def go_on(s: Session, house: House, at: datetime, client: Client, before: str = "") -> None:
    """Ask again where the talk was interrupted; only the sentence when there is no talk."""
    run = runs.to_go_on(s, client)
    if run is not None and client.state is not ClientState.LEFT:
        runs.ask(s, house, at, client, run, before=before)
    elif before:
        speak.to_client(s, house, at, client, speak.answer_kind(client), before)


def _go_on(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, button: ButtonRow
) -> None:
    """Take up also what was put away: this is the client asking for it."""
    run = runs.current(s, client)
    words = speak.text(house, "utter_go_on", client.language)
    if run is not None and client.state is not ClientState.LEFT:
        runs.ask(s, house, at, client, run, before=words)
    else:
        go_on(s, house, at, client, words)


def _plan(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, button: ButtonRow
) -> None:
    """Open the client's own plan: in danger whom to call and where to go, else its parts."""
    view = View(s, house, at, client)
    if button.alert_id is not None:
        view.danger()
    else:
        view.menu()


def _ask(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, button: ButtonRow
) -> None:
    ask = s.get(Ask, button.value)
    if ask is None or ask.state is not AskState.OPEN:
        old(s, house, at, client)
        return
    answer = button.does.removeprefix("ask_")
    asks.settle(s, house, at, client, ask, answer, row.id)


def _urgent_no(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, button: ButtonRow
) -> None:
    asks.not_urgent(s, client, at, button.value)
    facts = speak.facts(s, house, client, at)
    words = speak.text(house, "utter_not_urgent", client.language, **facts)
    go_on(s, house, at, client, words)


def _stop(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, button: ButtonRow
) -> None:
    consent.stop(s, house, at, client)


def _one_week(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, button: ButtonRow
) -> None:
    consent.pause(s, house, at, client, BREAK)


def _less_often(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, button: ButtonRow
) -> None:
    """Ask less often; the tap is an answer too, so nobody counts it as silence."""
    client.cadence = "less_often"
    run = runs.current(s, client)
    if run is not None and run.flow == checkins.FLOW:
        checkins.answered(s, house, at, client, run)
        runs.end(run, at, RunState.DONE)
    words = speak.text(house, "utter_less_often", client.language)
    speak.to_client(s, house, at, client, Kind.REPLY, words)


def _not_today(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, button: ButtonRow
) -> None:
    words = speak.text(house, "utter_date_skipped", client.language)
    speak.to_client(s, house, at, client, Kind.REPLY, words)


def _writing_stop(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, button: ButtonRow
) -> None:
    writing.end(s, house, at, client, Ended.NOT_NOW)


def _hand_over(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, button: ButtonRow
) -> None:
    """Keep whether the new worker is fine; a tap about an earlier one changes nothing."""
    if client.worker_id != button.value:
        old(s, house, at, client)
    elif button.does == "hand_over_no":
        caseload.refused(s, house, at, client)
    else:
        caseload.agreed(s, house, at, client)


def _note(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, button: ButtonRow
) -> None:
    """Show a worker's line that waited behind a harmless one."""
    words = writing.note(house, client, button)
    speak.to_client(s, house, at, client, Kind.REPLY, words, as_is=True)


Does = Callable[[Session, House, datetime, Inbox, Client, ButtonRow], None]
DOES: dict[str, Does] = {
    "call_me": calling.call_me,
    "help_now": calling.help_now,
    "okay_now": _okay_now,
    "go_on": _go_on,
    "plan": _plan,
    "ask_yes": _ask,
    "ask_no": _ask,
    "ask_call_me": _ask,
    "urgent_yes": calling.urgent,
    "urgent_no": _urgent_no,
    "stop": _stop,
    "one_week": _one_week,
    "less_often": _less_often,
    "not_today": _not_today,
    "hand_over_yes": _hand_over,
    "hand_over_no": _hand_over,
    "writing_stop": _writing_stop,
    writing.NOTE: _note,
    **plan_taps.DOES,
}
