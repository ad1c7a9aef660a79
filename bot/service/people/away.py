"""Leave: while a worker is away their pages and tasks go to a substitute, and come back by
themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.findings import Finding, bad, warn
from bot.core.messages import Kind
from bot.core.people import Role
from bot.errors import SafError
from bot.service import speak
from bot.service.alerting import oncall
from bot.service.house import House
from bot.store import people
from bot.store.sealed import Sealer
from bot.store.tables import Away, Worker

AHEAD = timedelta(days=7)  # how far the doctor looks


def keep(
    s: Session,
    house: House,
    at: datetime,
    worker: Worker,
    substitute: Worker,
    starts: datetime,
    ends: datetime,
    who: str,
) -> None:
    """Keep that a worker is away from one moment to another, and who stands in for them.

    Both hear it now. Who is on call in that time is stood in for by whose phone rang in a test.
    Raises SafError with the sentence for whatever cannot be.
    """
    if ends <= max(starts, at):
        raise SafError("The leave is over before it begins; look at the days.")
    if substitute.id == worker.id or substitute.role is Role.OPERATOR:
        raise SafError("Another outreach worker or supervisor stands in; name one.")
    if substitute.chat is None:
        raise SafError("That substitute cannot be paged: their link is not used yet.")
    clash = sa.select(Away.id).where(
        Away.worker_id.in_((worker.id, substitute.id)), Away.starts < ends, Away.ends > starts
    )
    if s.scalar(clash.limit(1)) is not None:
        raise SafError("One of them is away in that time already; name somebody else.")
    zone = house.content.escalation.staffed.zone
    if oncall.has_any(s, zone, worker, max(starts, at), ends):
        oncall.check(house, substitute)
    s.add(
        Away(
            worker_id=worker.id,
            substitute_id=substitute.id,
            starts=starts,
            ends=ends,
            made_by=who,
            made_at=at,
        )
    )
    people.audit(s, at, who, "away_kept")
    for one, name, other in (
        (worker, "utter_away_kept", substitute),
        (substitute, "utter_away_stand_in", worker),
    ):
        words = speak.text(
            house,
            name,
            one.language,
            other=people.worker_name(house.sealer, other),
            day=_day(starts, one),
            time=_day(ends, one),
        )
        speak.to_worker(s, house, at, one, Kind.NOTICE, words, silent=True)


def _day(moment: datetime, worker: Worker) -> str:
    return f"{moment.astimezone(ZoneInfo(worker.timezone)):%Y-%m-%d %H:%M}"


def back(s: Session, house: House, at: datetime, worker: Worker, who: str) -> None:
    """End a worker's leave now; SafError when they are not away."""
    running = sa.select(Away).where(Away.worker_id == worker.id, Away.starts <= at, Away.ends > at)
    found = s.scalars(running).all()
    if not found:
        raise SafError("They are not away; nothing changed.")
    for one in found:
        one.ends = at
        name = people.worker_name(house.sealer, worker)
        other = s.get_one(Worker, one.substitute_id)
        words = speak.text(house, "utter_away_back", other.language, other=name)
        speak.to_worker(s, house, at, other, Kind.NOTICE, words, silent=True)
    people.audit(s, at, who, "away_ended")


def examine(s: Session, sealer: Sealer, now: datetime, zone: str) -> Iterator[Finding]:
    """Yield who is away now with a substitute who cannot be paged, and who will be stood in for on
    call by somebody whose phone was never tried; ``zone``: the program's."""
    soon = sa.select(Away).where(Away.starts <= now + AHEAD, Away.ends > now)
    for one in s.scalars(soon):
        worker, other = s.get_one(Worker, one.worker_id), s.get_one(Worker, one.substitute_id)
        name, instead = people.worker_name(sealer, worker), people.worker_name(sealer, other)
        if one.starts <= now and (not other.active or other.chat is None):
            yield bad("leave", f"{name} is away and {instead} cannot be paged in their place")
        since, until = max(one.starts, now), min(one.ends, now + AHEAD)
        if other.tested_at is None and oncall.has_any(s, zone, worker, since, until):
            what = f"{instead} stands in for {name} on call and never acknowledged a test page"
            yield warn("leave", f"{what}; `saf oncall test {instead}`")
