"""``bench``: how fast whole check-in turns are, beside stock Rasa in the same run; ``bench soak``:
what is lost or doubled while the service is killed again and again."""

from __future__ import annotations

import click


@click.group(invoke_without_command=True)
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
@click.pass_context
def command(
    context: click.Context, turns: int, ours_only: bool, as_json: bool, engine_url: str
) -> None:
    """Measure whole check-in turns: message in, danger read, answers saved, reply in the outbox.

    Stock Rasa plays the same check-ins on its default pipeline, in an environment of its own of
    2 GB that is made the first time, when it also trains for some minutes. Nothing of a real
    program is touched, and nothing is sent. See bot/bench/README.md.
    """
    if context.invoked_subcommand is not None:
        return
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


@command.command("soak")
@click.option("--messages", type=click.IntRange(min=20), default=10_000, show_default=True)
@click.option("--danger", type=click.IntRange(min=1), help="Of them; one in twenty if not given.")
@click.option("--kills", type=click.IntRange(min=0), default=50, show_default=True)
@click.option(
    "--faults",
    type=click.IntRange(0, 90),
    default=20,
    show_default=True,
    help="Of a hundred calls to Telegram, so many go wrong.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="What is said, and when.")
@click.option("--json", "as_json", is_flag=True, help="The figures as one JSON object on stdout.")
def soak(
    messages: int, danger: int | None, kills: int, faults: int, seed: int, as_json: bool
) -> int:
    """Play messages over a bad network, kill the service with -9 on the way, count what came of it.

    The real `run` in a process of its own against a fake Telegram, one dialogue engine that
    outlives the kills, updates that come twice and in another order. The exit code is 1 when a
    danger message has no alert, an alert no page, a message is lost or doubled without a reason, or
    anything is stuck. A quarter of an hour for the defaults; nothing of a real program is touched.
    """
    import asyncio
    import json
    import tempfile
    from pathlib import Path

    from bot import log, settings
    from bot.bench.report import render_soak
    from bot.bench.soak import soak
    from bot.bench.soak_people import Wanted
    from bot.wiring import models

    log.set_up()
    chosen = settings.read()
    models.danger(chosen, _say)
    models.dialogue(chosen, _say)
    dangerous = messages // 20 if danger is None else min(danger, messages)
    wanted = Wanted(messages, dangerous, min(kills, messages // 2), faults / 100, seed)
    with tempfile.TemporaryDirectory(prefix="saf-soak-") as home:
        figures = asyncio.run(soak(chosen, Path(home), wanted, _say))
    click.echo(json.dumps(figures, indent=2) if as_json else render_soak(figures))
    return 1 if figures["broken"] else 0


def _say(line: str) -> None:
    """Show progress on stderr; stdout is for the figures alone."""
    click.echo(f"  {line}", err=True)
