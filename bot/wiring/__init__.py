"""The one place that builds the real things and puts them together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy as sa
from threadpoolctl import threadpool_limits

from bot.channels.base import Channel
from bot.clock import Clock, SystemClock
from bot.content import Content
from bot.core.messages import Bot
from bot.danger.triage import Triage
from bot.dialogue.turns import OpenTurns
from bot.errors import KeyTrouble, StoreTrouble
from bot.service.house import House, Judge
from bot.settings import Settings
from bot.store.sealed import Sealer, read_key
from bot.store.session import Database, why
from bot.store.tables import Program
from bot.wiring import published


def open_database(settings: Settings) -> tuple[Database, Sealer]:
    """Open the database with its key, both made where there is nothing yet.

    Raises KeyTrouble when the key is missing beside a database or is another one.
    """
    database = Database(settings.url)
    if database.sqlite:
        _make_home(settings)
    existed = database.exists()
    sealer = Sealer(read_key(settings.key, database_exists=existed))
    database.migrate()
    _check_key(database, sealer)
    return database, sealer


def _make_home(settings: Settings) -> None:
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StoreTrouble(
            f"{settings.home} cannot be made ({error.strerror}); name another folder"
        ) from None


def _check_key(database: Database, sealer: Sealer) -> None:
    try:
        with database.write() as s:
            program = s.get(Program, 1)
            if program is None:
                s.add(Program(id=1, key_check=sealer.check, made_at=SystemClock().now()))
            elif program.key_check != sealer.check:
                raise KeyTrouble(
                    "the key is not the one that sealed this database; put the right key back"
                )
    except sa.exc.SQLAlchemyError as error:
        raise StoreTrouble(f"the database cannot be written: {why(error)}") from None


def open_house(
    settings: Settings,
    *,
    clock: Clock | None = None,
    channels: Mapping[str, Channel] | None = None,
    triage: Judge | None = None,
    room: Content | None = None,
    fault: Callable[[str], None] | None = None,
) -> House:
    """Build the house of a program; without an engine, which is started apart.

    It lives by the version that was published into its home; without one, by the checkout's data/.
    ``room``: the staff's room as somebody has read it already, which takes half a second.
    """
    settings = published.live(settings)
    database, sealer = open_database(settings)
    house = House(
        clock=clock or SystemClock(),
        db=database,
        sealer=sealer,
        content=room or published.load_room(settings),
        triage=triage or load_triage(settings.models, settings.data),
        channels=channels or {},
        turns=OpenTurns(),
        bots={Bot.CLIENT: settings.client_bot, Bot.WORKER: settings.worker_bot},
    )
    if fault is not None:
        house.fault = fault
    return house


def load_triage(models: Path, data: Path) -> Triage:
    """Load triage; without a trained model it reads phrases only, and says so.

    From here on the process computes on one core at a time: a short message is too little work to
    share, and threads that wait for each other made a busy service ten times slower.
    """
    threadpool_limits(1, user_api="blas")
    return Triage.load(models, data)
