"""A stage for trying the assistant out: Ana, her worker Ben, the supervisor Cora, one terminal."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa

from bot import wiring
from bot.channels.terminal import TerminalChannel
from bot.clock import ShiftedClock
from bot.content.values import span
from bot.core.alerts import AlertState, Move
from bot.core.messages import Bot, Inbound, InboundKind
from bot.core.people import ClientState, Language, Role
from bot.errors import SafError, SettingsError
from bot.service import checkins, staff, ticks
from bot.service.house import Heard, House, in_thread
from bot.service.people import consent, enrol
from bot.service.receive import Lines
from bot.settings import Settings
from bot.store import dues, people
from bot.store.tables import Alert, Client, DueKind, Worker

ANA, BEN, CORA = "Ana", "Ben", "Cora"


def as_row(heard: Heard) -> str:
    """Return what somebody got, or did not get, as one line of JSON (the contract of design.md)."""
    at = heard.at.astimezone(ZoneInfo(heard.zone)).isoformat(timespec="seconds")
    row: dict[str, object] = {"at": at, "to": heard.to, "role": heard.role.value}
    if heard.skipped:
        return json.dumps({**row, "kind": heard.kind.value, "skipped": heard.skipped})
    return json.dumps(
        {
            **row,
            "channel": heard.channel,
            "kind": heard.kind.value,
            "text": heard.text,
            "buttons": [label for label, _ in heard.buttons],
            "about": heard.about,
            "alert": heard.alert,
        }
    )


@dataclass(slots=True)
class Stage:
    """The house with its cast, and the lines that somebody types for them."""

    house: House
    settings: Settings
    lines: Lines
    clock: ShiftedClock
    numbers: count[int]
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # one line or one tick at a time
    labels: dict[str, str] = field(default_factory=dict)  # on Ben's phone, with the newest token

    async def begin(self) -> None:
        """Say the first word: the check-in, or the hello to somebody new."""
        await in_thread(_first_word, self.house)
        await self.settle()

    async def line(self, text: str) -> None:
        """Play one typed line to its end; SafError when it is no line that we know."""
        if text.startswith(">wait"):
            await self.wait(_span(text.removeprefix(">wait")))
        elif text.startswith(">worker"):
            await self._worker(text.removeprefix(">worker").strip())
        elif text.startswith(">"):
            raise SafError(f"{text.split()[0]} is not known; write >worker ... or >wait 15m")
        else:
            await self._says(Bot.CLIENT, ANA, text)
        await self.settle()

    async def settle(self) -> None:
        """Do all that is due now."""
        await ticks.settle(self.house, self.lines)

    async def wait(self, how_long: timedelta) -> None:
        """Move the clock on, moment by moment, doing what becomes due on the way."""
        try:
            until = self.clock.now() + how_long
        except OverflowError:
            raise SafError("no calendar goes on for so long; >wait for less") from None
        while True:
            await self.settle()
            moment = await in_thread(ticks.next_moment, self.house)
            if moment is None or moment > until:
                break
            self.clock.move_to(moment)
        self.clock.move_to(until)

    def heard(self, heard: Heard) -> None:
        """Remember the buttons on Ben's phone, so that a line that is a label presses it."""
        if heard.to == BEN:
            self.labels |= dict(heard.buttons)

    async def _says(self, bot: Bot, who: str, text: str, token: str = "") -> None:
        kind = InboundKind.TEXT if text else InboundKind.OTHER
        now, number = self.clock.now(), str(next(self.numbers))
        inbound = Inbound("terminal", bot, number, who, kind, now, text)
        if token:
            kind = InboundKind.BUTTON
            inbound = Inbound("terminal", bot, number, who, kind, now, token=token)
        await self.lines.receive(inbound)
        await self.lines.idle()

    async def _worker(self, said: str) -> None:
        word, _, rest = said.partition(" ")
        if word not in list(Move) or (rest and word != Move.CLOSE):
            await self._says(Bot.WORKER, BEN, said, self.labels.get(said, ""))
            return
        await in_thread(_act, self.house, Move(word), rest.strip())


def _act(house: House, move: Move, outcome: str) -> None:
    with house.db.read() as s:
        ben = people.worker_by_name(s, house.sealer, BEN)
        newest = sa.select(Alert.id).where(Alert.state != AlertState.CLOSED)
        alert_id = s.scalar(newest.order_by(Alert.id.desc()).limit(1))
    if alert_id is None or ben is None:
        raise SafError("no alert is open")
    staff.act(house, ben.id, alert_id, move, outcome)


def _span(text: str) -> timedelta:
    try:
        return span(text)
    except ValueError as error:
        raise SafError(f"{error}; >wait needs one such as 90s, 15m, 2h or 1d") from None


def _first_word(house: House) -> None:
    with house.db.write() as s:
        at = house.clock.now()
        ana = s.scalars(sa.select(Client)).one()
        if ana.state is ClientState.INVITED:
            enrol.begin(s, house, at, ana)
            return
        due = dues.put(s, DueKind.CHECKIN, ana, at, key=f"first:{at.isoformat()}")
        if due is not None and dues.take(s, due.id):
            checkins.ask(s, house, at, ana, due)


def set_up(
    settings: Settings,
    folder: Path,
    hear: Callable[[Heard], None],
    *,
    language: Language = Language.EN,
    new: bool = False,
) -> Stage:
    """Build a fresh stage in a folder of its own; nothing of a real program is ever touched."""
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        what = f"SAF_TIMEZONE is {settings.timezone!r}, which is no time zone"
        raise SettingsError(f"{what}; write a name like America/Chicago") from None
    shutil.rmtree(folder, ignore_errors=True)
    own = replace(
        settings, home=folder, database_url=type(settings.database_url)(""), key_file=None
    )
    clock = ShiftedClock()
    house = wiring.open_house(own, clock=clock, channels={"terminal": TerminalChannel()})
    house.heard.append(hear)
    with house.db.write() as s:
        at, zone = clock.now(), settings.timezone
        cast: list[Client | Worker] = [
            people.add_worker(s, house.sealer, name, role, at, language=language, zone=zone)
            for name, role in ((BEN, Role.OUTREACH_WORKER), (CORA, Role.SUPERVISOR))
        ]
        ben = cast[0]
        if not isinstance(ben, Worker):
            raise TypeError("Ben is a worker")
        ana = people.add_client(s, house.sealer, ANA, ben, at, language=language, zone=zone)
        for person, name in (*zip(cast, (BEN, CORA), strict=True), (ana, ANA)):
            enrol.bind(s, house, person, "terminal", name)
        if not new:
            consent.agree(s, house, at, ana)
    stage = Stage(house, own, Lines(house), clock, count(1))
    house.heard.append(stage.heard)
    return stage
