"""The dialogue engine of a house: the actions that it calls, its process, and the way to it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from actions.server import route
from bot.core.answers import Sureness
from bot.dialogue.client import SECONDS, EngineClient
from bot.dialogue.supervisor import EngineSettings, EngineState, Supervisor
from bot.environments import Environments
from bot.service.house import House
from bot.settings import Settings


class Dialogue:
    """The dialogue engine of a house: the actions it calls, the process, and the way to it."""

    def __init__(self, house: House, settings: Settings, url: str) -> None:
        """Prepare an engine of our own, or one that runs already at ``url``."""
        self._house, self._settings, self._url = house, settings, url
        self._token = os.environ.get("SAF_ENGINE_TOKEN") or secrets.token_urlsafe(24)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self.learned = ""  # the SHA-256 of the model that answers; empty: nobody knows
        self.supervisor: Supervisor | None = None
        self._fresh: Supervisor | None = None  # an engine that is to take over
        self._ending: Supervisor | None = None  # one whose last turns are under way
        self._wanted: EngineSettings | None = None
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._client: EngineClient | None = None

    async def start(self) -> None:
        """Serve the actions and start the engine; returns before it is ready."""
        # Port 0: any free one. IPPROTO_TCP: else asyncio leaves Nagle on, 44 ms an answer.
        port = int(os.environ.get("SAF_ACTIONS_PORT", "0"))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        app = Starlette(routes=[route(self._house.turns, self._token, Sureness())])
        config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
        self._server = Server(config)
        self._serving = asyncio.create_task(self._server.serve([self._socket]))
        if self._url:
            self._client = EngineClient(lambda: self._url, self._token)
        else:
            self._wanted = EngineSettings(
                python=Environments().engine() / "bin" / "python",
                model=self._settings.models / "dialogue.tar.gz",
                actions_url=f"http://127.0.0.1:{self._socket.getsockname()[1]}/webhook",
                token=self._token,
            )
            self.learned = _digest(self._wanted.model)
            self.supervisor = Supervisor(self._wanted)
            await self.supervisor.start()
            self._client = EngineClient(self._where, self._token)
        self._house.engine = self._client

    async def ready(self, say: Callable[[str], None]) -> bool:
        """Wait until the engine takes turns, saying what is waited for; False when it cannot."""
        if self.supervisor is None:
            return True
        say("waiting for the dialogue engine (about ten seconds)")
        up = await self.supervisor.ready()
        say("the dialogue engine is ready" if up else self._trouble())
        return up

    async def renew(self, model: Path, swap: Callable[[], None]) -> str:
        """Let an engine with another model take over; return why it cannot, empty when it did.

        1. It starts beside the old one, which goes on; when it does not come up, nothing changes.
        2. ``swap`` and the change of engines are one step: no turn sees one without the other.
        3. The old one ends when the turns that it has begun are over.
        """
        if self._wanted is None or self.supervisor is None:
            swap()  # an engine elsewhere is somebody else's to start anew
            return ""
        wanted = replace(self._wanted, model=model)
        failed = asyncio.Event()

        def look(state: EngineState) -> None:
            if state is EngineState.DOWN:
                failed.set()

        fresh = self._fresh = Supervisor(wanted, look)
        await fresh.start()
        waits = asyncio.create_task(fresh.ready()), asyncio.create_task(failed.wait())
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
        if fresh.where() is None:
            words = fresh.last_words
            await fresh.stop()
            self._fresh = None
            return words or "it does not become ready"
        old, self.supervisor, self._wanted, self._fresh = self.supervisor, fresh, wanted, None
        self.learned = _digest(model)
        swap()
        self._ending = old
        await asyncio.sleep(SECONDS)  # no turn takes longer
        await old.stop()
        self._ending = None
        return ""

    @property
    def elsewhere(self) -> bool:
        """Tell whether the engine is one that we neither started nor can start anew."""
        return bool(self._url)

    def _where(self) -> str | None:
        return self.supervisor.where() if self.supervisor is not None else None

    def _trouble(self) -> str:
        words = self.supervisor.last_words if self.supervisor else ""
        return f"the dialogue engine does not start; danger is read without it ({words})"

    async def stop(self) -> None:
        """End the engine and the action server."""
        self._house.engine = None
        for engine in (self.supervisor, self._fresh, self._ending):
            if engine is not None:
                await engine.stop()
        if self._client is not None:
            await self._client.close()
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        self._socket.close()


def _digest(model: Path) -> str:
    return hashlib.sha256(model.read_bytes()).hexdigest() if model.exists() else ""


class Server(uvicorn.Server):
    """Serves without uvicorn's own signal handlers: when to stop is the command's to say."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signals alone."""
        yield


@contextlib.asynccontextmanager
async def dialogue(house: House, settings: Settings, url: str = "") -> AsyncIterator[Dialogue]:
    """Keep a house's dialogue engine for as long as the block lasts."""
    engine = Dialogue(house, settings, url)
    await engine.start()
    try:
        yield engine
    finally:
        await engine.stop()
