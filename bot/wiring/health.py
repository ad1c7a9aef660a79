"""Examining an installation without changing it: what is missing, wrong, or out of date."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import AsyncIterator, Container, Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa

from bot import content
from bot.clock import Clock
from bot.content.program import load_escalation
from bot.core.findings import Finding, bad, ok, warn
from bot.core.messages import Bot
from bot.danger.encoder import Encoder, EncoderMissing
from bot.environments import Environments
from bot.errors import ContentError, SafError, StoreTrouble
from bot.service.alerting import reach
from bot.settings import Settings
from bot.store.sealed import Sealer, read_key
from bot.store.session import Database, why
from bot.store.tables import Program
from bot.wiring import load_triage, models, published
from bot.wiring.second_ways import second_ways
from bot.wiring.telegram import telegram

MEGABYTE = 1_000_000
# The journal of a busy day fits ten times into this; SQLite stops at zero.
LITTLE, TOO_LITTLE = 1000 * MEGABYTE, 200 * MEGABYTE


async def examine(settings: Settings, clock: Clock) -> AsyncIterator[Finding]:
    """Yield every finding; nothing is written, made or trained."""
    rooms = (*room(settings), *version(settings), *_machine(settings), *_models(settings))
    for finding in rooms:
        yield finding
    async for finding in bots(settings, clock):
        yield finding
    for finding in program(settings, clock):
        yield finding


def room(settings: Settings) -> Iterator[Finding]:
    """Yield the mistake in the staff's room, if there is one."""
    try:
        content.load(settings.data)
        load_triage(settings.models, settings.data)
    except ContentError as mistake:
        yield bad("data", str(mistake))
    else:
        yield ok("data", f"{settings.data} is read without a mistake")


def version(settings: Settings) -> Iterator[Finding]:
    """Yield which version is live, and what of data/ is not."""
    try:
        live = published.live_version(settings.home)
        if live is None:
            yield warn("version", "nothing is published; `saf run` uses data/ as it stands")
            return
        published.check_whole(live)
        changed = published.unpublished(settings) or []
    except SafError as trouble:
        yield bad("version", str(trouble))
        return
    if changed:
        shown = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if changed[3:] else "")
        yield warn(
            "version",
            f"{live.number} is live, and data/ has changes that are not ({shown}); "
            "`saf check`, then `saf publish`",
        )
    else:
        yield ok("version", f"{live.number} of {live.at:.10} is live, and data/ is the same")


def _machine(settings: Settings) -> Iterator[Finding]:
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield bad("clock", f"SAF_TIMEZONE is {settings.timezone!r}; write America/Chicago")
    folder = next(
        path for path in (settings.home, *settings.home.parents, settings.data) if path.exists()
    )
    free = shutil.disk_usage(folder).free
    says = f"{free // MEGABYTE:,} MB free"
    if free < TOO_LITTLE:
        yield bad("disk", f"{says}; make room, or nothing can be written down soon")
    elif free < LITTLE:
        yield warn("disk", f"{says}; make room")
    else:
        yield ok("disk", says)


def _models(settings: Settings) -> Iterator[Finding]:
    try:
        settings = published.live(settings)  # what answers clients, not what stands in the checkout
    except SafError:
        return  # said already
    wrong = list(models.wrong(settings))
    for name, sentence in wrong:
        yield bad(name, sentence)
    if not wrong:
        yield ok("models", "both are there and are what was trained")
    for name, sentence in models.stale(settings):
        yield warn(name, sentence)
    try:
        Encoder.installed()
    except EncoderMissing as missing:
        yield warn("encoder", f"{missing}; danger is understood less")
    else:
        yield ok("encoder", "the sentence encoder is the published one")
    if Environments().whole("engine") is None:
        yield bad("engine", "its environment is missing or old; `python3 -m bot run` makes it")
    else:
        yield ok("engine", "its environment is whole")


async def bots(settings: Settings, clock: Clock) -> AsyncIterator[Finding]:
    """Yield whether Telegram knows both bots."""
    try:
        channel = telegram(settings, clock)
    except SafError as trouble:
        yield bad("telegram", str(trouble))
        return
    try:
        for bot in Bot:
            try:
                yield ok("telegram", f"the {bot.value} bot is @{await channel.check(bot)}")
            except SafError as trouble:
                yield bad("telegram", str(trouble))
    finally:
        await channel.close()


def program(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Look at key, database and people; each only when the one before it is well."""
    try:
        database = Database(settings.url)
        if not database.exists():
            yield bad("database", f"there is none in {database.where}; begin with `saf worker add`")
            return
        sealer = Sealer(read_key(settings.key, database_exists=True))
    except StoreTrouble as trouble:
        yield bad("database", str(trouble))
        return
    except SafError as trouble:
        yield bad("key", str(trouble))
        return
    if stat.S_IMODE(os.stat(settings.key).st_mode) & 0o077:
        yield warn("key", f"others on this machine may read {settings.key}; chmod 600")
    try:
        yield from _database(database, sealer, settings, clock)
    except sa.exc.SQLAlchemyError as error:
        yield bad("database", f"it cannot be used now ({why(error)})")
    except SafError as trouble:
        yield bad("key", str(trouble))
    finally:
        database.close()


def _database(
    database: Database, sealer: Sealer, settings: Settings, clock: Clock
) -> Iterator[Finding]:
    current, newest = database.versions()
    if current != newest:
        yield bad("database", "its tables are of another version; `saf run` brings them on")
        return
    with database.read() as s:
        bound = s.get(Program, 1)
        if bound is not None and bound.key_check != sealer.check:
            yield bad("key", "it is not the one that sealed this database; put the right one back")
            return
    yield ok("key", "it opens this database")
    with database.write() as s:
        s.execute(sa.select(1))  # only now does the transaction begin, and find a lock
    yield ok("database", "it can be written, its tables are current")
    ways: Container[str] = ()
    try:
        ways = second_ways(settings, clock)
    except SafError as trouble:
        yield bad("second way", str(trouble))
    try:
        data = published.live(settings).data
        rules = load_escalation(data / "program" / "escalation.yml")
    except SafError:
        yield bad("people", "nobody is looked at before the mistake in data/ is mended")
        return
    with database.read() as s:
        yield from reach.examine(s, sealer, clock.now(), rules, ways)
