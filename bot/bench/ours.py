"""Our side: a house of its own, one engine process, and clients who check in through it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot import wiring
from bot.bench import script
from bot.bench.figures import Measured, beside
from bot.bench.script import Checkin, Line
from bot.channels.rehearsal import RehearsalChannel
from bot.core.messages import Bot, Inbound, InboundKind
from bot.core.people import Language, Role
from bot.errors import EngineDown, SafError, TurnFailed
from bot.service import receive
from bot.service.house import House, in_thread
from bot.service.people import consent, enrol
from bot.settings import Sensitive, Settings
from bot.store import outbox, people
from bot.store.tables import Answer, ButtonRow, Client, Inbox, InboxState, Outbox
from bot.wiring.dialogue import Dialogue, dialogue
from bot.wiring.running import THREADS
from bot.wiring.ticking import Ticks

CHANNEL = "telegram"
NOTHING_ASKED: Mapping[str, Any] = {
    "language": "en",
    "flow": None,
    "step": None,
    "answers": {},
    "asked_again": False,
}
CLOSE_SECONDS = 5.0
GIVE_UP_SECONDS = 120.0
LOOK_SECONDS = 0.05
Say = Callable[[str], None]


@dataclass(slots=True)
class Ours:
    """Our service and its engine as `run` keeps them, and the clients who write to it."""

    house: House
    lines: receive.Lines
    dialogue: Dialogue | None = None  # None: the house has an engine already
    began: float = 0.0
    expected: int = 0  # answers that the script says must have been saved by now
    start_seconds: float = 0.0
    tried_again: set[str] = field(default_factory=set)  # messages that the engine was late for
    _updates: count[int] = field(default_factory=lambda: count(1))

    async def first_reply(self, say: Say) -> None:
        """Wait for the engine's first turn; SafError when it does not come up."""
        if self.dialogue is None or not await self.dialogue.ready(say):
            raise SafError("The dialogue engine does not start, so there is nothing to measure.")
        await self._engine_turn(NOTHING_ASKED, Line("hola"))
        self.start_seconds = round(time.monotonic() - self.began, 1)

    @property
    def engine_pid(self) -> int | None:
        """Return the engine's process; None when it runs somewhere else."""
        supervisor = self.dialogue.supervisor if self.dialogue else None
        return supervisor.pid if supervisor else None

    async def enrol(self, clients: int) -> None:
        """Record so many clients, every second one Spanish, and a worker for each sixteen."""
        await in_thread(_enrol, self.house, clients)

    async def saved(self) -> int:
        """Return how many answers stand in the database."""
        return await in_thread(_saved, self.house)

    async def play(self, plan: script.Plan) -> Measured:
        """Play a round: every client at once, each one check-in after the other."""
        rounds = (self.check_ins(n, script.round_of(n)) for n in range(plan.clients))
        return await beside(rounds)

    async def check_ins(self, client: int, checkins: Sequence[Checkin]) -> list[float]:
        """Play check-ins of one client; return how long each turn took."""
        seconds = []
        for checkin in checkins:
            tokens: dict[str, str] = {}
            for line in checkin:
                if line.tap and line.tap not in tokens:
                    raise SafError(f"No button for {line.tap!r} was offered: the flow has changed.")
                took, tokens = await self._turn(client, line, tokens.get(line.tap, ""))
                seconds.append(took)
            self.expected += len(script.answers(checkin))
        return seconds

    async def _turn(self, client: int, line: Line, token: str) -> tuple[float, dict[str, str]]:
        """Let a client write one line; return the seconds until the reply stood in the outbox, and
        the buttons that it has."""
        inbound = Inbound(
            CHANNEL,
            Bot.CLIENT,
            str(next(self._updates)),
            _chat(client),
            InboundKind.BUTTON if token else InboundKind.TEXT,
            self.house.clock.now(),
            line.text,
            token,
        )
        began = time.monotonic()
        # What Lines.receive does, but waiting for the end of this one message.
        row = await in_thread(receive.write_down, self.house, inbound)
        if row is None:
            raise SafError("A message of the benchmark was taken for one that came before.")
        await self.lines.work(row)
        took = time.monotonic() - began
        while (tokens := await in_thread(_reply, self.house, row.id, line)) is None:
            # The engine was too slow, as on a crowded machine: a tick takes the turn up again.
            self.tried_again.add(row.id)
            if took > GIVE_UP_SECONDS:
                raise SafError(f"Our side did not answer {line}: see the log above.")
            await asyncio.sleep(LOOK_SECONDS)
            took = time.monotonic() - began
        return took, tokens

    async def engine_alone(self, plan: script.Plan) -> Measured:
        """Play a round on the engine and its actions only: nothing is received, judged or kept."""
        return await beside(self._walk(n) for n in range(plan.clients))

    async def _walk(self, client: int) -> list[float]:
        seconds = []
        for checkin in script.round_of(client):
            state = {**NOTHING_ASKED, "language": script.language(client)}
            for line in checkin:
                began = time.monotonic()
                state = await self._engine_turn(state, line)
                seconds.append(time.monotonic() - began)
        return seconds

    async def _engine_turn(self, state: Mapping[str, Any], line: Line) -> dict[str, Any]:
        if self.house.engine is None:
            raise SafError("The dialogue engine has ended while it was measured.")
        opened = self.house.turns.open(
            self.house.content, state, text=line.text, choice=line.tap or None
        )
        try:
            with opened as turn:
                answer = await self.house.engine.turn(turn.request())
        except (EngineDown, TurnFailed) as error:
            raise SafError(
                f"The engine alone failed at {line} ({error}): is the machine crowded? Try again."
            ) from None
        return dict(answer["state"])


