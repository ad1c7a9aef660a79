"""From a Telegram update to an Inbound; whatever Telegram invents next, no update is lost here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import telegram
from telegram.constants import ChatMemberStatus, ChatType

from bot.core.messages import Bot, Inbound, InboundKind

CHANNEL = "telegram"
# What we ask Telegram for. Channel posts, reactions, inline queries and the like are nobody
# talking to us.
WANTED = ("message", "edited_message", "callback_query", "my_chat_member")

GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)
# Telegram's own alphabet and length for deep links. Anything else behind /start is a sentence that
# somebody wrote, and goes to the triage as text.
START = re.compile(r"/start(?:@\w+)?(?:\s+([A-Za-z0-9_-]{1,64}))?\s*", re.ASCII)
# In this order: a GIF carries a document too, a venue carries a location.
CONTENT = (
    (InboundKind.VOICE, ("voice", "audio", "video_note")),
    (InboundKind.STICKER, ("sticker", "dice", "animation", "game")),
    (InboundKind.LOCATION, ("venue", "location")),
    (InboundKind.CONTACT, ("contact",)),
    (InboundKind.PHOTO, ("photo", "video", "document", "paid_media")),
)


def to_inbound(raw: Mapping[str, Any], bot: Bot, now: datetime) -> Inbound | None:
    """Map one update; return None for what is said in channels, which nobody says to us.

    ``now`` stands for the time of what carries none (a tap). An update that the library cannot
    read is mapped from its plain fields: its words still count.
    """
    try:
        update = telegram.Update.de_json(dict(raw), None)
        return _read(update, bot, now)
    except Exception:  # noqa: BLE001  the library raises whatever a strange field makes it raise
        return _salvage(raw, bot, now)


def tap_id(raw: Mapping[str, Any]) -> str | None:
    """Return the id by which a tap's spinner is stopped; None when the update is no tap."""
    tap = raw.get("callback_query")
    found = tap.get("id") if isinstance(tap, Mapping) else None
    return found if isinstance(found, str) else None


def ref_of(chat: int | str, message_id: int) -> str:
    """Return the reference that stands for one message of one chat."""
    return f"{chat}:{message_id}"


def read_ref(ref: str) -> tuple[int, int]:
    """Split a reference into chat and message id; ValueError when it is none of ours."""
    chat, _, message_id = ref.rpartition(":")
    return int(chat), int(message_id)


def _read(update: telegram.Update, bot: Bot, now: datetime) -> Inbound | None:
    if update.callback_query is not None:
        return _tap(update.update_id, update.callback_query, bot, now)
    if update.my_chat_member is not None:
        return _membership(update.update_id, update.my_chat_member, bot)
    message = update.message or update.edited_message
    if message is not None:
        edited = update.message is None
        return _message(update.update_id, message, bot, edited=edited)
    if update.channel_post is not None or update.edited_channel_post is not None:
        return None
    chat = update.effective_chat or update.effective_user
    if isinstance(chat, telegram.Chat) and chat.type == ChatType.CHANNEL:
        return None
    return _inbound(update.update_id, bot, chat.id if chat else "", InboundKind.OTHER, now)


def _message(
    update_id: int, message: telegram.Message, bot: Bot, *, edited: bool
) -> Inbound | None:
    chat, at = message.chat, message.date
    if edited and message.edit_date is not None:
        at = message.edit_date
    if chat.type == ChatType.CHANNEL:
        return None
    if chat.type in GROUPS:
        # What others write in a group is not ours to keep.
        return _inbound(update_id, bot, chat.id, InboundKind.GROUP, at)
    text, token = message.text or message.caption or "", ""
    kind = _kind(message)
    if kind is InboundKind.TEXT and not edited and (start := START.fullmatch(text)):
        kind, token = InboundKind.START, start[1] or ""
    if kind is InboundKind.CONTACT:
        token = "own" if _is_own_contact(message) else "other"
    return Inbound(
        channel=CHANNEL,
        bot=bot,
        update_id=str(update_id),
        chat=str(chat.id),
        kind=kind,
        at=at,
        text=text,
        token=token,
        edited=edited,
        forwarded=message.forward_origin is not None,
        message_ref=ref_of(chat.id, message.message_id),
    )


def _kind(message: telegram.Message) -> InboundKind:
    if message.text:
        return InboundKind.TEXT
    for kind, fields in CONTENT:
        if any(getattr(message, field, None) for field in fields):
            return kind
    return InboundKind.OTHER


def _is_own_contact(message: telegram.Message) -> bool:
    contact, sender = message.contact, message.from_user
    if contact is None or contact.user_id is None or sender is None:
        return False
    return contact.user_id == sender.id


def _tap(update_id: int, tap: telegram.CallbackQuery, bot: Bot, now: datetime) -> Inbound:
    # The message is missing or inaccessible when it is old; the tap still counts.
    chat: telegram.Chat | None = tap.message.chat if tap.message is not None else None
    if chat is not None and chat.type in GROUPS:
        return _inbound(update_id, bot, chat.id, InboundKind.GROUP, now)
    address = chat.id if chat is not None else tap.from_user.id
    return Inbound(
        channel=CHANNEL,
        bot=bot,
        update_id=str(update_id),
        chat=str(address),
        kind=InboundKind.BUTTON if tap.data else InboundKind.OTHER,
        at=now,
        token=tap.data or "",
        message_ref=ref_of(address, tap.message.message_id) if tap.message is not None else "",
    )


def _membership(update_id: int, change: telegram.ChatMemberUpdated, bot: Bot) -> Inbound | None:
    if change.chat.type == ChatType.CHANNEL:
        return None
    kind = InboundKind.OTHER
    if change.chat.type in GROUPS:
        kind = InboundKind.GROUP
    elif change.new_chat_member.status == ChatMemberStatus.BANNED:
        kind = InboundKind.BLOCKED
    elif change.new_chat_member.status == ChatMemberStatus.MEMBER:
        kind = InboundKind.UNBLOCKED
    return _inbound(update_id, bot, change.chat.id, kind, change.date)


def _salvage(raw: Mapping[str, Any], bot: Bot, now: datetime) -> Inbound | None:
    """Read chat, words and tap as plain fields, believing nothing about them."""
    tap = _part(raw, "callback_query")
    message = _part(raw, "message") or _part(raw, "edited_message") or _part(tap, "message")
    chat = _part(message, "chat") or _part(_part(raw, "my_chat_member"), "chat")
    sender = _part(tap, "from") or _part(message, "from")
    found = chat.get("id", sender.get("id", ""))
    address = found if isinstance(found, int) else ""
    if chat.get("type") == ChatType.CHANNEL or "channel_post" in raw:
        return None
    kind, text, token = InboundKind.OTHER, "", ""
    if chat.get("type") in GROUPS:
        kind = InboundKind.GROUP
    elif isinstance(tap.get("data"), str):
        kind, token = InboundKind.BUTTON, tap["data"]
    elif not tap:
        words = message.get("text") or message.get("caption")
        if isinstance(words, str):
            kind, text = InboundKind.TEXT, words
    return Inbound(
        channel=CHANNEL,
        bot=bot,
        update_id=str(raw.get("update_id", "")),
        chat=str(address),
        kind=kind,
        at=now,
        text=text,
        token=token,
        edited="edited_message" in raw,
    )


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = whole.get(name)
    return part if isinstance(part, Mapping) else {}


def _inbound(update_id: int, bot: Bot, chat: int | str, kind: InboundKind, at: datetime) -> Inbound:
    return Inbound(
        channel=CHANNEL, bot=bot, update_id=str(update_id), chat=str(chat), kind=kind, at=at
    )
