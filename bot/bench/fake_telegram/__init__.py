"""A Bot API server of our own: the real python-telegram-bot talks to it over HTTP."""

from bot.bench.fake_telegram.faults import FaultKind
from bot.bench.fake_telegram.handle import FakeTelegram, Sent
from bot.bench.fake_telegram.world import CLIENT_TOKEN, TOKENS, WORKER_TOKEN

__all__ = ["CLIENT_TOKEN", "TOKENS", "WORKER_TOKEN", "FakeTelegram", "FaultKind", "Sent"]
