"""Reviews: is the plan still true? After an incident, before a heavy date, every 90 days."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.content.program import clock_time
from bot.core import plan as rules
from bot.core.cadence import next_checkin
from bot.core.messages import Kind
from bot.core.people import ClientState
from bot.core.plan import By, Did
from bot.service import checkins, speak
from bot.service.house import House
from bot.store import dues, plans
from bot.store.outbox import Press
from bot.store.tables import Client, Due, DueKind, Incident, Plan, PlanItem

GOES_ON = timedelta(days=1)
AGAIN = timedelta(days=7)  # a review that could not be asked is tried again so much later


def plan_next(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    plan: Plan,
    after: timedelta | None = None,
) -> Due | None:
    """Plan the next review in place of any other; ``after``: sooner than the calendar says."""
    every = house.content.calendar.plan.review_every
    earliest = max(at, plan.reviewed_at + every) if after is None else at + after
    dues.skip(s, client, at, "planned anew", kinds=(DueKind.PLAN_REVIEW,))
    day = earliest.astimezone(ZoneInfo(client.timezone)).date()
    wish = clock_time(client.checkin_time)
    moment = next_checkin(at, day, client.timezone, wish, checkins.quiet(client))
    key = f"plan_review:{client.id}:{moment.isoformat()}"
    return dues.put(s, DueKind.PLAN_REVIEW, client, moment, key=key) or dues.revive(s, key)


def after_incident(s: Session, house: House, at: datetime, client: Client) -> None:
    """Look at a plan again soon after something happened; nothing without a plan."""
    plan = plans.of_client(s, client)
    if plan is not None:
        soon = house.content.calendar.plan.review_after_incident
        plan_next(s, house, at, client, plan, soon)


def ask(s: Session, house: House, at: datetime, client: Client, due: Due) -> str:
    """Offer a review; return why not, empty when it was offered. The next one is planned."""
    plan = plans.of_client(s, client)
    if plan is None or not plans.items(s, client):
        return "there is no plan"
    reason = speak.silenced(client, Kind.QUESTION)
    if client.state is not ClientState.ACTIVE:
        reason = reason or f"the client is {client.state}"
    if reason:
        if client.state is not ClientState.LEFT:
            plan_next(s, house, at, client, plan, AGAIN)
        return reason
    words, presses = invitation(house, client)
    key = f"due:{due.id}"
    speak.to_client(
        s,
        house,
        at,
        client,
        Kind.QUESTION,
        words,
        buttons=presses,
        key=key,
        due_id=due.id,
        as_is=True,
    )
    plan_next(s, house, at, client, plan, house.content.calendar.plan.review_every)
    return ""


def invitation(house: House, client: Client) -> tuple[str, list[list[Press]]]:
    """Return the sentence that offers a review, and its buttons; nothing of the plan is in it."""
    name = "utter_plan_review_cover" if client.cover else "utter_plan_review"
    words = speak.text(house, name, client.language)
    yes = speak.text(house, "utter_button_yes", client.language)
    presses = [
        speak.button(house, client.language, "plan_review", label=yes),
        speak.button(house, client.language, "plan_not_now"),
    ]
    return words, [presses]


def begin(s: Session, at: datetime, client: Client) -> None:
    """Begin to go through a plan from its first item, or go on where it was left lately."""
    if not going_on(s, at, client):
        plans.begun(s, client, at).review_from = at


def going_on(s: Session, at: datetime, client: Client) -> bool:
    """Tell whether a plan is being gone through: what is changed or taken out leads to the next
    item. One that was left a day ago asks nothing more by itself."""
    plan = plans.of_client(s, client)
    return plan is not None and plan.review_from is not None and plan.review_from > at - GOES_ON


def left(s: Session, client: Client) -> bool:
    """Tell whether a plan was begun to be gone through and not to its end."""
    plan = plans.of_client(s, client)
    return plan is not None and plan.review_from is not None


def next_item(s: Session, client: Client) -> PlanItem | None:
    """Return the item that comes next in an open review; None when all were gone through."""
    plan = plans.of_client(s, client)
    if plan is None or plan.review_from is None:
        return None
    since = plan.review_from
    return next((item for item in plans.items(s, client) if item.checked_at < since), None)


def close(s: Session, house: House, at: datetime, client: Client) -> None:
    """Keep that a plan was gone through to its end, and plan the next time."""
    plan = plans.note(s, client, at, Did.REVIEWED, By.CLIENT)
    plan.reviewed_at, plan.review_from = at, None
    plan_next(s, house, at, client, plan)


def stale(s: Session, house: House, at: datetime, client: Client) -> bool:
    """Tell whether a client's plan should have been looked at and was not."""
    plan = plans.of_client(s, client)
    if plan is None:
        return False
    happened = s.scalars(sa.select(Incident.made_at).where(Incident.client_id == client.id))
    soon = house.content.calendar.plan.review_after_incident
    every = house.content.calendar.plan.review_every
    known = [one for one in happened if one + soon <= at]
    return rules.stale(plan.reviewed_at, known, at, every)
