"""The house: everything that a step of the path works with, put together in wiring."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from bot.channels.base import Channel
from bot.clock import Clock
from bot.content import Content
from bot.core.danger import Context, Verdict
from bot.core.messages import Bot, Kind
from bot.core.people import Role
from bot.dialogue.turns import OpenTurns
from bot.service.pace import Pace
from bot.store.sealed import Sealer
from bot.store.session import Database

T = TypeVar("T")


class Judge(Protocol):
    """Reads a message for danger."""

    def judge(self, text: str, context: Context = ...) -> Verdict:
        """Return what a message says about danger."""
        ...


class Engine(Protocol):
    """Holds the conversation."""

    async def turn(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return replies and the new state; EngineDown or TurnFailed when there are none."""
        ...

    async def up(self) -> bool:
        """Tell whether it takes turns at this moment."""
        ...


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody got, or did not get, for those who watch: the terminal, a rehearsal."""

    at: datetime
    zone: str
    to: str
    role: Role
    channel: str
    kind: Kind
    text: str = ""
    buttons: tuple[tuple[str, str], ...] = ()  # label, token
    about: str = ""
    alert: int | None = None
    skipped: str = ""
    chat: str = ""


@dataclass(slots=True)
class House:
    """What the path needs; ``heard`` is called after the fact and never decides anything."""

    clock: Clock
    db: Database
    sealer: Sealer
    content: Content
    triage: Judge
    channels: Mapping[str, Channel]
    turns: OpenTurns
    engine: Engine | None = None
    bots: Mapping[Bot, str] = field(default_factory=dict)  # usernames, for links; empty: unknown
    heard: list[Callable[[Heard], None]] = field(default_factory=list)
    wake: Callable[[], None] = lambda: None  # a commit wakes delivery; the ticks are the net
    fault: Callable[[str], None] = lambda point: None  # named points at which tests kill us
    pace: Pace | None = None  # of the chats' channel; none: it takes any number at once
    in_hand: set[str] = field(default_factory=set)  # outbox ids that a delivery has taken up

    def tell(self, heard: Heard) -> None:
        """Tell those who watch."""
        for listener in self.heard:
            listener(heard)


async def in_thread(step: Callable[..., T], *args: Any) -> T:
    """Run a step that uses the database in a thread, so that nobody else waits for it."""
    return await asyncio.to_thread(step, *args)
