"""A worker who writes with a client themselves: how such a talk ends."""

from __future__ import annotations

from enum import StrEnum


class Ended(StrEnum):
    """Why a worker's own talk with a client is over, and the assistant is back."""

    HANDED_BACK = "handed_back"  # the worker said so
    SILENT = "silent"  # no word from the worker for a while, or none reaches them
    NOT_NOW = "not_now"  # the client would rather not
    STOPPED = "stopped"  # the client stopped the messages, or takes a break
    BLOCKED = "blocked"  # the client blocked the bot
    PHONE = "phone"  # the phone is not theirs any more
    NOT_THEIRS = "not_theirs"  # the client has another worker, or the worker has left

    @property
    def reaches_client(self) -> bool:
        """Tell whether the client still hears that the assistant is back."""
        return self not in (Ended.STOPPED, Ended.BLOCKED, Ended.PHONE)
