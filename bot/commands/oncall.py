"""``oncall``: who has the shift, and when nobody has."""

from __future__ import annotations

from pathlib import Path

import click

HOME = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of database and key (default: SAF_HOME, else ./var).",
)


@click.group
def command() -> None:
    """Record who is on call; whoever is gets every page at minute 0, beside the client's worker."""


@command.command
@click.argument("name")
@click.option(
    "--from", "start", required=True, metavar="2026-11-23T18:00", help="Their local time."
)
@click.option("--to", "end", required=True, metavar="2026-11-24T08:00", help="Their local time.")
@HOME
def add(name: str, start: str, end: str, home: Path | None) -> None:
    """Put a worker on call from a moment to another, in the worker's time zone."""
    from bot.core.people import Role
    from bot.errors import SafError
    from bot.store.tables import OnCall
    from bot.wiring.admin import checked_moment, office

    with office(home) as desk:
        worker = desk.worker(name)
        if worker.role is Role.OPERATOR:
            raise SafError(f"{name} is an operator and is not paged; name an outreach worker.")
        starts = checked_moment(start, worker.timezone)
        ends = checked_moment(end, worker.timezone)
        if ends <= starts:
            raise SafError(f"{end} is not after {start}; look at the dates.")
        if ends <= desk.at:
            raise SafError(f"{end} is over already; look at the dates.")
        desk.s.add(OnCall(worker_id=worker.id, starts=starts, ends=ends))
        desk.audit("on_call_added")
        unreachable = worker.chat is None
    click.echo(f"{name} is on call from {start} to {end}.")
    if unreachable:
        click.echo(f"{name} CANNOT BE PAGED YET: their link is not used.", err=True)


@command.command
@click.option("--days", type=click.IntRange(1, 366), default=14, show_default=True)
@HOME
def show(days: int, home: Path | None) -> None:
    """Show who is on call now and in the days to come, and the gaps in which nobody is."""
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    import sqlalchemy as sa

    from bot.store.tables import OnCall, Worker
    from bot.wiring.admin import office

    with office(home) as desk:
        until = desk.at + timedelta(days=days)
        zone = ZoneInfo(desk.house.content.escalation.staffed.zone)
        asked = sa.select(OnCall, Worker).join(Worker, Worker.id == OnCall.worker_id)
        asked = asked.where(Worker.active, OnCall.ends > desk.at, OnCall.starts < until)
        lines, covered = [], desk.at
        for shift, worker in desk.s.execute(asked.order_by(OnCall.starts, OnCall.id)):
            if shift.starts > covered:
                lines.append(f"{covered.astimezone(zone):%a %Y-%m-%d %H:%M}  nobody")
            missing = "" if worker.chat else "  CANNOT BE PAGED: link not used"
            starts, ends = shift.starts.astimezone(zone), shift.ends.astimezone(zone)
            lines.append(
                f"{starts:%a %Y-%m-%d %H:%M} to {ends:%a %Y-%m-%d %H:%M}  "
                f"{desk.name(worker)}{missing}"
            )
            covered = max(covered, shift.ends)
        if covered < until:
            lines.append(f"{covered.astimezone(zone):%a %Y-%m-%d %H:%M}  nobody")
    click.echo(f"Times in {zone.key}.")
    click.echo("\n".join(lines))
