"""``worker``: who has whose clients, for good or while somebody is away."""

from __future__ import annotations

from pathlib import Path

import click

HOME = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of database and key (default: SAF_HOME, else ./var).",
)


@click.command("hand-over")
@click.argument("name")
@click.argument("to")
@click.option("--leaves", is_flag=True, help="They go: phone, PIN and links go dead this minute.")
@HOME
def hand_over(name: str, to: str, leaves: bool, home: Path | None) -> None:
    """Give all clients of NAME to TO, with dates, open alerts and tasks, in one step.

    Each client hears it from NAME, and may refuse: then a supervisor has the task.
    """
    from bot.service.people import caseload, leaving
    from bot.wiring.admin import office

    with office(home) as desk:
        before, after = desk.worker(name), desk.worker(to)
        became = caseload.move(desk.s, desk.house, desk.at, before, after, "operator")
        lines = [f"{len(became.moved)} clients of {name} are {to}'s now."]
        lines += [
            f"{desk.alias(client)} does not want {to} to know and is {desk.name(other)}'s now."
            for client, other in became.elsewhere
        ]
        lines += [
            f"{desk.alias(client)} does not want {to} to know and stays with {name}: "
            f"saf client hand-over {desk.alias(client)} --to NAME."
            for client in became.stay
        ]
        if leaves and became.stay:
            lines.append(f"{name} has not left: every client needs another worker first.")
        elif leaves:
            leaving.leave(desk.s, desk.house, desk.at, before)
            desk.audit("worker_left")
            lines.append(f"{name} has left: no page goes there, and the bot answers them no more.")
        if after.chat is None:
            lines.append(f"{to} cannot be paged yet: the link is not used.")
    click.echo("\n".join(lines))


@click.command
@click.argument("name")
@click.option("--from", "since", required=True, metavar="TIME", help="Such as 2027-03-01T09:00.")
@click.option("--to", "until", required=True, metavar="TIME", help="Not included.")
@click.option("--substitute", required=True, help="Who gets their pages and tasks meanwhile.")
@HOME
def away(name: str, since: str, until: str, substitute: str, home: Path | None) -> None:
    """Keep that NAME is away: pages and tasks go to the substitute, and come back by themselves."""
    from bot.service.people import away as leave
    from bot.wiring.admin import checked_moment, office

    with office(home) as desk:
        worker, other = desk.worker(name), desk.worker(substitute)
        starts = checked_moment(since, worker.timezone)
        ends = checked_moment(until, worker.timezone)
        leave.keep(desk.s, desk.house, desk.at, worker, other, starts, ends, "operator")
    click.echo(f"Kept: {substitute} stands in for {name} from {since} to {until}.")


@click.command
@click.argument("name")
@HOME
def back(name: str, home: Path | None) -> None:
    """End a leave early: pages and tasks go to NAME again."""
    from bot.service.people import away as leave
    from bot.wiring.admin import office

    with office(home) as desk:
        leave.back(desk.s, desk.house, desk.at, desk.worker(name), "operator")
    click.echo(f"{name} is back.")
