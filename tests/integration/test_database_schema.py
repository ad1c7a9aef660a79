"""The tables as they are made are the tables that the code means, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from bot.store.session import Database
from bot.store.tables import Base

pytestmark = pytest.mark.both_databases
OPTIONS = {"compare_type": True}


@pytest.fixture
def made(database: str, tmp_path: Path) -> Database:
    """A database as the migrations make it."""
    found = Database(database or f"sqlite:///{tmp_path / 'saf.db'}")
    found.migrate()
    return found


def test_the_migrations_make_what_the_code_means(made: Database) -> None:
    with made._engine.connect() as connection:
        if connection.dialect.name == "postgresql":  # comparing takes long between two statements
            connection.exec_driver_sql("SET idle_in_transaction_session_timeout = 0")
        context = MigrationContext.configure(connection, opts=OPTIONS)
        assert compare_metadata(context, Base.metadata) == []
    current, newest = made.versions()
    assert current == newest
    made.close()


def test_migrating_again_changes_nothing(made: Database) -> None:
    before = made.versions()
    made.migrate()
    assert made.versions() == before and not made.exists()  # tables, but no program yet
    made.close()
