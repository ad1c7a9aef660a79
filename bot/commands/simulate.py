"""``simulate``: a scenario in virtual time on the real code, months in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from bot.core.danger import Context, Verdict
    from bot.core.scenario import Scenario
    from bot.service.house import Engine, House, Judge
    from bot.settings import Settings


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def command(file: Path) -> None:
    """Play the scenario in FILE and print what everybody got, one JSON object a line.

    The scenario is YAML: start, until, program, workers, clients, oncall, dates, incidents and
    events (says, does, fault). Nothing of a real program is touched, and nothing is sent. The
    dialogue engine is started only when a client says something that needs it.
    """
    import asyncio
    import tempfile

    from bot import log, settings
    from bot.content import program, scenario

    log.set_up()
    chosen = settings.read()
    escalation = program.load_escalation(chosen.data / "program" / "escalation.yml")
    read = scenario.load(file, escalation)
    with tempfile.TemporaryDirectory(prefix="saf-rehearsal-") as home:
        asyncio.run(_play(chosen, Path(home), read))


async def _play(chosen: Settings, home: Path, scenario: Scenario) -> None:
    """Build a house of its own in a folder that goes away, and play the scenario in it."""
    from contextlib import AsyncExitStack
    from dataclasses import replace
    from functools import partial

    from bot import wiring
    from bot.channels import rehearsal
    from bot.clock import VirtualClock
    from bot.core.scenario import Fault
    from bot.service.rehearse import Rehearsal, blocked, down
    from bot.settings import Sensitive
    from bot.stage import as_row

    clock = VirtualClock(scenario.start)
    channels = rehearsal.channels(
        partial(down, scenario, clock, Fault.TELEGRAM_DOWN), partial(blocked, scenario, clock)
    )
    own = replace(chosen, home=home, database_url=Sensitive(""), key_file=None)
    house = wiring.open_house(own, clock=clock, channels=channels, triage=_LateTriage(chosen))
    house.heard.append(lambda heard: click.echo(as_row(heard)))
    async with AsyncExitStack() as stack:
        house.engine = _LateEngine(house, own, stack)
        await Rehearsal(house, clock, scenario).play()
    house.db.close()


class _LateTriage:
    """Loads triage when the first message comes: a year of reminders needs none."""

    def __init__(self, chosen: Settings) -> None:
        self._settings = chosen

    @cached_property
    def _triage(self) -> Judge:
        from bot import wiring
        from bot.wiring import models

        models.danger(self._settings, _say)
        triage = wiring.load_triage(self._settings.models, self._settings.data)
        if triage.degraded:
            _say(triage.degraded)
        return triage

    def judge(self, text: str, context: Context | None = None) -> Verdict:
        """Return what a message says about danger."""
        if context is None:
            return self._triage.judge(text)
        return self._triage.judge(text, context)


class _LateEngine:
    """Starts the engine at the first turn: danger is answered without it."""

    def __init__(self, house: House, chosen: Settings, stack: AsyncExitStack) -> None:
        self._house, self._settings, self._stack = house, chosen, stack
        self._engine: Engine | None = None
        self._failed = False

    async def turn(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what the engine answers; EngineDown when it cannot be started."""
        from bot.errors import EngineDown, SafError

        if self._engine is None and not self._failed:
            try:
                await self._start()
            except SafError as error:
                self._failed = True
                _say(str(error))
        if self._engine is None:
            raise EngineDown("there is no engine")
        return await self._engine.turn(request)

    async def up(self) -> bool:
        """Tell whether there is an engine, or one can be started when it is needed."""
        return not self._failed

    async def _start(self) -> None:
        from bot.wiring import models
        from bot.wiring.dialogue import dialogue

        models.dialogue(self._settings, _say)
        started = await self._stack.enter_async_context(dialogue(self._house, self._settings))
        if await started.ready(_say):
            self._engine = self._house.engine
        else:
            self._failed = True
        self._house.engine = self


def _say(line: str) -> None:
    """Tell what takes time or goes wrong; stdout is for the rows alone."""
    click.echo(f"  {line}", err=True)
