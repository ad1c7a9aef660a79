"""A real dialogue engine with the real actions, and nothing else of the service around it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette

from actions.server import route
from bot import content
from bot.content import Content
from bot.core.answers import Sureness
from bot.core.effects import Effect
from bot.core.people import Language
from bot.dialogue.client import EngineClient
from bot.dialogue.supervisor import EngineSettings, Supervisor
from bot.dialogue.turns import OpenTurns
from bot.environments import Environments
from bot.settings import ROOT

TOKEN = "a token of the tests"
NOTHING_ASKED: Mapping[str, Any] = {
    "language": "en",
    "flow": None,
    "step": None,
    "answers": {},
    "asked_again": False,
}


@dataclass
class Said:
    """What came of one turn."""

    replies: list[str]  # the names of the responses
    texts: list[str]
    state: Mapping[str, Any]
    effects: tuple[Effect, ...]
    intent: str


@dataclass
class Talk:
    """A conversation with the engine; the state goes along from turn to turn."""

    client: EngineClient
    turns: OpenTurns
    flows: Content
    supervisor: Supervisor
    state: Mapping[str, Any] = field(default_factory=lambda: dict(NOTHING_ASKED))

    async def say(
        self, text: str = "", *, choice: str | None = None, intent: str | None = None
    ) -> Said:
        """Take one turn and keep its state."""
        opened = self.turns.open(self.flows, self.state, text=text, choice=choice, intent=intent)
        with opened as turn:
            answer = await self.client.turn(turn.request(), timeout=10.0)
            effects = turn.effects
        self.state = answer["state"]
        return Said(
            replies=[reply["response"] for reply in answer["replies"]],
            texts=[self._text(reply, answer["state"]) for reply in answer["replies"]],
            state=answer["state"],
            effects=effects,
            intent=answer["intent"]["name"],
        )

    def _text(self, reply: Mapping[str, Any], state: Mapping[str, Any]) -> str:
        """Return a reply as the service says it: by its name, for the engine may have learned an
        older wording."""
        known = self.flows.texts.by_name.get(reply["response"])
        return known[Language(state["language"])] if known else str(reply["text"])

    def at(self, flow: str | None, step: str | None = None, **more: Any) -> None:
        """Put the conversation where a test begins."""
        self.state = {**NOTHING_ASKED, "flow": flow, "step": step, **more}


@asynccontextmanager
async def serving_actions(turns: OpenTurns) -> AsyncIterator[str]:
    """Serve the actions on loopback; yields their address."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    app = Starlette(routes=[route(turns, TOKEN, Sureness())])
    server = _Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    task = asyncio.create_task(server.serve([listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/webhook"
    finally:
        server.should_exit = True
        await task
        listener.close()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def engine_settings(model: Path, actions_url: str) -> EngineSettings:
    """Return the settings of a real engine with this model."""
    python = Environments().engine() / "bin" / "python"
    return EngineSettings(python=python, model=model, actions_url=actions_url, token=TOKEN)


@asynccontextmanager
async def talking(model: Path) -> AsyncIterator[Talk]:
    """Run an engine for as long as the block lasts."""
    turns = OpenTurns()
    async with serving_actions(turns) as url:
        supervisor = Supervisor(engine_settings(model, url))
        await supervisor.start()
        client = EngineClient(supervisor.where, TOKEN)
        try:
            if not await supervisor.ready():
                raise RuntimeError(supervisor.last_words)
            yield Talk(client, turns, content.load(ROOT / "data"), supervisor)
        finally:
            await client.close()
            await supervisor.stop()
