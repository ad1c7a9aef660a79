"""Whatever else waits to leave, a danger message's first page leaves within a second; and under a
flood of messages within ten, with Telegram taking thirty a second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import count
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.bench.figures import percentile
from bot.core.messages import Bot, Inbound, InboundKind, Kind
from bot.core.people import ClientState, Language, Role
from bot.service import speak
from bot.service.pace import PATIENT_OF_BOT, Pace
from bot.store import people
from bot.store.tables import Alert, Client, Worker
from bot.wiring.delivering import Deliveries
from tests.support.program import MONDAY_NOON, ZONE, Program, build
from tests.support.virtual import LoopClock, Wire, run

DANGER = "they outside my house rn"
REMINDERS, REMINDER = 2000, "No pressure."
CALM = "im alright, long day"
FLOOD = 300  # messages: ten seconds of thirty each


class Town:
    """A program with many clients, delivered over a virtual network."""

    def __init__(self, program: Program, wire: Wire, clock: LoopClock) -> None:
        self.program, self.wire, self.clock = program, wire, clock
        self._numbers = count(1)

    def enrol(self, workers: int, clients: int) -> None:
        """Record workers and clients who have agreed, spread evenly."""
        house, at = self.program.house, self.clock.now()
        with house.db.write() as s:
            staff = [self._worker(s, number, at) for number in range(workers)]
            for number in range(clients):
                name, worker = f"client {number}", staff[number % workers]
                one = people.add_client(
                    s, house.sealer, name, worker, at, language=Language.EN, zone=ZONE
                )
                one.state, one.consented_at = ClientState.ACTIVE, at
                people.bind_chat(house.sealer, one, "telegram", name)

    def _worker(self, s: Session, number: int, at: datetime) -> Worker:
        house, name = self.program.house, f"worker {number}"
        worker = people.add_worker(
            s, house.sealer, name, Role.OUTREACH_WORKER, at, language=Language.EN, zone=ZONE
        )
        people.bind_chat(house.sealer, worker, "telegram", name)
        return worker

    def remind(self) -> int:
        """Write a reminder for every client; return how many."""
        house, at = self.program.house, self.clock.now()
        with house.db.write() as s:
            everybody = s.scalars(sa.select(Client)).all()
            for one in everybody:
                speak.to_client(s, house, at, one, Kind.NUDGE, REMINDER)
        house.wake()
        return len(everybody)

    async def says(self, number: int, text: str) -> None:
        """Let a client write."""
        at, update, chat = self.clock.now(), f"{next(self._numbers)}", f"client {number}"
        await self.program.lines.receive(
            Inbound("telegram", Bot.CLIENT, update, chat, InboundKind.TEXT, at, text)
        )

    def first_pages(self) -> list[float]:
        """Return how long each alert's first page took to arrive, in seconds."""
        first: dict[str, datetime] = {}
        for at, message in self.wire.sent:
            if message.bot is Bot.WORKER and message.text.startswith("#"):
                first.setdefault(message.text.split(",")[0][1:], at)
        with self.program.house.db.read() as s:
            opened = {f"{alert.id}": alert.opened_at for alert in s.scalars(sa.select(Alert))}
        assert set(first) == set(opened)
        return [(first[number] - opened[number]).total_seconds() for number in opened]

    def arrived(self, text: str) -> list[datetime]:
        """Return when messages with these words arrived."""
        return [at for at, message in self.wire.sent if text in message.text]


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    """Let a program live in virtual time."""
    clock = LoopClock(MONDAY_NOON, asyncio.get_running_loop())
    wire, program = Wire(clock), build(folder)
    house = program.house
    house.clock, house.channels, house.pace = clock, {wire.name: wire}, Pace()
    delivering = Deliveries(house)
    delivering.start()
    ticking = asyncio.create_task(_every_second(delivering))
    yield Town(program, wire, clock)
    ticking.cancel()
    await delivering.stop(60)
    house.db.close()


async def _every_second(delivering: Deliveries) -> None:
    """The net under the wakes."""
    while True:
        delivering.wake()
        await asyncio.sleep(1)


def test_with_two_thousand_reminders_waiting_a_page_leaves_within_a_second(tmp_path: Path) -> None:
    async def main() -> None:
        async with town(tmp_path) as here:
            here.enrol(workers=4, clients=REMINDERS)
            assert here.remind() >= REMINDERS
            for number, moment in enumerate((0.0, 0.3, 2.0, 9.0)):
                await asyncio.sleep(moment)
                await here.says(number, DANGER)
            await asyncio.sleep(1)
            # The wire notes a message at half its way; the alert was opened as it was said.
            assert len(pages := here.first_pages()) == 4
            assert max(pages) <= 1.0
            assert len(here.arrived("I'm paging worker")) == 4
            # At most the four answers that wait for nothing, in chats that just got their reminder.
            assert here.wire.refused <= 4
            assert PATIENT_OF_BOT * 11 <= len(here.arrived(REMINDER)) <= PATIENT_OF_BOT * 13

    run(main)


def test_a_reply_overtakes_the_reminders_that_wait(tmp_path: Path) -> None:
    async def main() -> None:
        async with town(tmp_path) as here:
            here.enrol(workers=4, clients=300)
            here.remind()
            await asyncio.sleep(3)
            with here.program.house.db.write() as s:
                one = people.client_by_alias(s, here.program.house.sealer, "client 299")
                assert one is not None
                at = here.clock.now()
                speak.to_client(s, here.program.house, at, one, Kind.REPLY, "right away")
            here.program.house.wake()
            await asyncio.sleep(1.5)
            assert here.arrived("right away")
            assert len(here.arrived(REMINDER)) < 150

    run(main)


def test_one_chat_gets_one_message_a_second(tmp_path: Path) -> None:
    async def main() -> None:
        async with town(tmp_path) as here:
            here.enrol(workers=1, clients=1)
            with here.program.house.db.write() as s:
                one = people.client_by_alias(s, here.program.house.sealer, "client 0")
                assert one is not None
                for number in range(5):
                    at = here.clock.now()
                    speak.to_client(s, here.program.house, at, one, Kind.REPLY, f"number {number}")
            here.program.house.wake()
            await asyncio.sleep(15)
            assert [m.text for _, m in here.wire.sent] == [f"number {n}" for n in range(5)]
            # What took longer on its way may be followed sooner: Telegram says so itself.
            assert here.wire.refused <= 2

    run(main)


def test_under_thirty_messages_a_second_a_first_page_comes_within_ten(tmp_path: Path) -> None:
    async def main() -> None:
        async with town(tmp_path) as here:
            here.enrol(workers=12, clients=150)
            for number in range(FLOOD):
                danger = number % 10 == 0
                await here.says(number * 7 % 150, DANGER if danger else CALM)
                await asyncio.sleep(1 / 30)
            await asyncio.sleep(10)
            pages = here.first_pages()
            assert len(pages) >= 15
            assert percentile(pages, 99) <= 10.0

    run(main)
