"""Telegram's errors in our words: certainly not sent, or nobody knows."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.channels.base import OutcomeUnknown, Reason, SendFailed

# The last four: a 200 whose JSON is not what was promised; the library has no word for that.
LIBRARY_ERRORS = (TelegramError, KeyError, TypeError, ValueError, AttributeError)

# Nothing was written to the network when one of these was raised.
NEVER_WRITTEN = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)

# Telegram publishes no list of its descriptions; these are the ones seen (facts.md). A 403 that is
# not here ("bot can't send messages to the user") was seen to pass by itself: it stays temporary.
BLOCKED = ("bot was blocked by the user",)
ABSENT = ("message to delete not found",)
GONE = (
    "user is deactivated",
    "chat not found",
    "user not found",
    "bot was kicked",
    "bot can't initiate conversation",
    "can't send messages to bots",
    "peer_id_invalid",
    "group chat was deactivated",
)


def failure_of(error: Exception) -> SendFailed | OutcomeUnknown:
    """Translate what python-telegram-bot raised for one call.

    1. An answer that is not the Bot API's own JSON (a 502 page, a broken 200) proves nothing about
       what happened behind the gateway: unknown. python-telegram-bot raises it as the error of its
       status code *from* a parse error, so the cause tells them apart.
    2. Telegram's own refusals are certain.
    3. A connection that was never made is certain; a request that was written (time-out of the
       answer, reset) is unknown.
    """
    cause = error.__cause__
    if not isinstance(error, TelegramError) or isinstance(cause, TelegramError):
        return OutcomeUnknown("Telegram's answer could not be read")
    if isinstance(error, RetryAfter):
        return SendFailed(
            "Telegram asks to wait",
            permanent=False,
            reason=Reason.FLOOD,
            retry_after=seconds_of(error),
        )
    if isinstance(error, ChatMigrated):
        return SendFailed(
            "the group has a new address",
            permanent=True,
            reason=Reason.GONE,
            moved_to=str(error.new_chat_id),
        )
    if isinstance(error, InvalidToken):
        return SendFailed("Telegram refuses the bot's token", permanent=False, reason=Reason.TOKEN)
    if isinstance(error, Forbidden | BadRequest):
        return _refusal(error)
    if isinstance(cause, NEVER_WRITTEN):
        return SendFailed("Telegram could not be reached", permanent=False, reason=Reason.UNREACHED)
    if isinstance(error, NetworkError) and cause is not None:
        return OutcomeUnknown(f"no answer from Telegram ({type(cause).__name__})")
    if type(error) is TelegramError:  # a 200 that is no JSON
        return OutcomeUnknown("Telegram's answer could not be read")
    return SendFailed(
        f"Telegram could not do it ({plain(error)})", permanent=False, reason=Reason.SERVER
    )


def seconds_of(error: RetryAfter) -> float:
    """Return the wait that Telegram asks for, in seconds."""
    wait = error.retry_after  # an int or a timedelta, by an environment variable of the library
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def plain(error: TelegramError) -> str:
    """Return Telegram's description, short and without anything that looks like a chat id."""
    return re.sub(r"-?\d{5,}", "#", error.message)[:120]


def _refusal(error: Forbidden | BadRequest) -> SendFailed:
    said = error.message.lower()
    if any(words in said for words in BLOCKED):
        return SendFailed("the bot is blocked", permanent=True, reason=Reason.BLOCKED)
    if any(words in said for words in ABSENT):
        return SendFailed("the message is gone", permanent=True, reason=Reason.ABSENT)
    if any(words in said for words in GONE):
        return SendFailed(
            f"the chat cannot be reached ({plain(error)})", permanent=True, reason=Reason.GONE
        )
    if isinstance(error, Forbidden):
        return SendFailed(
            f"Telegram forbids it for now ({plain(error)})", permanent=False, reason=Reason.SERVER
        )
    return SendFailed(
        f"Telegram refuses it ({plain(error)})", permanent=True, reason=Reason.REFUSED
    )
