"""An engine over real HTTP that answers, hangs, talks garbage, or is not there."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from enum import StrEnum
from typing import Any

from bot.core.effects import SaveAnswer
from bot.dialogue.client import EngineClient
from bot.dialogue.turns import OpenTurns


class Mood(StrEnum):
    """How the engine is today."""

    WELL = "well"
    SLOW = "slow"  # answers when it is let go on
    GONE = "gone"  # nobody listens
    HANGING = "hanging"  # takes the turn and says nothing
    GARBAGE = "garbage"  # 200 that is no JSON
    STRANGE = "strange"  # JSON that is no turn
    HOLLOW = "hollow"  # a turn whose state has lost its parts
    FAILING = "failing"  # 502, as after a failed action
    CUT = "cut"  # half an answer, then the connection ends


class FakeEngine:
    """Keeps what it hears as the answer to what is asked, when it is well."""

    def __init__(self, turns: OpenTurns) -> None:
        self.turns = turns
        self.mood = Mood.WELL
        self.heard: list[Mapping[str, Any]] = []
        self.url: str | None = None
        self.go_on = asyncio.Event()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            if head.startswith(b"GET "):
                writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n{}")
                await writer.drain()
                writer.close()
                return
            length = next(
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            )
            request = json.loads(await reader.readexactly(length))
            self.heard.append(request)
            if self.mood is Mood.SLOW:
                await self.go_on.wait()
            if self.mood is Mood.HANGING:
                await asyncio.sleep(30)
            status, body = self._answer(request)
            sent = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
            writer.write(sent[:-20] if self.mood is Mood.CUT else sent)
            await writer.drain()
        writer.close()

    def _answer(self, request: Mapping[str, Any]) -> tuple[int, bytes]:
        turn = {"replies": [], "state": {}, "intent": {"name": "x", "confidence": 1.0}}
        match self.mood:
            case Mood.GARBAGE:
                return 200, b"<h1>it works</h1>" + b" " * 20
            case Mood.STRANGE:
                return 200, json.dumps({"replies": "many", "state": [1]}).encode()
            case Mood.HOLLOW:
                return 200, json.dumps(turn).encode()
        state = dict(request["state"])
        if state["flow"]:
            opened = self.turns.get(request["turn"])
            flow = opened.flows.flow(state["flow"])
            said = request["choice"] or request["text"]
            opened.stage(SaveAnswer(flow.name, state["step"], said), action="x", step=state["step"])
            step = flow.after(flow.step(state["step"]), said)
            state |= {"flow": flow.name if step else None, "step": step.id if step else None}
        if self.mood is Mood.FAILING:
            return 502, b'{"error": "the action failed"}'
        return 200, json.dumps({**turn, "state": state}).encode()


@contextlib.asynccontextmanager
async def fake_engine(turns: OpenTurns) -> AsyncIterator[tuple[FakeEngine, EngineClient]]:
    """Serve a fake engine; yields it and the real client that talks to it."""
    engine = FakeEngine(turns)
    server = await asyncio.start_server(engine._serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    client = EngineClient(lambda: None if engine.mood is Mood.GONE else url, "a token of the tests")
    try:
        yield engine, client
    finally:
        await client.close()
        server.close()
