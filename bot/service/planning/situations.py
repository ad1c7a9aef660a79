"""Situations: what a client's life is like is found with them; we propose, they decide.

A plan is proposed at the end of a talk that the client has begun, never as a message of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.danger import Signal
from bot.core.people import ClientState, Situation
from bot.core.plan import SituationState, suggested, weightiest
from bot.service import speak
from bot.service.house import House
from bot.store import plans
from bot.store.outbox import Press
from bot.store.tables import Client, ClientSituation, FlowRun, RunState

LATELY = timedelta(days=14)  # what was spoken of within so long of each other is one time of life


def seen(s: Session, at: datetime, client: Client, signals: Sequence[Signal]) -> None:
    """Keep that what a client said points to a situation; nothing when it points to none.

    Only what was heard first and surely counts: a signal that is named beside another is a guess,
    and so is what we only ask about. A guess would lead somebody into another one's plan.
    """
    found = suggested(signals[0]) if signals else None
    if found is not None:
        set_to(s, at, client, found)


def set_to(s: Session, at: datetime, client: Client, which: Situation) -> ClientSituation:
    """Keep a situation that was seen, or that the worker set; what the client decided stands."""
    row = plans.situation(s, client, which, at)
    row.seen_at = at
    return row


def to_offer(
    s: Session, house: House, at: datetime, client: Client, *, wanted: bool = False
) -> Situation | None:
    """Return the situation for which a plan can be proposed now, None when there is none.

    Not while another plan is being made, and not again soon after it was proposed, unless the
    client asks for a plan (``wanted``). Of what was spoken of lately the weightiest comes first.
    """
    if may_not(client) or _making(s, client):
        return None
    if client.situation is not None:
        plans.situation(s, client, client.situation, at)
    again = house.content.calendar.plan.offer_again
    open_ones = []
    for row in plans.situations(s, client):
        fresh = row.state is SituationState.SUGGESTED
        waited = row.asked_at is not None and row.seen_at > row.asked_at <= at - again
        if fresh or ((waited or wanted) and row.state is not SituationState.ACCEPTED):
            open_ones.append(row)
    lately = max((row.seen_at for row in open_ones), default=at) - LATELY
    return weightiest(row.situation for row in open_ones if row.seen_at >= lately)


def may_not(client: Client) -> bool:
    """Tell whether plans may not be talked about with a client now: before a yes, on a break."""
    return client.state is not ClientState.ACTIVE


def _making(s: Session, client: Client) -> bool:
    """Tell whether a plan is being made, or was left in the middle."""
    open_run = FlowRun.state.in_((RunState.ACTIVE, RunState.PAUSED))
    mine = FlowRun.client_id == client.id, FlowRun.flow.startswith("plan_")
    return s.scalar(sa.select(FlowRun.id).where(*mine, open_run).limit(1)) is not None


def offer(
    s: Session, house: House, at: datetime, client: Client, which: Situation
) -> tuple[str, list[list[Press]]]:
    """Propose a plan; return the sentence and its buttons. A covered phone shows nothing of it."""
    name = "cover" if unnamed(client, which) else which.value
    words = speak.text(house, f"utter_plan_offer_{name}", client.language)
    return words, offered(s, house, at, client, which)


def unnamed(client: Client, which: Situation) -> bool:
    """Tell whether a plan is proposed without a word of what it is about, because somebody else may
    read it. A yes to that is no yes to a situation: the client chooses it from the list first."""
    return client.cover or which is Situation.PARTNER_VIOLENCE


def offered(
    s: Session, house: House, at: datetime, client: Client, which: Situation
) -> list[list[Press]]:
    """Keep that a plan is proposed; return the buttons with which the client decides."""
    row = plans.situation(s, client, which, at)
    if row.state is not SituationState.ACCEPTED:
        row.state = SituationState.PROPOSED
    row.asked_at = at
    yes = speak.button(
        house,
        client.language,
        "plan_which" if unnamed(client, which) else "plan_begin",
        label=speak.text(house, "utter_button_plan_begin", client.language),
        value=which.value,
    )
    return [[yes, speak.button(house, client.language, "plan_no", value=which.value)]]


def which(house: House, client: Client) -> list[list[Press]]:
    """Return a button for each situation, so that the client can say which it is."""
    return [
        [
            speak.button(
                house,
                client.language,
                "plan_begin",
                label=speak.text(house, f"utter_plan_which_{one}", client.language),
                value=one.value,
            )
        ]
        for one in Situation
    ]
