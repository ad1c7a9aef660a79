"""``chat``: a client's chat in the terminal, the worker's phone beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bot.service.house import Heard
    from bot.stage import Stage


@click.command()
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var"),
    show_default=True,
    help="Folder in which the chat keeps a fresh database of its own.",
)
@click.option(
    "--lang",
    "language",
    type=click.Choice(["en", "es"]),
    default="en",
    show_default=True,
    help="Language of Ana, Ben and Cora.",
)
@click.option("--new", is_flag=True, help="Start before the onboarding, as somebody just invited.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on stdout.")
@click.option("--engine", "engine_url", default="", help="Use an engine that runs already.")
def command(home: Path, language: str, new: bool, as_json: bool, engine_url: str) -> None:
    """Talk to the assistant as Ana and watch what reaches Ben, her outreach worker.

    A line is what Ana writes; a button's label or number presses it. Lines with > are stage
    directions: ">worker acknowledge" (reached, release, close OUTCOME) acts on the newest open
    alert as Ben, ">worker TEXT" writes as Ben or presses his button of that label, ">wait 15m"
    moves the clock (s, m, h, d).
    """
    import asyncio
    import sys

    typed = sys.stdin.isatty()
    if typed:
        _say("getting Ana, Ben and Cora their phones (some seconds)")
    from bot import log, settings, stage
    from bot.core.people import Language
    from bot.wiring import models

    # Between the phones no line of a log is in its place; what is broken is said all the same.
    log.set_up(quiet=typed)
    chosen = settings.read(home=home)
    models.danger(chosen, _say)
    models.dialogue(chosen, _say)
    screen = _Screen()

    def hear(heard: Heard) -> None:
        if as_json:
            click.echo(stage.as_row(heard))
        else:
            screen.show(heard)

    set_up = stage.set_up(chosen, home / "chat", hear, language=Language(language), new=new)
    asyncio.run(_play(set_up, typed=typed, engine_url=engine_url))


async def _play(stage: Stage, *, typed: bool, engine_url: str) -> None:
    """Play the whole chat; with a person before the terminal the engine starts meanwhile."""
    import asyncio

    from bot.wiring.dialogue import dialogue

    async with dialogue(stage.house, stage.settings, engine_url) as engine:
        if not typed:
            await engine.ready(_say)
            await stage.begin()
            await _read(stage)
            return
        await stage.begin()
        _say("danger is read already")
        starting = asyncio.create_task(engine.ready(_say))
        ticking = asyncio.create_task(_tick(stage))
        try:
            await _read(stage)
        finally:
            starting.cancel()
            ticking.cancel()


def _say(line: str) -> None:
    """Tell the person before the terminal what takes time; stdout is for the chat alone."""
    click.echo(f"  {line}", err=True)


async def _tick(stage: Stage) -> None:
    import asyncio

    while True:
        await asyncio.sleep(1)
        async with stage.turn:
            await stage.settle()


async def _read(stage: Stage) -> None:
    """Play line after line until the input ends; a line that is wrong says so and is left out."""
    import asyncio
    import sys

    from bot.errors import SafError

    while True:
        line = await asyncio.to_thread(sys.stdin.buffer.readline)
        if not line:
            return
        try:
            async with stage.turn:
                await stage.line(line.decode("utf-8", "replace").rstrip("\r\n"))
        except SafError as error:
            click.echo(str(error), err=True)


class _Screen:
    """Draws two phones: the client's on the left, the workers' on the right."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(highlight=False)

    def show(self, heard: Heard) -> None:
        """Draw one message on the phone of whoever got it."""
        from zoneinfo import ZoneInfo

        from rich.columns import Columns
        from rich.padding import Padding
        from rich.panel import Panel
        from rich.text import Text

        from bot.core.people import Role

        client = heard.role is Role.CLIENT
        lines = Text(heard.text)
        for number, (label, _) in enumerate(heard.buttons, 1):
            lines.append(f"\n[{number}] {label}", style="bold cyan" if client else "bold magenta")
        at = heard.at.astimezone(ZoneInfo(heard.zone))
        title = f"{heard.to}'s phone  {at:%a %H:%M}"
        style = "cyan" if client else "bold red" if heard.kind == "page" else "magenta"
        width = max(40, self._console.width * 6 // 10)
        panel = Panel(lines, title=title, title_align="left", border_style=style, width=width)
        left = 0 if client else max(0, self._console.width - width)
        self._console.print(Padding(Columns([panel]), (0, 0, 0, left)))
