"""The fake Bot API server, which `bench soak` uses too: see bot/bench/fake_telegram."""

from bot.bench.fake_telegram import (
    CLIENT_TOKEN,
    TOKENS,
    WORKER_TOKEN,
    FakeTelegram,
    FaultKind,
    Sent,
)

__all__ = ["CLIENT_TOKEN", "TOKENS", "WORKER_TOKEN", "FakeTelegram", "FaultKind", "Sent"]
