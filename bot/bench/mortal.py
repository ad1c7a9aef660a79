"""A service that dies: `run` in a process of its own, killed with -9 and started anew."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from types import TracebackType

from bot.settings import ROOT, Settings

END_WITHIN = 60.0  # seconds; a service that is asked to end finishes what it has in hand


class Mortal:
    """One service on one database, life after life; all of it is written into ``service.log``."""

    def __init__(self, settings: Settings, engine_url: str, token: str, actions_port: int) -> None:
        """Prepare; nothing runs yet."""
        self._log = settings.home / "service.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SAF_")}
        self._environment = {
            **kept,
            "PYTHONPATH": str(ROOT),
            "SAF_HOME": str(settings.home),
            "SAF_DATA": str(settings.data),
            "SAF_MODELS": str(settings.models),
            "SAF_TELEGRAM_URL": settings.telegram_url,
            "SAF_CLIENT_BOT_TOKEN": settings.client_token.revealed,
            "SAF_WORKER_BOT_TOKEN": settings.worker_token.revealed,
            "SAF_ENGINE_TOKEN": token,
            "SAF_ACTIONS_PORT": str(actions_port),
        }
        self._command = [sys.executable, "-m", "bot.cli", "run", "--no-train"]
        self._command += ["--engine", engine_url]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin a life."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                self._command,
                env=self._environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def alive(self) -> bool:
        """Tell whether it lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def last_words(self) -> str:
        """Return the last line that it wrote."""
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        return lines[-1] if lines else ""

    def kill(self) -> None:
        """End it as a power cut does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """Ask it to end; kill it when it does not."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(END_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()

    def __enter__(self) -> Mortal:
        """Begin the first life."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave nothing running."""
        if self.alive:
            self.kill()
