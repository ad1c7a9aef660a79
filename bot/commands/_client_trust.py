"""``client``: who has a client, whom they trust, and how they prove who they are."""

from __future__ import annotations

from pathlib import Path

import click

HOME = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of database and key (default: SAF_HOME, else ./var).",
)


@click.command("never-tell")
@click.argument("alias")
@click.argument("name")
@click.option("--instead", default="", help="Who hears in their place; agreed with the client.")
@click.option("--undo", is_flag=True, help="Take them off the list again.")
@HOME
def never_tell(alias: str, name: str, instead: str, undo: bool, home: Path | None) -> None:
    """Keep that a worker must never be told about a client: no page, no list, no hand-over."""
    from bot.service.people import never
    from bot.wiring.admin import office

    with office(home) as desk:
        client, worker = desk.client(alias), desk.worker(name)
        if undo:
            never.undo(desk.s, desk.at, client, worker, "operator")
            said = f"{name} may be told about {alias} again."
        else:
            other = desk.worker(instead) if instead else None
            never.keep(desk.s, desk.house, desk.at, client, worker, other, "operator")
            hears = f"{instead} hears" if instead else "nobody hears (name one with --instead)"
            said = f"Kept: {name} is told nothing about {alias}; in their place {hears}."
    click.echo(said)


@click.command
@click.argument("alias")
@click.option(
    "--words",
    prompt="The agreed question and its answer",
    hide_input=True,
    help="Asked for, unseen, unless given; empty: no more.",
)
@HOME
def question(alias: str, words: str, home: Path | None) -> None:
    """Keep, sealed, the question agreed with a client, which whoever opens a page is shown."""
    from bot.service.staff import code_words
    from bot.wiring.admin import office

    with office(home) as desk:
        client = desk.client(alias)
        code_words.keep_question(desk.house, client, words)
        desk.audit("agreed_question_set", client)
    click.echo(f"Kept for {alias}: the agreed question." if words.strip() else "Taken away.")


@click.command("hand-over")
@click.argument("alias")
@click.option("--to", required=True, help="The worker who has them from now on.")
@HOME
def hand_over(alias: str, to: str, home: Path | None) -> None:
    """Give a client another worker, after telling them; alerts, tasks and dates move along."""
    from bot.core.people import Role
    from bot.errors import SafError
    from bot.service.people import caseload
    from bot.wiring.admin import office

    with office(home) as desk:
        client, worker = desk.client(alias), desk.worker(to)
        if worker.role is Role.OPERATOR:
            raise SafError(f"{to} is an operator and has no clients; name an outreach worker.")
        if client.worker_id == worker.id:
            raise SafError(f"{alias} is {to}'s client already.")
        caseload.give(desk.s, desk.house, desk.at, client, worker, "operator")
        reachable = "" if worker.chat else f" {to} cannot be paged yet: the link is not used."
    click.echo(f"{alias} is {to}'s client now.{reachable}")
