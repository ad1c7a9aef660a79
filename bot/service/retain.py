"""Keeping little: what is not kept cannot be subpoenaed, so everything that was said has an end.

A legal hold on a client stops all of it for them and for nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.channels.base import OutcomeUnknown, SendFailed
from bot.core.alerts import AlertState
from bot.core.danger import Signal
from bot.core.messages import Bot, Kind
from bot.service import writing
from bot.service.house import House, in_thread
from bot.store import plans
from bot.store.session import changed
from bot.store.tables import (
    Alert,
    Ask,
    AskState,
    ButtonRow,
    Client,
    Inbox,
    InboxState,
    Invite,
    Outbox,
    OutboxState,
    Seen,
    Worker,
)

log = structlog.get_logger()

WORDS = timedelta(days=30)  # a client's words at the longest, whatever has become of their alert
ROWS = timedelta(days=30)  # then even that something came is gone; Telegram uses its ids again
TOLD = timedelta(days=7)  # what we said, after it left or was given up
TOUCHY_FOR = timedelta(days=7)  # what could be used against a client, after the alert is closed
SEEN_FOR = timedelta(days=30)
LINKS = timedelta(days=7)  # a one-time link, after it was used or ran out
BUTTONS = timedelta(days=30)
LASTING = timedelta(days=366)  # a late tap on "call me" must not be "an old button"
ON_PHONES = timedelta(hours=40)  # a bot cannot delete after 48 hours: leave room for an outage
UNDELETABLE = timedelta(hours=48)
AGAIN = timedelta(minutes=5)  # a deletion that did not work is tried again so much later

TOUCHY = (Signal.RETALIATION, Signal.WEAPON, Signal.CONFLICT)
_FINAL = (InboxState.HANDLED, InboxState.IGNORED)
_GONE = (
    OutboxState.SENT,
    OutboxState.FAILED_PERMANENT,
    OutboxState.OUTCOME_UNKNOWN,
    OutboxState.CANCELLED,
)
_ASKS_FOR_HELP = ("call_me", "help_now")


def tick(house: House) -> int:
    """Erase what has outlived its use; return how many rows. Run twice, erases once.

    1. A client's words when they were handled and their alert is closed, after 30 days at most.
    2. What we said, a week after it ended, and what a worker was shown of an alert when that is
       closed: their words stand in it; buttons and used links.
    3. Signals of retaliation, weapon and conflict and every "why" a week after the alert closed.
    4. What stands on a worker's phone about an alert is marked for ``sweep``.
    5. What was said in passing and never put into a plan; what a plan could have been about.
    """
    now = house.clock.now()
    with house.db.write() as s:
        return (
            _words(s, now)
            + _told(s, now)
            + _touchy(s, now)
            + _old_rows(s, now)
            + _mark_for_sweep(s, now)
            + plans.forget_offers(s, now)
            + plans.forget_situations(s, now - house.content.calendar.plan.offer_again)
        )


def _held() -> sa.Select[str]:
    return sa.select(Client.id).where(Client.legal_hold)


def _free(
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None],
) -> sa.ColumnElement[bool]:
    """Return the condition that no legal hold lies on the client of a row."""
    return sa.or_(column.is_(None), column.not_in(_held()))


def _rows(s: Session, statement: sa.Update | sa.Delete) -> int:
    return changed(s, statement.execution_options(synchronize_session=False))


def _words(s: Session, now: datetime) -> int:
    """Erase words: no open alert, no open ask needs them, or they are too old for any need."""
    opened = sa.select(Alert.id).where(Alert.state != AlertState.CLOSED)
    needed = sa.or_(
        sa.exists().where(Alert.inbox_id == Inbox.id, Alert.state != AlertState.CLOSED),
        sa.exists().where(Seen.inbox_id == Inbox.id, Seen.alert_id.in_(opened)),
        sa.exists().where(Ask.inbox_id == Inbox.id, Ask.state == AskState.OPEN),
    )
    # A message that is still to be deleted must be found again; ``sweep`` erases where it stands.
    found = sa.and_(Inbox.ref.is_not(None), Inbox.delete_at.is_(None))
    kept = sa.or_(Inbox.text.is_not(None), Inbox.chat.is_not(None), found)
    over = sa.or_(
        # A turn whose moment has passed waits only for the engine, not for its words.
        sa.and_(sa.or_(Inbox.state.in_(_FINAL), Inbox.handled_at.is_not(None)), ~needed),
        Inbox.received_at <= now - WORDS,
    )
    erased = sa.update(Inbox).where(kept, over, _free(Inbox.client_id))
    ref = sa.case((Inbox.delete_at.is_(None), None), else_=Inbox.ref)
    return _rows(s, erased.values(text=None, chat=None, ref=ref, signals=[]))


def _told(s: Session, now: datetime) -> int:
    mine = Outbox.state.in_(_GONE), _free(Outbox.client_id), _free(Outbox.about_id)
    kept = sa.or_(Outbox.text.is_not(None), Outbox.buttons.is_not(None))
    ended = sa.func.coalesce(Outbox.sent_at, Outbox.made_at)
    erased = sa.update(Outbox).where(*mine, kept, ended <= now - TOLD)
    closed = sa.select(Alert.id).where(Alert.state == AlertState.CLOSED)
    shown = sa.update(Outbox).where(
        *mine,
        Outbox.text.is_not(None),
        Outbox.kind == Kind.REPLY,
        Outbox.worker_id.is_not(None),
        Outbox.alert_id.in_(closed),
    )
    return _rows(s, erased.values(text=None, buttons=None)) + _rows(s, shown.values(text=None))


def _touchy(s: Session, now: datetime) -> int:
    """Erase what could be turned against a client; date, urgency and outcome stay."""
    closed = sa.and_(Alert.state == AlertState.CLOSED, Alert.closed_at <= now - TOUCHY_FOR)
    did = 0
    for alert in s.scalars(sa.select(Alert).where(closed, Alert.why.is_not(None))):
        if s.get_one(Client, alert.client_id).legal_hold:
            continue
        alert.why = None
        alert.signals = [one for one in alert.signals if one not in TOUCHY]
        did += 1
    s.flush()
    over = sa.select(Alert.id).where(closed)
    not_open = sa.or_(Seen.alert_id.is_(None), Seen.alert_id.in_(over))
    touchy = sa.and_(Seen.signal.in_(TOUCHY), Seen.at <= now - TOUCHY_FOR, not_open)
    opened = sa.select(Alert.id).where(Alert.state != AlertState.CLOSED)
    still = sa.and_(Seen.alert_id.is_not(None), Seen.alert_id.in_(opened))
    other = sa.and_(Seen.at <= now - SEEN_FOR, ~still)
    did += _rows(s, sa.delete(Seen).where(sa.or_(touchy, other), _free(Seen.client_id)))
    settled = sa.and_(Ask.state != AskState.OPEN, Ask.settled_at <= now - TOUCHY_FOR)
    open_alert = sa.exists().where(Alert.inbox_id == Ask.inbox_id, Alert.state != AlertState.CLOSED)
    asks = sa.update(Ask).where(settled, ~open_alert, Ask.why.is_not(None), _free(Ask.client_id))
    return did + _rows(s, asks.values(why=None, signals=[]))


def _old_rows(s: Session, now: datetime) -> int:
    """Delete rows that nothing needs any more: what came in, buttons, used links."""
    came = sa.delete(Inbox).where(
        Inbox.state.in_(_FINAL),
        Inbox.received_at <= now - ROWS,
        Inbox.text.is_(None),
        ~sa.exists().where(Alert.inbox_id == Inbox.id, Alert.state != AlertState.CLOSED),
        _free(Inbox.client_id),
    )
    opened = sa.select(Alert.id).where(Alert.state != AlertState.CLOSED)
    lasting = sa.or_(ButtonRow.does.in_(_ASKS_FOR_HELP), ButtonRow.value.in_(_ASKS_FOR_HELP))
    buttons = sa.delete(ButtonRow).where(
        sa.or_(
            sa.and_(ButtonRow.made_at <= now - BUTTONS, ~lasting),
            ButtonRow.made_at <= now - LASTING,
            # It holds what a worker wrote, and that has an end like all that we said.
            sa.and_(ButtonRow.does == writing.NOTE, ButtonRow.made_at <= now - TOLD),
        ),
        sa.or_(ButtonRow.alert_id.is_(None), ButtonRow.alert_id.not_in(opened)),
        _free(ButtonRow.client_id),
    )
    links = sa.delete(Invite).where(
        sa.or_(Invite.used_at <= now - LINKS, Invite.expires_at <= now - LINKS)
    )
    return _rows(s, came) + _rows(s, buttons) + _rows(s, links)


def _mark_for_sweep(s: Session, now: datetime) -> int:
    """Mark the pages of a closed alert on workers' phones, and all that is too old there."""
    closed = sa.select(Alert.id).where(Alert.state == AlertState.CLOSED)
    pages = sa.and_(Outbox.alert_id.in_(closed), Outbox.kind.in_((Kind.PAGE, Kind.ESCALATION)))
    due = sa.or_(pages, Outbox.sent_at <= now - ON_PHONES)
    mine = (*_ON_PHONE, Outbox.alert_id.is_not(None), Outbox.delete_at.is_(None))
    return _rows(s, sa.update(Outbox).where(*mine, due).values(delete_at=now))


