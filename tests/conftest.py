"""What all tests share."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest
import structlog

from tests.support import program
from tests.support.postgresql import MUST, NoServer, Server, server

# structlog's own default draws every local variable of a traceback, which takes minutes here.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
    ]
)

BOTH = "both_databases"
_WITHOUT = pytest.StashKey[str]()


@pytest.fixture(autouse=True)
def _logs() -> Iterator[None]:
    """Undo what a command set up: its logs go to a stderr that is closed when the test ends."""
    handlers, events = logging.root.handlers[:], structlog.get_config()
    yield
    logging.root.handlers[:] = handlers
    structlog.configure(**events)


@pytest.fixture(scope="session")
def postgresql(pytestconfig: pytest.Config) -> Iterator[Server]:
    """A PostgreSQL server; skips, and says so aloud, only where none is installed."""
    try:
        with server() as running:
            yield running
    except NoServer as missing:
        if os.environ.get(MUST):
            pytest.fail(str(missing))
        pytestconfig.stash[_WITHOUT] = str(missing)
        pytest.skip(str(missing))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let a test that is marked run once on each database."""
    if metafunc.definition.get_closest_marker(BOTH):
        metafunc.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of the database that this test's program is built on; empty: SQLite in its folder."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield ""
        return
    running: Server = request.getfixturevalue("postgresql")
    name = running.fresh()
    monkeypatch.setattr(program, "database_url", running.url(name))
    yield running.url(name)
    running.drop(name)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud when half of what is promised was not tried."""
    missing = terminalreporter.config.stash.get(_WITHOUT, "")
    if missing:
        terminalreporter.section("NOTHING WAS TRIED ON POSTGRESQL", red=True, bold=True)
        terminalreporter.line(missing, red=True)
