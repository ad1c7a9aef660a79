"""What tests of plans share: a client with a plain engine, and what stands in the plan."""

from __future__ import annotations

from bot.core.people import Situation
from bot.core.plan import ItemState
from bot.service import runs
from bot.service.planning import plans as service
from bot.store import plans as store
from bot.store.tables import FlowRun, RunState
from tests.support.plain_engine import PlainEngine
from tests.support.program import Program, client


def listening(program: Program) -> Program:
    """Give a program an engine that leads its flows."""
    program.house.engine = PlainEngine(program.house.turns)
    return program


def begin(program: Program, situation: Situation) -> None:
    """Let the client say yes to a situation's plan."""
    with program.house.db.write() as s:
        ana, at = client(program), program.clock.now()
        ana = s.merge(ana)
        run = service.decide(s, program.house, at, ana, situation, True)
        assert run is not None
        runs.ask(s, program.house, at, ana, run)


def asked(program: Program) -> str:
    """Return ``flow.step`` of what a client is being asked, or what waits; empty: nothing."""
    with program.house.db.read() as s:
        run = runs.current(s, client(program))
        return f"{run.flow}.{run.step}" if run else ""


def standing(program: Program) -> dict[str, list[str]]:
    """Return the words that stand in the client's plan, by section and term."""
    found: dict[str, list[str]] = {}
    with program.house.db.read() as s:
        ana = client(program)
        for item in store.items(s, ana, ItemState.ACTIVE):
            words = store.words(program.house.sealer, ana, item)
            found.setdefault(f"{item.section}.{item.term}", []).append(words)
    return found


def needs(program: Program) -> dict[str, str]:
    """Return what was asked for, with its state."""
    with program.house.db.read() as s:
        return {need.kind.value: need.state.value for need in store.needs(s, client(program))}


def open_runs(program: Program) -> list[str]:
    """Return the flows that are not over."""
    with program.house.db.read() as s:
        rows = s.query(FlowRun).filter(FlowRun.state.in_((RunState.ACTIVE, RunState.PAUSED)))
        return sorted(row.flow for row in rows)
