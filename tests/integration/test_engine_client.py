"""The way to the engine: in time and in shape, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.dialogue.client import EngineClient
from bot.errors import EngineDown, TurnFailed


@asynccontextmanager
async def answering(head: bytes, body: bytes = b"", wait: float = 0.0) -> AsyncIterator[str]:
    """Serve one canned HTTP answer on loopback."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(wait)
        length = b"Content-Length: %d\r\n\r\n" % len(body)
        writer.write(b"HTTP/1.1 " + head + b"\r\n" + length + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def turn_at(where: str | None, timeout: float = 2.0) -> object:
    """Take one turn with whoever listens there."""
    client = EngineClient(lambda: where, "token")
    try:
        return await client.turn({"turn": "t"}, timeout=timeout)
    finally:
        await client.close()


async def test_no_engine_is_an_engine_that_is_down() -> None:
    with pytest.raises(EngineDown):
        await turn_at(None)


async def test_nobody_listening_is_an_engine_that_is_down() -> None:
    with pytest.raises(EngineDown):
        await turn_at("http://127.0.0.1:9")


async def test_an_engine_that_hangs_is_down_in_time() -> None:
    async with answering(b"200 OK", b"{}", wait=30) as where:
        with pytest.raises(EngineDown):
            await turn_at(where, timeout=0.2)


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"502 Bad Gateway", b'{"error": "the action failed"}'),
        (b"400 Bad Request", b'{"error": "state.flow"}'),
        (b"403 Forbidden", b"{}"),
        (b"200 OK", b"<html>"),
        (b"200 OK", b"[]"),
        (b"200 OK", b'{"replies": [{"text": null}], "state": {}}'),
        (b"200 OK", b'{"replies": "hello", "state": {}}'),
        (b"200 OK", b'{"replies": []}'),
        (b"200 OK", b"\xff\xfe"),
    ],
)
async def test_anything_but_a_turn_is_a_failed_turn(head: bytes, body: bytes) -> None:
    async with answering(head, body) as where:
        with pytest.raises(TurnFailed):
            await turn_at(where)
