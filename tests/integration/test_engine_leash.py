"""The engine dies with the service, in whatever way the service dies; and comes back by itself."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.dialogue.supervisor import EngineSettings, EngineState, Supervisor
from bot.environments import Environments
from bot.settings import ROOT
from tests.support.waiting import eventually

# A service in small: it starts an engine, says its process id and lives until it is ended.
SERVICE = """
import asyncio, signal, sys
from pathlib import Path
from bot.dialogue.supervisor import EngineSettings, Supervisor

async def main():
    settings = EngineSettings(Path(sys.argv[1]), Path("nowhere"), "http://127.0.0.1:9/", "token",
                              entry=Path(sys.argv[2]))
    supervisor = Supervisor(settings)
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await supervisor.start()
    while supervisor.pid is None:
        await asyncio.sleep(0.01)
    print(supervisor.pid, flush=True)
    await ended.wait()
    await supervisor.stop()

asyncio.run(main())
"""

# An engine in small: the real leash, and nothing of Rasa's ten seconds.
ENGINE = f"""
import json, os, sys, time
sys.path.insert(0, {str(ROOT)!r})
from bot.dialogue.inside_rasa import leash
line = leash.hold(int(sys.argv[sys.argv.index("--parent") + 1]), sys.stdin)
print(json.dumps({{"port": 9, "told": json.loads(line)}}), flush=True)
time.sleep({{seconds}})
sys.exit("the model is broken")
"""


def lives(pid: int) -> bool:
    """Tell whether a process runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def write_engine(folder: Path, seconds: float) -> Path:
    """Write an engine in small that lives so long."""
    entry = folder / "engine.py"
    entry.write_text(ENGINE.replace("{seconds}", str(seconds)))
    return entry


def small(tmp_path: Path, seconds: float = 600) -> EngineSettings:
    """Return the settings of an engine in small."""
    return EngineSettings(
        python=Path(sys.executable),
        model=Path("nowhere"),
        actions_url="http://127.0.0.1:9/",
        token="token",
        entry=write_engine(tmp_path, seconds),
    )


def start_service(python: Path, entry: Path) -> tuple[subprocess.Popen[str], int]:
    """Start the service in small; returns it and its engine's process id."""
    service = subprocess.Popen(
        [sys.executable, "-c", SERVICE, str(python), str(entry)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert service.stdout is not None
    return service, int(service.stdout.readline())


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_no_engine_outlives_the_service(tmp_path: Path, how: signal.Signals) -> None:
    service, engine = start_service(Path(sys.executable), write_engine(tmp_path, 600))
    assert lives(engine)
    service.send_signal(how)
    await eventually(lambda: not lives(engine))
    service.wait(timeout=10)


async def test_rasa_is_on_the_leash_before_it_has_loaded() -> None:
    python = Environments().engine() / "bin" / "python"
    entry = ROOT / "bot" / "dialogue" / "inside_rasa" / "__main__.py"
    service, engine = start_service(python, entry)
    service.kill()
    await eventually(lambda: not lives(engine), within=10)
    service.wait(timeout=10)


async def test_an_engine_whose_service_is_gone_already_does_not_start(tmp_path: Path) -> None:
    entry = write_engine(tmp_path, 600)
    started = time.monotonic()
    done = await asyncio.create_subprocess_exec(
        sys.executable, str(entry), "serve", "--parent", "1", stdin=subprocess.DEVNULL
    )
    assert await done.wait() != 0
    assert time.monotonic() - started < 30


async def test_an_engine_that_ends_is_started_again(tmp_path: Path) -> None:
    heard: list[EngineState] = []
    supervisor = Supervisor(small(tmp_path), heard.append)
    await supervisor.start()
    assert await supervisor.ready(10)
    first, where = supervisor.pid, supervisor.where()
    assert first is not None and where == "http://127.0.0.1:9"
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: EngineState.DOWN in heard)
    assert supervisor.where() is None
    await eventually(lambda: supervisor.pid not in (None, first), within=10)
    assert await supervisor.ready(10)
    await supervisor.stop()
    assert supervisor.state is EngineState.STOPPED
    assert heard[-1] is EngineState.STOPPED


async def test_an_engine_that_cannot_start_says_why(tmp_path: Path) -> None:
    supervisor = Supervisor(small(tmp_path, seconds=0))
    await supervisor.start()
    await eventually(lambda: supervisor.last_words == "the model is broken")
    await supervisor.stop()


async def test_a_python_that_is_not_there_is_said_and_tried_again(tmp_path: Path) -> None:
    settings = EngineSettings(tmp_path / "python", tmp_path, "", "token")
    supervisor = Supervisor(settings)
    await supervisor.start()
    assert not await supervisor.ready(0.3)
    assert "cannot be started" in supervisor.last_words
    await supervisor.stop()


async def test_the_engine_knows_no_key_no_database_and_no_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SAF_KEY_FILE", "SAF_DATABASE_URL", "SAF_CLIENT_BOT_TOKEN", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "secret")
    supervisor = Supervisor(small(tmp_path))
    await supervisor.start()
    assert await supervisor.ready(10)
    known = Path(f"/proc/{supervisor.pid}/environ").read_bytes()
    asked = Path(f"/proc/{supervisor.pid}/cmdline").read_bytes()
    await supervisor.stop()
    assert b"PATH=" in known and b"secret" not in known
    assert b"token" not in known + asked


async def test_stopping_twice_does_nothing(tmp_path: Path) -> None:
    supervisor = Supervisor(small(tmp_path))
    await supervisor.start()
    await supervisor.start()
    assert await supervisor.ready(10)
    pid = supervisor.pid
    assert pid is not None
    await supervisor.stop()
    await supervisor.stop()
    assert not lives(pid)


async def test_it_must_be_started_from_the_main_thread(tmp_path: Path) -> None:
    def start() -> None:
        asyncio.run(Supervisor(small(tmp_path)).start())

    with pytest.raises(RuntimeError, match="thread"):
        await asyncio.to_thread(start)
