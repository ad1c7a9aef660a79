"""Carrying out what a turn staged: answers, signals, consent, the end of a flow."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core import effects as fx
from bot.core.danger import Signal, Urgency, Verdict
from bot.core.people import Language
from bot.service import calling, checkins, dates, runs, tasks
from bot.service.alerting import alerts
from bot.service.alerting.alerts import Opened
from bot.service.house import House
from bot.service.people import consent
from bot.service.planning import plan_taps, plans, reviews, situations
from bot.service.planning.plan_views import View
from bot.store import care, people
from bot.store.tables import Answer, Client, FlowRun, Inbox, RunState

NOTHING = Verdict()
HOURS = {"morning": "10:00", "afternoon": "14:00", "evening": "19:00"}


@dataclass(slots=True)
class Carried:
    """What came of a turn's effects, for the answer that is still to be written."""

    verdict: Verdict = NOTHING
    opened: Opened | None = None
    run: FlowRun | None = None  # the run that the turn was about, or the one that it began
    left: bool = False  # what was asked waits; it is not asked again at once
    resumed: bool = False  # the run goes on where it was, whatever the engine asks first
    silent: bool = False  # the effect said all there is to say


def carry_out(
    s: Session,
    house: House,
    at: datetime,
    row: Inbox,
    client: Client,
    run: FlowRun | None,
    effects: tuple[fx.Effect, ...],
) -> Carried:
    """Carry out a turn's effects in order and return what they came to."""
    came = Carried(run=run)
    for effect in effects:
        match effect:
            case fx.SaveAnswer():
                _save(s, house, at, row, client, came.run, effect)
            case fx.RaiseSignal():
                _signal(s, house, at, row, client, effect, came)
            case fx.AskForPerson():
                came.opened = calling.ask_for_person(s, house, at, client, row.id)
                came.verdict = Verdict(Urgency.TODAY, (Signal.CONTACT_REQUEST,))
            case fx.GiveConsent():
                consent.agree(s, house, at, client)
            case fx.DeclineConsent():
                consent.decline(s, house, at, client)
            case fx.Pause():
                consent.pause(s, house, at, client, timedelta(days=effect.days))
                came.silent = True
            case fx.Stop():
                consent.stop(s, house, at, client)
                came.silent = True
            case fx.SetLanguage():
                client.language = Language(effect.language)
            case fx.SetPreference():
                _prefer(s, house, at, client, effect)
            case fx.WantHelp():
                _want(s, house, at, row, client, effect)
            case fx.PageOnTrial():
                _trial(s, house, at, client)
            case fx.StartFlow():
                came.run = runs.begin(s, house, at, client, effect.flow)
                came.left, came.resumed = False, came.run.began_at < at
            case fx.FinishFlow():
                _finish(s, house, at, row, client, effect, came)
            case fx.LeaveForLater():
                _later(s, house, at, client, came)
            case fx.OpenPlan() | fx.OfferItem():
                shown = _plan(s, house, at, row, client, effect)
                # What sounded like danger is answered too.
                came.silent = shown and not (row.urgency and row.urgency.pages)
    return came


def _finish(
    s: Session,
    house: House,
    at: datetime,
    row: Inbox,
    client: Client,
    effect: fx.FinishFlow,
    came: Carried,
) -> None:
    """End the run; a plan that is broken off only waits, so that nothing is asked twice. A line
    that was changed while the plan is gone through leads to the next one."""
    run = came.run
    if run is None or run.flow != effect.flow:
        return
    is_plan = runs.flow_of(run).plan
    if effect.abandoned and is_plan:
        runs.put_away(run)
        came.left = True
        return
    runs.end(run, at, RunState.ABANDONED if effect.abandoned else RunState.DONE)
    if is_plan:
        plans.finished(s, house, at, client, run)
    if run.flow == plans.CHANGE and not row.hold and reviews.going_on(s, at, client):
        view = View(s, house, at, client)
        view.review(view.text("utter_plan_kept"))
        came.silent = True


def _later(s: Session, house: House, at: datetime, client: Client, came: Carried) -> None:
    """Let a plan wait where it is."""
    if came.run is not None:
        runs.put_away(came.run)
        came.left, came.silent = True, True
    view = View(s, house, at, client)
    view.tell(view.text("utter_plan_later"), [[view.button("go_on"), view.button("plan")]])


