"""The shape of a rehearsal: who is in it, which dates weigh on whom, what happens, what breaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from bot.core.alerts import Move
from bot.core.dates import DateKind, Wants
from bot.core.people import Language, Role, Situation


class Fault(StrEnum):
    """What can break for a while."""

    TELEGRAM_DOWN = "telegram_down"  # nothing comes in and nothing leaves
    SERVICE_DOWN = "service_down"  # we do nothing at all; what was written waits in the channel
    ENGINE_DOWN = "engine_down"  # nobody holds the conversation
    BLOCKED_BOT = "blocked_bot"  # somebody blocked the bot


@dataclass(frozen=True, slots=True)
class Staff:
    """A worker of the scenario."""

    name: str
    role: Role
    language: Language
    zone: str
    email: str


@dataclass(frozen=True, slots=True)
class Person:
    """A client of the scenario; active and consented from the start."""

    name: str
    worker: str
    language: Language
    zone: str
    quiet: tuple[str, str]
    checkin_time: str


@dataclass(frozen=True, slots=True)
class Shift:
    """A stretch of time in which a worker is on call."""

    worker: str
    starts: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """A date that weighs on a client."""

    client: str
    kind: DateKind
    what: str
    day: date
    wants: Wants


@dataclass(frozen=True, slots=True)
class Happening:
    """An incident around a client."""

    client: str
    kind: Situation
    at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a person does: writes (``says``) or moves an alert (``move``)."""

    at: datetime
    who: str
    says: str | None = field(default=None, repr=False)
    move: Move | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault from a moment to another; ``ends`` None: to the end of the scenario."""

    at: datetime
    fault: Fault
    ends: datetime | None
    who: str = ""

    def lasts(self, now: datetime) -> bool:
        """Tell whether the fault is there at a moment."""
        return self.at <= now and (self.ends is None or now < self.ends)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything that a rehearsal plays."""

    start: datetime
    until: datetime
    zone: str
    staff: tuple[Staff, ...]
    people: tuple[Person, ...]
    shifts: tuple[Shift, ...]
    days: tuple[Day, ...]
    happenings: tuple[Happening, ...]
    events: tuple[Event, ...]
    troubles: tuple[Trouble, ...]
