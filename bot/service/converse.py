"""Conversing: the dialogue's turn, and everything that follows from it, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.core.alerts import Join
from bot.core.danger import Signal, Urgency, Verdict
from bot.core.effects import Effect
from bot.core.flows import Flow
from bot.core.hours import out_of_quiet
from bot.core.messages import InboundKind, Kind
from bot.errors import EngineDown, TurnFailed
from bot.service import carry, checkins, runs, safety, speak
from bot.service.alerts import Opened
from bot.service.house import House, in_thread
from bot.service.judge import done
from bot.store import inbox
from bot.store.outbox import Press
from bot.store.tables import Alert, Client, FlowRun, Inbox, InboxState, RunState, Seen

log = structlog.get_logger()

RETRY = (2, 5, 15, 30, 60)  # seconds between tries of a turn; the engine restarts in about ten
STALE = timedelta(minutes=30)  # older turns are not replayed: the moment has passed
# Buttons under answers that offer something.
OFFERS: Mapping[str, Sequence[str]] = {
    "utter_stop": ("stop", "one_week"),
    "utter_fallback": ("call_me", "help_now"),
    "utter_help": ("call_me", "help_now"),
    "utter_out_of_scope": ("call_me",),
    "utter_greeting": ("call_me",),
}


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


async def turns(house: House, client_id: str) -> None:
    """Take the open turns of a client in order; stop at the first that has to wait."""
    while True:
        asked = await in_thread(_next, house, client_id)
        if asked is None:
            return
        if asked.late:
            await in_thread(_too_late, house, asked)
            continue
        try:
            if house.engine is None:
                raise EngineDown("there is no engine")
            flows = runs.Flows(house.content, asked.flow)
            with house.turns.open(flows, asked.state, text=asked.text, choice=asked.choice) as turn:
                answer = await house.engine.turn(turn.request())
                effects = turn.effects
        except (EngineDown, TurnFailed) as error:
            log.warning("turn_failed", inbox=asked.inbox_id, why=type(error).__name__)
            await in_thread(_wait, house, asked)
            return
        house.fault("before turn is written")
        await in_thread(_commit, house, asked, answer, effects)
        house.fault("after turn is written")
        house.wake()


def _next(house: House, client_id: str) -> Asked | None:
    """Return a client's next open turn, None when there is none that may be taken now."""
    now = house.clock.now()
    with house.db.read() as s:
        rows = [
            row
            for row in inbox.open_of_client(s, client_id)
            if row.state in (InboxState.JUDGED, InboxState.WAITING)
        ]
        if not rows or (rows[0].next_try_at is not None and rows[0].next_try_at > now):
            return None
        row = rows[0]
        client = s.get_one(Client, client_id)
        run = runs.current(s, client)
        if run is not None and run.state is RunState.PAUSED and row.kind is not InboundKind.BUTTON:
            run = None
        state: dict[str, Any] = {
            "language": client.language.value,
            "flow": run.flow if run else None,
            "step": run.step if run else None,
            "answers": runs.answers(s, house, client, run) if run else {},
            "asked_again": run.asked_again if run else False,
        }
        button = inbox.button(s, row) if row.token else None
        return Asked(
            inbox_id=row.id,
            run_id=run.id if run else None,
            flow=runs.flow_of(run) if run else None,
            state=state,
            text=inbox.words(house.sealer, row, client),
            choice=button.value if button else None,
            late=row.state is InboxState.WAITING and now - row.received_at > STALE,
        )


def _wait(house: House, asked: Asked) -> None:
    """Keep a turn for later; say once an outage that we are slow, unless safety was said."""
    with house.db.write() as s:
        row = s.get_one(Inbox, asked.inbox_id)
        if row.state not in (InboxState.JUDGED, InboxState.WAITING):
            return
        at = house.clock.now()
        client = s.get_one(Client, row.client_id)
        first = row.state is InboxState.JUDGED
        row.state = InboxState.WAITING
        row.next_try_at = at + timedelta(seconds=RETRY[min(row.tries, len(RETRY) - 1)])
        row.tries += 1
        if first and row.urgency is Urgency.TODAY:
            opened = _opened(s, row)
            if opened is not None:
                verdict = _verdict(row)
                safety.answer(s, house, at, client, verdict, opened, row.id)
        elif first and client.held_at is None:
            words = speak.text(house, "utter_holding", client.language)
            speak.to_client(s, house, at, client, Kind.HOLDING, words)
        if first:
            client.held_at = client.held_at or at
    house.wake()


def _too_late(house: House, asked: Asked) -> None:
    """Give up a turn whose moment has passed; offer to go on, once an outage."""
    with house.db.write() as s:
        row = s.get_one(Inbox, asked.inbox_id)
        if row.state is not InboxState.WAITING:
            return
        at = house.clock.now()
        client = s.get_one(Client, row.client_id)
        done(row, at)
        if client.held_at is None:
            return
        client.held_at = None
        words = speak.text(house, "utter_back", client.language)
        press = speak.button(house, client.language, "go_on")
        later = out_of_quiet(at, client.timezone, checkins.quiet(client))
        speak.to_client(
            s, house, at, client, Kind.HOLDING, words, buttons=[[press]], not_before=later
        )
    house.wake()


