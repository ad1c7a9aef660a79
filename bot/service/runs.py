"""Runs of flows: beginning one, asking its question, pausing and going on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.content import Content
from bot.core.flows import LATER, SKIP, Flow, Step
from bot.core.messages import Kind
from bot.service import speak
from bot.service.house import House
from bot.store.outbox import Press
from bot.store.tables import Answer, Client, FlowRun, Outbox, RunState

TALK = timedelta(hours=1)  # who has not answered for so long has put the phone away
WIDE = 14  # labels up to so many characters fit beside each other on a small phone


@dataclass(frozen=True, slots=True)
class Flows:
    """The flows that a turn may walk: the run's own as it was when it began, the rest as today."""

    content: Content
    begun: Flow | None

    def flow(self, name: str) -> Flow:
        """Return a flow; KeyError when there is none of that name."""
        if self.begun is not None and self.begun.name == name:
            return self.begun
        return self.content.flow(name)


def current(s: Session, client: Client) -> FlowRun | None:
    """Return the client's newest run that is not over, active before paused."""
    return next(iter(open_ones(s, client)), None)


def open_ones(s: Session, client: Client) -> Sequence[FlowRun]:
    """Return a client's runs that are not over, active before paused, the newest first."""
    asked = sa.select(FlowRun).where(
        FlowRun.client_id == client.id, FlowRun.state.in_((RunState.ACTIVE, RunState.PAUSED))
    )
    order = (FlowRun.state, FlowRun.began_at.desc(), FlowRun.id)
    return s.scalars(asked.order_by(*order)).all()


def pause(s: Session, client: Client) -> None:
    """Let what is asked wait until the client wants to go on."""
    run = current(s, client)
    if run is not None and run.state is RunState.ACTIVE:
        run.state = RunState.PAUSED


def to_go_on(s: Session, client: Client) -> FlowRun | None:
    """Return the run to go on with by itself when a talk has ended; what the client put away, and
    on a covered phone any plan, waits until they ask for it."""
    run = current(s, client)
    if run is None or run.put_away or (client.cover and flow_of(run).plan):
        return None
    return run


def put_away(run: FlowRun) -> None:
    """Let a run wait until the client asks for it themselves."""
    run.state, run.put_away = RunState.PAUSED, True


def asked_for(run: FlowRun) -> bool:
    """Tell whether a run's questions stand on a covered phone too: a plan that the client opened,
    and the hello, which their worker goes through with them on that phone."""
    return flow_of(run).plan or run.flow == "onboarding"


def flow_of(run: FlowRun) -> Flow:
    """Return the flow as it was when the run began."""
    return Flow.from_json(run.definition)


def step_of(run: FlowRun) -> Step:
    """Return the step that a run asks now."""
    return flow_of(run).step(run.step)


def begin(
    s: Session, house: House, at: datetime, client: Client, name: str, *, about: str = ""
) -> FlowRun:
    """Begin a run of a flow; one that was active is paused and goes on later.

    A plan that was left in the middle is gone on with. ``about``: what a small flow changes.
    """
    flow = house.content.flow(name).told_to(client.situation)
    had = current(s, client)
    left = _left(s, at, client, name, about) if flow.plan else None
    if left is not None:
        if had is not None and had.id != left.id:
            had.state = RunState.PAUSED
        left.state = RunState.ACTIVE
        return left
    if had is not None and had.flow == name:
        end(had, at, RunState.ABANDONED)
    elif had is not None:
        had.state = RunState.PAUSED
    run = FlowRun(
        client_id=client.id,
        flow=flow.name,
        version=flow.version,
        definition=flow.as_json(),
        state=RunState.ACTIVE,
        step=flow.first.id,
        asked_again=False,
        about=about,
        began_at=at,
        asked_at=at,
    )
    s.add(run)
    s.flush()
    return run


def _left(s: Session, at: datetime, client: Client, name: str, about: str) -> FlowRun | None:
    """Return the open run of a plan's flow about the same; one about something else is over."""
    asked = sa.select(FlowRun).where(
        FlowRun.client_id == client.id,
        FlowRun.flow == name,
        FlowRun.state.in_((RunState.ACTIVE, RunState.PAUSED)),
    )
    left = None
    for run in s.scalars(asked):
        if run.about == about:
            left = run
        else:
            end(run, at, RunState.ABANDONED)
    s.flush()
    return left


def end(run: FlowRun, at: datetime, state: RunState) -> None:
    """End a run as done or abandoned."""
    run.state, run.ended_at = state, at


def buttons(run: FlowRun, client: Client) -> list[list[Press]]:
    """Return the buttons of the question that a run asks now; none for a free-text step."""
    presses = [
        Press(choice.label[client.language], "choice", run.id, run.step, choice.value)
        for choice in step_of(run).choices
    ]
    if all(len(press.label) <= WIDE for press in presses) and len(presses) <= 3:
        return [presses] if presses else []
    # The ways out of a plan's question stand beside each other, below the answers.
    outs = [press for press in presses if press.value in (SKIP, LATER)]
    rows = [[press] for press in presses if press not in outs]
    return [*rows, outs] if outs else rows


def question(s: Session, house: House, client: Client, run: FlowRun, at: datetime) -> str:
    """Return the text of the question that a run asks now."""
    name = f"utter_ask_{run.flow}_{run.step}"
    return speak.text(house, name, client.language, **speak.facts(s, house, client, at))


def ask(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    run: FlowRun,
    *,
    kind: Kind = Kind.QUESTION,
    before: str = "",
    **more: Any,
) -> Outbox | None:
    """Write a run's question with its buttons, after a sentence if one is given."""
    words = question(s, house, client, run, at)
    run.state, run.asked_at, run.put_away = RunState.ACTIVE, at, False
    return speak.to_client(
        s,
        house,
        at,
        client,
        kind,
        f"{before}\n\n{words}" if before else words,
        buttons=buttons(run, client),
        run_id=run.id,
        as_is=asked_for(run),
        **more,
    )


def answers(s: Session, house: House, client: Client, run: FlowRun) -> dict[str, str]:
    """Return what was answered in a run, by step."""
    box = house.sealer.client(client.id, client.key)
    rows = s.scalars(sa.select(Answer).where(Answer.run_id == run.id))
    return {row.step: box.open("answer.value", row.id, row.value) for row in rows if row.value}
