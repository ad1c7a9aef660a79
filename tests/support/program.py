"""A small program for tests: Ana is Ben's client, Cora supervises, Dev must never see Ana, Eli
has left; the real house on real SQLite, a clock that stands still, a channel that remembers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path

from bot import content
from bot.channels.base import TEXT_LIMIT, OutcomeUnknown, Reason, SendFailed
from bot.clock import VirtualClock
from bot.content import Content
from bot.core.danger import Context, Signal, Urgency, Verdict
from bot.core.messages import Bot, Button, Inbound, InboundKind, Kind, Outgoing
from bot.core.people import Language, Role
from bot.service import ticks
from bot.service.house import Heard, House
from bot.service.people import consent, enrol
from bot.service.receive import Lines
from bot.settings import ROOT, Sensitive, Settings
from bot.store import people
from bot.store.tables import Client, Worker
from bot.wiring import open_house

MONDAY_NOON = datetime(2027, 3, 1, 18, 0, tzinfo=UTC)  # noon in Chicago, inside staffed hours
ZONE = "America/Chicago"
database_url = ""  # where `build` keeps its program; tests/conftest.py says PostgreSQL here


class Memory:
    """A channel that keeps what it is given, and fails as it is told to."""

    def __init__(self, name: str = "telegram") -> None:
        self.name = name
        self.sent: list[Outgoing] = []
        self.deleted: list[str] = []
        self.faults: dict[str, list[Exception]] = {}

    def fail(self, chat: str, *faults: Exception) -> None:
        """Let the next sends to a chat fail, in this order."""
        self.faults.setdefault(chat, []).extend(faults)

    async def send(self, message: Outgoing) -> str:
        waiting = self.faults.get(message.chat)
        if waiting:
            fault = waiting.pop(0)
            if isinstance(fault, OutcomeUnknown):
                self.sent.append(message)
            raise fault
        if not 1 <= len(message.text.encode("utf-16-le")) // 2 <= TEXT_LIMIT:
            raise SendFailed("too long", permanent=True, reason=Reason.REFUSED)
        self.sent.append(message)
        return f"{message.chat}:{len(self.sent)}"

    async def delete(self, bot: Bot, ref: str) -> None:
        self.deleted.append(ref)


BLOCKED = SendFailed("blocked", permanent=True, reason=Reason.BLOCKED)


@dataclass
class Rules:
    """Triage by a few words, for tests about what follows from a verdict, not about reading."""

    verdicts: dict[str, Verdict] = field(
        default_factory=lambda: {
            "they outside": Verdict(Urgency.NOW, (Signal.IMMEDIATE_THREAT,), "somebody is outside"),
            "threatened": Verdict(Urgency.TODAY, (Signal.THREAT_RECEIVED,), "was threatened"),
            "put out": Verdict(Urgency.TODAY, (Signal.UNSAFE_SHELTER,), "no place tonight"),
            "hmm": Verdict(Urgency.WATCH, (Signal.CONFLICT,), "unsure", ask=True),
        }
    )

    def judge(self, text: str, context: Context = Context()) -> Verdict:  # noqa: B008
        return next((v for words, v in self.verdicts.items() if words in text), Verdict())


@dataclass
class Program:
    """The house with its people, and how to speak and look on their behalf."""

    house: House
    clock: VirtualClock
    lines: Lines
    channel: Memory
    heard: list[Heard]
    numbers: Iterable[int] = field(default_factory=lambda: count(1))

    async def says(
        self,
        who: str,
        text: str = "",
        kind: InboundKind = InboundKind.TEXT,
        token: str = "",
        update_id: str = "",
        edited: bool = False,
    ) -> None:
        """Let somebody write, and do what follows at this moment."""
        bot, at = Bot.CLIENT if who == "Ana" else Bot.WORKER, self.clock.now()
        number = update_id or str(next(iter(self.numbers)))
        await self.lines.receive(
            Inbound(self.channel.name, bot, number, who, kind, at, text, token, edited)
        )
        await self.settle()

    async def taps(self, who: str, label: str) -> None:
        """Let somebody tap the newest button with this label."""
        for message in reversed([m for m in self.channel.sent if m.chat == who]):
            for button in (b for row in message.buttons for b in row):
                if button.label == label:
                    await self.says(who, kind=InboundKind.BUTTON, token=button.token)
                    return
        raise AssertionError(f"{who} has no button {label!r}")

    async def settle(self) -> None:
        """Do all that is due at this moment."""
        await ticks.settle(self.house, self.lines)

    async def wait(self, span: timedelta) -> None:
        """Let time pass, doing what becomes due on the way."""
        until = self.clock.now() + span
        while (moment := ticks.next_moment(self.house)) is not None and moment <= until:
            self.clock.move_to(moment)
            await self.settle()
        self.clock.move_to(until)
        await self.settle()

    def got(self, who: str, *kinds: Kind) -> list[Heard]:
        """Return what somebody got, of these kinds if any are named."""
        return [
            h
            for h in self.heard
            if h.to == who and not h.skipped and (not kinds or h.kind in kinds)
        ]

    def buttons(self, who: str) -> list[Button]:
        """Return the buttons of the newest message that somebody got."""
        message = next(m for m in reversed(self.channel.sent) if m.chat == who)
        return [button for row in message.buttons for button in row]


PEOPLE = (
    ("Ben", Role.OUTREACH_WORKER),
    ("Cora", Role.SUPERVISOR),
    ("Dev", Role.OUTREACH_WORKER),
    ("Eli", Role.OUTREACH_WORKER),
)


@cache
def room() -> Content:
    """Read the staff's room once for all tests of a run; it never changes."""
    return content.load(ROOT / "data")


def build(
    folder: Path,
    *,
    start: datetime = MONDAY_NOON,
    language: Language = Language.EN,
    consented: bool = True,
    triage: object | None = None,
) -> Program:
    """Build a program in a folder."""
    clock, channel = VirtualClock(start), Memory()
    house = open_house(
        Settings(home=folder, database_url=Sensitive(database_url)),
        clock=clock,
        channels={channel.name: channel},
        triage=triage or Rules(),  # type: ignore[arg-type]
        room=room(),
    )
    with house.db.write() as s:
        workers: dict[str, Worker] = {}
        for name, role in PEOPLE:
            worker = people.add_worker(
                s, house.sealer, name, role, start, language=language, zone=ZONE
            )
            enrol.bind(s, house, worker, channel.name, name)
            workers[name] = worker
        workers["Eli"].active = False
        ana = people.add_client(
            s, house.sealer, "Ana", workers["Ben"], start, language=language, zone=ZONE
        )
        enrol.bind(s, house, ana, channel.name, "Ana")
        if consented:
            consent.agree(s, house, start, ana)
    heard: list[Heard] = []
    house.heard.append(heard.append)
    return Program(house, clock, Lines(house), channel, heard)


def client(program: Program, alias: str = "Ana") -> Client:
    """Return a client's row as it stands now."""
    with program.house.db.read() as s:
        found = people.client_by_alias(s, program.house.sealer, alias)
        assert found is not None
        return found


def run(coroutine: object) -> None:
    """Run a test's coroutine to its end."""
    asyncio.run(coroutine)  # type: ignore[arg-type]
