"""``worker``: who works here, how they get in, and when they leave."""

from __future__ import annotations

from pathlib import Path

import click

from bot.commands import _worker_moves

HOME = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of database and key (default: SAF_HOME, else ./var).",
)


@click.group
def command() -> None:
    """Record outreach workers, supervisors and operators, and let them in by a one-time link."""


for _one in (_worker_moves.hand_over, _worker_moves.away, _worker_moves.back):
    command.add_command(_one)


@command.command
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["outreach_worker", "supervisor", "operator"]),
    default="outreach_worker",
    show_default=True,
)
@click.option("--language", type=click.Choice(["en", "es"]), default="en", show_default=True)
@click.option("--timezone", default="", help="Such as America/Chicago (default: SAF_TIMEZONE).")
@HOME
def add(name: str, role: str, language: str, timezone: str, home: Path | None) -> None:
    """Record a worker under the name that clients know; print their link to the worker bot."""
    from bot.core.people import Language, Role
    from bot.errors import SafError
    from bot.store import people
    from bot.wiring.admin import checked_name, checked_zone, office

    kept = checked_name(name, "name")
    with office(home, create=True) as desk:
        if people.worker_by_name(desk.s, desk.house.sealer, kept) is not None:
            raise SafError(f"There is a worker {kept} already; choose another name.")
        zone = checked_zone(timezone or desk.settings.timezone)
        worker = people.add_worker(
            desk.s,
            desk.house.sealer,
            kept,
            Role(role),
            desk.at,
            language=Language(language),
            zone=zone,
        )
        desk.audit("worker_added")
        said = f"{kept} is recorded as {role}.\n{desk.link(worker)}"
    click.echo(said)


@command.command
@click.argument("name")
@HOME
def link(name: str, home: Path | None) -> None:
    """Print a new link for a worker: a new phone, or a forgotten PIN. Older links die."""
    from bot.wiring.admin import office

    with office(home) as desk:
        said = desk.link(desk.worker(name))
    click.echo(said)


@command.command
@click.argument("name")
@click.option("--email", help="Where an e-mail rings when Telegram stays silent; '' takes it away.")
@click.option("--number", help="What the gateway texts or calls: +15551234567; '' takes it away.")
@HOME
def contact(name: str, email: str | None, number: str | None, home: Path | None) -> None:
    """Keep a second way to reach a worker. What leaves there names nobody: "#12, open"."""
    from bot.errors import SafError
    from bot.service import second
    from bot.wiring.admin import checked_email, checked_number, office

    if email is None and number is None:
        raise SafError("Name --email or --number.")
    wanted = ((second.EMAIL, email, checked_email), (second.WEBHOOK, number, checked_number))
    with office(home) as desk:
        worker = desk.worker(name)
        for way, where, checked in wanted:
            if where is not None:
                kept = checked(where) if where else ""
                second.keep(desk.house.sealer, worker, way, kept)
        desk.audit("worker_contact_changed")
        ways = second.ways(desk.house.channels, worker)
    click.echo(f"{name}: pages go by {' and '.join(['Telegram', *ways])}.")
    for way, where, _ in wanted:
        if where and way not in ways:
            setting = "SAF_SMTP_URL" if way == second.EMAIL else "SAF_GATEWAY_URL"
            click.echo(f"Kept, but nothing leaves by {way} before {setting} is set.", err=True)


@command.command("list")
@HOME
def list_(home: Path | None) -> None:
    """List the workers: role, whether pages can reach them, how many clients they have."""
    import sqlalchemy as sa

    from bot.service.alerting import paging
    from bot.store import people, telling
    from bot.store.tables import Client, Worker
    from bot.wiring.admin import office

    with office(home) as desk:
        on_call = {worker.id for worker in paging.on_call(desk.s, desk.house, desk.at)}
        away = telling.away(desk.s, desk.at)
        lines = []
        for worker in desk.s.scalars(
            sa.select(Worker).where(people.real(Worker)).order_by(Worker.made_at, Worker.id)
        ):
            mine = sa.select(sa.func.count()).where(
                Client.worker_id == worker.id, Client.key.is_not(None)
            )
            facts = [worker.role.value, f"{desk.s.scalar(mine)} clients"]
            if not worker.active:
                facts = [worker.role.value, "has left"]
            elif worker.chat is None:
                facts.append("NOT REACHABLE: link not used yet")
            elif worker.tested_at is None:
                facts.append("no test page acknowledged")
            if worker.id in away:
                facts.append(f"away, {desk.name(desk.s.get_one(Worker, away[worker.id]))} instead")
            if worker.id in on_call:
                facts.append("on call now")
            lines.append(f"{desk.name(worker)}: {', '.join(facts)}")
    click.echo("\n".join(lines) or "There are no workers yet; begin with `saf worker add NAME`.")


@command.command
@click.argument("name")
@HOME
def leave(name: str, home: Path | None) -> None:
    """Let a worker go: they are not answered any more. Their clients need another worker first."""
    import sqlalchemy as sa

    from bot.errors import SafError
    from bot.service.people import leaving
    from bot.store.tables import Client
    from bot.wiring.admin import office

    with office(home) as desk:
        worker = desk.worker(name)
        mine = sa.select(Client).where(Client.worker_id == worker.id, Client.key.is_not(None))
        aliases = [desk.alias(client) for client in desk.s.scalars(mine)]
        if aliases:
            raise SafError(
                f"{name} still has {', '.join(aliases)}; give each another worker first: "
                f"saf worker hand-over {name} NAME, or saf client hand-over ALIAS --to NAME."
            )
        leaving.leave(desk.s, desk.house, desk.at, worker)
        desk.audit("worker_left")
    click.echo(f"{name} has left: no page goes there any more, and the bot does not answer them.")
