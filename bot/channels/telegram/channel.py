"""The Telegram channel: two bots, the client bot and the worker bot, over one Bot API server.

Nothing of the library's own words may leave this package unchecked: they may show a token.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

import telegram
from starlette.applications import Starlette
from telegram.error import TelegramError

from bot.channels.base import (
    TEXT_LIMIT,
    TOKEN_LIMIT,
    ChannelUnreachable,
    ChannelUnusable,
    OutcomeUnknown,
    Reason,
    Receive,
    SendFailed,
)
from bot.channels.telegram import mapping, polling, webhook
from bot.channels.telegram.connection import TOKEN, Connection, keep_tokens_out_of_logs
from bot.channels.telegram.failures import LIBRARY_ERRORS, failure_of
from bot.clock import Clock
from bot.core.messages import Bot, Inbound, Outgoing

T = TypeVar("T")

BASE_URL = "https://api.telegram.org"
# Telegram answers most calls within 200 ms; ten seconds is an outage, and a page must not wait
# longer before it is tried again.
ANSWER_WITHIN = 10.0
# How long one poll stays open; the middleboxes of mobile providers cut silent connections at 30 s.
LONG_POLL = 25
FIRST_PAUSE = 0.5
NO_PREVIEW = telegram.LinkPreviewOptions(is_disabled=True)


class TelegramChannel:
    """Sends and receives for the bots whose tokens it is given."""

    name = mapping.CHANNEL

    def __init__(
        self,
        tokens: Mapping[Bot, str],
        clock: Clock,
        *,
        base_url: str = BASE_URL,
        answer_within: float = ANSWER_WITHIN,
        long_poll: int = LONG_POLL,
        first_pause: float = FIRST_PAUSE,
    ) -> None:
        """Prepare the bots; nothing is sent yet.

        Raises ChannelUnusable when a token cannot be one, or both bots share one: Telegram would
        give each update to only one of them.
        """
        keep_tokens_out_of_logs()
        for bot, token in tokens.items():
            if not TOKEN.fullmatch(token):
                raise ChannelUnusable(polling.token_sentence(bot))
        if len(set(tokens.values())) < len(tokens):
            raise ChannelUnusable(
                "The client bot and the worker bot have the same token: "
                "make two bots with @BotFather."
            )
        self._clock = clock
        self._long_poll = long_poll
        self._first_pause = first_pause
        self._answer_within = answer_within
        self._bots = {
            bot: Connection(token, base_url, answer_within) for bot, token in tokens.items()
        }
        self._background: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Close all connections."""
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        for bot in self._bots.values():
            await bot.close_requests()

    async def send(self, message: Outgoing) -> str:
        """Send one message and return its reference.

        A group that has become a supergroup is tried once more at its new address; the reference
        begins with the address that the message went to. Long texts are not cut here: whoever
        wrote them knows where (SendFailed, permanent).
        """
        keyboard = _checked_keyboard(message)
        bot = self._sender(message.bot)

        async def attempt(chat: int) -> str:
            sent = await _translated(
                bot.send_message(
                    chat_id=chat,
                    text=message.text,
                    reply_markup=keyboard,
                    disable_notification=message.silent,
                    protect_content=message.protect,
                    link_preview_options=NO_PREVIEW,
                )
            )
            return mapping.ref_of(chat, sent.message_id)

        try:
            return await attempt(_address(message.chat))
        except SendFailed as failed:
            if failed.moved_to is None:
                raise
            moved_to = failed.moved_to
        try:
            return await attempt(int(moved_to))
        except SendFailed as failed:
            failed.moved_to = moved_to
            raise

    async def delete(self, bot: Bot, ref: str) -> None:
        """Delete one message; do nothing when it is gone already."""
        try:
            chat, message_id = mapping.read_ref(ref)
        except ValueError:
            raise SendFailed(
                "no reference of a Telegram message", permanent=True, reason=Reason.REFUSED
            ) from None
        try:
            await _translated(self._sender(bot).delete_message(chat_id=chat, message_id=message_id))
        except SendFailed as failed:
            if failed.reason is not Reason.ABSENT:
                raise

    async def check(self, bot: Bot) -> str:
        """Ask Telegram who the bot is and return its username.

        Raises ChannelUnusable when the token is refused, ChannelUnreachable when Telegram is out of
        reach.
        """
        me = await self._for_operator(bot, self._bot(bot).get_me())
        return me.username or ""

    def read(self, bot: Bot, raw: Mapping[str, Any]) -> Inbound | None:
        """Map one raw update; a tap's spinner is stopped meanwhile, whatever becomes of that."""
        tap = mapping.tap_id(raw)
        if tap is not None:
            task = asyncio.ensure_future(self._stop_spinner(bot, tap))
            self._background.add(task)
            task.add_done_callback(self._background.discard)
        return mapping.to_inbound(raw, bot, self._clock.now())

    async def poll(self, bot: Bot, receive: Receive, stop: asyncio.Event) -> None:
        """Hand every update to ``receive`` until ``stop``; confirm it once that has returned.

        Raises ChannelUnusable when Telegram refuses the token.
        """
        line = self._bot(bot)
        await polling.poll(
            bot,
            fetch=lambda offset: line.raw_updates(
                offset, self._long_poll, self._long_poll + self._answer_within
            ),
            read=lambda raw: self.read(bot, raw),
            receive=receive,
            stop=stop,
            first_pause=self._first_pause,
            free_the_queue=lambda: line.delete_webhook(drop_pending_updates=False),
        )

    def webhook_app(self, receive: Receive, secret: str) -> Starlette:
        """Make the application that takes the updates of all bots: POST /telegram/<bot>."""
        return webhook.webhook_app(tuple(self._bots), self.read, receive, secret)

    async def set_webhook(self, bot: Bot, public_url: str, secret: str) -> None:
        """Let Telegram deliver to ``public_url``/telegram/<bot> from now on."""
        await self._for_operator(
            bot,
            self._bot(bot).set_webhook(
                url=public_url.rstrip("/") + webhook.path_of(bot),
                secret_token=webhook.checked(secret),
                allowed_updates=list(mapping.WANTED),
                drop_pending_updates=False,
            ),
        )

    async def delete_webhook(self, bot: Bot) -> None:
        """Let Telegram keep the updates until they are polled."""
        await self._for_operator(bot, self._bot(bot).delete_webhook(drop_pending_updates=False))

    async def _stop_spinner(self, bot: Bot, tap: str) -> None:
        try:
            await self._bot(bot).answer_callback_query(tap)
        except TelegramError:
            return  # The spinner stops by itself; the tap has its own way.

    async def _for_operator(self, bot: Bot, call: Coroutine[Any, Any, T]) -> T:
        try:
            return await _translated(call)
        except SendFailed as failed:
            if failed.reason is Reason.TOKEN:
                raise ChannelUnusable(polling.token_sentence(bot)) from None
            kind = ChannelUnusable if failed.permanent else ChannelUnreachable
            raise kind(f"The {bot.value} bot cannot work: {failed}.") from None
        except OutcomeUnknown as unknown:
            raise ChannelUnreachable(
                f"The {bot.value} bot cannot work: {unknown}. Check the network and Telegram's "
                "address, then try again."
            ) from None

    def _sender(self, bot: Bot) -> Connection:
        try:
            return self._bot(bot)
        except ChannelUnusable as unusable:
            raise SendFailed(str(unusable), permanent=False, reason=Reason.TOKEN) from None

    def _bot(self, bot: Bot) -> Connection:
        if bot not in self._bots:
            raise ChannelUnusable(f"No Telegram token is set for the {bot.value} bot.")
        return self._bots[bot]


