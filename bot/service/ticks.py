"""The steady ticks, plain functions of now, and the moment at which one of them has work again."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.service import deliver, receive, remind, retain, writing
from bot.service.alerting import escalate
from bot.service.house import House, in_thread
from bot.service.receive import Lines
from bot.service.staff import digest
from bot.store import dues, outbox
from bot.store.inbox import OPEN
from bot.store.tables import Inbox

ROUNDS = 100  # a chain of causes at one moment is short; more is a loop of ours


async def settle(house: House, lines: Lines) -> None:
    """Do all that is due at this moment, until nothing is left to do."""
    for _ in range(ROUNDS):
        await lines.idle()
        did = await receive.tick(house, lines)
        did += await in_thread(escalate.tick, house)
        did += await in_thread(remind.tick, house)
        did += await in_thread(digest.tick, house)
        did += await in_thread(retain.tick, house)
        did += await deliver.tick(house)
        did += await retain.sweep(house)
        if not did:
            return
    raise RuntimeError("the ticks do not come to rest")


def next_moment(house: House) -> datetime | None:
    """Return when a tick has work next, None when nothing is planned."""
    with house.db.read() as s:
        moments = [
            outbox.next_moment(s),
            dues.next_moment(s),
            escalate.next_moment(s, house),
            retain.next_moment(s),
            writing.next_moment(s, house),
            digest.next_moment(s, house),
            _next_try(s),
        ]
    return min((moment for moment in moments if moment is not None), default=None)


def _next_try(s: Session) -> datetime | None:
    return s.scalar(sa.select(sa.func.min(Inbox.next_try_at)).where(Inbox.state.in_(OPEN)))
