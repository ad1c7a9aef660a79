"""``audit``: who looked at or changed what."""

from __future__ import annotations

from pathlib import Path

import click


@click.command
@click.option("--client", "alias", help="Only what was done about this client.")
@click.option(
    "--last", type=click.IntRange(1), default=200, show_default=True, help="So many rows."
)
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of database and key (default: SAF_HOME, else ./var).",
)
def command(alias: str | None, last: int, home: Path | None) -> None:
    """Print who looked at or changed what, newest last; printing it is recorded too."""
    from zoneinfo import ZoneInfo

    import sqlalchemy as sa

    from bot.store.tables import Audit, Client, Worker
    from bot.wiring.admin import Office, office

    def who(desk: Office, row: Audit) -> str:
        worker = desk.s.get(Worker, row.who)
        return desk.name(worker) if worker is not None else row.who

    def about(desk: Office, row: Audit) -> str:
        client = desk.s.get(Client, row.client_id) if row.client_id else None
        if client is None:
            return ""
        return desk.alias(client) if client.key is not None else "(a forgotten client)"

    with office(home) as desk:
        asked = sa.select(Audit).order_by(Audit.id.desc()).limit(last)
        client = desk.client(alias) if alias else None
        if client is not None:
            asked = asked.where(Audit.client_id == client.id)
        zone = ZoneInfo(desk.settings.timezone)
        lines = []
        for row in reversed(desk.s.scalars(asked).all()):
            alert = f"#{row.alert_id}" if row.alert_id else ""
            cells = (who(desk, row), row.did, about(desk, row), alert)
            words = "  ".join(cell for cell in cells if cell)
            lines.append(f"{row.at.astimezone(zone):%Y-%m-%d %H:%M:%S}  {words}")
        desk.audit("audit_printed", client)
    click.echo("\n".join(lines) or "Nothing is recorded yet.")