def _verdict(row: Inbox) -> Verdict:
    return Verdict(row.urgency or Urgency.NONE, tuple(Signal(one) for one in row.signals))


def _opened(s: Session, row: Inbox) -> Opened | None:
    """Return the alert that a judged message led to, None when it led to none."""
    seen = sa.select(Seen.alert_id).where(Seen.inbox_id == row.id, Seen.alert_id.is_not(None))
    alert_id = s.scalar(seen.limit(1))
    if alert_id is None:
        return None
    alert = s.get_one(Alert, alert_id)
    return Opened(alert, Join.OPEN if alert.inbox_id == row.id else Join.MERGE)


def _commit(
    house: House, asked: Asked, answer: Mapping[str, Any], effects: tuple[Effect, ...]
) -> None:
    """Write a turn: answers, alerts, replies, dues and how far the run got, or nothing of it.

    A turn that was taken by somebody else meanwhile is thrown away.
    """
    with house.db.write() as s:
        row = s.get_one(Inbox, asked.inbox_id)
        if row.state not in (InboxState.JUDGED, InboxState.WAITING):
            return
        at = house.clock.now()
        client = s.get_one(Client, row.client_id)
        run = s.get(FlowRun, asked.run_id) if asked.run_id else None
        client.held_at = None
        done(row, at)
        came = carry.carry_out(s, house, at, row, client, run, effects)
        _advance(s, house, at, run, answer["state"])
        _answer(s, house, at, row, client, run, answer, came)


def _advance(
    s: Session, house: House, at: datetime, run: FlowRun | None, state: Mapping[str, Any]
) -> None:
    if run is None or run.state in (RunState.DONE, RunState.ABANDONED):
        return
    if state["flow"] == run.flow and state["step"]:
        run.step, run.asked_again = state["step"], state["asked_again"]
    else:
        runs.end(run, at, RunState.DONE)


def _answer(
    s: Session,
    house: House,
    at: datetime,
    row: Inbox,
    client: Client,
    run: FlowRun | None,
    answer: Mapping[str, Any],
    came: carry.Carried,
) -> None:
    """Write the one message that answers a turn: safety first, then replies, then the question."""
    if came.silent:
        return
    opened = came.opened or _opened(s, row)
    verdict = _verdict(row) if row.urgency and row.urgency.pages else came.verdict
    if verdict.urgency is Urgency.NOW and opened is not None:
        if run is not None and run.state is RunState.ACTIVE:
            run.state = RunState.PAUSED
        safety.answer(s, house, at, client, verdict, opened, row.id)
        return
    if row.hold:
        return
    open_run = run if run is not None and run.state is RunState.ACTIVE else None
    if came.starts:
        open_run = runs.begin(s, house, at, client, came.starts)
    elif open_run is None:
        open_run = runs.current(s, client)
    parts, presses = _replies(s, house, at, client, answer, bool(open_run), bool(opened))
    if opened is not None:
        parts.insert(0, safety.sentence(s, house, at, client, verdict, opened))
    if open_run is not None:
        question = runs.question(s, house, client, open_run, at)
        if question not in parts:
            parts.append(question)
        open_run.state, open_run.asked_at = RunState.ACTIVE, at
        presses = runs.buttons(open_run, client)
    elif opened is not None:
        presses = safety.buttons(house, client, opened.alert.id)
    if not parts:
        return
    kind = Kind.QUESTION if open_run is not None else Kind.REPLY
    speak.to_client(
        s,
        house,
        at,
        client,
        Kind.SAFETY if opened is not None else kind,
        "\n\n".join(parts),
        key=f"answer:{row.id}",
        alert_id=opened.alert.id if opened is not None else None,
        run_id=open_run.id if open_run is not None else None,
        buttons=presses,
    )


def _replies(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    answer: Mapping[str, Any],
    asking: bool,
    safety_said: bool,
) -> tuple[list[str], list[list[Press]]]:
    """Return the engine's texts, filled in, and the buttons that they offer.

    A question is left out (the run's own is asked), and so is "I did not catch that" where a
    question or a safety sentence follows anyway.
    """
    facts = speak.facts(s, house, client, at)
    parts: list[str] = []
    presses: list[list[Press]] = []
    for reply in answer["replies"]:
        name = reply.get("response") or ""
        if name.startswith("utter_ask_") or (name == "utter_fallback" and (asking or safety_said)):
            continue
        known = house.content.texts.has(name)
        words = speak.text(house, name, client.language, **facts) if known else str(reply["text"])
        if words and words not in parts:
            parts.append(words)
        presses = [[speak.button(house, client.language, d) for d in OFFERS.get(name, ())]]
    return parts, [row for row in presses if row]
