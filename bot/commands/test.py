"""`test`: everything that CI checks."""

import click

from bot.checks import STEPS, run_steps
from bot.environments import Environments
from bot.errors import SafError


@click.command
@click.option(
    "--only", multiple=True, metavar="NAME", help="Only the steps with this in their name."
)
def command(only: tuple[str, ...]) -> int:
    """Run everything that CI checks; the exit code is 1 if a step fails."""
    steps = [step for step in STEPS if not only or any(word in step.name for word in only)]
    if not steps:
        raise SafError(f"No step is called so; there are: {', '.join(s.name for s in STEPS)}.")
    Environments().checks()
    results = run_steps(
        steps,
        say=lambda line: click.echo(line, err=True),
        show=lambda text: click.echo(text, nl=False),
    )
    failed = [result.step.name for result in results if result.passed is False]
    seconds = sum(result.seconds for result in results)
    verdict = f"FAILED: {', '.join(failed)}" if failed else "All checks passed"
    click.echo(f"{verdict} ({seconds:.0f} s).", err=True)
    # Last, so that whoever reads only the end sees that tests ran, and how many.
    for line in filter(None, (result.closing_line() for result in results)):
        click.echo(line)
    return 1 if failed else 0
