"""``export``: what is kept about one client, for the client."""

from __future__ import annotations

from pathlib import Path

import click


@click.command
@click.option("--client", "alias", required=True, help="For whom.")
@click.option("--language", type=click.Choice(["en", "es"]), help="Default: the client's.")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of database and key (default: SAF_HOME, else ./var).",
)
def command(alias: str, language: str | None, home: Path | None) -> None:
    """Print what is kept about a client, to be given to that client and nobody else."""
    from bot.core.people import Language
    from bot.service.people import export
    from bot.wiring.admin import office

    with office(home) as desk:
        client = desk.client(alias)
        chosen = Language(language) if language else client.language
        text = export.about(desk.s, desk.house, desk.at, client, chosen)
        desk.audit("exported", client)
    click.echo(text)
