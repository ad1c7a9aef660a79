"""Check-ins: planning them, asking, nudging once, and what silence leads to."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.content.program import clock_time
from bot.core.cadence import next_checkin, next_day
from bot.core.hours import Span, out_of_quiet
from bot.core.messages import Kind
from bot.core.people import ClientState
from bot.service import runs, speak, tasks
from bot.service.house import House
from bot.store import dues
from bot.store.tables import (
    ButtonRow,
    Checkin,
    CheckinState,
    Client,
    Due,
    DueKind,
    FlowRun,
    Incident,
    Outbox,
    OutboxState,
    RunState,
)

FLOW = "checkin"
UNASKED = (Kind.CHECKIN, Kind.NUDGE, Kind.ANNIVERSARY)  # and what else was due, such as a review
WRITING = timedelta(minutes=5)  # while a person writes, what nobody asked for looks again


def quiet(client: Client) -> Span:
    """Return a client's quiet hours."""
    return Span(clock_time(client.quiet_from), clock_time(client.quiet_to))


def quiet_until(client: Client, row: Outbox, now: datetime) -> datetime | None:
    """Return until when something unasked has to wait that an outage has pushed into the quiet
    hours; None when it may leave. What was written in them was meant for them."""
    if row.kind not in UNASKED and row.due_id is None:
        return None
    if client.writer_id is not None:
        return now + WRITING
    later = out_of_quiet(now, client.timezone, quiet(client))
    written_in_quiet = out_of_quiet(row.made_at, client.timezone, quiet(client)) != row.made_at
    return None if later == now or written_in_quiet else later


def plan(
    s: Session, house: House, at: datetime, client: Client, since: datetime | None = None
) -> Due | None:
    """Plan a client's next check-in in place of any other; None when they get none.

    ``since``: the check-in from which the distance counts, so that a late answer moves no rhythm.
    """
    zone = ZoneInfo(client.timezone)
    found = s.scalars(sa.select(Incident.at).where(Incident.client_id == client.id)).all()
    incidents = [moment.astimezone(zone).date() for moment in found]
    last = (since or at).astimezone(zone).date()
    day = next_day(house.content.calendar.cadence, last, incidents, client.cadence)
    return plan_on(s, at, client, day)


def plan_on(s: Session, at: datetime, client: Client, day: date | None = None) -> Due | None:
    """Plan a client's next check-in for a day of theirs, or for their next hour at all."""
    kinds = (DueKind.CHECKIN,)
    dues.skip(s, client, at, "planned anew", kinds=kinds)
    if client.state is not ClientState.ACTIVE:
        return None
    day = day or at.astimezone(ZoneInfo(client.timezone)).date()
    wish = clock_time(client.checkin_time)
    moment = next_checkin(at, day, client.timezone, wish, quiet(client))
    key = f"checkin:{client.id}:{moment.isoformat()}"
    return dues.put(s, DueKind.CHECKIN, client, moment, key=key) or dues.revive(s, key)


def ask(s: Session, house: House, at: datetime, client: Client, due: Due) -> str:
    """Ask how the day is; return why not, empty when it was asked.

    A client without a phone is their worker's to ask. The next one is planned whatever happens.
    """
    reason = speak.silenced(client, Kind.CHECKIN)
    if client.state is not ClientState.ACTIVE:
        reason = reason or f"the client is {client.state}"
    if reason and client.chat is None and client.state is ClientState.ACTIVE:
        tasks.give(s, house, at, client, "checkin", key=f"own_checkin:{due.id}", due_id=due.id)
    if reason:
        plan(s, house, at, client, due.at)
        return reason
    run = runs.begin(s, house, at, client, FLOW)
    checkin = Checkin(client_id=client.id, run_id=run.id, state=CheckinState.SENT, at=at)
    s.add(checkin)
    s.flush()
    cadence = house.content.calendar.cadence
    nudge = out_of_quiet(at + cadence.nudge_after, client.timezone, quiet(client))
    missed = at + cadence.missed_after
    key = f"due:{due.id}"
    runs.ask(
        s, house, at, client, run, kind=Kind.CHECKIN, key=key, due_id=due.id, expires_at=missed
    )
    if nudge < missed:
        key = f"nudge:{checkin.id}"
        dues.put(s, DueKind.NUDGE, client, nudge, key=key, about_id=checkin.id)
    key = f"miss:{checkin.id}"
    dues.put(s, DueKind.MISS, client, missed, key=key, about_id=checkin.id)
    return ""


