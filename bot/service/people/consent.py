"""Consent: yes, not now, a break, stop; each is the client's alone and costs them nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.messages import Kind
from bot.core.people import ClientState
from bot.core.writing import Ended
from bot.service import checkins, runs, speak, tasks, writing
from bot.service.house import House
from bot.service.planning import reviews
from bot.store import dues, outbox, people, plans
from bot.store.tables import Client, Due, DueKind, DueState, Outbox, RunState


def agree(s: Session, house: House, at: datetime, client: Client) -> None:
    """Keep a client's yes; check-ins come from now on."""
    client.state, client.consented_at = ClientState.ACTIVE, at
    people.audit(s, at, "service", "client_agreed", client_id=client.id)
    take_up(s, house, at, client)


def decline(s: Session, house: House, at: datetime, client: Client) -> None:
    """Keep a not now; nothing is sent, the worker knows."""
    people.audit(s, at, "service", "client_declined", client_id=client.id)
    tasks.give(s, house, at, client, "declined", key=f"declined:{client.id}:{at.date()}")


def stop(s: Session, house: House, at: datetime, client: Client) -> None:
    """Fall silent for good; the worker knows that, not why."""
    facts = speak.facts(s, house, client, at)
    words = speak.text(house, "utter_stopped", client.language, **facts)
    _quiet(s, house, client, at, "the client stopped")
    speak.to_client(s, house, at, client, Kind.REPLY, words, cover="stopped")
    client.state = ClientState.LEFT
    people.audit(s, at, "service", "client_stopped", client_id=client.id)
    tasks.give(s, house, at, client, "stopped", key=f"stopped:{client.id}:{at.date()}")


def pause(s: Session, house: House, at: datetime, client: Client, span: timedelta) -> None:
    """Fall silent for a while."""
    until = at + span
    _quiet(s, house, client, at, "the client takes a break")
    client.state, client.paused_until = ClientState.PAUSED, until
    _plan_end(s, client, until)
    day = speak.day_face(until, client.timezone, house, client.language)
    words = speak.text(house, "utter_paused", client.language, day=day)
    speak.to_client(s, house, at, client, Kind.REPLY, words, cover="paused")


def end_pause(s: Session, house: House, at: datetime, client: Client) -> None:
    """Come back after a break to where the client stood; a break is no yes, so who has not said
    one hears nothing, and the worker gets the task to ask them."""
    client.paused_until = None
    if client.consented_at is None:
        client.state = ClientState.INVITED
        tasks.give(s, house, at, client, "declined", key=f"declined:{client.id}:{at.date()}")
    else:
        client.state = ClientState.ACTIVE
        take_up(s, house, at, client)


def take_up(s: Session, house: House, at: datetime, client: Client) -> None:
    """Plan again what comes by itself and may have been called off: check-ins, the end of a break,
    the look at the plan."""
    if client.state is ClientState.PAUSED and client.paused_until is not None:
        if client.paused_until <= at:
            end_pause(s, house, at, client)
        else:
            _plan_end(s, client, client.paused_until)
        return
    checkins.plan(s, house, at, client)
    made = plans.of_client(s, client)
    waiting = Due.state == DueState.WAITING, Due.kind == DueKind.PLAN_REVIEW
    planned = sa.select(Due.id).where(Due.client_id == client.id, *waiting).limit(1)
    if made is not None and s.scalar(planned) is None:
        reviews.plan_next(s, house, at, client, made)


def _plan_end(s: Session, client: Client, until: datetime) -> None:
    key = f"end_pause:{client.id}:{until.isoformat()}"
    if dues.put(s, DueKind.END_PAUSE, client, until, key=key) is None:
        dues.revive(s, key)


def _quiet(s: Session, house: House, client: Client, at: datetime, reason: str) -> None:
    writing.end(s, house, at, client, Ended.STOPPED)
    outbox.cancel(s, reason, Outbox.client_id == client.id, Outbox.alert_id.is_(None))
    dues.skip(s, client, at, reason, kinds=(DueKind.CHECKIN, DueKind.NUDGE, DueKind.MISS))
    for run in runs.open_ones(s, client):
        # A plan waits: what was told is not asked again after a break.
        if runs.flow_of(run).plan:
            runs.put_away(run)
        else:
            runs.end(run, at, RunState.ABANDONED)
