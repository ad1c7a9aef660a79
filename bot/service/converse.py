"""Conversing: the dialogue's turn, and everything that follows from it, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.core.danger import Urgency
from bot.core.effects import Effect
from bot.core.messages import Kind
from bot.errors import EngineDown, TurnFailed
from bot.service import carry, checkins, outage, runs, speak
from bot.service.alerting import safety
from bot.service.house import House, in_thread
from bot.service.judge import done
from bot.service.next_turn import Asked, next_turn
from bot.service.planning import situations
from bot.store.outbox import Press
from bot.store.tables import Ask, Client, FlowRun, Inbox, InboxState, RunState

log = structlog.get_logger()

# Answers that say we are of no use; left out where a question or a safety sentence follows anyway.
NO_USE = ("utter_fallback", "utter_tells")
AGAIN = "utter_ask_again"
STOP = "utter_stop"
ENDS_CALM = ("checkin", "onboarding")  # after these a plan may be proposed
# Buttons under answers that offer something.
OFFERS: Mapping[str, Sequence[str]] = {
    STOP: ("stop", "one_week"),
    "utter_fallback": ("call_me", "help_now"),
    "utter_tells": ("call_me", "help_now"),
    "utter_help": ("call_me", "help_now"),
    "utter_out_of_scope": ("call_me",),
    "utter_greeting": ("call_me",),
    "utter_plan_saved": ("plan", "plan_use"),
    "utter_plan_kept": ("plan",),
}


async def turns(house: House, client_id: str) -> None:
    """Take the open turns of a client in order, until one has to wait for another try."""
    while True:
        asked = await in_thread(next_turn, house, client_id)
        if asked is None:
            return
        if asked.late and house.engine is not None and await house.engine.up():
            await in_thread(outage.too_late, house, asked.inbox_id)
            continue
        if asked.late:
            await in_thread(outage.wait, house, asked.inbox_id)
            continue
        if asked.overtaken:
            await in_thread(outage.overtaken, house, asked.inbox_id)
            continue
        try:
            await _turn(house, asked)
        except (EngineDown, TurnFailed) as error:
            log.warning("turn_failed", inbox=asked.inbox_id, why=type(error).__name__)
            await in_thread(outage.wait, house, asked.inbox_id)
            continue
        except sa.exc.OperationalError:
            raise  # the database's trouble: the row stays as it is for the next tick
        except Exception:
            log.exception("turn_broke", inbox=asked.inbox_id)
            await in_thread(outage.wait, house, asked.inbox_id)
            continue
        house.wake()


async def _turn(house: House, asked: Asked) -> None:
    """Take one turn; what the actions staged counts only with the answer that comes in time."""
    if house.engine is None:
        raise EngineDown("there is no engine")
    flows = runs.Flows(house.content, asked.flow)
    with house.turns.open(flows, asked.state, text=asked.text, choice=asked.choice) as turn:
        answer = await house.engine.turn(turn.request())
        effects = turn.effects
    house.fault("before turn is written")
    await in_thread(_commit, house, asked, answer, effects)
    house.fault("after turn is written")


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
        row.hold = row.hold or _danger_since(s, row)
        came = carry.carry_out(s, house, at, row, client, run, effects)
        if not (came.left or came.resumed):
            _advance(at, came.run, answer["state"])
        _answer(s, house, at, row, client, answer, came)


def _danger_since(s: Session, row: Inbox) -> bool:
    """Tell whether a later message got a safety answer while this turn went on; no question may
    come on top of that."""
    asked = sa.select(Inbox.id).where(Inbox.client_id == row.client_id, Inbox.place > row.place)
    return s.scalar(asked.where(Inbox.urgency == Urgency.NOW).limit(1)) is not None


def _advance(at: datetime, run: FlowRun | None, state: Mapping[str, Any]) -> None:
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
    answer: Mapping[str, Any],
    came: carry.Carried,
) -> None:
    """Write the one message that answers a turn: safety first, then replies, then the question."""
    run = came.run
    # What triage opened for this message comes first: its answers only joined it.
    opened = outage.opened(s, row) or came.opened
    own = outage.verdict(row)
    verdict = max(own, came.verdict, key=lambda one: one.urgency.rank)
    said = safety.said(s, row.id)  # while the turn waited for the engine
    if verdict.urgency is Urgency.NOW and opened is not None:
        if run is not None and run.state is RunState.ACTIVE:
            run.state = RunState.PAUSED
        if not said or own.urgency is not Urgency.NOW:
            key = f"{row.id}:now" if said else row.id
            safety.answer(s, house, at, client, verdict, opened, key)
        return
    if client.writer_id is not None:
        return
    sounded, since = opened is not None, row.hold and _danger_since(s, row)
    if said or since:
        opened = None
    if came.silent:
        if opened is not None:
            safety.answer(s, house, at, client, verdict, opened, row.id)
        return
    replies = answer["replies"]
    if row.hold:
        replies = [one for one in replies if _interrupts(s, house, row, one, alone=since)]
    # Nothing stands between a client and the Stop button, whatever is open.
    stops = any(reply.get("response") == STOP for reply in replies)
    open_run = run if run is not None and run.state is RunState.ACTIVE and not stops else None
    if open_run is None and not came.left and not stops:
        open_run = runs.to_go_on(s, client)
    if row.hold or (open_run and checkins.cut_short(s, house, at, client, open_run)):
        open_run = None
    parts, presses = _replies(s, house, at, client, replies, bool(open_run), sounded)
    about = open_run or run
    as_is = about is not None and runs.asked_for(about)
    if opened is not None:
        parts.insert(0, safety.sentence(s, house, at, client, verdict, opened))
    if open_run is not None:
        question = runs.question(s, house, client, open_run, at)
        if question not in parts:
            parts.append(question)
        open_run.state, open_run.asked_at = RunState.ACTIVE, at
        presses = runs.buttons(open_run, client)
    elif opened is not None:
        presses = [*safety.buttons(house, client, opened.alert.id), *(presses if stops else [])]
    elif not (said or row.hold) and run and run.state is RunState.DONE and run.flow in ENDS_CALM:
        found = situations.to_offer(s, house, at, client)
        if found is not None:
            words, presses = situations.offer(s, house, at, client, found)
            if client.cover:
                parts, as_is = [speak.text(house, "utter_cover_reply", client.language)], True
            parts.append(words)
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
        as_is=as_is and opened is None,
    )


def _interrupts(
    s: Session, house: House, row: Inbox, reply: Mapping[str, Any], *, alone: bool
) -> bool:
    """Tell whether a reply is said while "are you safe?" stands open: what was asked in between is
    answered, what belongs to a flow waits with its question.

    ``alone``: what was said since must stand alone, as that ask does after the message that it is
    about. Only Stop may stand beside them.
    """
    name = reply.get("response") or ""
    if name == STOP:
        return True
    asked = sa.select(Ask.id).where(Ask.inbox_id == row.id)
    if alone or name in NO_USE or s.scalar(asked) is not None:
        return False
    its_flow = tuple(f"utter_{flow}_" for flow in house.content.flows)
    return not name.startswith((*its_flow, "utter_ask_", "utter_again_"))


def _replies(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    replies: Sequence[Mapping[str, Any]],
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
    for reply in replies:
        name = reply.get("response") or ""
        its_question = name.startswith("utter_ask_") and name != AGAIN
        # After "that sounds serious" nobody wants to read "I didn't get that one".
        if its_question or (name == AGAIN and safety_said):
            continue
        if name in NO_USE and (asking or safety_said):
            continue
        known = house.content.texts.has(name)
        words = speak.text(house, name, client.language, **facts) if known else str(reply["text"])
        if words and words not in parts:
            parts.append(words)
        presses = [[speak.button(house, client.language, d) for d in OFFERS.get(name, ())]]
    return parts, [row for row in presses if row]