async def _translated(call: Coroutine[Any, Any, T]) -> T:
    """Await one call to Telegram; its errors come out as ours, without a chain that shows URLs."""
    try:
        return await call
    except LIBRARY_ERRORS as error:
        raise failure_of(error) from None


def _address(chat: str) -> int:
    try:
        return int(chat)
    except ValueError:
        raise SendFailed(
            "no address of a Telegram chat", permanent=True, reason=Reason.REFUSED
        ) from None


def _checked_keyboard(message: Outgoing) -> telegram.InlineKeyboardMarkup | None:
    """Refuse what Telegram would refuse, and return the buttons."""
    if not message.text.strip() or len(message.text) > TEXT_LIMIT:
        raise SendFailed(
            f"a text must have 1 to {TEXT_LIMIT} characters",
            permanent=True,
            reason=Reason.REFUSED,
        )
    tokens = [button.token for row in message.buttons for button in row]
    if any(not 1 <= len(token.encode()) <= TOKEN_LIMIT for token in tokens):
        raise SendFailed(
            f"a button's token must have 1 to {TOKEN_LIMIT} bytes",
            permanent=True,
            reason=Reason.REFUSED,
        )
    if not message.buttons:
        return None
    return telegram.InlineKeyboardMarkup(
        [
            [telegram.InlineKeyboardButton(b.label, callback_data=b.token) for b in row]
            for row in message.buttons
        ]
    )
