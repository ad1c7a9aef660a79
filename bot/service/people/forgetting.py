"""Forgetting a client: the key is destroyed, and with it all that was sealed; bare counts stay."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.alerts import AlertState, LogEvent
from bot.core.people import ClientState
from bot.errors import SafError
from bot.service import dates
from bot.service.house import House
from bot.store import care, dues, outbox, plans
from bot.store.tables import (
    Alert,
    Answer,
    Ask,
    AskState,
    ButtonRow,
    Client,
    FlowRun,
    HardDate,
    Inbox,
    InboxState,
    Incident,
    Invite,
    Outbox,
    OutboxState,
    RunState,
    Seen,
    Task,
    TaskState,
    new_id,
)

REASON = "the client is forgotten"


def forget(s: Session, house: House, at: datetime, client: Client) -> None:
    """Make everything about a client unreadable; SafError under a legal hold.

    1. Whatever is open or planned ends; nothing is sent to their phone any more.
    2. What was said, seen and recorded goes, and so do the pages on workers' phones.
    3. The key goes last: what a backup of the rows alone still holds does not open.

    That there was a client, and how many check-ins, tasks and alerts of which urgency and outcome,
    stays as counts.
    """
    if client.legal_hold:
        raise SafError(
            "a legal hold lies on this client; nothing may be erased before it is lifted"
        )
    _end(s, house, at, client)
    _erase(s, at, client)
    _unname(house, client)
    s.flush()


def _end(s: Session, house: House, at: datetime, client: Client) -> None:
    outbox.cancel(s, REASON, sa.or_(Outbox.client_id == client.id, Outbox.about_id == client.id))
    dues.skip(s, client, at, REASON)
    for run in s.scalars(sa.select(FlowRun).where(FlowRun.client_id == client.id)):
        if run.state in (RunState.ACTIVE, RunState.PAUSED):
            run.state, run.ended_at = RunState.ABANDONED, at
    open_tasks = sa.update(Task).where(Task.client_id == client.id, Task.state == TaskState.OPEN)
    s.execute(open_tasks.values(state=TaskState.DROPPED, done_at=at))
    for found in dates.of_client(s, client):
        dates.drop(s, house, at, client, found)
    is_open = sa.select(Alert).where(Alert.client_id == client.id, Alert.state != AlertState.CLOSED)
    for alert in s.scalars(is_open):
        alert.state, alert.closed_at, alert.next_at, alert.told_at = (
            AlertState.CLOSED,
            at,
            None,
            None,
        )
        care.log(s, alert, at, LogEvent.CLOSED, detail="forgotten")
    s.flush()


def _erase(s: Session, at: datetime, client: Client) -> None:
    """Erase sealed content and what says anything; rows that only count stay."""
    mine = client.id
    runs = sa.select(FlowRun.id).where(FlowRun.client_id == mine)
    s.execute(sa.update(Answer).where(Answer.run_id.in_(runs)).values(value=None))
    s.execute(
        sa.update(Alert).where(Alert.client_id == mine).values(why=None, signals=[], inbox_id=None)
    )
    asks = sa.update(Ask).where(Ask.client_id == mine)
    s.execute(asks.values(why=None, signals=[], state=AskState.MOOT))
    s.execute(
        sa.update(Inbox)
        .where(Inbox.client_id == mine)
        .values(text=None, chat=None, ref=None, signals=[], token="", state=InboxState.HANDLED)
    )
    to_them, about = Outbox.client_id == mine, Outbox.about_id == mine
    s.execute(sa.update(Outbox).where(to_them).values(text=None, buttons=None, ref=None))
    s.execute(sa.update(Outbox).where(about).values(text=None, buttons=None))
    on_phones = Outbox.worker_id.is_not(None), Outbox.state == OutboxState.SENT
    s.execute(sa.update(Outbox).where(about, *on_phones).values(delete_at=at))
    s.execute(sa.update(HardDate).where(HardDate.client_id == mine).values(day=b"", what=None))
    plans.erase(s, client)
    for table in (Seen, Incident, Invite, ButtonRow):
        s.execute(sa.delete(table).where(table.client_id == mine))


def _unname(house: House, client: Client) -> None:
    """Take away the name, the phone and the key."""
    nobody = new_id()
    client.alias = house.sealer.program.seal("client.alias", client.id, "-")
    client.alias_lookup = house.sealer.lookup("alias", nobody)
    client.chat = client.chat_lookup = client.channel = client.code_word = None
    client.agreed_question = client.writer_id = client.writer_since = client.writer_last_at = None
    client.never_tell = {}
    client.situation = client.paused_until = client.held_at = None
    client.state = ClientState.LEFT
    client.key = None
