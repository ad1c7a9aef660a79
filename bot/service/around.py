"""What is said on the days around a date, to the client and to their worker, or why it is not."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.core.dates import DateStep, Wants, skip_reason
from bot.core.messages import Kind
from bot.core.people import ClientState, Language, PhoneState
from bot.service import dates, speak, tasks
from bot.service.house import House
from bot.store import people, plans, telling
from bot.store.tables import Client, Due, HardDate

STALE = "planned from an older version"
OVER = "its day is over"


def carry_out(
    s: Session, house: House, at: datetime, client: Client, due: Due, against: str = ""
) -> str:
    """Say what a step is there for and plan its next time; return why not, empty when it was said.

    ``against``: a reason of the caller's not to say it.
    1. A step of an older version, or one that is not in the calendar any more, is skipped.
    2. A step whose own day is over is skipped, but for the worker's, who can still prepare.
    3. Where no message may come on the day itself, the day is the worker's task.
    4. Before a line to the client whoever looks after them now is told, if only somebody else was.
    """
    found, step = s.get_one(HardDate, due.about_id), dates.step_of(house, due)
    if not found.active or found.version != due.version:
        return STALE
    if step is None:
        return "the calendar has no such step any more"
    occurrence = dates.occurrence_of(due)
    reason = skip_reason(found.wants, step) or against
    if at >= dates.last_moment(house, client, due):
        reason = reason or OVER
    if step.to_worker:
        reason = reason or _tell_worker(s, house, at, client, found, step, due)
    else:
        _tell_in_charge(s, house, at, client, found, step, due)
        reason = reason or _tell_client(s, house, at, client, step, due)
        if reason and not step.offset:
            _worker_task(s, house, at, client, found, occurrence, due)
    dates.plan_next(s, house, at, client, due)
    return reason


def _tell_worker(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    found: HardDate,
    step: DateStep,
    due: Due,
) -> str:
    """Tell the worker, or who stands in for them, without a sound, at the latest on the day
    itself; nobody is told twice of the same day."""
    if client.phone is PhoneState.DECEASED:
        return f"the phone is {client.phone}"
    worker = telling.in_charge(s, client, at)
    occurrence = dates.occurrence_of(due)
    name = f"utter_date_{step.text}"
    if found.wants is Wants.WORKER_ONLY and house.content.texts.has(f"{name}_only"):
        name += "_only"
    words = speak.text(
        house,
        name,
        worker.language,
        alias=people.alias(house.sealer, client),
        what=_what(house, client, found, worker.language),
        day=occurrence.isoformat(),
        count=(occurrence - at.astimezone(ZoneInfo(client.timezone)).date()).days,
    )
    told = speak.to_worker(
        s,
        house,
        at,
        worker,
        Kind.PREPARE,
        words,
        key=f"prepare:{found.id}:{step.id}:{occurrence.isoformat()}:{worker.id}",
        due_id=due.id,
        about=client,
        silent=True,
    )
    return "" if told else "the worker has no phone with us"


def _tell_in_charge(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    found: HardDate,
    step: DateStep,
    due: Due,
) -> None:
    """Tell who looks after a client now of a day of which an earlier worker was told, or who was on
    leave since: "{worker} knows" must be true of them."""
    if found.wants is Wants.NOTHING or at >= dates.last_moment(house, client, due):
        return
    for other in house.content.calendar.date_steps:
        if other.to_worker and other.months == step.months and other.fits(found.kind):
            if step.offset <= 0:
                _tell_worker(s, house, at, client, found, other, due)
            return


def _tell_client(
    s: Session, house: House, at: datetime, client: Client, step: DateStep, due: Due
) -> str:
    if client.state is not ClientState.ACTIVE:
        return f"the client is {client.state}"
    reason = speak.silenced(client, Kind.ANNIVERSARY)
    if reason:
        return reason
    name, until = f"utter_date_{step.text}", house.content.escalation.staffed.rest_of_day(at)
    if until is None and house.content.texts.has(f"{name}_off"):
        name += "_off"
    facts = speak.facts(s, house, client, at)
    facts["time"] = speak.clock_face(until, client.timezone) if until else ""
    offers = ["call_me", "not_today"]
    if step.review and plans.items(s, client):
        offers.insert(0, "plan_review")
    presses = [speak.button(house, client.language, does) for does in offers]
    speak.to_client(
        s,
        house,
        at,
        client,
        Kind.ANNIVERSARY,
        speak.text(house, name, client.language, **facts),
        key=f"due:{due.id}",
        due_id=due.id,
        buttons=[presses],
        expires_at=dates.last_moment(house, client, due),
    )
    return ""


def _worker_task(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    found: HardDate,
    occurrence: date,
    due: Due,
) -> None:
    """Give the day to the worker where it passes without a message that the client would want."""
    if client.phone is PhoneState.DECEASED or at >= dates.last_moment(house, client, due):
        return
    if found.wants is Wants.WORKER_ONLY:
        kind = "date"
    elif found.wants is Wants.MESSAGES and (client.chat is None or not client.phone.reachable):
        kind = "date_no_phone"
    else:
        return
    what = _what(house, client, found, telling.in_charge(s, client, at).language)
    key = f"date:{found.id}:{occurrence.isoformat()}"
    tasks.give(s, house, at, client, kind, key=key, due_id=due.id, what=what)


def _what(house: House, client: Client, found: HardDate, language: Language) -> str:
    """Return what a date is in the worker's language, with the recorded word beside it."""
    kind = speak.text(house, f"utter_date_kind_{found.kind}", language)
    word = dates.what_of(house, client, found)
    return f"{kind}, {word}" if word else kind
