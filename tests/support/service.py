"""The real service in a process of its own, talking to the fake Telegram over HTTP."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from tests.support.fake_telegram import CLIENT_TOKEN, WORKER_TOKEN, FakeTelegram, Sent

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"start=([A-Za-z0-9_-]+)|/start ([A-Za-z0-9_-]+)")


def environment(home: Path, telegram: FakeTelegram | None = None, **more: str) -> dict[str, str]:
    """Return what a program of tests runs with: nothing of this machine's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SAF_")}
    told = {"SAF_HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    if telegram is not None:
        told |= {
            "SAF_TELEGRAM_URL": telegram.base_url,
            "SAF_CLIENT_BOT_TOKEN": CLIENT_TOKEN,
            "SAF_WORKER_BOT_TOKEN": WORKER_TOKEN,
            "SAF_CLIENT_BOT": "fake_client_bot",
            "SAF_WORKER_BOT": "fake_worker_bot",
        }
    return {**kept, **told, **more}


def saf(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *words],
        env=environment(home, **more),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def link_of(home: Path, *words: str) -> str:
    """Run a command that prints a one-time link, and return the link's token."""
    done = saf(home, *words)
    found = LINK.search(done.stdout)
    assert found, done.stdout + done.stderr
    return found[1] or found[2]


class Running:
    """``saf run`` in a process; its stderr is kept from the first line to the last."""

    def __init__(self, home: Path, telegram: FakeTelegram, *words: str, **more: str) -> None:
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - kept open
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "run", *words],
            env=environment(home, telegram, **more),
            cwd=ROOT,
            stdout=self._log,
            stderr=self._log,
        )

    @property
    def said(self) -> str:
        """Return all that it wrote so far."""
        self._log.flush()
        with open(self._log.fileno(), encoding="utf-8", closefd=False) as file:
            place = file.seek(0)
            assert place == 0
            return file.read()

    def until_says(self, words: str, within: float = 30.0) -> None:
        """Wait until it has written this; fail when it ends or takes too long."""
        until(lambda: words in self.said or self.process.poll() is not None, within)
        assert words in self.said, self.said

    def ended(self, within: float = 30.0) -> int:
        """Wait for its end and return the exit code."""
        return self.process.wait(within)

    def stop(self, within: float = 30.0) -> int:
        """Ask it to stop and wait for that."""
        self.process.send_signal(signal.SIGTERM)
        return self.ended(within)

    def __enter__(self) -> Running:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        if kind is not None:
            sys.stderr.write(self.said)
        self._log.close()


def until(holds: Callable[[], object], within: float = 10.0) -> None:
    """Return once ``holds()`` is true; fail the test after so many seconds."""
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def texts(sent: Sequence[Sent]) -> list[str]:
    """Return the texts of messages that still stand in a chat."""
    return [one.text for one in sent if not one.deleted]
