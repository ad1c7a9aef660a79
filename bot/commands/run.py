"""``run``: the service, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click


@click.command()
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of database and key (default: SAF_HOME, else ./var).",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(["telegram", "ticks", "engine"]),
    help="Only this part, to split the service over processes: telegram takes messages and holds "
    "the talk, ticks delivers, escalates, reminds and erases, engine keeps the dialogue engine "
    "for telegram. May be given twice.",
)
@click.option("--engine", "engine_url", default="", help="Use an engine that runs already.")
@click.option("--no-train", is_flag=True, help="Start at once with the models that are there.")
@click.option("--verbose", is_flag=True, help="Log what is going on, not only what is wrong.")
def command(
    home: Path | None, only: tuple[str, ...], engine_url: str, no_train: bool, verbose: bool
) -> None:
    """Serve clients and workers on Telegram, tick, and keep the dialogue engine.

    Needs SAF_CLIENT_BOT_TOKEN and SAF_WORKER_BOT_TOKEN. Polls Telegram; with SAF_WEBHOOK_URL and
    SAF_WEBHOOK_SECRET it takes webhooks instead. Clients get the version that was published last
    (see `publish`), a new one within seconds; until one is, data/ as it stands. Ctrl-C
    or SIGTERM: what is in hand is finished, then it ends.
    """
    from bot import log, settings
    from bot.wiring import running

    log.set_up(verbose=verbose)
    chosen = settings.read(home=home)
    parts = frozenset(running.Part(part) for part in only) or frozenset(running.Part)
    if engine_url:
        parts -= {running.Part.ENGINE}
    service = running.build(chosen, parts, _say, engine_url=engine_url, train=not no_train)
    running.serve(service)


def _say(line: str) -> None:
    """Tell the operator; stdout stays empty. Nobody need be there to read it."""
    with contextlib.suppress(OSError):
        click.echo(line, err=True)
