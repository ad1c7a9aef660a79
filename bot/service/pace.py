"""Pacing: how fast messages may leave, so that a channel does not make us wait for longer.

A page, a safety answer and an ask are counted here and never held back.
"""

from __future__ import annotations

import asyncio
import heapq
from dataclasses import dataclass, field
from itertools import count

from bot.core.messages import Bot

# Telegram takes about 30 messages of a bot in a second and one of a chat. What can wait takes 25 of
# the 30, spread over the second, so that five always stand free for what is urgent.
OF_CHAT = 1.0  # seconds between two messages of a chat
PATIENT_OF_BOT = 25
APART = 1 / PATIENT_OF_BOT  # seconds between two messages of a bot
TOO_EARLY = 1e-6  # by so much a timer may be woken before its moment
AT_ONCE = 3  # so many may leave together after a pause: a reply of two messages does not dawdle


@dataclass(order=True, slots=True)
class _Waits:
    priority: int
    number: int
    chat: str = field(compare=False)
    turn: asyncio.Future[None] = field(compare=False)


@dataclass(slots=True)
class _Line:
    """When one bot's next message may leave, whom it wrote in the last second, who waits."""

    free_at: float = 0.0
    chats: dict[str, float] = field(default_factory=dict)
    waiting: list[_Waits] = field(default_factory=list)
    timer: asyncio.TimerHandle | None = None


class Over(Exception):
    """The service ends: what waits for a turn stays where it is."""


class Pace:
    """Gives turns to what can wait: by priority, then in the order of coming.

    It knows this process only. Several that send for one bot share Telegram's limit, and so does
    what the channel itself says: a 429's retry_after, which the outbox obeys for each message.
    """

    def __init__(self) -> None:
        """Begin with nothing sent."""
        self._lines = {bot: _Line() for bot in Bot}
        self._numbers = count()
        self.over = False

    def close(self) -> None:
        """Give no more turns; whoever waits for one, or asks for one, gets Over."""
        self.over = True
        for line in self._lines.values():
            for one in line.waiting:
                if not one.turn.done():
                    one.turn.set_exception(Over())
            line.waiting.clear()

    def urgent(self, bot: Bot, chat: str) -> None:
        """Count a message that waits for no turn; the others make room for it."""
        _count(self._lines[bot], chat, asyncio.get_running_loop().time())

    async def turn(self, bot: Bot, chat: str, priority: int) -> None:
        """Return when a message may leave: one a second for each chat, 25 for each bot."""
        if self.over:
            raise Over
        line, loop = self._lines[bot], asyncio.get_running_loop()
        one = _Waits(priority, next(self._numbers), chat, loop.create_future())
        heapq.heappush(line.waiting, one)
        self._give(line, loop)
        try:
            await one.turn
        except asyncio.CancelledError:
            one.turn.cancel()
            raise

    def _give(self, line: _Line, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        _forget(line, now)
        if line.timer is not None:
            line.timer.cancel()
            line.timer = None
        kept = []
        while line.waiting and line.free_at <= now + TOO_EARLY:
            one = heapq.heappop(line.waiting)
            if one.turn.done():
                continue
            if one.chat in line.chats:
                kept.append(one)
                continue
            _count(line, one.chat, now)
            one.turn.set_result(None)
        moments = [line.chats[one.chat] + OF_CHAT for one in kept]
        if line.waiting:
            moments.append(line.free_at)
        for one in kept:
            heapq.heappush(line.waiting, one)
        if moments:
            line.timer = loop.call_at(min(moments), self._give, line, loop)


def _count(line: _Line, chat: str, now: float) -> None:
    line.free_at = max(line.free_at, now - (AT_ONCE - 1) * APART) + APART
    line.chats[chat] = now


def _forget(line: _Line, now: float) -> None:
    for chat in [chat for chat, at in line.chats.items() if at + OF_CHAT <= now + TOO_EARLY]:
        del line.chats[chat]