_ON_PHONE = (
    Outbox.worker_id.is_not(None),
    Outbox.state == OutboxState.SENT,
    Outbox.ref.is_not(None),
    _free(Outbox.about_id),
    sa.or_(
        Outbox.alert_id.is_(None),
        Outbox.alert_id.not_in(sa.select(Alert.id).where(Alert.client_id.in_(_held()))),
    ),
)
# What a worker typed and must not stay there, such as a PIN.
_TYPED = (Inbox.worker_id.is_not(None), Inbox.ref.is_not(None), Inbox.delete_at.is_not(None))


@dataclass(frozen=True, slots=True)
class _Standing:
    """A message that stands on a worker's phone and has to go."""

    ours: bool  # false: what the worker typed
    id: str
    channel: str
    ref: str
    since: datetime


async def sweep(house: House) -> int:
    """Delete from workers' chats what has to go; return how many were tried.

    Only workers' phones: nothing is ever deleted from a phone that police may hold.
    """
    standing = await in_thread(_standing, house)
    for message in standing:
        channel = house.channels.get(message.channel)
        gone = True
        if channel is not None:
            try:
                await channel.delete(Bot.WORKER, message.ref)
            except SendFailed as failure:
                gone = failure.permanent
            except OutcomeUnknown:
                gone = False
        await in_thread(_swept, house, message, gone)
    return len(standing)


