"""The next turn: which of a client's messages the dialogue is asked about, and in what state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.core.flows import Flow
from bot.service import outage, runs
from bot.service.alerting import asks
from bot.service.house import House
from bot.service.planning import plans
from bot.store import inbox
from bot.store.tables import Client, FlowRun, Inbox, InboxState, RunState


@dataclass(frozen=True, slots=True)
class Asked:
    """What the engine is asked, and for whose message."""

    inbox_id: str
    run_id: str | None
    flow: Flow | None
    state: Mapping[str, Any]
    text: str
    choice: str | None
    late: bool
    overtaken: bool  # a tap whose question was answered while it waited


def next_turn(house: House, client_id: str) -> Asked | None:
    """Return a client's next open turn, None when there is none that may be taken now.

    Danger that stands behind a turn that waits is answered here: it may wait all night.
    """
    now = house.clock.now()
    with house.db.read() as s:
        rows = [
            row
            for row in inbox.open_of_client(s, client_id)
            if row.state in (InboxState.JUDGED, InboxState.WAITING)
        ]
        if not rows:
            return None
        row, *behind = rows
        if row.next_try_at is None or row.next_try_at <= now:
            return _asked(s, house, now, row)
        danger = [one.id for one in behind if outage.unanswered(s, one)]
    outage.answer_danger(house, danger)
    return None


def _asked(s: Session, house: House, now: datetime, row: Inbox) -> Asked:
    client = s.get_one(Client, row.client_id)
    run = runs.current(s, client)
    button = inbox.button(s, row) if row.token else None
    overtaken = button is not None and not _asks(run, row)
    # Words answer only the question that stood when they were written.
    if button is None and not (_asks(run, row) and run and run.state is RunState.ACTIVE):
        run = None
    words = inbox.words(house.sealer, row, client)
    state: dict[str, Any] = {
        "language": client.language.value,
        "flow": run.flow if run else None,
        "step": run.step if run else None,
        "answers": runs.answers(s, house, client, run) if run else {},
        "asked_again": run.asked_again if run else False,
        "done": plans.done(s, client),
        "own": run is not None and plans.names_worker(s, house, client, run, words),
        "signals": list(row.signals) if row.urgency and row.urgency.pages else [],
        "alarming": bool(row.urgency and row.urgency.pages) or asks.raised(s, row),
    }
    return Asked(
        inbox_id=row.id,
        run_id=run.id if run else None,
        flow=runs.flow_of(run) if run else None,
        state=state,
        text=words,
        choice=button.value if button else None,
        late=now - row.received_at > outage.STALE,
        overtaken=overtaken,
    )


def _asks(run: FlowRun | None, row: Inbox) -> bool:
    """Tell whether a run still asks what stood there when a message came."""
    return run is not None and row.asked == f"{run.flow}.{run.step}"
