"""Administration: opens the house for one command, finds people by name, ends in one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot import settings, wiring
from bot.channels.email import ADDRESS
from bot.clock import SystemClock
from bot.core.danger import Context, Verdict
from bot.core.hours import Span
from bot.core.messages import Bot
from bot.errors import SafError, StoreTrouble
from bot.service.house import House
from bot.service.people import enrol
from bot.store import people
from bot.store.session import Database, why
from bot.store.tables import Client, Worker
from bot.wiring.second_ways import second_ways

LONGEST_NAME = 40
_NAME = re.compile(r"[^\W_][\w .'-]*")


class _NoTriage:
    """Stands where triage would be: no command of administration reads messages."""

    def judge(self, text: str, context: Context = Context()) -> Verdict:  # noqa: B008
        raise AssertionError("administration judges nothing")


@dataclass(frozen=True, slots=True)
class Office:
    """What one command of administration works with, in one transaction."""

    s: Session
    house: House
    at: datetime
    settings: settings.Settings

    def worker(self, name: str) -> Worker:
        """Return an active worker by name; SafError when there is none."""
        found = people.worker_by_name(self.s, self.house.sealer, name)
        if found is None:
            raise SafError(f"There is no worker {name}; `saf worker list` shows them.")
        if not found.active:
            raise SafError(f"{name} has left; name another worker.")
        return found

    def client(self, alias: str) -> Client:
        """Return a client by alias; SafError when there is none."""
        found = people.client_by_alias(self.s, self.house.sealer, alias)
        if found is None or found.key is None:
            raise SafError(f"There is no client {alias}; `saf client list` shows them.")
        return found

    @property
    def zone(self) -> ZoneInfo:
        """Return the program's time zone."""
        return ZoneInfo(self.house.content.escalation.staffed.zone)

    def span(self, start: str, end: str) -> tuple[datetime, datetime]:
        """Return two moments of the program's clock; SafError when they are no span to come."""
        starts = checked_moment(start, self.zone.key)
        ends = checked_moment(end, self.zone.key)
        if ends <= starts:
            raise SafError(f"{end} is not after {start}; look at the dates.")
        if ends <= self.at:
            raise SafError(f"{end} is over already; look at the dates.")
        return starts, ends

    def name(self, worker: Worker) -> str:
        """Return a worker's name."""
        return people.worker_name(self.house.sealer, worker)

    def alias(self, client: Client) -> str:
        """Return a client's alias."""
        return people.alias(self.house.sealer, client)

    def audit(self, did: str, client: Client | None = None) -> None:
        """Record what was done from the command line."""
        client_id = client.id if client is not None else None
        people.audit(self.s, self.at, "operator", did, client_id=client_id)

    def link(self, person: Client | Worker) -> str:
        """Make a one-time link and return the lines that show it this once."""
        token = enrol.invite(self.s, self.house, self.at, person, None)
        bot = Bot.CLIENT if isinstance(person, Client) else Bot.WORKER
        link = enrol.link(self.house, bot, token)
        where = "" if link.startswith("https:") else f" (write it to the {bot} bot)"
        days = enrol.GOOD_FOR.days
        return f"One-time link, good for {days} days, shown only now{where}:\n{link}"


@contextmanager
def office(home: Path | None, *, create: bool = False) -> Iterator[Office]:
    """Open the program for one command; all of it is kept, or nothing.

    ``create``: make the database where there is none yet. Raises SafError with the sentence for
    whatever is wrong, a busy or read-only database too.
    """
    chosen = settings.read(home=home)
    try:
        database = Database(chosen.url)
        if not create and not database.exists():
            raise SafError(
                f"There is no program in {database.where} yet; begin with `saf worker add NAME`, "
                "or name its folder with --home."
            )
        clock = SystemClock()
        house = wiring.open_house(
            chosen, clock=clock, channels=second_ways(chosen, clock), triage=_NoTriage()
        )
        with house.db.write() as s:
            yield Office(s, house, house.clock.now(), chosen)
    except sa.exc.SQLAlchemyError as error:
        raise StoreTrouble(f"The database cannot be used now ({why(error)}); try again.") from None


def checked_name(name: str, what: str) -> str:
    """Return a name or alias as it is kept; SafError when it is none."""
    kept = " ".join(name.split())
    if not _NAME.fullmatch(kept) or len(kept) > LONGEST_NAME:
        raise SafError(
            f"{name!r} is no {what}: letters, digits, spaces and .'- are, {LONGEST_NAME} at most."
        )
    return kept


def checked_zone(name: str) -> str:
    """Return an IANA time zone; SafError when there is none of that name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SafError(f"{name!r} is no time zone; write one such as America/Chicago.") from None
    return name


def checked_hours(text: str) -> Span:
    """Return hours written as 21:00-09:00; SafError when they are not."""
    try:
        return Span.parse(text)
    except ValueError:
        raise SafError(f"{text!r} are no hours; write them as 21:00-09:00.") from None


def checked_email(text: str) -> str:
    """Return an e-mail address; SafError when it is none."""
    if not ADDRESS.fullmatch(text.strip()):
        raise SafError(f"{text!r} is no e-mail address; write it as ben@example.org.")
    return text.strip()


def checked_number(text: str) -> str:
    """Return a telephone number without its spaces; SafError when it is none."""
    kept = re.sub(r"[ .()-]", "", text)
    if not re.fullmatch(r"\+?[0-9]{5,15}", kept):
        raise SafError(f"{text!r} is no telephone number; write it as +15551234567.")
    return kept


def checked_time(text: str) -> time:
    """Return a time of day written as 09:00; SafError when it is none."""
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise SafError(f"{text!r} is no time of day; write it as 09:00.") from None


def checked_day(text: str) -> date:
    """Return a day written as 2026-11-23; SafError when it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SafError(f"{text!r} is no day; write it as 2026-11-23.") from None


def checked_moment(text: str, zone: str) -> datetime:
    """Return a local time written as 2026-11-23T18:00; SafError when it is none."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise SafError(f"{text!r} is no time; write it as 2026-11-23T18:00.") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=ZoneInfo(zone))
