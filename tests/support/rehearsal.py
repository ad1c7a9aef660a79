"""Playing a scenario from its text, with triage by a few words and without an engine."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path
from typing import Any

from bot.channels.rehearsal import channels
from bot.clock import VirtualClock
from bot.content import scenario as scenarios
from bot.content.program import load_escalation
from bot.core.scenario import Fault
from bot.service.rehearse import Rehearsal, blocked, down
from bot.settings import ROOT, Settings
from bot.stage import as_row
from bot.wiring import open_house
from tests.support.program import Rules

PROGRAM = load_escalation(ROOT / "data" / "program" / "escalation.yml")
PEOPLE = """
workers:
  - {name: Ben, role: outreach_worker}
  - {name: Cora, role: supervisor}
clients: [{name: Ana, worker: Ben}]
"""


def play(text: str, folder: Path, *, span: tuple[str, str] | None = None) -> list[dict[str, Any]]:
    """Play a scenario; return the rows that ``simulate`` prints.

    ``span``: start and end as local times of Chicago in March 2027; Ben, Cora and Ana are added.
    """
    if span is not None:
        start, until = (f"2027-03-{moment}:00-06:00" for moment in span)
        text = f'start: "{start}"\nuntil: "{until}"\n{PEOPLE}\n{text}'
    file = folder / "scenario.yml"
    file.write_text(text, encoding="utf-8")
    read = scenarios.load(file, PROGRAM)
    clock = VirtualClock(read.start)
    house = open_house(
        Settings(home=folder / "home"),
        clock=clock,
        channels=channels(
            partial(down, read, clock, Fault.TELEGRAM_DOWN), partial(blocked, read, clock)
        ),
        triage=Rules(),
    )
    rows: list[dict[str, Any]] = []
    house.heard.append(lambda heard: rows.append(json.loads(as_row(heard))))
    asyncio.run(Rehearsal(house, clock, read).play())
    house.db.close()
    return rows


def at(row: dict[str, Any]) -> str:
    """Return day and hour of a row, as they stand on the receiver's wall."""
    moment: str = row["at"]
    return moment[8:16]


def got(rows: list[dict[str, Any]], who: str, *kinds: str) -> list[str]:
    """Return when somebody got messages of these kinds."""
    return [at(r) for r in rows if r["to"] == who and r["kind"] in kinds and "skipped" not in r]
