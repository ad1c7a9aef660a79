"""Leave: while a worker is away their pages and tasks go to a substitute, and come back by
themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.findings import Finding, bad
from bot.core.messages import Kind
from bot.core.people import Role
from bot.errors import SafError
from bot.service import speak
from bot.service.house import House
from bot.store import people
from bot.store.sealed import Sealer
from bot.store.tables import Away, Worker


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

    Both hear it now. Raises SafError with the sentence for whatever cannot be.
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


def examine(s: Session, sealer: Sealer, now: datetime) -> Iterator[Finding]:
    """Yield who is away now with a substitute who cannot be paged."""
    running = sa.select(Away).where(Away.starts <= now, Away.ends > now)
    for one in s.scalars(running):
        other = s.get_one(Worker, one.substitute_id)
        if not other.active or other.chat is None:
            names = [people.worker_name(sealer, s.get_one(Worker, one.worker_id))]
            names.append(people.worker_name(sealer, other))
            yield bad("leave", "{} is away and {} cannot be paged in their place".format(*names))
