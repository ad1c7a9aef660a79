"""What a soak came to: each danger message against its alert, each alert against the pages that
arrived, each message that arrived against what stood in the outbox."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.bench.fake_telegram import FakeTelegram
from bot.bench.figures import percentile
from bot.core.messages import Kind
from bot.service.house import House
from bot.store import outbox, people
from bot.store.inbox import OPEN
from bot.store.tables import Alert, Client, Inbox, Outbox, OutboxState, Seen

PAGE = re.compile(r"#(\d+)")

MUST_BE_ZERO = (
    "danger_without_alert",
    "danger_with_several",
    "alerts_unpaged",
    "doubled_without_reason",
    "lost_without_reason",
    "not_received",
    "received_twice",
    "stuck_in",
    "stuck_out",
)


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wrote: the update's id, their chat, whether it was danger, when."""

    update: int
    chat: int
    danger: bool
    at: datetime


def count(
    house: House, said: Sequence[Said], fake: FakeTelegram, first_client: int
) -> dict[str, Any]:
    """Return the figures; ``broken`` names those that had to be zero and are not."""
    with house.db.read() as s:
        found = {
            **_alerts(s, said, fake),
            **_client_messages(s, house, fake, first_client),
            **_stuck(s, house, said),
            **_pages(s, said),
        }
    return {**found, "broken": [name for name in MUST_BE_ZERO if found[name]]}


def _alerts(s: Session, said: Sequence[Said], fake: FakeTelegram) -> dict[str, int]:
    """Count what became of the danger messages: each has opened one alert or joined one."""
    rows = {row.update_id: row for row in s.scalars(sa.select(Inbox).where(Inbox.bot == "client"))}
    opened = {alert.inbox_id: alert.id for alert in s.scalars(sa.select(Alert)) if alert.inbox_id}
    joined = defaultdict(set)
    for seen in s.scalars(sa.select(Seen).where(Seen.alert_id.is_not(None))):
        joined[seen.inbox_id].add(seen.alert_id)
    danger = [rows[str(one.update)] for one in said if one.danger and str(one.update) in rows]
    of = [joined[row.id] | ({opened[row.id]} if row.id in opened else set()) for row in danger]
    arrived = {
        int(number)
        for texts in fake.everything_sent("worker").values()
        for text in texts
        for number in PAGE.findall(text.splitlines()[0] if text else "")
    }
    alerts = set(s.scalars(sa.select(Alert.id)))
    return {
        "danger": sum(one.danger for one in said),
        "alerts": len(alerts),
        "danger_opened": sum(row.id in opened for row in danger),
        "danger_joined": sum(row.id not in opened and bool(joined[row.id]) for row in danger),
        "danger_without_alert": sum(not one for one in of),
        "danger_with_several": sum(len(one) > 1 for one in of),
        "alerts_unpaged": len(alerts - arrived),
    }


def _client_messages(
    s: Session, house: House, fake: FakeTelegram, first_client: int
) -> dict[str, int]:
    """Hold what arrived in the clients' chats against the outbox.

    A message that was sent arrived once, and at most once more for each time that its outcome was
    unknown; one whose outcome stayed unknown arrived at most so often.
    """
    sent, may = Counter[tuple[int, str]](), Counter[tuple[int, str]]()
    states: Counter[OutboxState] = Counter()
    resent = 0
    for client in s.scalars(sa.select(Client)):
        chat = int(people.chat(house.sealer, client) or 0)
        for row in s.scalars(sa.select(Outbox).where(Outbox.client_id == client.id)):
            text, _ = outbox.content(house.sealer, row, client)
            states[row.state] += 1
            sent[chat, text] += row.state is OutboxState.SENT
            may[chat, text] += row.unknowns
            resent += row.unknowns if row.kind.resend_on_unknown else 0
    arrived = Counter(
        (chat, text)
        for chat, texts in fake.everything_sent("client").items()
        if chat >= first_client
        for text in texts
    )
    over = {what: arrived[what] - sent[what] for what in arrived}
    return {
        "client_messages": arrived.total(),
        "outcome_unknown": states[OutboxState.OUTCOME_UNKNOWN],
        "sent_again_by_rule": resent,
        "doubled_by_rule": sum(min(max(n, 0), may[what]) for what, n in over.items()),
        "doubled_without_reason": sum(max(n - may[what], 0) for what, n in over.items()),
        "lost_without_reason": sum(max(sent[what] - arrived[what], 0) for what in sent),
    }


def _stuck(s: Session, house: House, said: Sequence[Said]) -> dict[str, int]:
    came = Counter(s.scalars(sa.select(Inbox.update_id).where(Inbox.bot == "client")))
    # Messages that nobody tried yet may wait for the morning; what was tried must have ended.
    tried = sa.and_(Outbox.state == OutboxState.PENDING, Outbox.tries > 0)
    now = house.clock.now()
    late = sa.and_(Outbox.state == OutboxState.PENDING, Outbox.not_before <= now)
    out = sa.or_(Outbox.state == OutboxState.SENDING, tried, late)
    return {
        "not_received": sum(str(one.update) not in came for one in said),
        "received_twice": sum(number > 1 for number in came.values()),
        "stuck_in": _count(s, Inbox, Inbox.state.in_(OPEN)),
        "stuck_out": _count(s, Outbox, out),
    }


def _pages(s: Session, said: Sequence[Said]) -> dict[str, float]:
    """Return how long the first page of an alert took, from the client's writing on."""
    written = {str(one.update): one.at for one in said}
    first = (
        sa.select(Outbox.alert_id, sa.func.min(Outbox.sent_at))
        .where(Outbox.kind == Kind.PAGE, Outbox.sent_at.is_not(None))
        .group_by(Outbox.alert_id)
    )
    sent = {alert: at for alert, at in s.execute(first) if alert is not None}
    asked = sa.select(Alert.id, Inbox.update_id).join(Inbox, Inbox.id == Alert.inbox_id)
    took = [
        (at - written[update]).total_seconds()
        for alert, update in s.execute(asked)
        if update in written and (at := sent.get(alert)) is not None
    ]
    if not took:
        return {}
    return {
        "first_page_p50": round(percentile(took, 50), 1),
        "first_page_p99": round(percentile(took, 99), 1),
        "first_page_most": round(max(took), 1),
    }


def _count(s: Session, table: type[Inbox] | type[Outbox], *on: sa.ColumnElement[bool]) -> int:
    return s.scalar(sa.select(sa.func.count()).select_from(table).where(*on)) or 0
