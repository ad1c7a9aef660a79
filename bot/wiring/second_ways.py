"""The second ways to reach workers that this installation has: e-mail, a gateway that rings."""

from __future__ import annotations

from bot.channels.base import Channel
from bot.channels.email import EmailChannel
from bot.channels.webhook_out import WebhookOut
from bot.clock import Clock
from bot.settings import Settings


def second_ways(settings: Settings, clock: Clock) -> dict[str, Channel]:
    """Build what is set up; ChannelUnusable where a setting makes no sense."""
    found: dict[str, Channel] = {}
    if settings.smtp_url:
        email = EmailChannel(settings.smtp_url.revealed, settings.email_from, clock)
        found[email.name] = email
    if settings.gateway_url:
        gateway = WebhookOut(settings.gateway_url.revealed, settings.gateway_secret.revealed)
        found[gateway.name] = gateway
    return found
