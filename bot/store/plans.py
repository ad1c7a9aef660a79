"""Questions about safety plans: what stands in one, what changed, what was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.danger import Signal
from bot.core.people import Situation
from bot.core.plan import (
    By,
    Did,
    ItemState,
    NeedKind,
    NeedState,
    Section,
    SituationState,
    Term,
    suggested,
)
from bot.store.sealed import Sealer
from bot.store.session import changed
from bot.store.tables import Client, ClientSituation, Need, Plan, PlanChange, PlanItem, new_id

OFFERED_FOR = timedelta(days=1)  # what was said in passing and never placed is forgotten then


def of_client(s: Session, client: Client) -> Plan | None:
    """Return a client's plan, None when there is none yet."""
    return s.scalar(sa.select(Plan).where(Plan.client_id == client.id))


def begun(s: Session, client: Client, at: datetime) -> Plan:
    """Return a client's plan, begun now if there was none."""
    plan = of_client(s, client)
    if plan is None:
        plan = Plan(client_id=client.id, version=0, made_at=at, changed_at=at, reviewed_at=at)
        s.add(plan)
        s.flush()
    return plan


def items(
    s: Session, client: Client, *states: ItemState, section: Section | None = None
) -> list[PlanItem]:
    """Return a client's items in the order of sections and of their coming; active ones unless
    other states are named."""
    asked = sa.select(PlanItem).where(
        PlanItem.client_id == client.id,
        PlanItem.state.in_(states or (ItemState.ACTIVE,)),
        PlanItem.words.is_not(None),
    )
    if section is not None:
        asked = asked.where(PlanItem.section == section)
    order = list(Section)
    found = s.scalars(asked.order_by(PlanItem.place)).all()
    return sorted(found, key=lambda item: (order.index(item.section), list(Term).index(item.term)))


def item_of(s: Session, client: Client, item_id: str) -> PlanItem | None:
    """Return an item of this very client, None when it is nobody's or somebody else's."""
    item = s.get(PlanItem, item_id)
    return item if item is not None and item.client_id == client.id else None


def from_source(s: Session, client: Client, source: str) -> PlanItem | None:
    """Return the item that a question has led to, None when it has led to none that stands."""
    asked = sa.select(PlanItem).where(
        PlanItem.client_id == client.id,
        PlanItem.source == source,
        PlanItem.state == ItemState.ACTIVE,
    )
    return s.scalar(asked.limit(1))


def add(
    s: Session,
    sealer: Sealer,
    client: Client,
    at: datetime,
    section: Section,
    term: Term,
    words: str,
    *,
    state: ItemState = ItemState.ACTIVE,
    by: By = By.CLIENT,
    source: str = "",
) -> PlanItem:
    """Write a new item."""
    id_ = new_id()
    last = sa.select(sa.func.coalesce(sa.func.max(PlanItem.place), 0) + 1)
    item = PlanItem(
        id=id_,
        client_id=client.id,
        place=s.scalar(last.where(PlanItem.client_id == client.id)),
        section=section,
        term=term,
        words=sealer.client(client.id, client.key).seal("plan_item.words", id_, words),
        only_me=False,
        state=state,
        by=by,
        source=source,
        checked_at=at,
        made_at=at,
    )
    s.add(item)
    s.flush()
    return item


def reword(sealer: Sealer, client: Client, item: PlanItem, words: str, at: datetime) -> None:
    """Give an item other words; those of before are gone."""
    box = sealer.client(client.id, client.key)
    item.words, item.checked_at = box.seal("plan_item.words", item.id, words), at


def words(sealer: Sealer, client: Client, item: PlanItem) -> str:
    """Return an item's words, empty when they are gone."""
    if item.words is None:
        return ""
    return sealer.client(client.id, client.key).open("plan_item.words", item.id, item.words)


def say(sealer: Sealer, client: Client, item: PlanItem, comment: str) -> None:
    """Keep what the worker says to an item."""
    box = sealer.client(client.id, client.key)
    item.comment = box.seal("plan_item.comment", item.id, comment)


def comment(sealer: Sealer, client: Client, item: PlanItem) -> str:
    """Return what the worker said to an item, empty when nothing."""
    if item.comment is None:
        return ""
    return sealer.client(client.id, client.key).open("plan_item.comment", item.id, item.comment)


