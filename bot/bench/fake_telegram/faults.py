"""Faults to order: what the next calls of a method answer instead of the truth."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot.bench.fake_telegram.world import ApiError

# Longer than any time-out that a test sets, shorter than a test run that somebody gives up on.
HANG_AT_MOST = 30.0


class FaultKind(StrEnum):
    """The ways in which a call can go wrong."""

    FLOOD = "flood"  # 429 with retry_after
    FORBIDDEN = "forbidden"  # 403
    BAD_REQUEST = "bad_request"  # 400
    CONFLICT = "conflict"  # 409
    UNAUTHORIZED = "unauthorized"  # 401
    SERVER_ERROR = "server_error"  # 500 in the Bot API's own JSON; nothing was done
    MIGRATED = "migrated"  # 400 with migrate_to_chat_id
    GATEWAY = "gateway"  # 502, HTML; nothing was done
    GATEWAY_AFTER = "gateway_after"  # 502, HTML; it was done
    HANG = "hang"  # no answer; nothing was done
    HANG_AFTER = "hang_after"  # no answer; it was done
    RESET = "reset"  # connection reset; nothing was done
    RESET_AFTER = "reset_after"  # connection reset; it was done
    GARBAGE_AFTER = "garbage_after"  # 200 that is no JSON; it was done
    STRANGE_AFTER = "strange_after"  # 200 with JSON that is not what was promised; it was done


SAID = {
    FaultKind.FORBIDDEN: (403, "Forbidden: bot was blocked by the user"),
    FaultKind.BAD_REQUEST: (400, "Bad Request: chat not found"),
    FaultKind.CONFLICT: (409, "Conflict: terminated by other getUpdates request"),
    FaultKind.UNAUTHORIZED: (401, "Unauthorized"),
    FaultKind.SERVER_ERROR: (500, "Internal Server Error"),
}


@dataclass
class Fault:
    """One order: which calls, what happens, how often."""

    method: str
    kind: FaultKind
    bot: str | None = None
    chat: int | None = None
    times: int = 1
    retry_after: int = 1
    description: str = ""
    migrate_to: int = 0

    def fits(self, bot: str, method: str, params: Mapping[str, Any]) -> bool:
        return (
            self.times > 0
            and self.method in (method, "*")
            and self.bot in (None, bot)
            and (self.chat is None or str(self.chat) == str(params.get("chat_id")))
        )

    @property
    def after_effect(self) -> bool:
        return self.kind.value.endswith("_after")

    def strike(self) -> Response:
        """Return the answer that breaks off, or raise what the Bot API says."""
        match self.kind:
            case FaultKind.FLOOD:
                said = f"Too Many Requests: retry after {self.retry_after}"
                raise ApiError(429, said, retry_after=self.retry_after)
            case FaultKind.MIGRATED:
                said = "Bad Request: group chat was upgraded to a supergroup chat"
                raise ApiError(400, said, migrate_to_chat_id=self.migrate_to)
            case FaultKind.GATEWAY | FaultKind.GATEWAY_AFTER:
                return Response("<h1>502 Bad Gateway</h1>", 502, media_type="text/html")
            case FaultKind.GARBAGE_AFTER:
                return Response("<h1>ok</h1>", 200, media_type="text/html")
            case FaultKind.STRANGE_AFTER:
                return Response('{"ok": true, "result": ["?"]}', media_type="application/json")
            case FaultKind.HANG | FaultKind.HANG_AFTER:
                return Hang()
            case FaultKind.RESET | FaultKind.RESET_AFTER:
                return Reset()
            case kind:
                code, said = SAID[kind]
                raise ApiError(code, self.description or said)


# What passes by itself, and how often of a hundred: all that a bad day of a network can do to a
# call. Hanging is rare, for each of it costs whoever calls ten seconds.
PASSING = {
    FaultKind.FLOOD: 20,
    FaultKind.SERVER_ERROR: 18,
    FaultKind.GATEWAY: 16,
    FaultKind.GATEWAY_AFTER: 12,
    FaultKind.RESET: 14,
    FaultKind.RESET_AFTER: 10,
    FaultKind.GARBAGE_AFTER: 8,
    FaultKind.HANG: 1,
    FaultKind.HANG_AFTER: 1,
}


class Weather:
    """Faults by chance, the same ones for the same seed and the same calls."""

    def __init__(self, share: float, seed: int) -> None:
        self.share, self.struck = share, 0
        self._random = Random(seed)  # noqa: S311 - a network, no secret

    def fault(self, method: str) -> Fault | None:
        if self._random.random() >= self.share:
            return None
        self.struck += 1
        kinds = [*PASSING]
        kind = self._random.choices(kinds, [*PASSING.values()])[0]
        return Fault(method, kind)


class Hang(Response):
    """No answer until the caller gives up."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HANG_AT_MOST):
                while (await receive())["type"] != "http.disconnect":
                    pass


class Reset(Response):
    """The connection breaks with a TCP reset."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = scope["fake.transport"]
        # Zero linger makes the kernel send a reset instead of a polite end.
        transport.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass
