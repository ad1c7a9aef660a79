"""A service that dies by kill -9 at a named point: the real path in a process of its own, on real
SQLite, with a channel whose deliveries outlive it.

The process is forked from a server that has everything imported, so one life takes 0.2 s.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.clock import VirtualClock
from bot.core.effects import SaveAnswer
from bot.core.messages import Bot, Inbound, InboundKind, Outgoing
from bot.dialogue.turns import OpenTurns
from bot.service import ticks
from bot.service.house import House
from bot.service.receive import Lines
from bot.store.sealed import Sealer, read_key
from bot.store.session import Database
from tests.support.program import Rules, room

CONTENT = room()
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.support.mortal"])


@dataclass(frozen=True)
class Update:
    """One update as the channel brings it; ``press``: the label of the newest button of theirs."""

    id: str
    who: str
    text: str = ""
    press: str = ""


class Journal:
    """A channel that notes on disk what it delivered, before it says so."""

    name = "telegram"

    def __init__(self, folder: Path) -> None:
        self._path = folder / "sent.jsonl"

    async def send(self, message: Outgoing) -> str:
        sent = {
            "chat": message.chat,
            "text": message.text,
            "buttons": [[b.label, b.token] for row in message.buttons for b in row],
        }
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(sent) + "\n")
        return f"{message.chat}:{len(self.read())}"

    async def delete(self, bot: Bot, ref: str) -> None:
        return

    def read(self) -> list[dict[str, Any]]:
        """Return all that was ever delivered, by whichever process."""
        if not self._path.exists():
            return []
        return [json.loads(line) for line in self._path.read_text(encoding="utf-8").splitlines()]

    def token(self, who: str, label: str) -> str:
        """Return the newest button of somebody's with a label; empty when there is none."""
        for sent in reversed(self.read()):
            for name, token in sent["buttons"]:
                if sent["chat"] == who and name == label:
                    return str(token)
        return ""


class Parrot:
    """An engine that keeps whatever it hears as the answer to what is asked, and goes on."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def turn(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        turn, state = self._house.turns.get(request["turn"]), dict(request["state"])
        if state["flow"]:
            flow = turn.flows.flow(state["flow"])
            value = request["choice"] or request["text"]
            effect = SaveAnswer(flow.name, state["step"], value)
            turn.stage(effect, action="parrot", step=state["step"])
            step = flow.after(flow.step(state["step"]), value)
            state |= {"flow": flow.name if step else None, "step": step.id if step else None}
        return {"replies": [], "state": state, "intent": {"name": "answer"}}


def live(folder: Path, updates: Sequence[Update], at: datetime, die_at: int) -> None:
    """Live one life: take the updates, do all that is due; die at the n-th point (-1: never)."""
    reached = 0

    def fault(point: str) -> None:
        nonlocal reached
        with (folder / "points").open("a", encoding="utf-8") as file:
            file.write(point + "\n")
        if reached == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        reached += 1

    channel = Journal(folder)
    house = House(
        clock=VirtualClock(at),
        db=Database(f"sqlite:///{folder / 'saf.db'}"),
        sealer=Sealer(read_key(folder / "key", database_exists=True)),
        content=CONTENT,
        triage=Rules(),
        channels={channel.name: channel},
        turns=OpenTurns(),
        fault=fault,
    )
    house.engine = Parrot(house)
    asyncio.run(_live(house, channel, updates))


async def _live(house: House, channel: Journal, updates: Sequence[Update]) -> None:
    lines = Lines(house)
    await ticks.settle(house, lines)
    for update in updates:
        bot = Bot.CLIENT if update.who == "Ana" else Bot.WORKER
        token = channel.token(update.who, update.press) if update.press else ""
        kind = InboundKind.BUTTON if update.press else InboundKind.TEXT
        at = house.clock.now()
        await lines.receive(
            Inbound(channel.name, bot, update.id, update.who, kind, at, update.text, token)
        )
        await ticks.settle(house, lines)


def life(folder: Path, updates: Sequence[Update], at: datetime, die_at: int = -1) -> int:
    """Let a service live in its own process; return its exit code (-9: killed) when it is over."""
    process = _SERVER.Process(target=live, args=(folder, updates, at, die_at))
    process.start()
    process.join(60)
    if process.exitcode is None:
        process.kill()
        raise AssertionError("this life takes too long")
    return process.exitcode