def note(
    s: Session, client: Client, at: datetime, did: Did, by: By, item: PlanItem | None = None
) -> Plan:
    """Make a new version of a plan: what was done, never the words."""
    plan = begun(s, client, at)
    plan.version, plan.changed_at = plan.version + 1, at
    item_id = item.id if item is not None else None
    change = PlanChange(
        client_id=client.id, version=plan.version, did=did, by=by, item_id=item_id, at=at
    )
    s.add(change)
    s.flush()
    return plan


def changes(s: Session, client: Client) -> Sequence[PlanChange]:
    """Return all that changed in a client's plan, oldest first."""
    asked = sa.select(PlanChange).where(PlanChange.client_id == client.id)
    return s.scalars(asked.order_by(PlanChange.id)).all()


def needs(s: Session, client: Client) -> Sequence[Need]:
    """Return what a client asked for, oldest first."""
    asked = sa.select(Need).where(Need.client_id == client.id)
    return s.scalars(asked.order_by(Need.made_at, Need.id)).all()


def open_need(s: Session, client: Client, kind: NeedKind) -> Need | None:
    """Return the need of a kind that is still going on, None when there is none."""
    going = (NeedState.ASKED, NeedState.APPROVED)
    asked = sa.select(Need).where(
        Need.client_id == client.id, Need.kind == kind, Need.state.in_(going)
    )
    return s.scalar(asked.limit(1))


def need_of_task(s: Session, task_id: str) -> Need | None:
    """Return the need behind a worker's task, None when it is another task."""
    return s.scalar(sa.select(Need).where(Need.task_id == task_id))


def situations(s: Session, client: Client) -> list[ClientSituation]:
    """Return a client's situations, the latest first."""
    asked = sa.select(ClientSituation).where(ClientSituation.client_id == client.id)
    order = (ClientSituation.seen_at.desc(), ClientSituation.id)
    return list(s.scalars(asked.order_by(*order)))


def situation(s: Session, client: Client, which: Situation, at: datetime) -> ClientSituation:
    """Return a client's row of a situation, made as suggested if there was none."""
    asked = sa.select(ClientSituation).where(
        ClientSituation.client_id == client.id, ClientSituation.situation == which
    )
    found = s.scalar(asked)
    if found is None:
        found = ClientSituation(
            client_id=client.id, situation=which, state=SituationState.SUGGESTED, seen_at=at
        )
        s.add(found)
        s.flush()
    return found


def forget_offers(s: Session, now: datetime) -> int:
    """Delete what was said in passing and never placed; return how many."""
    passed = PlanItem.made_at <= now - OFFERED_FOR
    gone = sa.delete(PlanItem).where(PlanItem.state == ItemState.OFFERED, passed)
    return changed(s, gone)


def not_so(s: Session, client: Client, signals: Iterable[str], since: datetime) -> None:
    """Drop the situations to which signals pointed that turned out to be nothing; what was seen
    before, proposed already or set by the worker stays."""
    found = {suggested(Signal(one)) for one in signals} - {None, client.situation}
    mine = ClientSituation.client_id == client.id, ClientSituation.situation.in_(found)
    fresh = ClientSituation.state == SituationState.SUGGESTED, ClientSituation.seen_at >= since
    s.execute(sa.delete(ClientSituation).where(*mine, *fresh))


def forget_situations(s: Session, before: datetime) -> int:
    """Delete what was only seen, or proposed and not taken up, and not seen again since; return how
    many. What the client said yes to, or their worker has set, stays."""
    theirs = sa.select(Client.id).where(
        sa.or_(Client.legal_hold, Client.situation == ClientSituation.situation)
    )
    gone = sa.delete(ClientSituation).where(
        ClientSituation.state != SituationState.ACCEPTED,
        ClientSituation.seen_at <= before,
        sa.func.coalesce(ClientSituation.asked_at, ClientSituation.seen_at) <= before,
        ClientSituation.client_id.not_in(theirs.correlate(ClientSituation)),
    )
    return changed(s, gone.execution_options(synchronize_session=False))


def erase(s: Session, client: Client) -> None:
    """Delete a client's plan with all that hangs on it."""
    for table in (PlanItem, PlanChange, Need, ClientSituation, Plan):
        s.execute(sa.delete(table).where(table.client_id == client.id))
