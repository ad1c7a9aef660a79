"""Channels for rehearsals: they take messages like real ones and break when they are told to."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from bot.channels.base import Reason, SendFailed
from bot.core.messages import Bot, Outgoing


def channels(
    down: Callable[[], bool], blocked: Callable[[str], bool]
) -> dict[str, RehearsalChannel]:
    """Return Telegram, which breaks as it is told, and the second ways beside it, which hold."""
    telegram = RehearsalChannel(down, blocked)
    others = (RehearsalChannel(_never, lambda chat: False, name) for name in ("email", "webhook"))
    return {channel.name: channel for channel in (telegram, *others)}


def _never() -> bool:
    return False


class RehearsalChannel:
    """Stands in for a channel; what it took was read, those who watch the deliveries print it.

    ``down``: whether nothing comes through now. ``blocked``: whether a chat blocked its bot now.
    """

    def __init__(
        self, down: Callable[[], bool], blocked: Callable[[str], bool], name: str = "telegram"
    ) -> None:
        """Begin with no message."""
        self.name, self._down, self._blocked = name, down, blocked
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
