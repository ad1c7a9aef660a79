"""Whatever breaks, no text, name, chat or token of anybody stands in a log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot import log
from bot.core.messages import Kind, Outgoing
from bot.service import deliver, speak
from bot.wiring.running import _log_what_nobody_awaited
from bot.wiring.ticking import Ticks
from tests.support.program import Program, client

SAID = "they outside my house rn"
SECRETS = (SAID, "outside", "'Ana'", "'Ben'", "Ana:", "Ben:", "chat=")


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator[pytest.CaptureFixture[str]]:
    """The service's own logging, at its most talkative."""
    before, level = structlog.get_config(), logging.getLogger().level
    log.set_up(verbose=True)
    yield capsys
    structlog.configure(**before)
    logging.basicConfig(level=level, force=True)


class Broken:
    """Breaks at everything, and says loudly what it was given."""

    name = "telegram"

    def judge(self, text: str, context: object = None) -> object:
        raise ValueError(f"cannot read {text!r}")

    async def turn(self, request: dict[str, object]) -> object:
        raise KeyError(str(request))

    async def send(self, message: Outgoing) -> str:
        raise RuntimeError(f"cannot send {message.text!r} to {message.chat!r}")

    async def delete(self, bot: object, ref: str) -> None:
        raise RuntimeError(ref)


async def test_everything_breaks_and_nothing_is_told(
    program: Program, logged: pytest.CaptureFixture[str]
) -> None:
    house, broken = program.house, Broken()
    await program.says("Ana", SAID)
    house.triage = broken  # type: ignore[assignment]
    house.engine = broken  # type: ignore[assignment]
    await program.says("Ana", f"{SAID} again")
    house.channels = {"telegram": broken}
    with house.db.write() as s:
        ana = s.merge(client(program))
        speak.to_client(s, house, program.clock.now(), ana, Kind.REPLY, SAID)
    await deliver.tick(house)

    async def fail() -> None:
        raise ValueError(SAID)

    running = Ticks(house, program.lines)
    running.also("broken", fail, 60)
    running.start()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_log_what_nobody_awaited)
    loop.call_soon(
        lambda: loop.call_exception_handler(
            {"message": "Task exception was never retrieved", "exception": ValueError(SAID)}
        )
    )
    try:
        raise LookupError(SAID)
    except LookupError:
        logging.getLogger("some.library").exception("it broke")
    await asyncio.sleep(0.1)
    await running.stop(1)
    said = logged.readouterr().err
    for event in ("triage_failed", "turn_broke", "delivery_failed", "tick_failed", "loop_error"):
        assert event in said, event
    assert "it broke" in said and "LookupError" in said
    for secret in SECRETS:
        assert secret not in said, secret
