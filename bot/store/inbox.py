"""The inbox: what came in, in order, written down before the channel is told that we have it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.messages import Bot, Inbound, InboundKind
from bot.store.people import client_by_chat, worker_by_chat
from bot.store.sealed import Box, Sealer
from bot.store.tables import Client, Inbox, InboxState, new_id
from bot.store.tables.talk import ButtonRow

OPEN = (InboxState.RECEIVED, InboxState.JUDGED, InboxState.WAITING)


def put(s: Session, sealer: Sealer, inbound: Inbound) -> Inbox | None:
    """Write down what came in; None when this update stands here already.

    A stranger's words are not kept: only a link's token, which may let them in. What of the same
    client came too late for the dialogue is looked at again now: it must not hold up what is new.
    """
    same = sa.select(Inbox.id).where(
        Inbox.channel == inbound.channel,
        Inbox.bot == inbound.bot,
        Inbox.update_id == inbound.update_id,
    )
    if s.scalar(same) is not None:
        return None
    id_ = new_id()
    client = worker = None
    if inbound.bot is Bot.CLIENT:
        client = client_by_chat(s, sealer, inbound.channel, inbound.chat)
    else:
        worker = worker_by_chat(s, sealer, inbound.channel, inbound.chat)
    owner = _box(sealer, client)
    row = Inbox(
        id=id_,
        place=s.scalar(sa.select(sa.func.coalesce(sa.func.max(Inbox.place), 0) + 1)),
        channel=inbound.channel,
        bot=inbound.bot,
        update_id=inbound.update_id,
        kind=inbound.kind,
        client_id=client.id if client else None,
        worker_id=worker.id if worker else None,
        text=owner.seal("inbox.text", id_, inbound.text)
        if inbound.text and (client or worker)
        else None,
        token=inbound.token,
        chat=sealer.program.seal("inbox.chat", id_, inbound.chat)
        if inbound.kind is InboundKind.START
        else None,
        ref=owner.seal("inbox.ref", id_, inbound.message_ref) if inbound.message_ref else None,
        edited=inbound.edited,
        state=InboxState.RECEIVED,
        signals=[],
        received_at=inbound.at,
    )
    s.add(row)
    s.flush()
    if client is not None:
        late = Inbox.state == InboxState.WAITING, Inbox.handled_at.is_not(None)
        mine = sa.update(Inbox).where(Inbox.client_id == client.id, *late)
        s.execute(mine.values(next_try_at=inbound.at))
    return row


def _box(sealer: Sealer, client: Client | None) -> Box:
    return sealer.client(client.id, client.key) if client else sealer.program


def words(sealer: Sealer, row: Inbox, client: Client | None) -> str:
    """Return what somebody wrote; empty when it was nothing or is erased."""
    if row.text is None:
        return ""
    return _box(sealer, client).open("inbox.text", row.id, row.text)


def address(sealer: Sealer, row: Inbox) -> str:
    """Return the chat of somebody who opened the bot; empty once it is not needed any more."""
    return sealer.program.open("inbox.chat", row.id, row.chat) if row.chat else ""


def erase(row: Inbox) -> None:
    """Erase the words; that something came, and what followed, stays."""
    row.text = row.chat = None


def open_of_client(s: Session, client_id: str) -> Sequence[Inbox]:
    """Return a client's unfinished messages in the order in which they came."""
    asked = sa.select(Inbox).where(Inbox.client_id == client_id, Inbox.state.in_(OPEN))
    return s.scalars(asked.order_by(Inbox.place)).all()


def unread_before(s: Session, row: Inbox) -> Sequence[str]:
    """Return the ids of what the same person sent before a message and nobody has judged yet:
    another process of the service may have it in hand, or it died with it."""
    if row.client_id is None and row.worker_id is None:
        return ()
    mine = Inbox.client_id == row.client_id if row.client_id else Inbox.worker_id == row.worker_id
    asked = sa.select(Inbox.id).where(
        mine, Inbox.state == InboxState.RECEIVED, Inbox.place < row.place
    )
    return s.scalars(asked.order_by(Inbox.place)).all()


def unfinished(s: Session, at: datetime) -> Sequence[Inbox]:
    """Return everything that a crash or an outage left unfinished and that may be tried now."""
    asked = sa.select(Inbox).where(
        Inbox.state.in_(OPEN), sa.or_(Inbox.next_try_at.is_(None), Inbox.next_try_at <= at)
    )
    return s.scalars(asked.order_by(Inbox.place)).all()


def button(s: Session, row: Inbox) -> ButtonRow | None:
    """Return what a tapped button means, None when it was not made for who tapped it."""
    found = s.get(ButtonRow, row.token) if row.token else None
    if found is None:
        return None
    mine = found.client_id == row.client_id if row.client_id else found.worker_id == row.worker_id
    return found if mine else None
