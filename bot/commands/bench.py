"""``bench``: how fast whole check-in turns are, beside stock Rasa in the same run."""

from __future__ import annotations

import click


@click.command()
@click.option(
    "--turns",
    type=click.IntRange(min=1),
    default=800,
    show_default=True,
    help="At least so many turns on each side.",
)
@click.option("--ours-only", is_flag=True, help="Leave stock Rasa out.")
@click.option("--json", "as_json", is_flag=True, help="The figures as one JSON object on stdout.")
@click.option("--engine", "engine_url", default="", help="Use an engine that runs already.")
def command(turns: int, ours_only: bool, as_json: bool, engine_url: str) -> None:
    """Measure whole check-in turns: message in, danger read, answers saved, reply in the outbox.

    Stock Rasa plays the same check-ins on its default pipeline, in an environment of its own of
    2 GB that is made the first time, when it also trains for some minutes. Nothing of a real
    program is touched, and nothing is sent. See bot/bench/README.md.
    """
    import asyncio
    import json
    import signal

    from bot import log, settings
    from bot.bench.measure import Figures, Wanted, measure
    from bot.bench.report import render
    from bot.wiring import models

    log.set_up()
    chosen = settings.read()
    models.danger(chosen, _say)
    models.dialogue(chosen, _say)
    wanted = Wanted(turns, ours_only=ours_only, engine_url=engine_url)

    async def run() -> Figures:
        task = asyncio.ensure_future(measure(chosen, wanted, _say))
        # However we are told to end, stock Rasa's processes have to end with us.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await task

    try:
        figures = asyncio.run(run())
    except asyncio.CancelledError:
        raise click.Abort from None
    click.echo(json.dumps(figures, indent=2) if as_json else render(figures))


def _say(line: str) -> None:
    """Show progress on stderr; stdout is for the figures alone."""
    click.echo(f"  {line}", err=True)