def talking(s: Session, client: Client, at: datetime) -> bool:
    """Tell whether a client is in the middle of something else than a check-in: a reminder must
    not throw them out of it."""
    run = runs.current(s, client)
    if run is None or run.flow == FLOW or run.state is not RunState.ACTIVE:
        return False
    return at - run.asked_at < runs.TALK


def cut_short(s: Session, house: House, at: datetime, client: Client, run: FlowRun) -> bool:
    """End a check-in after its one tap on a phone that somebody else may read, and let a person
    ask the rest the agreed way; False where it goes on."""
    if not client.cover or run.flow != FLOW or run.step == runs.flow_of(run).first.id:
        return False
    runs.end(run, at, RunState.DONE)
    tasks.give(s, house, at, client, "covered_not_good", key=f"covered_not_good:{run.id}")
    return True


def answered(s: Session, house: House, at: datetime, client: Client, run: FlowRun) -> None:
    """Keep that a check-in was answered, at its first answer; plan the next one."""
    checkin = s.scalar(sa.select(Checkin).where(Checkin.run_id == run.id))
    client.silences = 0
    if checkin is None:  # told by themselves, or late: that day needs no question any more
        plan(s, house, at, client)
        return
    if checkin.state is CheckinState.ANSWERED:
        return
    checkin.state, checkin.answered_at = CheckinState.ANSWERED, at
    dues.skip(s, client, at, "answered", about_id=checkin.id)
    plan(s, house, at, client, checkin.at)


def heard(s: Session, house: House, at: datetime, client: Client) -> None:
    """Take a client's own sign, whatever it says, as the end of their silence: whom we had stopped
    asking is asked again."""
    silent = client.silences >= house.content.calendar.cadence.silences
    client.silences = 0
    if silent:
        plan(s, house, at, client)


def late(
    s: Session, house: House, at: datetime, client: Client, run: FlowRun | None, button: ButtonRow
) -> FlowRun | None:
    """Return the new check-in that a tap on a missed one begins; None for any other old button, and
    while something else is asked: an old button never answers what stands there now."""
    if run is None or run.flow != FLOW or run.state is not RunState.ABANDONED:
        return None
    if client.state not in (ClientState.ACTIVE, ClientState.PAUSED) or not client.phone.reachable:
        return None
    if runs.current(s, client) is not None:
        return None
    first = house.content.flow(FLOW).first
    if first.id != button.step or first.choice(button.value) is None:
        return None
    return runs.begin(s, house, at, client, FLOW)


def nudge(s: Session, house: House, at: datetime, client: Client, due: Due) -> str:
    """Remind once; return why not, empty when it was done."""
    checkin = s.get(Checkin, due.about_id)
    if checkin is None or checkin.state is not CheckinState.SENT:
        return "answered"
    reason = speak.silenced(client, Kind.NUDGE)
    if reason:
        return reason
    run = s.get_one(FlowRun, checkin.run_id)
    if _never_left(s, run):
        return "the question itself has not left yet"
    row = [press for line in runs.buttons(run, client) for press in line][:2]
    row.append(speak.button(house, client.language, "less_often"))
    words = speak.text(house, "utter_checkin_nudge", client.language)
    speak.to_client(
        s,
        house,
        at,
        client,
        Kind.NUDGE,
        words,
        key=f"due:{due.id}",
        due_id=due.id,
        run_id=run.id,
        expires_at=checkin.at + house.content.calendar.cadence.missed_after,
        buttons=[row],
    )
    return ""


def missed(s: Session, house: House, at: datetime, client: Client, due: Due) -> str:
    """Count a silence; after so many in a row stop asking and give the worker a task."""
    checkin = s.get(Checkin, due.about_id)
    if checkin is None or checkin.state is not CheckinState.SENT:
        return "answered"
    checkin.state = CheckinState.MISSED
    run = s.get(FlowRun, checkin.run_id)
    if run is not None:
        runs.end(run, at, RunState.ABANDONED)
    if _never_left(s, run):
        plan(s, house, at, client, checkin.at)
        return "it never left"
    client.silences += 1
    most = house.content.calendar.cadence.silences
    if client.silences >= most:
        key = f"silence:{checkin.id}"
        tasks.give(s, house, at, client, "silence", key=key, due_id=due.id, count=most)
    else:
        plan(s, house, at, client, checkin.at)
    return ""


def _never_left(s: Session, run: FlowRun | None) -> bool:
    """Tell whether the question never reached the phone: our silence is not the client's."""
    if run is None:
        return False
    sent = sa.select(Outbox.id).where(Outbox.run_id == run.id, Outbox.state == OutboxState.SENT)
    return s.scalar(sent.limit(1)) is None
