"""One bot's connection to the Bot API, with the library's habits mended that would leak or lose.

The bot's token is in every URL, and in several of the library's error texts and log lines.
"""

from __future__ import annotations

import functools
import logging
import re
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import telegram
from telegram.request import HTTPXRequest

from bot.channels.telegram.mapping import WANTED

TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
CONNECT_WITHIN = 5.0
# Telegram sends 30 messages a second at the most, so 32 calls at a time never wait for each other.
CALLS_AT_ONCE = 32


class Connection(telegram.Bot):
    """A bot whose updates stay as Telegram sent them.

    ``Bot.get_updates`` reads a whole batch or none of it: one update with a field that the library
    does not understand would stop everybody's messages, and it logs the batch, with its texts, as
    critical.
    """

    def __init__(self, token: str, base_url: str, answer_within: float) -> None:
        """Prepare; nothing is sent yet."""
        root = base_url.rstrip("/")
        super().__init__(
            token,
            base_url=f"{root}/bot",
            base_file_url=f"{root}/file/bot",
            request=_requests(CALLS_AT_ONCE, answer_within),
            get_updates_request=_requests(1, answer_within),
        )

    async def raw_updates(
        self, offset: int | None, seconds: int, read_timeout: float
    ) -> Sequence[Mapping[str, Any]]:
        """Wait up to ``seconds`` for updates from ``offset`` on."""
        found = await self._post(
            "getUpdates",
            {"offset": offset, "timeout": seconds, "allowed_updates": list(WANTED)},
            read_timeout=read_timeout,
        )
        if not isinstance(found, list):
            raise TypeError("getUpdates brought no list")
        return [update for update in found if isinstance(update, dict)]

    async def close_requests(self) -> None:
        """Close the connections, also of a bot that never said hello."""
        for request in self._request:
            await request.shutdown()


def keep_tokens_out_of_logs() -> None:
    """Silence the loggers that write URLs (httpx) or whole updates and answers (telegram).

    All that they would say about a failure reaches us as an exception.
    """
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("telegram").setLevel(logging.CRITICAL + 1)


def _requests(at_once: int, answer_within: float) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=at_once,
        read_timeout=answer_within,
        write_timeout=answer_within,
        connect_timeout=min(CONNECT_WITHIN, answer_within),
        pool_timeout=answer_within,
        httpx_kwargs={"verify": _tls()},
    )


@functools.cache
def _tls() -> ssl.SSLContext:
    """Return one context for all connections: each takes 40 ms to make."""
    return httpx.create_ssl_context()