@asynccontextmanager
async def ours(settings: Settings, home: Path, engine_url: str = "") -> AsyncIterator[Ours]:
    """Keep a service with a database of its own in ``home``; nothing real is ever touched."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
    own = replace(settings, home=home, database_url=Sensitive(""), key_file=None)
    channel = RehearsalChannel(lambda: False, lambda chat: False)
    house = wiring.open_house(own, channels={CHANNEL: channel})
    try:
        began = time.monotonic()
        async with dialogue(house, own, engine_url) as engine:
            lines = receive.Lines(house)
            ticks = Ticks(house, lines)
            ticks.everything_due()
            ticks.taking_up()
            ticks.start()
            try:
                yield Ours(house, lines, engine, began)
            finally:
                await ticks.stop(CLOSE_SECONDS)
    finally:
        house.db.close()


def _chat(client: int) -> str:
    return f"client-{client}"


def _enrol(house: House, clients: int) -> None:
    for first in range(0, clients, script.MOST_CLIENTS):
        _enrol_some(house, range(first, min(first + script.MOST_CLIENTS, clients)))


def _enrol_some(house: House, numbers: range) -> None:
    """Record a worker and their clients, who have agreed."""
    zone, at, sealer = "America/Chicago", house.clock.now(), house.sealer
    with house.db.write() as s:
        name, role = f"worker-{numbers.start}", Role.OUTREACH_WORKER
        worker = people.add_worker(s, sealer, name, role, at, language=Language.EN, zone=zone)
        enrol.bind(s, house, worker, CHANNEL, name)
        for number in numbers:
            chat, language = _chat(number), Language(script.language(number))
            client = people.add_client(s, sealer, chat, worker, at, language=language, zone=zone)
            enrol.bind(s, house, client, CHANNEL, chat)
            consent.agree(s, house, at, client)


def _saved(house: House) -> int:
    with house.db.read() as s:
        return s.scalar(sa.select(sa.func.count()).select_from(Answer)) or 0


def _reply(house: House, inbox_id: str, line: Line) -> dict[str, str] | None:
    """Return the tokens of the reply's buttons by value; None while a message is not handled.

    SafError when triage hears danger: an alert or an ask is another turn than stock's.
    """
    with house.db.read() as s:
        row = s.get_one(Inbox, inbox_id)
        if row.hold or (row.urgency is not None and row.urgency.pages):
            raise SafError(
                f"Triage now reads {line.text!r} as {row.urgency}, so what follows cannot be"
                " compared: write a calmer line in bot/bench/script.py."
            )
        if row.state is not InboxState.HANDLED:
            return None
        client = s.get_one(Client, row.client_id)
        asked = sa.select(Outbox).where(Outbox.client_id == client.id)
        reply = s.scalars(asked.order_by(Outbox.place.desc()).limit(1)).one()
        _, buttons = outbox.content(house.sealer, reply, client)
        tokens = [button.token for line_ in buttons for button in line_]
        found = s.scalars(sa.select(ButtonRow).where(ButtonRow.token.in_(tokens)))
        return {button.value: button.token for button in found if button.value}
