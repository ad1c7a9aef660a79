"""The self-check's own channel: the two people at its ends do not exist, so it keeps nothing."""

from __future__ import annotations

from bot.core.messages import Bot, Outgoing
from bot.core.people import SYNTHETIC


class SyntheticChannel:
    """Takes every message and forgets it; that it was taken stands in the outbox."""

    name = SYNTHETIC

    async def send(self, message: Outgoing) -> str:
        """Take a message; there is nothing to delete later."""
        return ""

    async def delete(self, bot: Bot, ref: str) -> None:
        """Do nothing."""
