"""Rehearsing: a scenario is played on the real path in virtual time, months in seconds.

Nothing here decides anything; it only enrols people, passes on what they do and moves the clock.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import count

import structlog
from sqlalchemy.orm import Session

from bot.clock import VirtualClock
from bot.core.messages import Bot, Inbound, InboundKind
from bot.core.scenario import Day, Event, Fault, Happening, Scenario, Trouble
from bot.service import dates, incidents, second, staff, ticks
from bot.service.house import Engine, House, in_thread
from bot.service.people import consent, enrol
from bot.service.receive import Lines
from bot.store import people
from bot.store.tables import Client, OnCall, Worker

log = structlog.get_logger()

CHANNEL = "telegram"
# What is done of itself the ticks know; a moment that is not later than now is a mistake of ours
# and must not stop the rehearsal.
STEP = timedelta(minutes=1)
INSTANT = timedelta(microseconds=1)

Act = Callable[[], Awaitable[None]]


def down(scenario: Scenario, clock: VirtualClock, *faults: Fault) -> bool:
    """Tell whether one of these faults lasts now."""
    now = clock.now()
    return any(one.lasts(now) for one in scenario.troubles if one.fault in faults)


def blocked(scenario: Scenario, clock: VirtualClock, who: str) -> bool:
    """Tell whether somebody has blocked the bot now."""
    now = clock.now()
    return any(one.lasts(now) for one in scenario.troubles if who and one.who == who)


def enrol_all(house: House, scenario: Scenario) -> None:
    """Enrol everybody of a scenario on their phones; clients have said yes already."""
    with house.db.write() as s:
        start = house.clock.now()
        workers = _workers(s, house, scenario, start)
        for place, person in enumerate(scenario.people):
            client = people.add_client(
                s,
                house.sealer,
                person.name,
                workers[person.worker],
                # Each a little later than the other: what is due for them at one moment is then
                # done in the file's order, and a rehearsal gives the same rows again.
                start + place * INSTANT,
                language=person.language,
                zone=person.zone,
                quiet=person.quiet,
                checkin_time=person.checkin_time,
            )
            enrol.bind(s, house, client, CHANNEL, person.name)
            consent.agree(s, house, start, client)
        for shift in scenario.shifts:
            worker_id = workers[shift.worker].id
            s.add(OnCall(worker_id=worker_id, starts=shift.starts, ends=shift.ends))
        for day in scenario.days:
            _record_day(s, house, start, day)


def _workers(s: Session, house: House, scenario: Scenario, start: datetime) -> dict[str, Worker]:
    found = {}
    for place, one in enumerate(scenario.staff):
        at = start + place * INSTANT
        worker = people.add_worker(
            s, house.sealer, one.name, one.role, at, language=one.language, zone=one.zone
        )
        if one.email:
            second.keep(house.sealer, worker, second.EMAIL, one.email)
        enrol.bind(s, house, worker, CHANNEL, one.name)
        worker.tested_at = start
        found[one.name] = worker
    return found


def _client(s: Session, house: House, name: str) -> Client:
    client = people.client_by_alias(s, house.sealer, name)
    if client is None:
        raise LookupError("the scenario names a client who was not enrolled")
    return client


def _record_day(s: Session, house: House, at: datetime, day: Day) -> None:
    client = _client(s, house, day.client)
    dates.record(s, house, at, client, day.kind, day.day, what=day.what, wants=day.wants)


class Rehearsal:
    """One scenario being played; ``house.heard`` gets every row."""

    def __init__(self, house: House, clock: VirtualClock, scenario: Scenario) -> None:
        """Stand at the scenario's start with everybody enrolled, in the scenario's own zone."""
        rules = house.content.escalation
        there = replace(rules, staffed=replace(rules.staffed, zone=scenario.zone))
        house.content = replace(house.content, escalation=there)
        self._house, self._clock, self._scenario = house, clock, scenario
        self._engine: Engine | None = house.engine
        self._lines = Lines(house)
        self._numbers = count(1)
        self._clients = {person.name for person in scenario.people}
        self._waiting: list[Act] = []  # done by people, not yet come through to us
        self._plan = sorted(self._acts(), key=lambda act: act[0])
        edges = {one.at for one in scenario.troubles} | {one.ends for one in scenario.troubles}
        self._edges = sorted(edge for edge in edges if edge is not None)

    def _acts(self) -> Iterator[tuple[datetime, Act]]:
        for happening in self._scenario.happenings:
            yield max(happening.at, self._scenario.start), partial(self._happens, happening)
        for event in self._scenario.events:
            yield event.at, partial(self._does if event.move else self._says, event)
        for trouble in self._scenario.troubles:
            if trouble.who:
                yield trouble.at, partial(self._blocks, trouble, InboundKind.BLOCKED)
                if trouble.ends is not None:
                    yield trouble.ends, partial(self._blocks, trouble, InboundKind.UNBLOCKED)

    async def play(self) -> None:
        """Play to the end: do all that is due, then jump to what comes next.

        While we or the channel are down, what people do waits; while we are, nothing is done.
        """
        await in_thread(enrol_all, self._house, self._scenario)
        while True:
            now = self._clock.now()
            while self._plan and self._plan[0][0] <= now:
                self._waiting.append(self._plan.pop(0)[1])
            self._house.engine = None if self._down(Fault.ENGINE_DOWN) else self._engine
            if not self._down(Fault.SERVICE_DOWN):
                await self._settle()
            moment = await self._next(now)
            if moment > self._scenario.until:
                break
            self._clock.move_to(moment)
        self._clock.move_to(self._scenario.until)

    def _down(self, *faults: Fault) -> bool:
        return down(self._scenario, self._clock, *faults)

    async def _settle(self) -> None:
        while self._waiting and not self._down(Fault.TELEGRAM_DOWN):
            await self._waiting.pop(0)()
            await ticks.settle(self._house, self._lines)
        await ticks.settle(self._house, self._lines)

    async def _next(self, now: datetime) -> datetime:
        """Return the moment at which something happens next; the end when nothing does."""
        moments = [act[0] for act in self._plan[:1]]
        moments += [edge for edge in self._edges if edge > now][:1]
        if not self._down(Fault.SERVICE_DOWN):
            due = await in_thread(ticks.next_moment, self._house)
            if due is not None and due <= now:
                log.warning("left_undone")
                due = now + STEP
            if due is not None:
                moments.append(due)
        return min(moments, default=self._scenario.until + STEP)

    async def _says(self, event: Event) -> None:
        await self._receive(event.who, InboundKind.TEXT, event.says or "", event.at)

    async def _blocks(self, trouble: Trouble, kind: InboundKind) -> None:
        await self._receive(trouble.who, kind, "", self._clock.now())

    async def _receive(self, who: str, kind: InboundKind, text: str, at: datetime) -> None:
        bot = Bot.CLIENT if who in self._clients else Bot.WORKER
        if kind is InboundKind.TEXT and not text:
            kind = InboundKind.OTHER
        number = str(next(self._numbers))
        await self._lines.receive(Inbound(CHANNEL, bot, number, who, kind, at, text))
        await self._lines.idle()

    async def _does(self, event: Event) -> None:
        await in_thread(_act, self._house, event)

    async def _happens(self, happening: Happening) -> None:
        await in_thread(_record_happening, self._house, happening)


def _act(house: House, event: Event) -> None:
    with house.db.read() as s:
        worker = people.worker_by_name(s, house.sealer, event.who)
    if worker is not None and event.move is not None:
        staff.act(house, worker.id, None, event.move, event.outcome)


def _record_happening(house: House, happening: Happening) -> None:
    with house.db.write() as s:
        client = _client(s, house, happening.client)
        now = house.clock.now()
        incidents.record(s, house, now, client, happening.kind, happening.at)
