"""When the staff's room was renewed: what becomes of talks that cannot go on in it."""

from __future__ import annotations

import sqlalchemy as sa

from bot.service import runs
from bot.service.house import House
from bot.store.tables import FlowRun, RunState


def put_down(house: House) -> str:
    """Abandon the runs of flows that are not there any more; say how many, empty when none.

    A run whose flow has only changed goes on as it began: it carries its own copy.
    """
    open_states = (RunState.ACTIVE, RunState.PAUSED)
    with house.db.write() as s:
        gone = [
            run
            for run in s.scalars(sa.select(FlowRun).where(FlowRun.state.in_(open_states)))
            if run.flow not in house.content.flows
        ]
        for run in gone:
            runs.end(run, house.clock.now(), RunState.ABANDONED)
    return f"{len(gone)} begun talks ended: their flow is not there any more" if gone else ""
