"""``doctor``: what is missing or wrong, and who cannot be reached tonight."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of database and key (default: SAF_HOME, else ./var).",
)
def command(home: Path | None) -> int:
    """Examine this installation: one line a finding, ok, warn or bad.

    The exit code is 1 when something is bad, else 0. Changes nothing, needs no engine, may run
    beside the service.
    """
    import asyncio

    from bot import log, settings
    from bot.clock import SystemClock
    from bot.core.findings import Level
    from bot.wiring import health

    log.set_up()

    async def examine() -> int:
        worst = 0
        async for finding in health.examine(settings.read(home=home), SystemClock()):
            click.echo(f"{finding.level.value:4}  {finding.where}: {finding.what}")
            worst = max(worst, finding.level is Level.BAD)
        return worst

    return asyncio.run(examine())
