"""``forget``: what was said by and about a client becomes unreadable, for good."""

from __future__ import annotations

from pathlib import Path

import click


@click.command
@click.argument("alias")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of database and key (default: SAF_HOME, else ./var).",
)
def command(alias: str, home: Path | None) -> None:
    """Destroy a client's key and all that it sealed; bare counts stay. Asks for the alias."""
    from bot.errors import SafError
    from bot.service.people import forgetting
    from bot.store.people import fold
    from bot.wiring.admin import office

    with office(home) as desk:
        desk.client(alias)
    again = click.prompt(f"This cannot be undone. Type {alias} again", err=True)
    if fold(again) != fold(alias):
        raise SafError(f"That is not {alias}; nothing was forgotten.")
    with office(home) as desk:
        client = desk.client(alias)
        forgetting.forget(desk.s, desk.house, desk.at, client)
        desk.audit("forgotten", client)
        database = desk.house.db
    database.wipe_journal()
    click.echo(f"{alias} is forgotten. Backups made before still hold it until they are replaced.")
