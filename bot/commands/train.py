"""``train``: makes the trained models when what decides them has changed."""

from __future__ import annotations

import click


@click.command()
@click.option(
    "--only", type=click.Choice(["danger", "dialogue"]), help="Only this model, not both."
)
@click.option("--force", is_flag=True, help="Train though nothing has changed.")
def command(only: str | None, force: bool) -> int:
    """Train the danger model and the dialogue on the checkout's data/, where they are out of date.

    Takes a minute or two, nothing when nothing that they learn from has changed (a text of
    data/responses is said, not learned). A danger model that judges the development messages worse
    never replaces the one in place, and no phrase may fail its examples: then the exit code is 2.
    Nothing becomes live by this: see `publish`.
    """
    from bot import settings
    from bot.errors import ContentError, SafError
    from bot.wiring import examining, models

    chosen = settings.read()
    if found := examining.mistakes(chosen.data):
        more = f" ({len(found) - 1} more: `saf check`)" if len(found) > 1 else ""
        raise SafError(f"{found[0]}{more}")
    kept = ""
    try:
        if only != "dialogue":
            kept = models.danger(chosen, _say, anew=force)
        if only != "danger":
            models.dialogue(chosen, _say, anew=force)
    except ContentError as mistake:
        raise SafError(str(mistake)) from None
    if kept:
        raise SafError(f"{kept}.")
    _say("the models are up to date")
    return 0


def _say(line: str) -> None:
    """Show progress on stderr; stdout stays empty."""
    click.echo(line, err=True)
