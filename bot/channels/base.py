"""What a channel is: it carries one message out and says truthfully how a send failed.

No error here may carry a text, a chat address or a bot token: errors end up in logs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Protocol

from bot.core.messages import Bot, Inbound, Outgoing
from bot.errors import SafError

# What Telegram takes in one message (characters) and in one button (bytes); the shortest limits of
# all our channels, so callers split and shorten by them whatever the channel is.
TEXT_LIMIT = 4096
TOKEN_LIMIT = 64

# Commits one inbound message, or raises; a channel confirms nothing before it has returned.
Receive = Callable[[Inbound], Awaitable[None]]


class Reason(StrEnum):
    """Why a send failed, in words that may stand in a log."""

    BLOCKED = "blocked"  # the person blocked the bot; they may unblock it
    GONE = "gone"  # the account or chat is no more, or never spoke to the bot
    REFUSED = "refused"  # the message itself is not acceptable; sending it again cannot help
    ABSENT = "absent"  # the message that should be deleted is not there any more
    FLOOD = "flood"  # too many messages; ``retry_after`` says when the next may go
    TOKEN = "token"  # noqa: S105  the bot's own token is missing or wrong: the operator's work
    UNREACHED = "unreached"  # no connection: nothing left this machine
    SERVER = "server"  # the channel's server said that it did not do it


class SendFailed(Exception):
    """The message certainly did not arrive.

    ``permanent``: the same message to the same chat cannot succeed. ``retry_after``: seconds that
    the channel asks us to wait. ``moved_to``: the chat's new address, where it has one.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        reason: Reason,
        retry_after: float | None = None,
        moved_to: str | None = None,
    ) -> None:
        """Keep what the outbox decides by."""
        super().__init__(message)
        self.permanent = permanent
        self.reason = reason
        self.retry_after = retry_after
        self.moved_to = moved_to


class OutcomeUnknown(Exception):
    """The request may have been carried out; nobody can tell."""


class ChannelUnusable(SafError):
    """The channel cannot work as it is set up; the text is the sentence for the operator."""


class ChannelUnreachable(ChannelUnusable):
    """The channel's server does not answer now; it may later."""


class Channel(Protocol):
    """One way to reach people."""

    @property
    def name(self) -> str:
        """Return the channel's name, as it stands in the inbox and the outbox."""
        ...

    async def send(self, message: Outgoing) -> str:
        """Send one message and return its reference, by which it can be deleted.

        Raises SendFailed or OutcomeUnknown, never anything else for what the channel did.
        """
        ...

    async def delete(self, bot: Bot, ref: str) -> None:
        """Delete one message, ours or theirs; do nothing when it is gone already.

        Raises SendFailed (permanent when it is too old) or OutcomeUnknown.
        """
        ...
