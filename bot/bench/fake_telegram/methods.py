"""The Bot API's methods, as far as the bots use them, with Telegram's own limits and errors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bot.bench.fake_telegram.params import file_of, file_stub, flag_of, int_of, json_of
from bot.bench.fake_telegram.world import (
    DELETABLE_FOR,
    Account,
    ApiError,
    Chat,
    Json,
    Stored,
    World,
)

Method = Callable[[World, Account, Json], Awaitable[Any]]


async def get_me(world: World, account: Account, params: Json) -> Json:
    return account.me()


async def get_updates(world: World, account: Account, params: Json) -> list[Json]:
    """Wait for updates; a newer poll ends an older one with 409, as Telegram does."""
    if account.webhook:
        raise ApiError(
            409,
            "Conflict: can't use getUpdates method while webhook is active; "
            "use deleteWebhook to delete the webhook first",
        )
    account.polls += 1
    mine = account.polls
    offset = int_of(params, "offset", 0)
    if "allowed_updates" in params:
        account.allowed = json_of(params, "allowed_updates") or []
    world.forget_old_updates(account)
    if offset > 0:
        account.updates = [one for one in account.updates if one["update_id"] >= offset]
    elif offset < 0:
        account.updates = account.updates[offset:]

    def found() -> list[Json]:
        return [one for one in account.updates if one["update_id"] >= offset]

    async with world.changed:
        world.changed.notify_all()
        try:
            async with asyncio.timeout(int_of(params, "timeout", 0)):
                await world.changed.wait_for(
                    lambda: found() or account.polls != mine or account.webhook
                )
        except TimeoutError:
            pass
    if account.polls != mine or account.webhook:
        raise ApiError(
            409,
            "Conflict: terminated by other getUpdates request; make sure that only one bot "
            "instance is running",
        )
    return found()[: int_of(params, "limit", 100)]


async def set_webhook(world: World, account: Account, params: Json) -> bool:
    """Deliver to the address from now on; plain http is taken for loopback only."""
    url = str(params.get("url", ""))
    if url and not url.startswith(("https://", "http://127.0.0.1")):
        raise ApiError(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
    account.webhook = {"url": url, "secret_token": params.get("secret_token", "")} if url else None
    if "allowed_updates" in params:
        account.allowed = json_of(params, "allowed_updates") or []
    if flag_of(params, "drop_pending_updates"):
        account.updates.clear()
    await world.wake()
    return True


async def delete_webhook(world: World, account: Account, params: Json) -> bool:
    return await set_webhook(world, account, {**params, "url": ""})


async def get_webhook_info(world: World, account: Account, params: Json) -> Json:
    webhook = account.webhook or {"url": ""}
    shown = {key: value for key, value in webhook.items() if key != "secret_token"}
    return {
        **shown,
        "has_custom_certificate": False,
        "pending_update_count": len(account.updates),
    }


async def send_message(world: World, account: Account, params: Json) -> Json:
    text = str(params.get("text", ""))
    if not text.strip():
        raise ApiError(400, "Bad Request: message text is empty")
    if len(text) > 4096:
        raise ApiError(400, "Bad Request: message is too long")
    return _send(world, account, params, {"text": text})


async def send_document(world: World, account: Account, params: Json) -> Json:
    file = file_of(params, "document")
    return _send(world, account, params, {"document": {**file, "file_name": "document"}})


async def send_photo(world: World, account: Account, params: Json) -> Json:
    file = file_of(params, "photo")
    return _send(world, account, params, {"photo": [{**file, "width": 10, "height": 10}]})


async def edit_message_text(world: World, account: Account, params: Json) -> Json:
    text = str(params.get("text", ""))
    if not 1 <= len(text) <= 4096:
        raise ApiError(400, "Bad Request: message is too long")
    return _edit(world, account, params, {"text": text})


async def edit_message_reply_markup(world: World, account: Account, params: Json) -> Json:
    return _edit(world, account, params, {})


async def delete_message(world: World, account: Account, params: Json) -> bool:
    """Delete one message, ours or theirs, in a private chat and within 48 hours."""
    chat = _chat(account, params)
    stored = _find(chat, int_of(params, "message_id", 0))
    if stored is None:
        raise ApiError(400, "Bad Request: message to delete not found")
    age = world.now().timestamp() - stored.message["date"]
    theirs_in_group = not stored.outgoing and chat.type != "private"
    if age > DELETABLE_FOR.total_seconds() or theirs_in_group:
        raise ApiError(400, "Bad Request: message can't be deleted")
    stored.deleted = True
    return True


async def delete_messages(world: World, account: Account, params: Json) -> bool:
    """Delete several messages; those that are gone are skipped."""
    chat = _chat(account, params)
    for message_id in json_of(params, "message_ids") or []:
        if _find(chat, int(message_id)) is not None:
            await delete_message(world, account, {**params, "message_id": message_id})
    return True


async def answer_callback_query(world: World, account: Account, params: Json) -> bool:
    query = str(params.get("callback_query_id", ""))
    if query not in account.taps:
        raise ApiError(
            400,
            "Bad Request: query is too old and response timeout expired or query ID is invalid",
        )
    account.taps[query] = True
    return True


async def send_chat_action(world: World, account: Account, params: Json) -> bool:
    _reachable(account, params)
    return True


async def set_my_commands(world: World, account: Account, params: Json) -> bool:
    account.commands = json_of(params, "commands") or []
    return True


async def get_file(world: World, account: Account, params: Json) -> Json:
    file_id = str(params.get("file_id", ""))
    if not file_id.startswith("file-"):
        raise ApiError(400, "Bad Request: invalid file_id")
    return {**file_stub(file_id), "file_path": f"files/{file_id}"}


async def get_chat(world: World, account: Account, params: Json) -> Json:
    chat = _chat(account, params)
    return {
        "id": chat.id,
        "type": chat.type,
        "first_name": "P",
        "accent_color_id": 0,
        "max_reaction_count": 0,
        "accepted_gift_types": {},
    }


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "sendMessage": send_message,
    "sendDocument": send_document,
    "sendPhoto": send_photo,
    "editMessageText": edit_message_text,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
    "answerCallbackQuery": answer_callback_query,
    "sendChatAction": send_chat_action,
    "setMyCommands": set_my_commands,
    "getFile": get_file,
    "getChat": get_chat,
}


def _send(world: World, account: Account, params: Json, content: Json) -> Json:
    chat = _reachable(account, params)
    keyboard = _keyboard(params)
    world.check_flood(account, chat.id)
    caption = str(params.get("caption", ""))
    if len(caption) > 1024:
        raise ApiError(400, "Bad Request: message caption is too long")
    message = {
        "message_id": account.next_message,
        "from": account.me(),
        "chat": {"id": chat.id, "type": chat.type, "first_name": "P"},
        "date": world.stamp(),
        **content,
        **({"caption": caption} if caption else {}),
        **({"reply_markup": keyboard} if keyboard else {}),
    }
    account.next_message += 1
    chat.messages.append(
        Stored(
            message,
            outgoing=True,
            silent=flag_of(params, "disable_notification"),
            protect=flag_of(params, "protect_content"),
        )
    )
    return message


def _edit(world: World, account: Account, params: Json, content: Json) -> Json:
    stored = _find(_reachable(account, params), int_of(params, "message_id", 0))
    if stored is None:
        raise ApiError(400, "Bad Request: message to edit not found")
    if not stored.outgoing:
        raise ApiError(400, "Bad Request: message can't be edited")
    keyboard = _keyboard(params)
    changed = {**stored.message, **content}
    changed.pop("reply_markup", None)
    if keyboard:
        changed["reply_markup"] = keyboard
    if changed == stored.message:
        raise ApiError(400, "Bad Request: message is not modified")
    stored.message = {**changed, "edit_date": world.stamp()}
    stored.edits += 1
    return stored.message


def _reachable(account: Account, params: Json) -> Chat:
    chat = _chat(account, params)
    if chat.gone:
        raise ApiError(403, chat.gone)
    if chat.blocked:
        raise ApiError(403, "Forbidden: bot was blocked by the user")
    return chat


def _chat(account: Account, params: Json) -> Chat:
    chat = account.chats.get(int_of(params, "chat_id", 0))
    if chat is None:
        raise ApiError(400, "Bad Request: chat not found")
    return chat


def _find(chat: Chat, message_id: int) -> Stored | None:
    for stored in chat.messages:
        if stored.message["message_id"] == message_id and not stored.deleted:
            return stored
    return None


def _keyboard(params: Json) -> Json | None:
    keyboard: Json | None = json_of(params, "reply_markup")
    for row in (keyboard or {}).get("inline_keyboard", []):
        for button in row:
            data = button.get("callback_data")
            if data is not None and not 1 <= len(data.encode()) <= 64:
                raise ApiError(400, "Bad Request: BUTTON_DATA_INVALID")
            if not button.get("text"):
                raise ApiError(400, "Bad Request: button text is empty")
    return keyboard
