"""Keep one dialogue engine running as long as the service, and no longer.

It is started here and never through a wrapper, because it watches its parent's process id, the
thread that started it and the pipe on its stdin: whichever way this service dies, the engine goes
with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import structlog

ENTRY = Path(__file__).parent / "inside_rasa" / "__main__.py"
START_SECONDS = (
    90.0  # ten on an idle machine; a small one under load must not be killed while it loads
)
STOP_SECONDS = 5.0
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
STEADY_SECONDS = 60.0  # an engine that ran this long is not in a crash loop
# All that the engine may know of our environment: no key, no database, no token, no proxy.
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")
log = structlog.get_logger("saf.engine")


class EngineState(StrEnum):
    """Where the engine stands."""

    STOPPED = "stopped"  # not asked to run, or stopped by us
    STARTING = "starting"
    READY = "ready"
    DOWN = "down"  # ended by itself; it is started again after a wait


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What an engine needs: its Python, its trained model, our actions and the shared token."""

    python: Path
    model: Path
    actions_url: str
    token: str
    entry: Path = ENTRY

    def line(self) -> bytes:
        """Return the settings as the engine reads them: one line on stdin, so never in `ps`."""
        told = {"token": self.token, "actions_url": self.actions_url, "model": str(self.model)}
        return json.dumps(told).encode() + b"\n"


class Supervisor:
    """Starts the engine, starts it again when it ends, stops it. Call it from the main thread's
    loop."""

    def __init__(
        self, settings: EngineSettings, changed: Callable[[EngineState], None] = lambda state: None
    ) -> None:
        """Take the settings, and who wants to hear when the state changes."""
        self._settings = settings
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self.state = EngineState.STOPPED
        self.url: str | None = None
        self.last_words = (
            ""  # the last line on stderr: one sentence, when the engine could not start
        )

    def where(self) -> str | None:
        """Return the engine's address, None while it is not ready."""
        return self.url

    @property
    def pid(self) -> int | None:
        """Return the engine's process id, None when there is none."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Begin to keep an engine running; returns at once."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("the kernel ends the engine with the thread that starts it")
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep(), name="engine")

    async def ready(self, seconds: float = START_SECONDS) -> bool:
        """Wait until the engine can take turns; False when it cannot within so many seconds."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), seconds)
        return self._ready.is_set()

    async def stop(self) -> None:
        """End the engine for good; stopping twice does nothing."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None
        await self._end()
        self._become(EngineState.STOPPED)

    async def _keep(self) -> None:
        wait = FIRST_WAIT
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            try:
                await self._run_once()
            finally:
                await self._end()
            self._become(EngineState.DOWN)
            if loop.time() - began > STEADY_SECONDS:
                wait = FIRST_WAIT
            log.warning("engine_ended", last_words=self.last_words, again_in=wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    async def _run_once(self) -> None:
        """Start one engine and return when it has ended, or took too long to become ready."""
        self._become(EngineState.STARTING)
        settings = self._settings
        try:
            process = self._process = await asyncio.create_subprocess_exec(
                *(str(settings.python), "-W", "ignore", str(settings.entry)),
                *("serve", "--parent", str(os.getpid())),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={name: os.environ[name] for name in KEPT if name in os.environ},
                # Ctrl-C at the terminal is for the service, which then stops the engine in order.
                start_new_session=True,
            )
        except OSError as problem:
            self.last_words = f"{settings.python} cannot be started: {problem.strerror}"
            return
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise RuntimeError("pipes were asked for")
        listener = asyncio.create_task(self._listen(process.stderr))
        try:
            with contextlib.suppress(ConnectionError):
                process.stdin.write(settings.line())
                await process.stdin.drain()
            try:
                said = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
                self.url = f"http://127.0.0.1:{int(json.loads(said)['port'])}"
            except (ValueError, KeyError, TypeError, TimeoutError):
                return  # it ended without being ready, or hangs; stderr says why
            self._become(EngineState.READY)
            await process.wait()
        finally:
            await asyncio.wait({listener}, timeout=1.0)  # its last words say why it ended
            listener.cancel()

    async def _listen(self, stderr: asyncio.StreamReader) -> None:
        """Pass on what the engine logs; those lines never hold what a person said
        (inside_rasa/quiet)."""
        while line := await stderr.readline():
            self.last_words = line.decode(errors="replace").strip()[:500]
            log.info("engine_says", line=self.last_words)

    async def _end(self) -> None:
        """End the process: close its stdin, and be firmer when that does not help."""
        process, self._process, self.url = self._process, None, None
        self._ready.clear()
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        for send in (None, signal.SIGTERM, signal.SIGKILL):
            if process.returncode is not None:
                return
            with contextlib.suppress(ProcessLookupError):
                if send is not None:
                    process.send_signal(send)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), STOP_SECONDS)

    def _become(self, state: EngineState) -> None:
        if state is not self.state:
            self.state = state
            self._changed(state)
        if state is EngineState.READY:
            self._ready.set()
