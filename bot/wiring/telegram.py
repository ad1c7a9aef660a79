"""The Telegram channel of a program: both bots from the settings, and what they are called."""

from __future__ import annotations

from collections.abc import Callable

from bot.channels.base import ChannelUnreachable
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram.channel import BASE_URL
from bot.clock import Clock
from bot.core.messages import Bot
from bot.errors import SettingsError
from bot.settings import Settings

SETTING = {Bot.CLIENT: "SAF_CLIENT_BOT_TOKEN", Bot.WORKER: "SAF_WORKER_BOT_TOKEN"}


def telegram(settings: Settings, clock: Clock) -> TelegramChannel:
    """Build the channel; SettingsError when a token is missing."""
    tokens = {Bot.CLIENT: settings.client_token, Bot.WORKER: settings.worker_token}
    missing = [SETTING[bot] for bot, token in tokens.items() if not token]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise SettingsError(
            f"{' and '.join(missing)} {verb} not set; make two bots with @BotFather, one for "
            "clients and one for workers, and set their tokens"
        )
    return TelegramChannel(
        {bot: token.revealed for bot, token in tokens.items()},
        clock,
        base_url=settings.telegram_url or BASE_URL,
    )


async def names(channel: TelegramChannel, say: Callable[[str], None]) -> dict[Bot, str]:
    """Return the bots' usernames; without a network none, and that is said.

    ChannelUnusable when Telegram refuses a token.
    """
    found: dict[Bot, str] = {}
    for bot in Bot:
        try:
            found[bot] = await channel.check(bot)
        except ChannelUnreachable as trouble:
            say(f"{trouble} Going on: messages come and go as soon as it answers.")
        else:
            say(f"the {bot.value} bot is @{found[bot]}")
    return found
