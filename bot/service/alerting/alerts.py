"""Alerts: opening them, paging for them, and what a worker does with them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core import alerts as rules
from bot.core.alerts import AlertState, Join, LogEvent, Named, Target
from bot.core.danger import Urgency, Verdict, most_urgent
from bot.core.messages import Kind
from bot.core.people import SYNTHETIC, Role
from bot.service import second
from bot.service.alerting.paging import MORE, cannot_reach, page, silenced, whom
from bot.service.house import House
from bot.store import care, people, telling
from bot.store.tables import Alert, Client, Outbox, Worker

TELL_FOR = timedelta(hours=3)
# Rings the worker beside the client, and nobody else.
_TRIAL = rules.Step(timedelta(0), (rules.Who.WORKER,))


@dataclass(frozen=True, slots=True)
class Opened:
    """The alert that a message led to, and whether it is a new one."""

    alert: Alert
    join: Join


def raise_alert(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    verdict: Verdict,
    *,
    inbox_id: str | None,
    trial: bool = False,
) -> Opened:
    """Open an alert for a message, or let the message join the client's newest one.

    1. The same message never opens a second alert: what it adds joins its first.
    2. A new alert pages the first step of its policy here, in the caller's transaction.
    3. A message that joins is paged at once to whoever acknowledged.
    """
    mine = care.of_message(s, inbox_id) if inbox_id else None
    had = mine or care.newest_open(s, client.id)
    if had is not None and had.trial != trial:
        had = None
    how = rules.join(
        at,
        verdict.urgency,
        verdict.signals,
        state=had.state if had else None,
        had_urgency=had.urgency if had else Urgency.NONE,
        had_signals=had.signals if had else (),
        acknowledged_at=had.acknowledged_at if had and mine is None else None,
    )
    if had is None or how in (Join.OPEN, Join.LINK):
        # A message opens one alert; when that one is closed, the new one is of no message.
        of = None if mine is not None else inbox_id
        alert = _open(s, house, at, client, verdict, of, had, trial=trial)
    else:
        alert = had
        _merge(s, house, at, client, alert, verdict, inbox_id, how)
    return Opened(alert, how)


def _open(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    verdict: Verdict,
    inbox_id: str | None,
    earlier: Alert | None,
    *,
    trial: bool,
) -> Alert:
    alert = Alert(
        id=care.synthetic_number(s) if client.channel == SYNTHETIC else None,
        client_id=client.id,
        inbox_id=inbox_id,
        linked_id=earlier.id if earlier else None,
        trial=trial,
        urgency=verdict.urgency,
        signals=[signal.value for signal in verdict.signals],
        state=AlertState.TRIGGERED,
        policy=[_TRIAL.as_json()] if trial else _policy(s, house, verdict.urgency),
        chain_at=at,
        next_step=0,
        opened_at=at,
        outcome="",
    )
    s.add(alert)
    s.flush()
    _keep_why(s, house, alert, client, verdict.why)
    care.log(s, alert, at, LogEvent.CREATED, detail=verdict.urgency)
    alert.told_at = at + house.content.escalation.tell_client
    fire(s, house, at, alert, client)
    return alert


def _policy(s: Session, house: House, urgency: Urgency) -> list[dict[str, Any]]:
    """Return the steps of an urgency as they are copied onto an alert: people by id, no name."""

    def found(who: Target) -> Target:
        if not isinstance(who, Named):
            return who
        worker = people.worker_by_name(s, house.sealer, who.name)
        return replace(who, worker_id=worker.id if worker is not None else "")

    steps = house.content.escalation.policies[urgency]
    return [replace(step, who=tuple(map(found, step.who))).as_json() for step in steps]


def _keep_why(s: Session, house: House, alert: Alert, client: Client, why: str) -> None:
    box = people.box(house.sealer, client)
    before = box.open("alert.why", alert.id, alert.why) if alert.why else ""
    parts = [before] if before else []
    if why and why not in before:
        parts.append(why)
    alert.why = box.seal("alert.why", alert.id, "; ".join(parts))


def _merge(
    s: Session,
    house: House,
    at: datetime,
    client: Client,
    alert: Alert,
    verdict: Verdict,
    inbox_id: str | None,
    how: Join,
) -> None:
    fresh = [g.value for g in verdict.signals if g.value not in alert.signals]
    rises = verdict.urgency.rank > alert.urgency.rank
    alert.urgency = most_urgent(alert.urgency, verdict.urgency)
    # What raised the urgency is what a worker must read first.
    alert.signals = [*fresh, *alert.signals] if rises else [*alert.signals, *fresh]
    _keep_why(s, house, alert, client, verdict.why)
    care.log(s, alert, at, LogEvent.MERGED, detail=verdict.urgency)
    if inbox_id == alert.inbox_id and how is Join.MERGE:
        return
    has_it = s.get(Worker, alert.acknowledged_by) if alert.acknowledged_by else None
    if has_it is not None:
        page(s, house, at, alert, client, has_it, key=f"{MORE}{alert.id}:{inbox_id}", more=inbox_id)
    if how is Join.MERGE_AND_RESTART:
        restart(s, house, at, alert, client)
    elif has_it is None:
        _ring_more(s, house, at, alert, client)


def _ring_more(s: Session, house: House, at: datetime, alert: Alert, client: Client) -> None:
    """Page for a message that joined an alert which nobody has taken, as it would have rung by
    itself: whoever it sounds for now, and was not rung for this within the merge window; whoever it
    shows up for silently, once."""
    first = rules.firing([rules.Step.from_json(step) for step in alert.policy], 0)
    for worker in whom(s, house, first.who if first else (), client, at):
        rang = sa.select(Outbox.id).where(
            Outbox.alert_id == alert.id,
            Outbox.worker_id == worker.id,
            Outbox.kind.in_((Kind.PAGE, Kind.ESCALATION)),
        )
        if not silenced(s, house, at, alert, worker):
            late = at - rules.MERGE_WINDOW
            rang = rang.where(Outbox.silent.is_(False), Outbox.made_at > late)
        if s.scalar(rang.limit(1)) is None:
            key = f"again:{alert.id}:{at.isoformat()}:{worker.id}"
            page(s, house, at, alert, client, worker, key=key)


def restart(s: Session, house: House, at: datetime, alert: Alert, client: Client) -> None:
    """Begin an alert's chain again, by the policy of its urgency now."""
    alert.policy = _policy(s, house, alert.urgency)
    alert.chain_at, alert.next_step = at, 0
    if alert.state is not AlertState.TRIGGERED:
        alert.state = AlertState.TRIGGERED
        alert.acknowledged_by = alert.acknowledged_at = None
    alert.told_at = at + house.content.escalation.tell_client
    fire(s, house, at, alert, client)


