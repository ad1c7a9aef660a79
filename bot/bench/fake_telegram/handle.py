"""The tests' handle on the fake: start it in a thread, make people write, look at what left."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any

import httpx
import uvicorn

from bot.bench.fake_telegram.faults import FaultKind
from bot.bench.fake_telegram.server import TLS, FakeServer
from bot.bench.fake_telegram.world import TOKENS, Json

CLIENT = "client"


@dataclass(frozen=True)
class Sent:
    """One message that a bot sent into a chat; ``buttons`` are the labels, row by row."""

    message_id: int
    text: str
    buttons: list[list[str]]
    tokens: list[str]
    silent: bool
    protect: bool
    deleted: bool
    edits: int
    at: int


class FakeTelegram:
    """A Bot API server on a free loopback port, and the people who write to its bots.

    Chats are numbers; a chat exists once a person wrote in it (or ``open_chat``). Every method
    goes over HTTP, so it works as well against one that runs in another process (``attach``).
    ``bot`` is "client" or "worker".
    """

    def __init__(self, port: int = 0, tokens: Mapping[str, str] = TOKENS) -> None:
        self.tokens = dict(tokens)
        self._port = port
        self._end: Callable[[], object] | None = None
        self._thread: threading.Thread | None = None
        self.base_url = ""
        self._http: httpx.Client | None = None

    @classmethod
    def attach(cls, base_url: str) -> FakeTelegram:
        """Return a handle on a fake that runs already."""
        fake = cls()
        fake._connect(base_url)
        return fake

    def start(self) -> FakeTelegram:
        """Serve in a thread; return when it answers."""
        # Named as TCP: asyncio switches Nagle's algorithm off only then, and with it every answer
        # after a connection's first takes 40 ms. socket.create_server leaves the protocol open.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self._port))
        started = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listener, started)), daemon=True
        )
        self._thread.start()
        if not started.wait(10):
            raise RuntimeError("the fake Telegram did not start within 10 s")
        self._connect(f"http://127.0.0.1:{listener.getsockname()[1]}")
        return self

    def stop(self) -> None:
        """End the server and all that hangs in it."""
        if self._http is not None:
            self._http.close()
        if self._end is not None and self._thread is not None:
            self._end()
            self._thread.join(10)

    def __enter__(self) -> FakeTelegram:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # What people do: each returns the update's id.

    def say(
        self,
        chat: int,
        text: str,
        bot: str = CLIENT,
        language: str = "en",
        forwarded: bool = False,
    ) -> int:
        return int(
            self._do("say", chat=chat, text=text, bot=bot, language=language, forwarded=forwarded)
        )

    def edit(self, chat: int, text: str, message_id: int | None = None, bot: str = CLIENT) -> int:
        return int(self._do("edit", chat=chat, text=text, message_id=message_id, bot=bot))

    def tap(self, chat: int, label: str, message_id: int | None = None, bot: str = CLIENT) -> int:
        return int(self._do("tap", chat=chat, label=label, message_id=message_id, bot=bot))

    def show(self, chat: int, what: str, caption: str = "", bot: str = CLIENT) -> int:
        """Send a voice, photo, sticker ...: any name in ``updates.CONTENTS``."""
        return int(self._do("show", chat=chat, what=what, caption=caption, bot=bot))

    def contact(self, chat: int, owner: int | None, bot: str = CLIENT) -> int:
        return int(self._do("contact", chat=chat, owner=owner, bot=bot))

    def block(self, chat: int, bot: str = CLIENT) -> int:
        return int(self._do("block", chat=chat, bot=bot, blocked=True))

    def unblock(self, chat: int, bot: str = CLIENT) -> int:
        return int(self._do("block", chat=chat, bot=bot, blocked=False))

    def group(self, chat: int, text: str = "", bot: str = CLIENT) -> int:
        """Say something in a group, or add the bot to it."""
        return int(self._do("group", chat=chat, text=text, bot=bot))

    def channel_post(self, chat: int, text: str, bot: str = CLIENT) -> int:
        return int(self._do("channel_post", chat=chat, text=text, bot=bot))

    def inject(self, update: Json, bot: str = CLIENT) -> int:
        """Queue any JSON as an update; it gets an id unless it brings one."""
        return int(self._do("inject", update=update, bot=bot))

    def repeat(self, update_id: int | None = None, bot: str = CLIENT) -> int:
        """Queue an update again under its own id."""
        return int(self._do("repeat", update_id=update_id, bot=bot))

    def reorder(self, bot: str = CLIENT) -> None:
        """Turn the order of the waiting updates round."""
        self._do("reorder", bot=bot)

    # What goes wrong, and the time.

    def fail_next(
        self,
        method: str,
        kind: FaultKind | str,
        *,
        chat: int | None = None,
        bot: str | None = None,
        times: int = 1,
        retry_after: int = 1,
        description: str = "",
        migrate_to: int = 0,
    ) -> None:
        """Let the next ``times`` calls of a method ("*": any) go wrong; see FaultKind."""
        self._do(
            "fail_next", kind=str(kind), method=method, chat=chat, bot=bot, times=times,
            retry_after=retry_after, description=description, migrate_to=migrate_to,
        )  # fmt: skip

    def weather(self, share: float, seed: int = 1) -> None:
        """Let a share of all calls go wrong by chance, in ways that pass by themselves."""
        self._do("weather", share=share, seed=seed)

    def vanish(
        self, chat: int, error: str = "Forbidden: user is deactivated", bot: str = CLIENT
    ) -> None:
        """Answer every send to this chat with 403 and these words."""
        self._do("vanish", chat=chat, bot=bot, error=error)

    def open_chat(self, chat: int, bot: str = CLIENT) -> None:
        """Let a chat exist without anybody having written."""
        self._do("open_chat", chat=chat, bot=bot)

    def set_time(self, moment: datetime) -> None:
        """Let it be ``moment`` now (aware); time goes on from there."""
        self._do("set_time", to=moment.isoformat())

    def pass_time(self, span: timedelta) -> None:
        self._do("pass_time", seconds=span.total_seconds())

    def limits(self, on: bool = True) -> None:
        """Enforce 30 messages a second and 1 a second for each chat."""
        self._do("limits", on=on)

    # What can be seen.

    def sent(self, chat: int, bot: str = CLIENT) -> list[Sent]:
        """Return all that the bot sent into the chat, oldest first, deleted ones too."""
        return [Sent(**one) for one in self._do("sent", chat=chat, bot=bot)]

    def everything_sent(self, bot: str = CLIENT) -> dict[int, list[str]]:
        """Return the texts that the bot ever sent, chat by chat, oldest first."""
        return {int(chat): texts for chat, texts in self._do("everything_sent", bot=bot).items()}

    def pending(self, bot: str = CLIENT) -> int:
        """Return how many updates wait to be confirmed."""
        return int(self._do("pending", bot=bot))

    def counts(self) -> dict[str, int]:
        """Return how many calls came, and how many the weather has struck since it was set."""
        return dict(self._do("counts"))

    def calls(self, method: str | None = None, bot: str | None = None) -> list[Json]:
        """Return the call log: {bot, method, params, status}."""
        return list(self._do("calls", method=method, bot=bot))

    def status(self, bot: str = CLIENT) -> Json:
        """Return pending (unconfirmed update ids), deliveries, taps_answered, webhook, chats."""
        return dict(self._do("status", bot=bot))

    def _do(self, verb: str, **arguments: Any) -> Any:
        if self._http is None:
            raise RuntimeError("the fake Telegram is not started")
        answer = self._http.post(f"/control/{verb}", json=arguments)
        body = answer.json()
        if answer.status_code != 200:
            raise LookupError(body["error"])
        return body["result"]

    def _connect(self, base_url: str) -> None:
        self.base_url = base_url
        self._http = httpx.Client(base_url=base_url, timeout=10, trust_env=False, verify=TLS)

    async def _serve(self, listener: socket.socket, started: threading.Event) -> None:
        fake = FakeServer(self.tokens)
        config = uvicorn.Config(fake.app, log_config=None, access_log=False, lifespan="off")
        server = uvicorn.Server(config)
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._end = lambda: loop.call_soon_threadsafe(over.set)
        tasks = [
            asyncio.create_task(server.serve(sockets=[listener])),
            *(asyncio.create_task(fake.deliver(one)) for one in fake.world.accounts.values()),
        ]
        while not server.started and not tasks[0].done():
            await asyncio.sleep(0.002)
        started.set()
        await over.wait()
        # Cancelled, not asked: uvicorn looks only every 0.1 s whether it should end, and waits for
        # the polls that are open.
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for listening in server.servers:
            listening.close()
