"""The tests' own PostgreSQL leaves nothing behind, also when the tests are killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.postgresql import Server, server
from tests.support.service import ROOT, until

KEEPS_ONE = """
import time
from tests.support.postgresql import Server
one = Server()
print(one.folder, (one.folder / "data" / "postmaster.pid").read_text().split()[0], flush=True)
time.sleep(60)
"""


def test_killed_tests_leave_no_server_and_no_folder(postgresql: Server) -> None:
    tests = subprocess.Popen(
        [sys.executable, "-c", KEEPS_ONE], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert tests.stdout is not None
    folder, number = tests.stdout.readline().split()
    assert _lives(int(number))
    tests.kill()
    tests.wait(10)
    until(lambda: not _lives(int(number)))
    with server() as next_one:  # sweeps what nobody keeps any more, and nothing else
        assert not Path(folder).exists() and postgresql.folder.exists()
        left = next_one.folder
    assert not left.exists()
    assert postgresql.ask("SELECT 1") == [(1,)]


def _lives(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1]
    except OSError:
        return False
    return number != os.getpid() and state.split()[0] != "Z"
