"""What the tests about time share: writing a date down, and when somebody got what."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.core.dates import DateKind, Wants
from bot.core.messages import Kind
from bot.core.people import Situation
from bot.service import dates, incidents
from bot.store.tables import Due, DueKind, DueState, HardDate
from tests.support.program import Program, client


def remember(
    program: Program,
    day: date,
    kind: DateKind = DateKind.ANNIVERSARY,
    wants: Wants = Wants.MESSAGES,
    what: str = "brother",
) -> HardDate:
    """Write a date of Ana's down, as her worker does."""
    with program.house.db.write() as s:
        now = program.clock.now()
        ana = client(program)
        return dates.record(s, program.house, now, ana, kind, day, what=what, wants=wants)


def happens(program: Program, kind: Situation = Situation.LOST_SOMEONE) -> None:
    """Write down that something happened around Ana right now."""
    with program.house.db.write() as s:
        now = program.clock.now()
        ana = s.merge(client(program), load=True)
        incidents.record(s, program.house, now, ana, kind, now)


def when(program: Program, who: str, *kinds: Kind) -> list[str]:
    """Return when somebody got messages of these kinds, on the clock on their wall."""
    return [
        f"{heard.at.astimezone(ZoneInfo(heard.zone)):%Y-%m-%d %H:%M}"
        for heard in program.got(who, *kinds)
    ]


def kept_back(program: Program, who: str = "Ana") -> list[str]:
    """Return why what was due for somebody did not leave."""
    return [heard.skipped for heard in program.heard if heard.to == who and heard.skipped]


def waiting(program: Program, *kinds: DueKind) -> list[datetime]:
    """Return the moments of what is planned."""
    with program.house.db.read() as s:
        asked = sa.select(Due.at).where(Due.state == DueState.WAITING)
        if kinds:
            asked = asked.where(Due.kind.in_(kinds))
        return list(s.scalars(asked.order_by(Due.at)))
