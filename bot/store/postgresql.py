"""PostgreSQL: what lets its sessions promise to several processes what SQLite's promise to one.

One writer at a time, as with BEGIN IMMEDIATE: what a step reads in its transaction is still true
when it writes, whoever else serves this program. Steps are short, so nobody waits long for it.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, ExceptionContext

# Advisory locks are numbers; ours begin with these, so that other programs' never meet them.
_WRITER, _CLAIMS = "1455, 0", 1456
# As long as SQLite's busy_timeout: who waits longer is told, and the row waits for the next tick.
LOCK_TIMEOUT = "5s"
# A process that hangs in a transaction must not stop every other one: the server ends it.
_SESSION = {
    "lock_timeout": LOCK_TIMEOUT,
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "10s",
    # The same for a machine that is gone without a word: its locks are free after 20 s.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "2",
}
_CONNECT = {"connect_timeout": 5, "keepalives_idle": 10, "keepalives_interval": 5}
# Each thread of the service has one connection, ticks and commands a few more.
POOL, MORE = 14, 6


def url_of(url: sa.URL) -> sa.URL:
    """Return a URL with the driver that we have, however it was written."""
    if url.drivername in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    return url


def options(url: sa.URL) -> dict[str, Any]:
    """Return what an engine is made with; what the URL itself names counts."""
    told = {name: value for name, value in _CONNECT.items() if name not in url.query}
    return {
        "pool_pre_ping": True,  # connections from before a restart are noticed and made anew
        "pool_size": POOL,
        "max_overflow": MORE,
        "connect_args": told,
        "isolation_level": "READ COMMITTED",
    }


def prepare(engine: Engine) -> None:
    """Give every connection our time-outs, and its troubles one kind."""
    sa.event.listen(engine, "connect", _set_up)
    sa.event.listen(engine, "handle_error", _as_trouble, retval=True)


def reader(engine: Engine) -> Engine:
    """Return the engine for sessions that only read: all of one sees one moment."""
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def begin_write(connection: Connection) -> None:
    """Wait until no other process writes; the end of the transaction lets the next one in.

    The isolation must be READ COMMITTED: each statement after this one sees what the writer before
    us has committed.
    """
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")


def begin_migration(connection: Connection, statement_timeout: str) -> None:
    """Let one process at a time change the tables, while nobody writes into them."""
    begin_write(connection)
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{statement_timeout}'")


def rewrite(engine: Engine, tables: Iterable[str]) -> None:
    """Write tables anew without what was erased from them: PostgreSQL keeps old rows, and VACUUM
    alone only calls their place free.

    Its write-ahead log still holds them until it is recycled, and its archive as long as that is
    kept.
    """
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        for table in tables:
            connection.exec_driver_sql(f'VACUUM (FULL) "{table}"')


def _set_up(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        for name, value in _SESSION.items():
            cursor.execute(f"SET {name} = '{value}'")
    connection.commit()


def _as_trouble(context: ExceptionContext) -> BaseException | None:
    """Let whatever the server does to a connection be an OperationalError, as on SQLite: the path
    knows it as the database's trouble, in which no message and no due thing may fail for good."""
    error = context.sqlalchemy_exception
    if isinstance(error, sa.exc.InternalError | sa.exc.InterfaceError):
        return sa.exc.OperationalError(error.statement, None, error.orig or error, True)
    return None


class Claims:
    """What one process has to itself among all that share the database.

    Kept by the server for as long as our connection lives, so nothing is left claimed by the dead.
    On SQLite (``engine`` None) it counts within the process.
    """

    def __init__(self, engine: Engine | None) -> None:
        """Claim nothing yet."""
        self._engine = engine and engine.execution_options(isolation_level="AUTOCOMMIT")
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._held: set[str] = set()

    def take(self, name: str) -> bool:
        """Claim something; False when anybody has it, in this process too."""
        with self._lock:
            if name in self._held:
                return False
            try:
                taken = self._ask("pg_try_advisory_lock", name)
            except sa.exc.SQLAlchemyError:
                self._drop()  # our connection is from before a restart: once more on a new one
                taken = self._ask("pg_try_advisory_lock", name)
            if taken:
                self._held.add(name)
            return taken

    def release(self, name: str) -> None:
        """Let something go; nothing happens when it was not ours any more."""
        with self._lock:
            if name in self._held:
                self._held.discard(name)
                try:
                    self._ask("pg_advisory_unlock", name)
                except sa.exc.SQLAlchemyError:
                    self._drop()

    def holds(self, name: str) -> bool:
        """Tell whether something is still ours; it is not once our connection has broken."""
        with self._lock:
            try:
                if self._connection is not None:
                    self._connection.exec_driver_sql("SELECT 1")
            except sa.exc.SQLAlchemyError:
                self._drop()
            return name in self._held

    def close(self) -> None:
        """Let everything go."""
        with self._lock:
            self._drop()

    def _ask(self, function: str, name: str) -> bool:
        if self._engine is None:
            return True
        self._connection = self._connection or self._engine.connect()
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], signed=True)
        asked = f"SELECT {function}({_CLAIMS}, {number})"
        return bool(self._connection.exec_driver_sql(asked).scalar())

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
        self._connection = None
        self._held.clear()
