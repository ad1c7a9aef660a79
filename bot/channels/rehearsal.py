"""A channel for rehearsals: it takes messages like Telegram and breaks when it is told to."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from bot.channels.base import Reason, SendFailed
from bot.core.messages import Bot, Outgoing


class RehearsalChannel:
    """Stands in for Telegram; what it took was read, those who watch the deliveries print it.

    ``down``: whether nothing comes through now. ``blocked``: whether a chat blocked its bot now.
    """

    name = "telegram"

    def __init__(self, down: Callable[[], bool], blocked: Callable[[str], bool]) -> None:
        """Begin with no message."""
        self._down, self._blocked = down, blocked
        self._numbers = count(1)

    async def send(self, message: Outgoing) -> str:
        """Take a message and return its number."""
        self._check()
        if self._blocked(message.chat):
            raise SendFailed("bot was blocked", permanent=True, reason=Reason.BLOCKED)
        return f"{message.chat}:{next(self._numbers)}"

    async def delete(self, bot: Bot, ref: str) -> None:
        """Take a message off a phone."""
        self._check()

    def _check(self) -> None:
        if self._down():
            raise SendFailed("no connection", permanent=False, reason=Reason.UNREACHED)
