"""Take updates from Telegram by long polling; the offset moves only over what is committed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

import structlog
from telegram.error import Conflict

from bot.channels.base import ChannelUnusable, Reason, Receive, SendFailed
from bot.channels.telegram.failures import LIBRARY_ERRORS, failure_of
from bot.core.messages import Bot, Inbound

log = structlog.get_logger(__name__)

T = TypeVar("T")
Raw = Mapping[str, Any]
Fetch = Callable[[int | None], Coroutine[Any, Any, Sequence[Raw]]]
Read = Callable[[Raw], Inbound | None]

# A restart of Telegram's gateway takes seconds, an outage minutes: 30 s keeps us near the moment
# of its return without hammering.
LONGEST_PAUSE = 30.0
# Behind a message that cannot be saved, other people's go on being written; they wait this long at
# the most.
LONGEST_SAVE_PAUSE = 2.0
OTHER_POLLER = "another process takes this bot's updates: stop it, or this one"


class Pauses:
    """Waiting that grows with every failure in a row and ends at once when we are told to stop."""

    def __init__(self, stop: asyncio.Event, first: float) -> None:
        """Begin with ``first`` seconds."""
        self.stop = stop
        self.first = first
        self.failures = 0

    async def after_failure(self, at_least: float = 0.0, at_most: float = LONGEST_PAUSE) -> None:
        """Wait longer than the last time, within these bounds (seconds)."""
        grown = min(at_most, self.first * 2 ** min(self.failures, 16))
        self.failures += 1
        try:
            await asyncio.wait_for(self.stop.wait(), max(grown, at_least))
        except TimeoutError:
            return

    def over(self) -> None:
        """Begin anew."""
        self.failures = 0


class Intake:
    """What of Telegram's queue is committed, and where to read on."""

    def __init__(self, bot: Bot, read: Read, receive: Receive) -> None:
        """Begin with whatever Telegram has not been told that we have."""
        self.bot = bot
        self.read = read
        self.receive = receive
        self.offset: int | None = None
        self.done: set[int] = set()  # committed, but behind one that is not

    async def take(self, updates: Sequence[Raw]) -> bool:
        """Commit the updates in their order; return False when one could not be committed.

        One that fails holds back only its own chat: others' danger messages must not wait behind
        it. The offset stays below it, so Telegram sends it again.
        """
        held: set[str] = set()
        seen: list[int] = []
        for raw in updates:
            update_id = raw.get("update_id")
            if not isinstance(update_id, int):
                log.error("telegram_update_without_id", bot=self.bot.value)
                continue
            seen.append(update_id)
            if update_id not in self.done and await self._commit(raw, held):
                self.done.add(update_id)
        self._move(seen)
        return not held

    async def _commit(self, raw: Raw, held: set[str]) -> bool:
        inbound = self.read(raw)
        if inbound is None:
            return True
        if inbound.chat in held:
            return False
        try:
            await self.receive(inbound)
        except Exception:
            log.exception("telegram_update_not_saved", bot=self.bot.value)
            held.add(inbound.chat)
            return False
        return True

    def _move(self, seen: Sequence[int]) -> None:
        if not seen:
            # The call that brought nothing has confirmed the last offset. Telegram begins again
            # with a random update id after a quiet week: an old, higher offset would hide it.
            self.offset = None
            self.done.clear()
            return
        waiting = [update_id for update_id in seen if update_id not in self.done]
        self.offset = min(waiting) if waiting else max(seen) + 1
        if not waiting:
            self.done.clear()


async def poll(
    bot: Bot,
    fetch: Fetch,
    read: Read,
    receive: Receive,
    stop: asyncio.Event,
    first_pause: float,
    free_the_queue: Callable[[], Awaitable[object]],
) -> None:
    """Take in updates until ``stop`` is set.

    ``free_the_queue`` removes a webhook, beside which Telegram answers no poll. Raises
    ChannelUnusable when Telegram refuses the token; all other troubles are waited out.
    """
    intake = Intake(bot, read, receive)
    pauses = Pauses(stop, first_pause)
    freed = conflict_said = False
    while not stop.is_set():
        try:
            if not freed:
                await _unless_stopped(free_the_queue(), stop)
                freed = True
            updates = await _unless_stopped(fetch(intake.offset), stop)
        except LIBRARY_ERRORS as error:
            failure = failure_of(error)
            asked = 0.0
            if isinstance(failure, SendFailed):
                if failure.reason is Reason.TOKEN:
                    raise ChannelUnusable(token_sentence(bot)) from None
                asked = failure.retry_after or 0.0
            if isinstance(error, Conflict):
                # Whoever else it is may have set a webhook: then polling needs it removed again.
                freed = False
                if not conflict_said:
                    log.error("telegram_other_poller", bot=bot.value, meaning=OTHER_POLLER)
                conflict_said = True
            else:
                log.warning("telegram_poll_failed", bot=bot.value, reason=str(failure))
            await pauses.after_failure(at_least=asked)
        else:
            if updates is None:
                return
            if await intake.take(updates):
                pauses.over()
                conflict_said = False
            else:
                await pauses.after_failure(at_most=LONGEST_SAVE_PAUSE)


def token_sentence(bot: Bot) -> str:
    """Say that the token is wrong, without the token."""
    return (
        f"Telegram refuses the {bot.value} bot's token: "
        "copy it again from @BotFather into the settings."
    )


async def _unless_stopped(work: Awaitable[T], stop: asyncio.Event) -> T | None:
    """Return what the work brings, or None when we are told to stop before it is there.

    Cancelling a poll loses nothing: what it would have brought is not confirmed.
    """
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)