def _plan(
    s: Session,
    house: House,
    at: datetime,
    row: Inbox,
    client: Client,
    effect: fx.OpenPlan | fx.OfferItem,
) -> bool:
    """Show what the client asked to see of their plan; tell whether anything was shown.

    Words that come while a question stands open are not offered for keeping on top of it. While it
    is dangerous, or we ask whether it is, whom to call comes first: on a covered phone no button
    says so, and the words are the only way there.
    """
    view = View(s, house, at, client)
    run = runs.current(s, client)
    asked = care.open_ask(s, client.id) or (run is not None and run.state is RunState.ACTIVE)
    if isinstance(effect, fx.OfferItem) and asked:
        return False
    if isinstance(effect, fx.OfferItem):
        plan_taps.offer_item(view, row)
    elif effect.how == "make":
        view.make()
    elif care.open_now(s, client.id) or care.open_ask(s, client.id):
        view.danger()
    elif effect.how == "use":
        view.use(0)
    else:
        view.menu()
    return True


def _save(
    s: Session,
    house: House,
    at: datetime,
    row: Inbox,
    client: Client,
    run: FlowRun | None,
    effect: fx.SaveAnswer,
) -> None:
    """Keep an answer once; the same step answered anew replaces it."""
    if run is None or run.flow != effect.flow:
        return
    answer = s.scalar(sa.select(Answer).where(Answer.run_id == run.id, Answer.step == effect.step))
    if answer is None:
        answer = Answer(run_id=run.id, step=effect.step, inbox_id=row.id, at=at)
        s.add(answer)
        s.flush()
    answer.inbox_id, answer.at = row.id, at
    box = people.box(house.sealer, client)
    value = plans.SAID if effect.own else effect.value
    answer.value = box.seal("answer.value", answer.id, value)
    if runs.flow_of(run).plan:
        plans.answered(s, house, at, client, run, effect)
    if run.flow == checkins.FLOW:
        checkins.answered(s, house, at, client, run)


def _signal(
    s: Session,
    house: House,
    at: datetime,
    row: Inbox,
    client: Client,
    effect: fx.RaiseSignal,
    came: Carried,
) -> None:
    """Let an answer's signal page by its usual urgency; what only is to be watched is kept.

    What was tapped has rung in the moment of the tap.
    """
    if row.token and effect.signal.value in row.signals:
        return
    situations.seen(s, at, client, [effect.signal])
    urgency = house.content.signals.of(effect.signal).urgency
    why = _why(s, house, at, client, came.run, effect)
    verdict = Verdict(urgency, (effect.signal,), why, first_911=False)
    if not urgency.pages:
        care.note_seen(s, client.id, row.id, verdict, at)
        return
    came.opened = alerts.raise_alert(s, house, at, client, verdict, inbox_id=row.id)
    care.note_seen(s, client.id, row.id, verdict, at, came.opened.alert.id)
    if urgency.rank >= came.verdict.urgency.rank:
        came.verdict = verdict


def _why(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    run: FlowRun | None,
    effect: fx.RaiseSignal,
) -> str:
    """Say which answer was given to which question; what the signal means where none was."""
    if run is not None:
        s.flush()
        step, value = runs.flow_of(run).step(effect.step), runs.answers(s, house, client, run)
        choice = step.choice(value.get(effect.step, ""))
        if choice is not None:
            return calling.answer_why(s, house, at, client, run, effect.step, choice)
    return house.content.signals.of(effect.signal).meaning[people.worker_of(s, client).language]


def _prefer(
    s: Session, house: House, at: datetime, client: Client, effect: fx.SetPreference
) -> None:
    if effect.name == "checkin_hour":
        client.checkin_time = HOURS.get(effect.value, client.checkin_time)
        checkins.plan(s, house, at, client)
        dates.plan_all(s, house, at, client)
    elif effect.name == "cadence":
        client.cadence = effect.value
        checkins.plan(s, house, at, client)


def _trial(s: Session, house: House, at: datetime, client: Client) -> None:
    """Page the worker once on trial, so that the client sees the phone ring."""
    verdict = Verdict(Urgency.NOW, (Signal.CONTACT_REQUEST,), "")
    alerts.raise_alert(s, house, at, client, verdict, inbox_id=None, trial=True)


def _want(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, effect: fx.WantHelp
) -> None:
    """Give the worker the task; money is promised or refused by a person."""
    worker = people.worker_of(s, client)
    choice = house.content.flow(checkins.FLOW).step("help").choice(effect.what)
    what = choice.label[worker.language] if choice else effect.what
    tasks.give(s, house, at, client, "help_wanted", key=f"help:{row.id}", what=what)
