"""Sessions: one short transaction for each step, never open across an await or another process."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from bot.errors import StoreTrouble
from bot.store import postgresql
from bot.store.tables import Base, Program

MIGRATIONS = Path(__file__).parent / "migrations"
POOL = 16  # connections that are kept: one for each thread of the service, and some for its ticks
_WRITES = "saf_writes"


class Database:
    """The database: SQLite in one file, or PostgreSQL."""

    def __init__(self, url: str) -> None:
        """Prepare for the database at an SQLAlchemy URL; nothing is opened yet."""
        try:
            self.url = postgresql.url_of(sa.make_url(url))
            self.sqlite = self.url.get_backend_name() == "sqlite"
            more = {"pool_size": POOL} if self.sqlite else postgresql.options(self.url)
            self._engine = sa.create_engine(self.url, hide_parameters=True, **more)
        except (sa.exc.ArgumentError, ImportError, ValueError):
            raise StoreTrouble(
                "SAF_DATABASE_URL is no URL of PostgreSQL; write it as "
                "postgresql://name:password@host/database"
            ) from None
        self._reader = self._engine
        if self.sqlite:
            sa.event.listen(self._engine, "connect", _prepare_sqlite)
            sa.event.listen(self._engine, "begin", _begin_sqlite)
        else:
            postgresql.prepare(self._engine)
            sa.event.listen(self._engine, "begin", _begin_postgresql)
            self._reader = postgresql.reader(self._engine)
        self._writer = self._engine.execution_options(**{_WRITES: True})
        # SQLite lets writers look for their turn every now and then, and who comes last may be
        # first: the threads of one process stand in line here instead.
        self._one_writer = threading.RLock() if self.sqlite else contextlib.nullcontext()
        self.claims = postgresql.Claims(None if self.sqlite else self._engine)

    @property
    def where(self) -> str:
        """Say where the database is: its folder, or its URL without the password."""
        if self.sqlite:
            return str(Path(self.url.database or "").parent)
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that only reads, all of it what stood at one moment."""
        with Session(self._reader, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session that commits at its end and keeps nothing on an error.

        One writer at a time, of all processes. On SQLite it begins with BEGIN IMMEDIATE: a
        transaction that reads first and writes later fails at once when another one wrote in
        between, whatever the time-out.
        """
        with (
            self._one_writer,
            Session(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def exists(self) -> bool:
        """Tell whether there is a database that a key has sealed; tables alone hold nothing."""
        if self.sqlite and not Path(self.url.database or "").exists():
            return False
        try:
            with self._engine.connect() as connection:
                made = sa.inspect(connection).has_table(Program.__tablename__)
                return made and connection.scalar(sa.select(Program.id)) is not None
        except sa.exc.SQLAlchemyError as error:
            raise StoreTrouble(f"the database cannot be opened: {why(error)}") from None

    def migrate(self) -> None:
        """Bring the tables to this version of the code."""
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        try:
            with self._engine.connect() as connection:
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except sa.exc.SQLAlchemyError as error:
            raise StoreTrouble(f"the tables cannot be made: {why(error)}") from None

    def wipe_journal(self) -> None:
        """Let what was just erased stand neither in SQLite's journal nor in PostgreSQL's tables."""
        if not self.sqlite:
            self._rewrite()
            return
        with self._engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")

    def _rewrite(self) -> None:
        try:
            postgresql.rewrite(self._engine, [table.name for table in Base.metadata.sorted_tables])
        except sa.exc.SQLAlchemyError as error:
            raise StoreTrouble(
                "it is erased, but PostgreSQL's files still hold it until somebody says "
                f"VACUUM FULL to it: {why(error)}"
            ) from None

    def versions(self) -> tuple[str | None, str | None]:
        """Return the version of the tables as they stand, and that of this code."""
        with self._engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        return current, ScriptDirectory(str(MIGRATIONS)).get_current_head()

    def close(self) -> None:
        """Close every connection."""
        self.claims.close()
        self._engine.dispose()


def why(error: sa.exc.SQLAlchemyError) -> str:
    """Return what the database says is wrong, in one line and without values."""
    said = str(getattr(error, "orig", None) or type(error).__name__)
    return next(iter(said.splitlines()), type(error).__name__)


def changed(s: Session, statement: sa.Update | sa.Delete) -> int:
    """Carry out a bulk change; return how many rows it changed (compare and set: proceed only if
    it is the number that was meant)."""
    return rows_of(s.execute(statement))


def rows_of(result: sa.Result[Any]) -> int:
    """Return how many rows a bulk change that was carried out has changed."""
    if not isinstance(result, sa.CursorResult):
        raise TypeError("a bulk change gives a cursor's result")
    return result.rowcount


def _prepare_sqlite(connection: object, _record: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # we say BEGIN ourselves
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in (
        "journal_mode=WAL",
        "busy_timeout=5000",
        "synchronous=FULL",  # a page that was promised survives a power cut
        "foreign_keys=ON",
        "secure_delete=ON",  # erased text leaves no trace in free pages
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES, False):
        postgresql.begin_write(connection)
