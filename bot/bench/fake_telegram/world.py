"""What the fake Telegram knows: bots, chats, messages, waiting updates, and its own clock."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.clock import SystemClock

CLIENT_TOKEN = "1001:fake-client-bot-token-AAAAAAAAAAAAAAAAAAAAA"
WORKER_TOKEN = "1002:fake-worker-bot-token-BBBBBBBBBBBBBBBBBBBBB"
TOKENS = {"client": CLIENT_TOKEN, "worker": WORKER_TOKEN}

Json = dict[str, Any]

DELETABLE_FOR = timedelta(hours=48)
UPDATES_KEPT_FOR = timedelta(hours=24)


class ApiError(Exception):
    """What the Bot API answers instead of a result."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


@dataclass
class Stored:
    """One message in one chat, as the Bot API shows it, and what it does not show."""

    message: Json
    outgoing: bool
    silent: bool = False
    protect: bool = False
    deleted: bool = False
    edits: int = 0


@dataclass
class Chat:
    """One conversation with one bot; ``gone`` is the error that answers every send."""

    id: int
    type: str
    blocked: bool = False
    gone: str = ""
    messages: list[Stored] = field(default_factory=list)


@dataclass
class Account:
    """One bot."""

    name: str
    token: str
    chats: dict[int, Chat] = field(default_factory=dict)
    updates: list[Json] = field(default_factory=list)
    injected: list[Json] = field(default_factory=list)
    arrived_at: dict[int, datetime] = field(default_factory=dict)
    webhook: Json | None = None
    deliveries: list[Json] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    commands: list[Json] = field(default_factory=list)
    taps: dict[str, bool] = field(default_factory=dict)  # callback query id -> answered
    polls: int = 0
    next_update: int = 5000
    next_message: int = 1

    @property
    def id(self) -> int:
        return int(self.token.split(":")[0])

    def me(self) -> Json:
        return {
            "id": self.id,
            "is_bot": True,
            "first_name": "Line",
            "username": f"fake_{self.name}_bot",
        }

    def chat(self, chat_id: int, kind: str = "private") -> Chat:
        """Return the chat, beginning it if it is new."""
        return self.chats.setdefault(chat_id, Chat(chat_id, kind))


@dataclass
class Call:
    """One request that a bot made."""

    bot: str
    method: str
    params: Json
    status: int


class World:
    """All of it; only the server's own loop may touch it."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        self.accounts = {name: Account(name, token) for name, token in tokens.items()}
        self.calls: list[Call] = []
        self.ahead = timedelta()
        self.limits = False
        self.sends: list[tuple[str, int, datetime]] = []
        self.changed = asyncio.Condition()

    def now(self) -> datetime:
        """Return the fake's time: the machine's, moved by what the test asked for."""
        return SystemClock().now() + self.ahead

    def stamp(self) -> int:
        return int(self.now().timestamp())

    def by_token(self, token: str) -> Account:
        for account in self.accounts.values():
            if account.token == token:
                return account
        if ":" in token:
            raise ApiError(401, "Unauthorized")
        raise ApiError(404, "Not Found")

    async def wake(self) -> None:
        """Tell long polls and the webhook that something changed."""
        async with self.changed:
            self.changed.notify_all()

    async def queue(self, account: Account, update: Json) -> int:
        """Put one update in front of the bot, with a new id unless it brings one."""
        if "update_id" not in update:
            update = {"update_id": account.next_update, **update}
            account.next_update += 1
        kind = next((key for key in update if key != "update_id"), "")
        if account.allowed and kind not in account.allowed:
            return int(update["update_id"])
        account.updates.append(update)
        account.injected.append(update)
        account.arrived_at[update["update_id"]] = self.now()
        await self.wake()
        return int(update["update_id"])

    def forget_old_updates(self, account: Account) -> None:
        """Drop what has waited for more than a day, as Telegram does."""
        oldest = self.now() - UPDATES_KEPT_FOR
        account.updates = [
            update for update in account.updates if account.arrived_at[update["update_id"]] > oldest
        ]

    def check_flood(self, account: Account, chat_id: int) -> None:
        """Enforce 30 messages a second for each bot and 1 for each chat, if switched on."""
        if not self.limits:
            return
        now = self.now()
        self.sends = [send for send in self.sends if now - send[2] < timedelta(seconds=1)]
        mine = [send for send in self.sends if send[0] == account.name]
        if len(mine) >= 30 or any(send[1] == chat_id for send in mine):
            raise ApiError(429, "Too Many Requests: retry after 1", retry_after=1)
        self.sends.append((account.name, chat_id, now))
