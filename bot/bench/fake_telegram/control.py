"""The control routes: what a test makes people do, breaks, and looks at."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from bot.bench.fake_telegram import updates
from bot.bench.fake_telegram.faults import Fault, FaultKind, Weather
from bot.bench.fake_telegram.world import Account, Json, Stored, World


class Control:
    """The verbs of /control/<verb>; their keyword arguments are the JSON body."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults: list[Fault] = []
        self.weather_now: Weather | None = None

    def verb(self, name: str) -> Callable[..., Awaitable[Any]] | None:
        return None if name.startswith("_") or name == "verb" else getattr(self, name, None)

    async def say(self, chat: int, text: str, bot: str, language: str, forwarded: bool) -> int:
        content = updates.text(text)
        if forwarded:
            content = updates.forwarded(self.world, content)
        return await self._message(bot, chat, content, language)

    async def show(self, chat: int, what: str, caption: str, bot: str) -> int:
        content = {**updates.CONTENTS[what], **({"caption": caption} if caption else {})}
        return await self._message(bot, chat, content)

    async def contact(self, chat: int, owner: int | None, bot: str) -> int:
        return await self._message(bot, chat, updates.contact(owner))

    async def edit(self, chat: int, text: str, message_id: int | None, bot: str) -> int:
        """Edit the person's newest message, or the one named."""
        account = self._account(bot)
        for stored in reversed(account.chat(chat).messages):
            if stored.outgoing or message_id not in (None, stored.message["message_id"]):
                continue
            stored.message = {
                **stored.message, **updates.text(text), "edit_date": self.world.stamp()
            }  # fmt: skip
            return await self.world.queue(account, {"edited_message": stored.message})
        raise LookupError(f"nothing of chat {chat} to edit")

    async def tap(self, chat: int, label: str, message_id: int | None, bot: str) -> int:
        """Press the newest button with this label, or the one under the message named."""
        account = self._account(bot)
        conversation = account.chat(chat)
        seen: list[str] = []
        for stored in reversed(conversation.messages):
            for button in _buttons(stored):
                seen.append(button["text"])
                if button["text"] == label and message_id in (None, stored.message["message_id"]):
                    update = updates.tap(account, conversation, stored, button["callback_data"])
                    return await self.world.queue(account, update)
        raise LookupError(f"no button {label!r} in chat {chat}; there are {seen}")

    async def block(self, chat: int, bot: str, blocked: bool) -> int:
        account = self._account(bot)
        conversation = account.chat(chat)
        conversation.blocked = blocked
        old, new = ("member", "kicked") if blocked else ("kicked", "member")
        return await self.world.queue(
            account, updates.membership(self.world, account, conversation, old, new)
        )

    async def vanish(self, chat: int, bot: str, error: str) -> None:
        self._account(bot).chat(chat).gone = error

    async def open_chat(self, chat: int, bot: str) -> None:
        self._account(bot).chat(chat)

    async def group(self, chat: int, text: str, bot: str) -> int:
        """Say something in a group; without words, the bot is added to it."""
        account = self._account(bot)
        conversation = account.chat(chat, "group")
        if text:
            made = updates.message(self.world, account, conversation, updates.text(text))
            return await self.world.queue(account, {"message": made})
        return await self.world.queue(
            account, updates.membership(self.world, account, conversation, "left", "member")
        )

    async def channel_post(self, chat: int, text: str, bot: str) -> int:
        account = self._account(bot)
        conversation = account.chat(chat, "channel")
        made = updates.message(self.world, account, conversation, updates.text(text))
        return await self.world.queue(account, {"channel_post": made})

    async def inject(self, update: Json, bot: str) -> int:
        return await self.world.queue(self._account(bot), update)

    async def repeat(self, update_id: int | None, bot: str) -> int:
        """Send an update again under its own id: the last one, or the one named."""
        account = self._account(bot)
        for update in reversed(account.injected):
            if update_id in (None, update["update_id"]):
                return await self.world.queue(account, copy.deepcopy(update))
        raise LookupError("no such update")

    async def reorder(self, bot: str) -> None:
        self._account(bot).updates.reverse()

    async def fail_next(self, kind: str, **order: Any) -> None:
        self.faults.append(Fault(kind=FaultKind(kind), **order))

    async def weather(self, share: float, seed: int) -> None:
        """Let a share of all calls go wrong by chance from now on; 0: none."""
        self.weather_now = Weather(share, seed) if share else None

    async def counts(self) -> dict[str, int]:
        struck = self.weather_now.struck if self.weather_now else 0
        return {"calls": len(self.world.calls), "faults": struck}

    async def calls(self, method: str | None, bot: str | None) -> list[Json]:
        return [
            {"bot": call.bot, "method": call.method, "params": call.params, "status": call.status}
            for call in self.world.calls
            if method in (None, call.method) and bot in (None, call.bot)
        ]

    async def sent(self, chat: int, bot: str) -> list[Json]:
        conversation = self._account(bot).chats.get(chat)
        messages = conversation.messages if conversation else []
        return [_shown(stored) for stored in messages if stored.outgoing]

    async def everything_sent(self, bot: str) -> dict[int, list[str]]:
        """Return the texts that the bot ever sent, chat by chat, oldest first."""
        return {
            chat.id: [stored.message.get("text", "") for stored in chat.messages if stored.outgoing]
            for chat in self._account(bot).chats.values()
        }

    async def pending(self, bot: str) -> int:
        return len(self._account(bot).updates)

    async def status(self, bot: str) -> Json:
        account = self._account(bot)
        return {
            "pending": [update["update_id"] for update in account.updates],
            "deliveries": account.deliveries,
            "taps_answered": [query for query, answered in account.taps.items() if answered],
            "webhook": account.webhook,
            "commands": account.commands,
            "chats": list(account.chats),
        }

    async def set_time(self, to: str) -> None:
        self.world.ahead = timedelta()
        self.world.ahead = datetime.fromisoformat(to) - self.world.now()

    async def pass_time(self, seconds: float) -> None:
        self.world.ahead += timedelta(seconds=seconds)

    async def limits(self, on: bool) -> None:
        self.world.limits = on

    async def _message(self, bot: str, chat: int, content: Json, language: str = "en") -> int:
        account = self._account(bot)
        made = updates.message(self.world, account, account.chat(chat), content, language)
        return await self.world.queue(account, {"message": made})

    def _account(self, bot: str) -> Account:
        return self.world.accounts[bot]


def _buttons(stored: Stored) -> list[Json]:
    rows = stored.message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button for row in rows for button in row]


def _shown(stored: Stored) -> Json:
    rows = stored.message.get("reply_markup", {}).get("inline_keyboard", [])
    return {
        "message_id": stored.message["message_id"],
        "text": stored.message.get("text", stored.message.get("caption", "")),
        "buttons": [[button["text"] for button in row] for row in rows],
        "tokens": [button.get("callback_data") for row in rows for button in row],
        "silent": stored.silent,
        "protect": stored.protect,
        "deleted": stored.deleted,
        "edits": stored.edits,
        "at": stored.message["date"],
    }
