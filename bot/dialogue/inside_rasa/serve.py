"""Serve the trained dialogue to one service on loopback, for as long as that service lives."""

from __future__ import annotations

import json
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TextIO

import aiohttp
from rasa.core.agent import Agent
from rasa.core.run import configure_app
from rasa.shared.core.domain import Domain
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from sanic import Sanic

from bot.dialogue.inside_rasa import mends, quiet
from bot.dialogue.inside_rasa.channel import HEADER, TurnChannel
from bot.dialogue.inside_rasa.texts import LiteralTexts
from bot.dialogue.inside_rasa.tracker_store import TurnTrackerStore

ACTION_SECONDS = (
    2.0  # the client gives a turn 3 seconds; an action that takes most of them has failed
)


@dataclass(frozen=True)
class Settings:
    """What the service tells the engine: one JSON line on stdin, so no token stands in `ps`."""

    token: str
    actions_url: str
    model: str
    port: int = 0

    @classmethod
    def read(cls, line: str) -> Settings:
        """Return the settings of this line; SystemExit with one sentence when it is not one."""
        try:
            return cls(**json.loads(line))
        except (ValueError, TypeError):
            sys.exit("the engine waits for one JSON line on stdin: token, actions_url, model, port")


class ActionEndpoint(EndpointConfig):
    """Call the service's actions over one kept connection; what is not a plain 200 is an error."""

    _session: aiohttp.ClientSession | None = None

    async def request(self, method: str = "post", *_: Any, json: Any = None, **__: Any) -> Any:
        """Run one action; its errors never carry a body, which could hold what the client said."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers=self.headers,
                timeout=aiohttp.ClientTimeout(total=ACTION_SECONDS),
                trust_env=False,
            )
        async with self._session.request(method, self.url, json=json) as response:
            if response.status != 200:
                raise ClientResponseError(502, "the service refused or failed the action", "")
            return await response.json()

    async def close(self) -> None:
        """End the kept connection."""
        if self._session is not None:
            await self._session.close()


def load(settings: Settings) -> Agent:
    """Load the model with our store, our texts and the service's actions."""
    mends.install()
    agent = Agent.load(
        settings.model,
        tracker_store=TurnTrackerStore(Domain.empty()),
        generator=LiteralTexts({}),
        action_endpoint=ActionEndpoint(
            settings.actions_url, headers={HEADER: settings.token}, enable_selective_domain=True
        ),
    )
    return agent


def app_of(settings: Settings) -> Sanic:
    """Return the web application: our channel and nothing else of Rasa's API."""
    app = configure_app([TurnChannel(settings.token)], enable_api=False, cors=None)

    async def start(app: Sanic, _: Any) -> None:
        agent = load(settings)
        await agent.parse_message("hola")  # the first reading takes most of a second
        app.ctx.agent = agent

    async def stop(app: Sanic, _: Any) -> None:
        await app.ctx.agent.action_endpoint.close()

    app.register_listener(start, "before_server_start")
    app.register_listener(stop, "after_server_stop")
    return app


def serve(line: str, stdout: TextIO) -> NoReturn:
    """Serve with the settings of this line; ready is said on stdout, once: {"port": ...}."""
    settings = Settings.read(line)
    if not Path(settings.model).is_file():
        sys.exit(f"there is no trained dialogue at {settings.model}; run `python3 -m bot train`")
    quiet.install()
    app = app_of(settings)
    listener = socket.create_server(("127.0.0.1", settings.port))
    # Without it each turn waits 40 ms for the kernel to see whether more is coming.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def say_ready(*_: Any) -> None:
        stdout.write(json.dumps({"port": listener.getsockname()[1]}) + "\n")
        stdout.flush()

    app.register_listener(say_ready, "after_server_start")
    app.run(sock=listener, access_log=False, motd=False)
    sys.exit(0)
