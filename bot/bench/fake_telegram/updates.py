"""Build updates as Telegram sends them: what people do, in the Bot API's JSON."""

from __future__ import annotations

from bot.bench.fake_telegram.world import Account, Chat, Json, Stored, World

FILE = {"file_id": "file-1", "file_unique_id": "u-1", "file_size": 10}
PICTURE = {**FILE, "width": 10, "height": 10}
PLACE = {"latitude": 41.8, "longitude": -87.6}

# What a message can carry besides words, by its Bot API name.
CONTENTS: dict[str, Json] = {
    "voice": {"voice": {**FILE, "duration": 3}},
    "audio": {"audio": {**FILE, "duration": 3}},
    "video_note": {"video_note": {**FILE, "length": 10, "duration": 3}},
    "photo": {"photo": [PICTURE]},
    "video": {"video": {**PICTURE, "duration": 3}},
    "document": {"document": FILE},
    # Telegram sends a GIF as an animation and, for old bots, as a document too.
    "animation": {"animation": {**PICTURE, "duration": 3}, "document": FILE},
    "sticker": {
        "sticker": {
            **PICTURE, "type": "regular", "is_animated": False, "is_video": False, "emoji": "🙂"
        }
    },
    "dice": {"dice": {"emoji": "🎲", "value": 3}},
    "location": {"location": PLACE},
    "venue": {"location": PLACE, "venue": {"location": PLACE, "title": "T", "address": "A"}},
    "pinned": {"delete_chat_photo": True},
    "nothing": {},
}  # fmt: skip


def person(chat_id: int, language: str = "en") -> Json:
    """Return the person of a private chat; their id is the chat's."""
    return {"id": abs(chat_id), "is_bot": False, "first_name": "P", "language_code": language}


def message(
    world: World, account: Account, chat: Chat, content: Json, language: str = "en"
) -> Json:
    """Store one message of a person in the chat and return it."""
    made = {
        "message_id": account.next_message,
        "from": person(chat.id, language),
        "chat": _chat(chat),
        "date": world.stamp(),
        **content,
    }
    account.next_message += 1
    chat.messages.append(Stored(made, outgoing=False))
    return made


def text(words: str) -> Json:
    """Return the content of a text message, its command marked as Telegram does."""
    command = words.split()[0] if words.startswith("/") else ""
    entities = [{"type": "bot_command", "offset": 0, "length": len(command)}]
    return {"text": words, **({"entities": entities} if command else {})}


def forwarded(world: World, content: Json) -> Json:
    """Return the content with the mark of a forwarded message."""
    origin = {"type": "hidden_user", "date": world.stamp(), "sender_user_name": "X"}
    return {**content, "forward_origin": origin}


def contact(owner: int | None) -> Json:
    """Return a shared contact, of this Telegram user or of somebody without Telegram."""
    known = {"user_id": owner} if owner is not None else {}
    return {"contact": {"phone_number": "15550100", "first_name": "P", **known}}


def membership(world: World, account: Account, chat: Chat, old: str, new: str) -> Json:
    """Return the update about the bot's own standing in the chat."""

    def standing(status: str) -> Json:
        until = {"until_date": 0} if status == "kicked" else {}
        return {"user": account.me(), "status": status, **until}

    return {
        "my_chat_member": {
            "chat": _chat(chat),
            "from": person(chat.id),
            "date": world.stamp(),
            "old_chat_member": standing(old),
            "new_chat_member": standing(new),
        }
    }


def tap(account: Account, chat: Chat, stored: Stored, data: str) -> Json:
    """Return a press on a button; the message is inaccessible when it was deleted."""
    query = f"tap-{len(account.taps) + 1}"
    account.taps[query] = False
    held = {"chat": _chat(chat), "message_id": stored.message["message_id"], "date": 0}
    return {
        "callback_query": {
            "id": query,
            "from": person(chat.id),
            "chat_instance": "1",
            "message": held if stored.deleted else stored.message,
            "data": data,
        }
    }


def _chat(chat: Chat) -> Json:
    named = {"first_name": "P"} if chat.type == "private" else {"title": "G"}
    return {"id": chat.id, "type": chat.type, **named}
