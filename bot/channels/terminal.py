"""The terminal as a channel: what is sent was read by whoever sits before it."""

from __future__ import annotations

from itertools import count

from bot.core.messages import Bot, Outgoing


class TerminalChannel:
    """Takes every message; those who watch the deliveries print it."""

    name = "terminal"

    def __init__(self) -> None:
        """Begin with no message."""
        self._numbers = count(1)

    async def send(self, message: Outgoing) -> str:
        """Take a message and return its number."""
        return f"{message.chat}:{next(self._numbers)}"

    async def delete(self, bot: Bot, ref: str) -> None:
        """Do nothing: what stood on a terminal cannot be taken back."""
