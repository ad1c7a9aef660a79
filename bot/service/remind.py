"""Reminding: what was planned for a moment is carried out then, once, or says why it was not.

Nothing unasked reaches a client in their quiet hours or in the middle of a talk: it waits.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.core.hours import out_of_quiet
from bot.core.messages import Kind
from bot.core.people import ClientState, Role
from bot.service import around, checkins, dates, incidents, runs, speak, tasks, writing
from bot.service.house import Heard, House
from bot.service.people import consent
from bot.service.planning import reviews
from bot.store import dues, people, telling
from bot.store.tables import Client, Due, DueKind, DueState

log = structlog.get_logger()

LATE_CHECKIN = timedelta(hours=12)  # "how's today?" of yesterday is no question any more
LATE_NUDGE = timedelta(hours=2)  # later it would come on top of the miss
# A miss that is noticed late was noticed after an outage: the answer may wait in the channel, so it
# gets time to come in before silence is counted.
LATE_MISS, GRACE = timedelta(minutes=15), timedelta(minutes=30)


# What nobody asked for waits for quiet hours and talks to end; so late it is not said any more.
_UNASKED = {
    DueKind.CHECKIN: LATE_CHECKIN,
    DueKind.NUDGE: LATE_NUDGE,
    DueKind.DATE: timedelta.max,  # a date has its own day
    DueKind.PLAN_REVIEW: timedelta.max,
}
# What waits while a person writes with the client; nobody is silent then.
_WAITS = frozenset({*_UNASKED, DueKind.MISS, DueKind.END_PAUSE})
# What somebody would have got; the other kinds are our own bookkeeping and nobody misses them.
_WOULD_GET = {
    DueKind.CHECKIN: Kind.CHECKIN,
    DueKind.NUDGE: Kind.NUDGE,
    DueKind.DATE: Kind.ANNIVERSARY,
    DueKind.END_PAUSE: Kind.NOTICE,
    DueKind.DAY_OF_CALL: Kind.TASK,
    DueKind.PLAN_REVIEW: Kind.QUESTION,
}
_TO_WORKER = frozenset({Kind.PREPARE, Kind.TASK})
# Skipped because there is no need for it any more; nothing was kept from anybody.
_NO_NEED = frozenset({"answered", around.STALE})


def tick(house: House) -> int:
    """Carry out all that is due now; return how much that was. Run twice, does it once.

    Each due thing is taken and ended in a transaction of its own: one that fails stops no other.
    """
    now = house.clock.now()
    did = writing.tick(house, now)
    with house.db.read() as s:
        ready = dues.ready(s, now)
    did += sum(_one(house, now, id_) for id_ in ready)
    if did:
        house.wake()
    return did


def _one(house: House, now: datetime, id_: str) -> int:
    try:
        with house.db.write() as s:
            due = dues.take(s, id_)
            if due is None:
                return 0
            heard = _carry_out(s, house, now, due)
    except sa.exc.OperationalError:
        # The database's trouble, not this due's: it waits as it is for the next tick.
        log.exception("due_not_written", due=id_)
        return 0
    except Exception as error:
        log.exception("due_failed", due=id_)
        heard = _failed(house, now, id_, f"failed: {type(error).__name__}")
    house.fault("after due is written")
    if heard is not None:
        house.tell(heard)
    return 1


def _carry_out(s: Session, house: House, now: datetime, due: Due) -> Heard | None:
    """Carry out a due thing that was taken, or let it wait; return what was kept from somebody."""
    client = s.get_one(Client, due.client_id)
    later = _later(s, house, now, client, due)
    if later is not None:
        dues.put_off(due, later)
        return None
    reason = _CARRY[due.kind](s, house, now, client, due)
    dues.end(due, now, DueState.SKIPPED if reason else DueState.DONE, reason)
    if not reason or reason in _NO_NEED:
        return None
    return _kept_back(s, house, now, client, due, reason)


def _failed(house: House, now: datetime, id_: str, reason: str) -> Heard | None:
    """End a due thing that broke, and plan the next: one mistake must not end the reminders."""
    with house.db.write() as s:
        due = dues.take(s, id_)
        if due is None:
            return None
        dues.end(due, now, DueState.FAILED, reason)
        heard = _kept_back(s, house, now, s.get_one(Client, due.client_id), due, reason)
    try:
        with house.db.write() as s:
            due = s.get_one(Due, id_)
            client = s.get_one(Client, due.client_id)
            if due.kind in (DueKind.CHECKIN, DueKind.MISS):
                checkins.plan(s, house, now, client)
            elif due.kind is DueKind.DATE:
                dates.plan_next(s, house, now, client, due)
    except Exception:
        log.exception("due_not_planned_again", due=id_)
    return heard


def _later(s: Session, house: House, now: datetime, client: Client, due: Due) -> datetime | None:
    """Return until when a due thing has to wait, None when it has not."""
    if due.kind in _WAITS and not (due.kind is DueKind.DATE and _prepares(house, due)):
        written = writing.waits_until(house, client, now)
        if written is not None:
            return written
    if due.kind is DueKind.MISS:
        return now + GRACE if now - due.at > LATE_MISS else None
    # What is too late already must not become younger by waiting.
    if due.kind not in _UNASKED or now - due.at > _UNASKED[due.kind]:
        return None
    date = due.kind is DueKind.DATE
    if client.state is not ClientState.ACTIVE or (date and _prepares(house, due)):
        return None
    wait = now + runs.TALK if checkins.talking(s, client, now) else now
    later = out_of_quiet(wait, client.timezone, checkins.quiet(client))
    if later == now or (date and later >= dates.last_moment(house, client, due)):
        return None
    return later


def _prepares(house: House, due: Due) -> bool:
    step = dates.step_of(house, due)
    return step is not None and step.to_worker


def _checkin(s: Session, house: House, now: datetime, client: Client, due: Due) -> str:
    if now - due.at > LATE_CHECKIN:
        checkins.plan_on(s, now, client)
        return "too late; planned anew"
    return checkins.ask(s, house, now, client, due)


def _nudge(s: Session, house: House, now: datetime, client: Client, due: Due) -> str:
    if now - due.at > LATE_NUDGE:
        return "too late"
    return checkins.nudge(s, house, now, client, due)


def _date(s: Session, house: House, now: datetime, client: Client, due: Due) -> str:
    # What had to wait and cannot, because the rest of its day is quiet, would be about a wrong day.
    quiet = out_of_quiet(now, client.timezone, checkins.quiet(client)) != now
    over = around.OVER if quiet and not _prepares(house, due) else ""
    return around.carry_out(s, house, now, client, due, over)


def _end_pause(s: Session, house: House, now: datetime, client: Client, due: Due) -> str:
    if client.state is not ClientState.PAUSED:
        return f"the client is {client.state}"
    if client.paused_until is not None and client.paused_until > now:
        return around.STALE
    consent.end_pause(s, house, now, client)
    if client.consented_at is None:
        return "the client has not said yes"
    words = speak.text(house, "utter_back_from_pause", client.language)
    later = out_of_quiet(now, client.timezone, checkins.quiet(client))
    key = f"due:{due.id}"
    told = speak.to_client(
        s, house, now, client, Kind.NOTICE, words, key=key, due_id=due.id, not_before=later
    )
    return "" if told else speak.silenced(client, Kind.NOTICE)


_CARRY: dict[DueKind, Callable[[Session, House, datetime, Client, Due], str]] = {
    DueKind.CHECKIN: _checkin,
    DueKind.NUDGE: _nudge,
    DueKind.MISS: checkins.missed,
    DueKind.DATE: _date,
    DueKind.END_PAUSE: _end_pause,
    DueKind.DAY_OF_CALL: incidents.call,
    DueKind.PLAN_REVIEW: reviews.ask,
    DueKind.TASK_LATE: tasks.late,
}


def _kept_back(
    s: Session, house: House, now: datetime, client: Client, due: Due, reason: str
) -> Heard | None:
    """Return what those who watch hear of something that was due and did not leave."""
    kind = _WOULD_GET.get(due.kind)
    if kind is None:
        return None
    if due.kind is DueKind.DATE and _prepares(house, due):
        kind = Kind.PREPARE
    if kind in _TO_WORKER:
        worker = telling.in_charge(s, client, now)
        name, zone, role = people.worker_name(house.sealer, worker), worker.timezone, worker.role
    else:
        name, zone, role = people.alias(house.sealer, client), client.timezone, Role.CLIENT
    return Heard(now, zone, name, role, "", kind, skipped=reason)
