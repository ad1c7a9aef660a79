"""A real PostgreSQL server for tests: made in a folder of its own by an account of its own (initdb
refuses root), on a unix socket, without fsync, and gone when the tests are, however they end."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psycopg

from bot.store.session import Database
from tests.support.service import until

PREFIX = "saf-postgresql-"
TEMPLATE = "migrated"
MUST = "SAF_TESTS_NEED_POSTGRESQL"  # set by .ci/run where it can install the server
# Nothing of a test outlives this machine, so nothing has to reach a disk; but what is committed is
# handed to the kernel (synchronous_commit stays on), or a restart would lose it.
FAST = ("fsync=off", "full_page_writes=off", "autovacuum=off")


class NoServer(Exception):
    """There is no PostgreSQL on this machine."""


def programs() -> Path:
    """Return the folder of the newest server's programs; NoServer when there is none."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int("0" + "".join(filter(str.isdigit, path.parts[-3]))),
    )
    where = found[-1] if found else shutil.which("initdb")
    if where is None:
        raise NoServer("PostgreSQL's server is not installed; apt-get install postgresql")
    return Path(where).resolve().parent


class Server:
    """One server of the tests' own."""

    def __init__(self) -> None:
        """Make a cluster and start it."""
        self._programs = programs()
        _sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))  # a socket's path is short
        self._kept = (self.folder / "kept").open("w")  # ours for as long as we live: see _sweep
        fcntl.flock(self._kept, fcntl.LOCK_EX)
        self._as: list[str] = []
        if os.geteuid() == 0:
            account = _account()
            os.chown(self.folder, account.pw_uid, account.pw_gid)
            ids = (f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
            self._as = ["setpriv", *ids]
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers, self._migrated = count(1), False
        like = ("--username=saf", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
        made = subprocess.run(
            [*self._as, self._programs / "initdb", "-D", self.folder / "data", *like],
            capture_output=True,
            text=True,
            cwd="/",
        )
        assert made.returncode == 0, made.stderr
        self.start()

    def start(self) -> None:
        """Start the server; returns when it answers."""
        settings = [word for setting in FAST for word in ("-c", setting)]
        where = ("-D", self.folder / "data", "-k", self.folder, "-c", "listen_addresses=")
        # The kernel ends it at once when we die, by -9 too.
        bound = (*(self._as or ["setpriv"]), "--pdeathsig=QUIT")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*bound, self._programs / "postgres", *where, *settings],
                stdout=log,
                stderr=log,
                cwd="/",
            )
        until(self._answers, 30)

    def _answers(self) -> bool:
        assert self._process is not None and self._process.poll() is None, self.log
        with suppress(psycopg.OperationalError):
            self._connect().close()
            return True
        return False

    @property
    def running(self) -> bool:
        """Tell whether it was started and not stopped."""
        return self._process is not None

    @property
    def log(self) -> str:
        """Return what the server wrote."""
        return (self.folder / "log").read_text(encoding="utf-8", errors="replace")

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Stop as ``pg_ctl -m immediate`` does: no connection ends its work, nothing is flushed."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(30)
            self._process = None

    def remove(self) -> None:
        """Stop for good and leave nothing behind."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._kept.close()

    def url(self, name: str) -> str:
        """Return the URL of a database, as an operator writes it."""
        return f"postgresql://saf@/{name}?host={self.folder}"

    def _connect(self, name: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            f"host={self.folder} user=saf dbname={name} connect_timeout=5", autocommit=True
        )

    def ask(self, statement: str, name: str = "postgres") -> list[tuple[object, ...]]:
        """Let the server's owner say something to it."""
        with self._connect(name) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def empty(self) -> str:
        """Make a database without tables; return its name."""
        name = f"test_{next(self._numbers)}"
        self.ask(f"CREATE DATABASE {name}")
        return name

    def fresh(self) -> str:
        """Make a database with our tables; return its name. The first time it is migrated, later
        ones are copied from that."""
        if not self._migrated:
            self.ask(f"CREATE DATABASE {TEMPLATE}")
            first = Database(self.url(TEMPLATE))
            first.migrate()
            first.close()
            self._migrated = True
        name = f"test_{next(self._numbers)}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return name

    def hang_up(self, name: str) -> None:
        """Break every connection to a database, in whatever it is doing."""
        self.ask(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
            name,
        )

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def server() -> Iterator[Server]:
    """Keep a server for as long as the block lasts."""
    running = Server()
    try:
        yield running
    finally:
        running.remove()


def _account() -> pwd.struct_passwd:
    """Return an account that is not root and exists: the server's own, else nobody's."""
    with suppress(KeyError):
        return pwd.getpwnam("postgres")
    return pwd.getpwnam("nobody")


def _sweep() -> None:
    """Remove what tests left that were killed: a folder that nobody keeps."""
    for folder in Path("/tmp").glob(f"{PREFIX}*"):
        with suppress(OSError), (folder / "kept").open("r+") as kept:
            fcntl.flock(kept, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
