"""``publish``: makes data/ live, or says in one sentence each why it may not be."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.settings import Settings


@click.command()
@click.option("--note", default="", metavar="TEXT", help="Why, in a few words; kept with it.")
@click.option(
    "--drop",
    multiple=True,
    metavar="PHRASE",
    help="Give up this danger phrase on purpose, by its id; may be given twice.",
)
@click.option("--list", "listed", is_flag=True, help="Show the published versions and end.")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the program (default: SAF_HOME, else ./var).",
)
def command(note: str, drop: tuple[str, ...], listed: bool, home: Path | None) -> int:
    """Check data/, train what has changed, and make it live as a numbered version.

    Refused, one sentence a reason and exit code 2: any mistake that `check` finds; a danger phrase
    that the live version has and that nothing finds any more; a danger model that judges worse
    than the live one; a dialogue that fails the test stories.

    A version is kept whole in HOME/published/: content, models, hashes, who, when, note. A service
    that runs takes it over within seconds and loses no turn; a talk that has begun ends as it
    began. From the first version on, `run` and the administration read what is live, and an edit in
    data/ changes nothing for clients until it is published; until then they read data/ as it
    stands. `chat`, `test`, `simulate`, `triage` and `check` always read data/. Services on several
    machines: publish on each, or let them share HOME.
    """
    from bot import settings
    from bot.clock import SystemClock
    from bot.wiring import published, publishing

    chosen = settings.read(home=home)
    if listed:
        return _list(chosen)
    press = publishing.Press(
        chosen, SystemClock(), publishing.OurSchool(), _say, publishing.who(), note
    )
    made = publishing.publish(press, frozenset(drop))
    if made is None:
        found = published.live_version(chosen.home)
        click.echo(f"Nothing has changed since version {found.number if found else 0}.")
        return 0
    click.echo(f"Version {made.number} is live. Back to the one before: `saf rollback`.")
    return 0


def _list(chosen: Settings) -> int:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from bot.wiring import published

    live = published.live_version(chosen.home)
    numbers = published.numbers(chosen.home)
    for number in reversed(numbers):
        one = published.version(chosen.home, number)
        at = datetime.fromisoformat(one.at).astimezone(ZoneInfo(chosen.timezone))
        mark = "live" if live is not None and live.number == number else "    "
        gone = f"  (gave up {', '.join(one.dropped)})" if one.dropped else ""
        click.echo(
            f"{number:>4}  {mark}  {at:%Y-%m-%d %H:%M}  {one.who}  {one.note}{gone}".rstrip()
        )
    if not numbers:
        click.echo("Nothing is published yet.")
    return 0


def _say(line: str) -> None:
    """Show progress on stderr."""
    click.echo(line, err=True)
