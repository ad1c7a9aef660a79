"""``rollback``: makes an earlier version live again."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("version", type=click.IntRange(1), required=False)
@click.option("--note", default="", metavar="TEXT", help="Why, in a few words; kept with it.")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the program (default: SAF_HOME, else ./var).",
)
def command(version: int | None, note: str, home: Path | None) -> None:
    """Make the version before the live one live again, or VERSION (`saf publish --list`).

    Takes effect within seconds in a service that runs, which loses no turn. data/ stays as it is:
    mend there what was wrong, then publish again. What the older version does not find as danger
    is said.
    """
    from bot import settings
    from bot.clock import SystemClock
    from bot.wiring import publishing

    chosen = settings.read(home=home)
    press = publishing.Press(
        chosen, SystemClock(), publishing.OurSchool(), _say, publishing.who(), note
    )
    target, missing = publishing.roll_back(press, version)
    for sentence in missing:
        _say(f"mind: {sentence}")
    words = f" ({target.note})" if target.note else ""
    click.echo(f"Version {target.number} of {target.at:.10}{words} is live. data/ is as it was.")


def _say(line: str) -> None:
    """Show what to mind on stderr."""
    click.echo(line, err=True)
