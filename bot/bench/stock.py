"""Stock Rasa: its server over the REST channel, its SQL tracker store, its own action server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.bench import script
from bot.bench.figures import Measured, beside
from bot.bench.project import MODEL, environment_of, last_line
from bot.bench.script import Checkin, Line
from bot.errors import SafError

START_SECONDS = 900.0  # half a minute on an idle machine, many times that on a crowded one
TURN_SECONDS = 120.0  # a turn that waits for all the others is slow, not lost
STOP_SECONDS = 10.0
TRIES = 5
LOOK_SECONDS = 0.1
ENDPOINTS = """\
action_endpoint:
  url: http://127.0.0.1:{port}/webhook
tracker_store:
  type: SQL
  dialect: sqlite
  db: tracker.db
"""


@dataclass(slots=True)
class Stock:
    """A running stock Rasa and those who write to it."""

    project: Path
    http: httpx.AsyncClient
    url: str
    server_pid: int
    actions_pid: int
    start_seconds: float = 0.0
    expected: int = 0  # answers that the script says must have been saved by now
    tried_again: int = 0  # messages that were not answered at first

    async def play(self, plan: script.Plan, number: int) -> Measured:
        """Play a round: every client at once, each one check-in after the other."""
        return await beside(
            self.check_ins(f"{script.language(n)}-{number}-{n}", script.round_of(n))
            for n in range(plan.clients)
        )

    async def check_ins(
        self, who: str, checkins: Sequence[Checkin], *, anew: bool = True
    ) -> list[float]:
        """Play check-ins of one client; return how long each turn took.

        ``anew``: each in a conversation of its own, as if a new session of Rasa's had begun since:
        that is the best case for it, because a turn's cost grows with the conversation.
        """
        seconds = []
        for number, checkin in enumerate(checkins):
            for line in checkin:
                began = time.monotonic()
                await self.say(f"{who}-{number}" if anew else who, line)
                seconds.append(time.monotonic() - began)
            self.expected += len(script.answers(checkin))
        return seconds

    async def say(self, sender: str, line: Line) -> None:
        """Take one turn, again where nothing was said to it; SafError when that does not help.

        On a crowded machine Rasa gives up on its own action server, says nothing and keeps nothing.
        """
        message = line.text or f"/choose{json.dumps({'choice': line.tap})}"
        body = {"sender": sender, "message": message}
        for _ in range(TRIES):
            with contextlib.suppress(httpx.TransportError):
                answer = await self.http.post(f"{self.url}/webhooks/rest/webhook", json=body)
                if answer.status_code == httpx.codes.OK and answer.json():
                    return
            self.tried_again += 1
        raise SafError(f"Stock Rasa did not answer {message!r}: see {self.project}/server.log.")

    def saved(self) -> int:
        """Return how many answers its action server has saved."""
        with closing(sqlite3.connect(self.project / "answers.db")) as database:
            found = database.execute("SELECT count(*) FROM answer").fetchone()
        return int(found[0])


@asynccontextmanager
async def stock(environment: Path, project: Path) -> AsyncIterator[Stock]:
    """Run stock Rasa for as long as the block lasts; SafError when it does not come up."""
    for left in (*project.glob("tracker.db*"), *project.glob("answers.db*")):
        left.unlink()
    python = str(environment / "bin" / "python")
    ours, theirs = _free_port(), _free_port()
    (project / "endpoints.yml").write_text(ENDPOINTS.format(port=theirs), encoding="utf-8")
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            httpx.AsyncClient(
                trust_env=False, timeout=TURN_SECONDS, limits=httpx.Limits(max_connections=None)
            )
        )
        words = ["-m", "rasa_sdk", "--actions", "stock_actions", "--port", str(theirs)]
        actions = await stack.enter_async_context(_running([python, *words], project, "actions"))
        health = f"http://127.0.0.1:{theirs}/health"
        await _until_up(actions, project / "actions.log", lambda: http.get(health))
        began = time.monotonic()
        words = ["-m", "rasa", "run", "--interface", "127.0.0.1", "--port", str(ours)]
        words += ["--model", f"models/{MODEL}.tar.gz", "--endpoints", "endpoints.yml"]
        words += ["--credentials", "credentials.yml"]
        server = await stack.enter_async_context(_running([python, *words], project, "server"))
        running = Stock(project, http, f"http://127.0.0.1:{ours}", server.pid, actions.pid)
        await _until_up(server, project / "server.log", lambda: http.get(running.url))
        await running.say("first", Line("hola"))
        running.start_seconds = round(time.monotonic() - began, 1)
        yield running


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@asynccontextmanager
async def _running(
    command: list[str], folder: Path, name: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run one of its two programs, its output in a log beside the project."""
    with (folder / f"{name}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            # By itself the action server would listen to the whole network.
            env=environment_of({"SANIC_HOST": "127.0.0.1"}),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), STOP_SECONDS)
            if process.returncode is None:
                process.kill()
                await process.wait()


async def _until_up(
    process: asyncio.subprocess.Process, log: Path, ask: Callable[[], Awaitable[httpx.Response]]
) -> None:
    """Wait until a program answers; SafError when it ends or stays silent."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.returncode is None:
        with contextlib.suppress(httpx.TransportError):
            if (await ask()).status_code == httpx.codes.OK:
                return
        await asyncio.sleep(LOOK_SECONDS)
    raise SafError(f"Stock Rasa does not start ({last_line(log)}): see {log}.")
