"""What staff publish while clients talk: every turn is answered, by the old engine or the new."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from bot.dialogue.client import EngineClient
from bot.settings import Settings
from bot.wiring import models
from bot.wiring.dialogue import Dialogue, dialogue
from tests.support.engine import NOTHING_ASKED
from tests.support.program import build
from tests.support.waiting import eventually


async def test_turns_go_on_while_one_engine_takes_over_from_another(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    models.dialogue(settings, print)
    again = Path(shutil.copy(settings.models / models.MODEL, tmp_path / "dialogue.tar.gz"))
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"no model at all")
    house = build(settings.home).house
    async with dialogue(house, settings) as engine:
        assert await engine.ready(print)
        first = _pid(engine)
        # A model that does not start changes nothing.
        assert await engine.renew(broken, lambda: None)
        assert _pid(engine) == first
        taken: list[str] = []
        talking = asyncio.create_task(_talk(engine, house.engine, taken))
        swapped: list[int] = []
        assert await engine.renew(again, lambda: swapped.append(len(taken))) == ""
        assert _pid(engine) != first and len(swapped) == 1
        before = len(taken)
        await eventually(lambda: len(taken) > before + 3)
        talking.cancel()
        assert set(taken) == {"utter_thanks"}
        assert swapped[0] > 3, "it went on while the new one started"
        assert not _runs(first), "the old one has ended"


def _pid(engine: Dialogue) -> int:
    assert engine.supervisor is not None and engine.supervisor.pid is not None
    return engine.supervisor.pid


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def _talk(engine: Dialogue, client: object, taken: list[str]) -> None:
    """Take one turn after another; a turn that fails ends the test."""
    assert isinstance(client, EngineClient)
    request = {"turn": "t", "text": "thanks", "choice": None, "intent": "thanks"}
    while True:
        answer = await client.turn({**request, "state": dict(NOTHING_ASKED)}, timeout=10.0)
        taken.append(answer["replies"][0]["response"])
        await asyncio.sleep(0.05)
