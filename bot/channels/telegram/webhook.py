"""Take updates from Telegram by webhook; 200 means that the message is committed."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.base import ChannelUnusable, Receive
from bot.core.messages import Bot, Inbound

log = structlog.get_logger(__name__)

HEADER = "X-Telegram-Bot-Api-Secret-Token"
# An update with 4096 characters, all of them formatted, that answers another one stays below
# 200 kB; what is larger than a megabyte is no update.
BODY_LIMIT = 1_000_000
# Telegram's alphabet for it; sixteen characters are the least that nobody guesses.
SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")


def path_of(bot: Bot) -> str:
    """Return the path under which a bot's updates come in."""
    return f"/telegram/{bot.value}"


def checked(secret: str) -> str:
    """Return the secret if it is one; an empty one would let everybody in."""
    if not SECRET.fullmatch(secret):
        raise ChannelUnusable(
            "The Telegram webhook's secret must have 16 to 256 characters of A-Z, a-z, 0-9, _ "
            "and -: set a longer one."
        )
    return secret


def webhook_app(
    bots: Iterable[Bot],
    read: Callable[[Bot, Mapping[str, Any]], Inbound | None],
    receive: Receive,
    secret: str,
) -> Starlette:
    """Make the application that Telegram calls, one path for each bot.

    It answers 403 to a forged call before reading its body, 413 to a body that is too large, 400
    to what is no update, 500 when the message could not be committed (Telegram sends it again),
    200 when it is.
    """
    expected = checked(secret).encode()

    def endpoint(bot: Bot) -> Callable[[Request], Any]:
        async def update(request: Request) -> Response:
            given = request.headers.get(HEADER, "").encode()
            if not hmac.compare_digest(given, expected):
                log.warning("telegram_webhook_forged", bot=bot.value)
                return Response(status_code=403)
            body = await _body(request)
            if body is None:
                log.warning("telegram_webhook_too_large", bot=bot.value)
                return Response(status_code=413)
            raw = _update(body)
            if raw is None:
                log.warning("telegram_webhook_no_update", bot=bot.value)
                return Response(status_code=400)
            return await _take(bot, read(bot, raw), receive)

        return update

    return Starlette(routes=[Route(path_of(bot), endpoint(bot), methods=["POST"]) for bot in bots])


async def _take(bot: Bot, inbound: Inbound | None, receive: Receive) -> Response:
    if inbound is not None:
        try:
            await receive(inbound)
        except Exception:
            log.exception("telegram_update_not_saved", bot=bot.value)
            return Response(status_code=500)
    return Response(status_code=200)


async def _body(request: Request) -> bytes | None:
    """Read the body, or return None as soon as it is too long."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT:
                return None
    except ClientDisconnect:
        return b""
    return bytes(body)


def _update(body: bytes) -> Mapping[str, Any] | None:
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        return None
    # Without its id we could neither save it once nor tell a repetition.
    if not isinstance(raw, dict) or not isinstance(raw.get("update_id"), int):
        return None
    return raw
