"""Outages of the dialogue: what becomes of turns that could not be taken when they were due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.alerts import Join
from bot.core.danger import Signal, Urgency, Verdict
from bot.core.hours import out_of_quiet
from bot.core.messages import Kind
from bot.service import checkins, speak, taps
from bot.service.alerting import safety
from bot.service.alerting.alerts import Opened
from bot.service.house import House
from bot.service.judge import done
from bot.store import inbox
from bot.store.tables import Alert, Client, Inbox, InboxState, Seen

RETRY = (2, 5, 15, 30, 60)  # seconds between tries of a turn; the engine restarts in about ten
STALE = timedelta(minutes=30)  # older turns are not replayed: the moment has passed
# Seconds between looks whether the engine is back, once the moment has passed; and after a day,
# when nobody waits for "I'm back" any more. Who writes again has it looked at once.
LOOK, LATER_LOOK = 300, 3600
LONG = timedelta(days=1)
_OPEN = (InboxState.JUDGED, InboxState.WAITING)


def wait(house: House, inbox_id: str) -> None:
    """Keep a turn for later; say once an outage that we are slow, unless safety was said."""
    with house.db.write() as s:
        row = s.get_one(Inbox, inbox_id)
        if row.state not in _OPEN:
            return
        at = house.clock.now()
        client = s.get_one(Client, row.client_id)
        first = row.state is InboxState.JUDGED
        row.state = InboxState.WAITING
        age = at - row.received_at
        if age > STALE:
            row.handled_at = row.handled_at or at
            again = LATER_LOOK if age > LONG else LOOK
        else:
            again = RETRY[min(row.tries, len(RETRY) - 1)]
        row.next_try_at = at + timedelta(seconds=again)
        row.tries += 1
        if first and not _say_safety(s, house, at, row, client) and client.held_at is None:
            words = speak.text(house, "utter_holding", client.language)
            speak.to_client(s, house, at, client, Kind.HOLDING, words)
        if first:
            client.held_at = client.held_at or at
    house.wake()


def too_late(house: House, inbox_id: str) -> None:
    """Give up a turn whose moment has passed; offer to go on, once for all that were given up,
    outside the client's quiet hours."""
    with house.db.write() as s:
        row = s.get_one(Inbox, inbox_id)
        if row.state not in _OPEN:
            return
        at = house.clock.now()
        client = s.get_one(Client, row.client_id)
        if row.state is InboxState.JUDGED:
            _say_safety(s, house, at, row, client)
        done(row, at)
        s.flush()
        if any(other.state in _OPEN for other in inbox.open_of_client(s, client.id)):
            return
        client.held_at = None
        words = speak.text(house, "utter_back", client.language)
        press = speak.button(house, client.language, "go_on")
        later = out_of_quiet(at, client.timezone, checkins.quiet(client))
        speak.to_client(
            s, house, at, client, Kind.HOLDING, words, buttons=[[press]], not_before=later
        )
    house.wake()


def overtaken(house: House, inbox_id: str) -> None:
    """Let a tap change nothing whose question was answered by an earlier message."""
    with house.db.write() as s:
        row = s.get_one(Inbox, inbox_id)
        if row.state in _OPEN:
            at, client = house.clock.now(), s.get_one(Client, row.client_id)
            done(row, at)
            if not _say_safety(s, house, at, row, client):  # its danger rang all the same
                taps.old(s, house, at, client)
    house.wake()


def answer_danger(house: House, inbox_ids: Sequence[str]) -> None:
    """Write the safety answers of messages whose turns stand behind one that waits."""
    if not inbox_ids:
        return
    with house.db.write() as s:
        for row in (s.get_one(Inbox, one) for one in inbox_ids):
            client = s.get_one(Client, row.client_id)
            if row.state is InboxState.JUDGED and client.writer_id is None:
                _say_safety(s, house, house.clock.now(), row, client)
    house.wake()


def unanswered(s: Session, row: Inbox) -> bool:
    """Tell whether a message sounded like danger, and its safety answer is to leave with a turn."""
    pages = row.urgency is not None and row.urgency.pages
    return row.state is InboxState.JUDGED and pages and not safety.said(s, row.id)


def _say_safety(s: Session, house: House, at: datetime, row: Inbox, client: Client) -> bool:
    """Write the safety answer that would have left with the turn; tell whether there is one."""
    if safety.said(s, row.id):
        return True
    found = opened(s, row)
    if found is None or not verdict(row).urgency.pages:
        return False
    safety.answer(s, house, at, client, verdict(row), found, row.id)
    return True


def verdict(row: Inbox) -> Verdict:
    """Return what was found in a judged message; a tap names no wound, so 911 is left to them."""
    signals = tuple(Signal(one) for one in row.signals)
    return Verdict(row.urgency or Urgency.NONE, signals, first_911=not row.token)


def opened(s: Session, row: Inbox) -> Opened | None:
    """Return the alert that a judged message led to, None when it led to none."""
    of = sa.select(Seen).where(Seen.inbox_id == row.id, Seen.alert_id.is_not(None))
    seen = s.scalar(of.order_by(Seen.at).limit(1))
    if seen is None:
        return None
    alert = s.get_one(Alert, seen.alert_id)
    if alert.inbox_id == row.id:
        return Opened(alert, Join.OPEN)
    began_again = alert.chain_at == seen.at
    return Opened(alert, Join.MERGE_AND_RESTART if began_again else Join.MERGE)