def _standing(house: House) -> list[_Standing]:
    now, box = house.clock.now(), house.sealer.program
    with house.db.read() as s:
        ours = sa.select(Outbox, Worker.channel).join(Worker, Worker.id == Outbox.worker_id)
        ours = ours.where(*_ON_PHONE, Outbox.delete_at <= now).order_by(Outbox.place)
        found = [
            _Standing(True, row.id, name or "", box.open("outbox.ref", row.id, row.ref), sent)
            for row, name in s.execute(ours)
            if row.ref is not None and (sent := row.sent_at) is not None
        ]
        theirs = sa.select(Inbox).where(*_TYPED, Inbox.delete_at <= now).order_by(Inbox.place)
        found += [
            _Standing(
                False, row.id, row.channel, box.open("inbox.ref", row.id, row.ref), row.received_at
            )
            for row in s.scalars(theirs)
            if row.ref is not None
        ]
    return found


def _swept(house: House, message: _Standing, gone: bool) -> None:
    """Forget where the message stood, or try again while the channel still can delete it."""
    with house.db.write() as s:
        row: Inbox | Outbox = (
            s.get_one(Outbox, message.id) if message.ours else s.get_one(Inbox, message.id)
        )
        now = house.clock.now()
        if gone or now - message.since > UNDELETABLE:
            row.ref = row.delete_at = None
            if not gone:
                log.warning("message_not_deleted", row=message.id)
        else:
            row.delete_at = now + AGAIN


def next_moment(s: Session) -> datetime | None:
    """Return when something has to leave a phone next, None when nothing has."""
    moments = (
        s.scalar(sa.select(sa.func.min(Outbox.delete_at)).where(*_ON_PHONE)),
        s.scalar(sa.select(sa.func.min(Inbox.delete_at)).where(*_TYPED)),
    )
    return min((moment for moment in moments if moment is not None), default=None)
