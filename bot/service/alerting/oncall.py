"""On call: who is put on, who is off and who has it instead, and the test page before all that."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.hours import Span
from bot.core.messages import Kind
from bot.core.oncall import Gap, Stretch, gaps
from bot.core.people import Role
from bot.errors import SafError
from bot.service import second, speak
from bot.service.house import House
from bot.store import people, rota
from bot.store.session import changed
from bot.store.tables import OnCall, OverrideRow, PageTest, RotationRow, RotationTurn, Worker

# A test that an outage held up must not ring in the middle of a night.
TEST_RINGS_FOR = timedelta(minutes=30)


class Why(StrEnum):
    """Why somebody cannot be put on call."""

    OPERATOR = "operator"  # sees no client, so is never paged
    UNTESTED = "untested"  # no test page was acknowledged on the phone that they have now
    OFF = "off"  # said that they are off then
    SAME = "same"  # is the one who is off


_SENTENCES = {
    Why.OPERATOR: "{name} is an operator and is not paged; name an outreach worker.",
    Why.UNTESTED: "{name} has not acknowledged a test page on this phone; send one with "
    "`saf oncall test {name}`.",
    Why.OFF: "{name} is off in that time; name somebody else.",
    Why.SAME: "{name} is the one who is off; name somebody else, or nobody.",
}


class NotOnCall(SafError):
    """Somebody cannot be put on call; ``why`` says it for those who speak in other words."""

    def __init__(self, why: Why, name: str) -> None:
        """Keep the reason and its sentence."""
        super().__init__(_SENTENCES[why].format(name=name))
        self.why, self.name = why, name


def check(house: House, worker: Worker) -> None:
    """Refuse who cannot be put on call: whether a page rings there, somebody must have tried."""
    name = people.worker_name(house.sealer, worker)
    if worker.role is Role.OPERATOR:
        raise NotOnCall(Why.OPERATOR, name)
    if worker.tested_at is None:
        raise NotOnCall(Why.UNTESTED, name)


def put_on(
    s: Session, house: House, at: datetime, worker: Worker, starts: datetime, ends: datetime
) -> None:
    """Put a worker on call from a moment to another."""
    check(house, worker)
    s.add(OnCall(worker_id=worker.id, starts=starts, ends=ends))


def rotate(
    s: Session,
    house: House,
    at: datetime,
    workers: Sequence[Worker],
    first: date,
    hand_over: time,
    hours: Span | None = None,
) -> RotationRow:
    """Let workers take turns by the week, in this order, from a day on."""
    for worker in workers:
        check(house, worker)
    row = RotationRow(
        first=first,
        at=f"{hand_over:%H:%M}",
        hours=f"{hours.start:%H:%M}-{hours.end:%H:%M}" if hours else "",
        made_at=at,
    )
    s.add(row)
    s.flush()
    for place, worker in enumerate(workers):
        s.add(RotationTurn(rotation_id=row.id, place=place, worker_id=worker.id))
    s.flush()
    return row


def override(
    s: Session,
    house: House,
    at: datetime,
    off: Worker,
    by: Worker | None,
    starts: datetime,
    ends: datetime,
    who: str,
) -> None:
    """Record that somebody is off and who has it instead; who has it now hears that.

    With nobody instead, the supervisors hear it: an alert of that time skips the step at once.
    """
    if by is not None:
        name = people.worker_name(house.sealer, by)
        if by.id == off.id:
            raise NotOnCall(Why.SAME, name)
        check(house, by)
        if _off(s, by, starts, ends):
            raise NotOnCall(Why.OFF, name)
    by_id = by.id if by is not None else None
    row = OverrideRow(
        worker_id=off.id, by_id=by_id, starts=starts, ends=ends, made_by=who, made_at=at
    )
    s.add(row)
    s.flush()
    people.audit(s, at, who, "on_call_override")
    told = [by] if by is not None else people.supervisors(s)
    for other in told:
        if other.id in (who, off.id):
            continue
        words = speak.text(
            house,
            "utter_oncall_you" if by is not None else "utter_oncall_nobody",
            other.language,
            other=people.worker_name(house.sealer, off),
            list=spell(house, other, starts, ends),
        )
        key = f"override:{row.id}:{other.id}"
        speak.to_worker(s, house, at, other, Kind.NOTICE, words, key=key)


def give_back(s: Session, house: House, at: datetime, by: Worker) -> None:
    """End what somebody has taken over, because they leave: each shift is again whose it was.

    Those hear it, and the supervisors.
    """
    taken = sa.select(OverrideRow).where(OverrideRow.by_id == by.id, OverrideRow.ends > at)
    for row in s.scalars(taken.order_by(OverrideRow.id)).all():
        off, starts, ends = s.get_one(Worker, row.worker_id), max(row.starts, at), row.ends
        if row.starts < at:
            row.ends = at
        else:
            s.delete(row)
        for other in {one.id: one for one in (off, *people.supervisors(s))}.values():
            again = "utter_oncall_yours_again" if other.id == off.id else "utter_oncall_again"
            words = speak.text(
                house,
                again if off.active else "utter_oncall_nobody",
                other.language,
                worker=people.worker_name(house.sealer, by),
                other=people.worker_name(house.sealer, off if off.active else by),
                list=spell(house, other, starts, ends),
            )
            key = f"given_back:{row.id}:{other.id}"
            speak.to_worker(s, house, at, other, Kind.NOTICE, words, key=key)


def has_any(s: Session, zone: str, worker: Worker, starts: datetime, ends: datetime) -> bool:
    """Tell whether a worker is on call at some time of a span."""
    return any(one.worker_id == worker.id for one in rota.schedule(s, zone, starts, ends))


def _off(s: Session, worker: Worker, starts: datetime, ends: datetime) -> bool:
    mine = sa.select(OverrideRow.id).where(
        OverrideRow.worker_id == worker.id, OverrideRow.starts < ends, OverrideRow.ends > starts
    )
    return s.scalar(mine.limit(1)) is not None


def send_test(s: Session, house: House, at: datetime, worker: Worker, who: str) -> bool:
    """Send a test page by every way that a worker has; False when they have no chat to answer in.

    It rings as a page does; the tap in their chat is what counts.
    """
    if worker.role is Role.OPERATOR:
        raise NotOnCall(Why.OPERATOR, people.worker_name(house.sealer, worker))
    test = PageTest(worker_id=worker.id, made_by=who, made_at=at)
    s.add(test)
    s.flush()
    people.audit(s, at, who, "page_test_sent")
    over = at + TEST_RINGS_FOR
    press = speak.button(house, worker.language, "heard", value=test.id)
    words = speak.text(house, "utter_page_test", worker.language)
    key = f"test:{test.id}"
    speak.to_worker(
        s, house, at, worker, Kind.PAGE, words, key=key, buttons=[[press]], expires_at=over
    )
    for way in second.ways(house.channels, worker):
        words = speak.text(house, "utter_page_test_second", worker.language)
        speak.to_worker(
            s, house, at, worker, Kind.PAGE, words, key=f"{key}:{way}", channel=way, expires_at=over
        )
    return worker.chat is not None


def heard(s: Session, at: datetime, worker: Worker, test_id: str) -> bool:
    """Keep that a test page rang; False when it was said before, or is from another phone."""
    test = s.get(PageTest, test_id)
    if test is None or test.worker_id != worker.id:
        return False
    mine = sa.update(PageTest).where(PageTest.id == test_id, PageTest.acknowledged_at.is_(None))
    if changed(s, mine.values(acknowledged_at=at)) != 1:
        return False
    worker.tested_at = at
    people.audit(s, at, worker.id, "page_test_acknowledged")
    return True


@dataclass(frozen=True, slots=True)
class Outlook:
    """Who is on call in a span of time, and when nobody of them can be reached."""

    stretches: Sequence[Stretch]
    gaps: Sequence[Gap]


def outlook(
    s: Session, zone: str, channels: Container[str], since: datetime, until: datetime
) -> Outlook:
    """Look ahead; ``channels``: the ways out that this installation has."""
    stretches = rota.schedule(s, zone, since, until)
    reachable = {
        worker.id: second.reachable(channels, worker)
        for worker in s.scalars(sa.select(Worker).where(Worker.active))
    }
    return Outlook(stretches, gaps(stretches, reachable, since, until))


def rotations(s: Session, house: House) -> list[str]:
    """Return a line for each rotation that runs, for the operator."""
    lines = []
    running = sa.select(RotationRow).where(RotationRow.ended_at.is_(None))
    for row in s.scalars(running.order_by(RotationRow.id)):
        turns = rota.rotation(s, house.content.escalation.staffed.zone, row).turns
        workers = [s.get_one(Worker, one) for one in turns]
        names = [
            people.worker_name(house.sealer, one) + ("" if one.active else " (has left)")
            for one in workers
        ]
        hours = f", {row.hours} each day" if row.hours else ""
        by_turns = f"Rotation {row.id}: {', '.join(names)} by turns"
        lines.append(f"{by_turns}, handed over {row.first:%A} {row.at}{hours}")
    return lines


def spell(house: House, worker: Worker, starts: datetime, ends: datetime) -> str:
    """Return a stretch of time as a worker reads it: ``Mon 18:00 - Tue 08:00``."""
    zone = ZoneInfo(house.content.escalation.staffed.zone)
    begin, end = starts.astimezone(zone), ends.astimezone(zone)
    days = [
        speak.text(house, f"utter_weekday_{moment.weekday()}", worker.language)
        for moment in (begin, end)
    ]
    last = "" if begin.date() == end.date() else f"{days[1]} "
    return f"{days[0]} {begin:%H:%M} - {last}{end:%H:%M}"


def when(gap: Gap, now: datetime, zone: str) -> str:
    """Return a gap's time for the operator: ``tonight 02:00-06:00``."""
    here = now.astimezone(ZoneInfo(zone))
    begin, end = gap.starts.astimezone(here.tzinfo), gap.ends.astimezone(here.tzinfo)
    until = f"{end:%H:%M}" if end - begin < timedelta(hours=24) else f"{end:%a %Y-%m-%d %H:%M}"
    if gap.starts <= now:
        return f"from now to {until}"
    evening = here.replace(hour=18, minute=0, second=0, microsecond=0)
    if here.hour < 6:
        evening -= timedelta(days=1)
    morning = evening + timedelta(hours=12)
    if evening <= begin < morning:
        day = "tonight"
    else:
        day = "today" if begin.date() == here.date() else f"{begin:%a %Y-%m-%d}"
    dash = "-" if len(until) == len("06:00") else " to "
    return f"{day} {begin:%H:%M}{dash}{until}"


def why_unreachable(gap: Gap, names: dict[str, str]) -> str:
    """Say why nobody can be reached in a gap."""
    had = ", ".join(names[one] for one in gap.had if one in names)
    return f"{had} on call without a working way" if had else "nobody is on call"
