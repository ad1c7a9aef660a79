"""Standing by: Telegram answers one poll of a bot at a time, so of several processes that share a
program's database one polls, and another takes over when it is gone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

import sqlalchemy as sa
import structlog

from bot.core.messages import Bot
from bot.service.house import in_thread
from bot.store.postgresql import Claims

log = structlog.get_logger()

# Seconds between looks at who polls. Nobody reads meanwhile what clients write, so it is short.
LOOK = 2.0
Poll = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


async def alone(
    claims: Claims,
    bot: Bot,
    poll: Poll,
    stop: asyncio.Event,
    say: Callable[[str], None],
    look: float = LOOK,
) -> None:
    """Poll as long as no other process does, until ``stop``.

    When our claim is gone, because the database was, we stop polling and stand by again: what
    Telegram holds is not lost, and another process may have the claim by now.
    """
    name, said = f"poll:{bot}", False
    while not stop.is_set():
        if await _taken(claims, name):
            said = False
            try:
                await _while_ours(claims, name, poll, stop, look)
            finally:
                await in_thread(claims.release, name)
        elif not said:
            say(f"another process takes the {bot} bot's messages; standing by")
            said = True
        await _pause(stop, look)


async def _taken(claims: Claims, name: str) -> bool:
    try:
        return await in_thread(claims.take, name)
    except sa.exc.SQLAlchemyError as error:
        log.warning("database_away", why=type(error).__name__)
        return False


async def _while_ours(
    claims: Claims, name: str, poll: Poll, stop: asyncio.Event, look: float
) -> None:
    ending = asyncio.Event()
    polling = asyncio.create_task(poll(ending))
    try:
        while not (stop.is_set() or polling.done()) and await in_thread(claims.holds, name):
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({stopping, polling}, timeout=look, return_when="FIRST_COMPLETED")
            stopping.cancel()
    finally:
        ending.set()
        await polling  # raises why it ended, if not because we told it to


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
