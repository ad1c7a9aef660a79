"""``client``: who is in the program, and what their worker or the office records about them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.commands import _client_trust

if TYPE_CHECKING:
    from bot.core.people import Situation

HOME = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of database and key (default: SAF_HOME, else ./var).",
)
SITUATIONS = [
    "recently_shot",
    "lost_someone",
    "group_conflict",
    "threatened",
    "coming_home",
    "partner_violence",
]
KINDS = ["anniversary", "killing", "shooting", "birthday", "funeral", "vigil", "court", "release"]


@click.group
def command() -> None:
    """Record clients under an alias, never under a legal name, and what is to be known."""


for _one in (_client_trust.hand_over, _client_trust.never_tell, _client_trust.question):
    command.add_command(_one)


@command.command
@click.argument("alias")
@click.option("--worker", required=True, help="Their outreach worker.")
@click.option("--language", type=click.Choice(["en", "es"]), default="en", show_default=True)
@click.option("--timezone", default="", help="Such as America/Chicago (default: SAF_TIMEZONE).")
@click.option("--quiet", default="21:00-09:00", show_default=True, help="Hours without messages.")
@click.option("--checkin-time", default="10:00", show_default=True, help="When they like it.")
@click.option(
    "--cover", is_flag=True, help="Harmless lines only: somebody else may read the phone."
)
@click.option(
    "--situation",
    type=click.Choice(SITUATIONS),
    help="What their plan is about; partner_violence always means --cover.",
)
@click.option(
    "--code-word",
    prompt="Code word, agreed aloud",
    prompt_required=False,
    hide_input=True,
    help="Pages at once when they send it; without a value it is asked for, unseen.",
)
@click.option(
    "--no-phone",
    is_flag=True,
    help="Worker-only: they agreed in person; each check-in and date is the worker's task.",
)
@HOME
def add(
    alias: str,
    worker: str,
    language: str,
    timezone: str,
    quiet: str,
    checkin_time: str,
    cover: bool,
    situation: str | None,
    code_word: str | None,
    no_phone: bool,
    home: Path | None,
) -> None:
    """Record a client under an alias and print the one-time link for their phone."""
    from bot.content.program import clock_time
    from bot.core.people import Language, Role, Situation
    from bot.errors import SafError
    from bot.service.people import consent
    from bot.service.staff import code_words
    from bot.store import people
    from bot.wiring.admin import checked_hours, checked_name, checked_zone, office

    kept = checked_name(alias, "alias")
    hours = checked_hours(quiet)
    try:
        asked_at = clock_time(checkin_time)
    except ValueError:
        raise SafError(f"{checkin_time!r} is no time of day; write it as 10:00.") from None
    if hours.covers(asked_at):
        raise SafError(f"{checkin_time} lies in the quiet hours {quiet}; choose another time.")
    with office(home) as desk:
        theirs = desk.worker(worker)
        if theirs.role is Role.OPERATOR:
            raise SafError(f"{worker} is an operator and has no clients; name an outreach worker.")
        if people.client_by_alias(desk.s, desk.house.sealer, kept) is not None:
            raise SafError(f"There is a client {kept} already; choose another alias.")
        client = people.add_client(
            desk.s,
            desk.house.sealer,
            kept,
            theirs,
            desk.at,
            language=Language(language),
            zone=checked_zone(timezone or desk.settings.timezone),
            quiet=(f"{hours.start:%H:%M}", f"{hours.end:%H:%M}"),
            checkin_time=f"{asked_at:%H:%M}",
            cover=cover or situation == Situation.PARTNER_VIOLENCE,
        )
        client.situation = Situation(situation) if situation else None
        if code_word is not None:
            code_words.keep(desk.house, client, code_word)
        desk.audit("client_added", client)
        said = f"{kept} is recorded as {desk.name(theirs)}'s client."
        if no_phone:
            consent.agree(desk.s, desk.house, desk.at, client)
        else:
            said += f" Open the link on their phone, together.\n{desk.link(client)}"
    click.echo(said)


@command.command("list")
@click.option("--worker", help="Only this worker's clients.")
@HOME
def list_(worker: str | None, home: Path | None) -> None:
    """List the clients by alias: worker, state, phone, open alerts. The look is recorded."""
    import sqlalchemy as sa

    from bot.core.alerts import AlertState
    from bot.store import people
    from bot.store.tables import Alert, Client, Worker
    from bot.wiring.admin import office

    with office(home) as desk:
        asked = sa.select(Client).where(Client.key.is_not(None), people.real(Client))
        if worker:
            asked = asked.where(Client.worker_id == desk.worker(worker).id)
        lines = []
        for client in desk.s.scalars(asked.order_by(Client.made_at, Client.id)):
            open_ = sa.select(sa.func.count()).where(
                Alert.client_id == client.id, Alert.state != AlertState.CLOSED
            )
            facts = [
                f"{desk.name(desk.s.get_one(Worker, client.worker_id))}'s client",
                client.state.value,
                f"phone {client.phone}" if client.chat else "no phone with us",
                f"{desk.s.scalar(open_)} open alerts",
            ]
            lines.append(f"{desk.alias(client)}: {', '.join(facts)}")
        desk.audit("clients_listed")
    click.echo("\n".join(lines) or "There are no clients here yet.")


@command.command("date")
@click.argument("alias")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("day", metavar="YYYY-MM-DD")
@click.option("--what", default="", help="A word for whom it is about; never a name.")
@click.option(
    "--wants",
    type=click.Choice(["messages", "worker_only", "nothing"]),
    default="messages",
    show_default=True,
    help="What the client wants around it.",
)
@HOME
def date_(alias: str, kind: str, day: str, what: str, wants: str, home: Path | None) -> None:
    """Record a date that weighs on a client; reminders come around it, yearly where it returns."""
    from zoneinfo import ZoneInfo

    from bot.core.dates import DateKind, Wants
    from bot.errors import SafError
    from bot.service import dates
    from bot.service.staff.days import sensible
    from bot.wiring.admin import checked_day, office

    found = checked_day(day)
    with office(home) as desk:
        client = desk.client(alias)
        today = desk.at.astimezone(ZoneInfo(client.timezone)).date()
        if not sensible(DateKind(kind), found, today):
            raise SafError(f"{day} cannot be meant for a {kind}; look at the year.")
        dates.record(
            desk.s,
            desk.house,
            desk.at,
            client,
            DateKind(kind),
            found,
            what=what,
            wants=Wants(wants),
        )
        desk.audit("date_recorded", client)
    click.echo(f"Kept for {alias}: {kind}, {day}.")


@command.command
@click.argument("alias")
@click.argument("kind", type=click.Choice(SITUATIONS))
@click.option("--on", "day", metavar="YYYY-MM-DD", help="The day it happened (default: today).")
@HOME
def incident(alias: str, kind: str, day: str | None, home: Path | None) -> None:
    """Record that something happened: a call by a person today, closer check-ins for a year."""
    from datetime import time
    from zoneinfo import ZoneInfo

    from bot.core import hours
    from bot.errors import SafError
    from bot.service import incidents
    from bot.wiring.admin import checked_day, office

    found = checked_day(day) if day else None
    with office(home) as desk:
        client = desk.client(alias)
        happened = desk.at
        today = desk.at.astimezone(ZoneInfo(client.timezone)).date()
        if found is not None and found > today:
            raise SafError(f"{day} has not come yet; an incident is recorded after it happened.")
        if found is not None and found < today:
            happened = hours.local(found, time(12), client.timezone)
        incidents.record(desk.s, desk.house, desk.at, client, _situation(kind), happened)
        desk.audit("incident_recorded", client)
    click.echo(f"Kept for {alias}: {kind}. Their worker is asked to call.")


def _situation(kind: str) -> Situation:
    from bot.core.people import Situation

    return Situation(kind)


@command.command("plan")
@click.argument("alias")
@click.option("--html", "as_html", is_flag=True, help="One page to print, instead of plain text.")
@click.option("--language", type=click.Choice(["en", "es"]), help="Headings (default: theirs).")
@HOME
def plan_(alias: str, as_html: bool, language: str | None, home: Path | None) -> None:
    """Print a client's plan for paper, without a name and without what is theirs alone."""
    from bot.core.people import Language
    from bot.errors import SafError
    from bot.service.planning import plan_paper
    from bot.store import plans
    from bot.wiring.admin import office

    with office(home) as desk:
        client = desk.client(alias)
        if not plans.items(desk.s, client):
            raise SafError(f"{alias} has no plan yet; it is made with them, in their chat.")
        paper = plan_paper.as_html if as_html else plan_paper.as_text
        chosen = Language(language) if language else client.language
        printed = paper(desk.s, desk.house, desk.at, client, chosen)
        desk.audit("plan_printed", client)
    click.echo(printed)


@command.command
@click.argument("alias")
@click.argument("state", type=click.Choice(["ok", "stolen", "seized", "jailed", "deceased"]))
@click.option("--yes", is_flag=True, help="Do not ask again before `deceased`.")
@HOME
def phone(alias: str, state: str, yes: bool, home: Path | None) -> None:
    """Say what became of a client's phone; all that was on its way to it is cancelled."""
    from bot.core.people import PhoneState, may_become
    from bot.errors import SafError
    from bot.service.people import enrol
    from bot.wiring.admin import office

    if state == PhoneState.DECEASED and not yes:
        click.confirm(f"{alias} died? Nothing is ever sent again, for good", abort=True, err=True)
    with office(home) as desk:
        client = desk.client(alias)
        if not may_become(client.phone, PhoneState(state)):
            raise SafError(f"{alias}'s phone is {client.phone} already; nothing changed.")
        enrol.set_phone(desk.s, desk.house, desk.at, client, PhoneState(state), "operator")
    click.echo(f"Kept: {alias}'s phone is {state}.")
