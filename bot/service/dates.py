"""Dates that weigh on a client: writing them down, and planning the days around them.

What is said on those days stands in ``around``.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.content.program import clock_time
from bot.core import hours
from bot.core.dates import DateKind, DateStep, Wants, occurrences
from bot.service import checkins
from bot.service.house import House
from bot.store import dues, outbox, people
from bot.store.tables import Client, Due, DueKind, DueState, HardDate, Outbox


def record(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    kind: DateKind,
    day: date,
    *,
    what: str = "",
    wants: Wants = Wants.MESSAGES,
) -> HardDate:
    """Write down a date and plan what is said around it; ``what``: a word for whom it is about."""
    found = HardDate(
        client_id=client.id, kind=kind, day=b"", wants=wants, version=1, active=True, made_at=at
    )
    s.add(found)
    s.flush()
    _seal(house, client, found, day, what)
    plan(s, house, at, client, found)
    return found


def change(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    found: HardDate,
    *,
    kind: DateKind | None = None,
    day: date | None = None,
    what: str | None = None,
    wants: Wants | None = None,
) -> None:
    """Change a date; what was planned from its older version is not carried out any more."""
    had_day, had_what = day_of(house, client, found), what_of(house, client, found)
    if day is not None and day != had_day:
        found.made_at = at  # whether a day lies ahead is asked of the moment at which it was named
    found.kind, found.wants = kind or found.kind, wants or found.wants
    found.version += 1
    _seal(house, client, found, day or had_day, had_what if what is None else what)
    _call_off(s, client, at, found, "the date was changed")
    plan(s, house, at, client, found)


def drop(s: Session, house: House, at: datetime, client: Client, found: HardDate) -> None:
    """Forget a date: nothing more is said around it, and whom it was about is erased."""
    found.active = False
    found.version += 1
    if not client.legal_hold:
        found.what = None
    _call_off(s, client, at, found, "the date was dropped")


def of_client(s: Session, client: Client) -> list[HardDate]:
    """Return a client's dates that stand, in the order in which they were written down."""
    asked = sa.select(HardDate).where(HardDate.client_id == client.id, HardDate.active)
    return list(s.scalars(asked.order_by(HardDate.made_at, HardDate.id)))


def day_of(house: House, client: Client, found: HardDate) -> date:
    """Return the day of a date, with its year."""
    box = people.box(house.sealer, client)
    return date.fromisoformat(box.open("hard_date.day", found.id, found.day))


def what_of(house: House, client: Client, found: HardDate) -> str:
    """Return the word for whom a date is about, empty when there is none."""
    box = people.box(house.sealer, client)
    return box.open("hard_date.what", found.id, found.what) if found.what else ""


def _seal(house: House, client: Client, found: HardDate, day: date, what: str) -> None:
    box = people.box(house.sealer, client)
    found.day = box.seal("hard_date.day", found.id, day.isoformat())
    found.what = box.seal("hard_date.what", found.id, what) if what else None


def _call_off(s: Session, client: Client, at: datetime, found: HardDate, reason: str) -> None:
    mine = sa.select(Due.id).where(Due.about_id == found.id)
    outbox.cancel(s, reason, Outbox.due_id.in_(mine))
    dues.skip(s, client, at, reason, kinds=(DueKind.DATE,), about_id=found.id)


def plan_all(s: Session, house: House, at: datetime, client: Client) -> None:
    """Plan all dates of a client anew: their hour, their zone or the calendar may have changed."""
    for found in of_client(s, client):
        plan(s, house, at, client, found)


def plan(s: Session, house: House, at: datetime, client: Client, found: HardDate) -> None:
    """Plan the next time of every step of a date; what stands there already is moved at most.

    A date written down late: the worker's preparing step comes at once while the date is still
    ahead; other steps whose day is over are not made up, they come next year.
    """
    for step in house.content.calendar.date_steps:
        if step.fits(found.kind):
            _plan_step(s, house, at, client, found, step)


def _plan_step(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    found: HardDate,
    step: DateStep,
    after: date = date.min,
) -> None:
    zone = ZoneInfo(client.timezone)
    today = at.astimezone(zone).date()
    day, recorded = day_of(house, client, found), found.made_at.astimezone(zone).date()
    for occurrence in occurrences(found.kind, day, recorded, step):
        moment = _moment(client, step.own_day(occurrence))
        late = step.to_worker and after == date.min and occurrence >= today
        if occurrence <= after or (moment <= at and not late):
            continue
        if moment <= at and _told(s, found, step, occurrence):
            continue
        key = f"date:{found.id}:{found.version}:{step.id}:{occurrence.isoformat()}"
        moment = max(moment, at)
        put = dues.put(
            s,
            DueKind.DATE,
            client,
            moment,
            key=key,
            about_id=found.id,
            step=step.id,
            version=found.version,
        )
        if put is None:
            move = sa.update(Due).where(Due.key == key, Due.state == DueState.WAITING)
            s.execute(move.values(at=moment))
        return


def _moment(client: Client, day: date) -> datetime:
    wish, quiet = clock_time(client.checkin_time), checkins.quiet(client)
    return hours.on_day(day, wish, client.timezone, quiet)


def _told(s: Session, found: HardDate, step: DateStep, occurrence: date) -> bool:
    """Tell whether the worker has been told of this very occurrence, by any version."""
    asked = sa.select(Due.id).where(
        Due.about_id == found.id,
        Due.step == step.id,
        Due.state == DueState.DONE,
        Due.key.endswith(f":{occurrence.isoformat()}"),
    )
    return s.scalar(asked.limit(1)) is not None


def occurrence_of(due: Due) -> date:
    """Return the day around which a step was planned: the last part of its key. Its moment does
    not say so, for a late step is carried out on another day than its own."""
    return date.fromisoformat(due.key.rpartition(":")[2])


def step_of(house: House, due: Due) -> DateStep | None:
    """Return the step of the calendar that is due, None when staff took it out."""
    steps = house.content.calendar.date_steps
    return next((step for step in steps if step.id == due.step), None)


def last_moment(house: House, client: Client, due: Due) -> datetime:
    """Return when a due step is too late: a line for a day, when that day is over; a worker can
    prepare until the date itself is over."""
    step, occurrence = step_of(house, due), occurrence_of(due)
    own = occurrence if step is None or step.to_worker else step.own_day(occurrence)
    return hours.end_of_day(own, client.timezone)


def plan_next(s: Session, house: House, at: datetime, client: Client, due: Due) -> None:
    """Plan the next time of a step, whatever became of this one; nothing for a date that was
    changed since, which is planned anew already."""
    found, step = s.get(HardDate, due.about_id), step_of(house, due)
    if found is None or step is None:
        return
    if found.active and found.version == due.version:
        _plan_step(s, house, at, client, found, step, occurrence_of(due))