def fire(
    s: Session,
    house: House,
    at: datetime,
    alert: Alert,
    client: Client,
    *,
    without: Collection[str] = (),
    also: Iterable[Worker] = (),
) -> bool:
    """Page the next step of an alert's policy, and plan the one after it.

    A step that reaches nobody is said in the log and skipped at once; when all distinct steps
    reach nobody, the next moment of the policy is waited for. What an outage has left overdue rings
    once for everybody concerned, not once for each time that it was missed.

    ``without``: ids of who said that they cannot; where nobody else can be paged it rings for them
    all the same, and False says so. ``also``: who is paged beside the step.
    """
    policy, began = [rules.Step.from_json(step) for step in alert.policy], alert.next_step
    for _ in range(len(policy) + 1):
        firing = rules.firing(policy, alert.next_step)
        if firing is None:
            break
        number, alert.next_step, who = alert.next_step, alert.next_step + 1, firing.who
        while (more := rules.firing(policy, alert.next_step)) and _due(house, alert, more) <= at:
            alert.next_step, who = alert.next_step + 1, (*who, *more.who)
        step = {one.id: one for one in (*also, *whom(s, house, dict.fromkeys(who), client, at))}
        meant = [one for one in step.values() if one.id not in without]
        paged = [
            worker
            for worker in meant
            if page(s, house, at, alert, client, worker, key=_key(alert, number, worker))
        ]
        # Whoever blocked the bot is tried all the same, but nobody waits for them.
        reached = [worker for worker in paged if second.reachable(house.channels, worker)]
        for worker in meant:
            if worker.chat is None and not second.reachable(house.channels, worker):
                cannot_reach(s, house, at, alert, worker, detail="no way to reach")
        if number and reached:
            care.log(s, alert, at, LogEvent.ESCALATED, detail=f"step {number}")
        if reached:
            alert.next_at = _moment(house, alert, policy, at)
            return True
        care.log(s, alert, at, LogEvent.NO_ONE_ON_CALL, detail=f"step {number}")
    if without:
        alert.next_step = began
        fire(s, house, at, alert, client)
    else:
        alert.next_at = _moment(house, alert, policy, at)
    return False


def pass_on(
    s: Session, house: House, at: datetime, alert: Alert, client: Client, worker: Worker
) -> bool:
    """Start an alert's chain again one step further on, without who passed it on.

    It rings for everybody who was paged and was told that somebody has it, for whoever a step so
    far means now, and for the next step. False when nobody but who passed it on can be paged.
    """
    policy = [rules.Step.from_json(step) for step in alert.policy]
    steps = (rules.firing(policy, number) for number in range(alert.next_step + 1))
    meant = dict.fromkeys(who for step in steps if step is not None for who in step.who)
    rung = [
        one
        for one in care.all_paged(s, alert)
        if one.active and one.role is not Role.OPERATOR and care.paged(s, alert, one)
    ]
    also = [*telling.receivers(s, client, rung, at), *whom(s, house, meant, client, at)]
    alert.chain_at, alert.next_step = at, min(1, len(policy) - 1)
    return fire(s, house, at, alert, client, without={worker.id}, also=also)


def _key(alert: Alert, number: int, worker: Worker) -> str:
    return f"page:{alert.id}:{alert.chain_at.isoformat()}:{number}:{worker.id}"


def _moment(
    house: House, alert: Alert, policy: Sequence[rules.Step], at: datetime
) -> datetime | None:
    firing = rules.firing(policy, alert.next_step)
    if firing is None:
        return None
    return max(_due(house, alert, firing), at)


def _due(house: House, alert: Alert, firing: rules.Firing) -> datetime:
    if firing.staffed:
        return house.content.escalation.staffed.after(alert.chain_at, firing.after)
    return alert.chain_at + firing.after


def tells_client(house: House, alert: Alert, now: datetime) -> bool:
    """Tell whether the client hears that nobody has answered yet.

    Only `now`, and for three hours: after that the line itself would be the trouble.
    """
    return alert.urgency is Urgency.NOW and not alert.trial and now - alert.chain_at < TELL_FOR
