"""What becomes of a message that failed or may not have arrived; nobody waits for what cannot."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.channels.base import Reason, SendFailed
from bot.core.alerts import LogEvent
from bot.core.danger import Signal, Urgency, Verdict
from bot.core.messages import Kind
from bot.core.writing import Ended
from bot.service import second, speak, tasks, writing
from bot.service.alerting import alerts, paging, safety
from bot.service.house import Heard, House
from bot.service.receivers import kept_back, person_of
from bot.store import care, outbox, people
from bot.store.tables import Alert, Client, FlowRun, Inbox, Outbox, OutboxState, RunState, Worker

log = structlog.get_logger()

# Seconds until the next try; nothing is given up, the last delay repeats. What is urgent is tried
# often enough that it leaves half a minute after an outage at the latest.
RETRY, URGENT_RETRY = (2, 5, 15, 30, 60, 300), (2, 5, 15, 30)
MOST_UNKNOWN = 5  # a page whose outcome stays unknown is not sent for ever
PAGING = (Kind.PAGE, Kind.ESCALATION)
MATTERS = (Kind.SAFETY, Kind.ASK, Kind.NOTICE)  # a client must not miss these unnoticed


def failed(house: House, id_: str, failure: SendFailed, tries: int | None) -> Heard | None:
    """Plan the next try, or say to whom it concerns that this will never arrive.

    ``tries``: the how manieth try it was, None before any; nothing when somebody else has it now.
    """
    with house.db.write() as s:
        row = _mine(s, id_, tries)
        if row is None:
            return None
        person, now = person_of(s, row), house.clock.now()
        row.lease_until, row.reason = None, failure.reason.value
        if failure.moved_to is not None:
            people.bind_chat(house.sealer, person, person.channel or "", failure.moved_to)
        if not failure.permanent or failure.moved_to is not None:
            delay = failure.retry_after or _delay(row, row.tries)
            row.state, row.not_before = OutboxState.PENDING, now + timedelta(seconds=delay)
            return None
        row.state = OutboxState.FAILED_PERMANENT
        log.warning("send_failed", outbox=row.id, kind=row.kind, reason=failure.reason.value)
        if isinstance(person, Client):
            if failure.reason in (Reason.BLOCKED, Reason.GONE):
                key = f"blocked:{person.id}:{now.date()}"
                tasks.give(s, house, now, person, "blocked", key=key)
                writing.end(s, house, now, person, Ended.BLOCKED)
            elif row.kind in MATTERS:
                key = f"not_delivered:{person.id}:{now.date()}"
                tasks.give(s, house, now, person, "not_delivered", key=key)
            writing.not_arrived(s, house, now, person, row)
            return kept_back(house, row, person, now)
        if row.channel is None and failure.reason in (Reason.BLOCKED, Reason.GONE):
            person.blocked_at = person.blocked_at or now
        tasks.unread(s, house, now, row)
        if row.key.startswith(writing.KEY):
            _not_passed_on(s, house, now, row, person)
        if row.alert_id is not None:
            alert = s.get_one(Alert, row.alert_id)
            if row.channel is None and row.kind in PAGING and alert.state.open:
                second.chat_failed(s, house, now, row, person)
            if _nothing_waits(s, alert, person):
                paging.cannot_reach(s, house, now, alert, person, detail=row.channel or "")
            else:
                care.log(s, alert, now, LogEvent.PAGE_FAILED, worker_id=person.id)
            _page_failed(s, alert, now)
        return kept_back(house, row, person, now)


def _not_passed_on(s: Session, house: House, now: datetime, row: Outbox, worker: Worker) -> None:
    """Let somebody else hear a client whose message cannot reach who writes with them."""
    client = s.get(Client, row.about_id)
    if client is None or client.writer_id != worker.id:
        return
    writing.end(s, house, now, client, Ended.SILENT, quiet=True)
    of = row.key.removeprefix(writing.KEY)
    said = s.get(Inbox, of)
    if said is None or (said.urgency is not None and said.urgency.pages):
        return  # it rings already
    other = people.worker_name(house.sealer, worker)
    language = people.worker_of(s, client).language
    why = speak.text(house, "utter_page_not_passed_on", language, other=other)
    verdict = Verdict(Urgency.TODAY, (Signal.CONTACT_REQUEST,), why)
    opened = alerts.raise_alert(s, house, now, client, verdict, inbox_id=of)
    care.note_seen(s, client.id, of, verdict, now, opened.alert.id)
    safety.answer(s, house, now, client, verdict, opened, f"unread:{of}")


def _mine(s: Session, id_: str, tries: int | None) -> Outbox | None:
    """Return a message while its sender's lease is theirs; None when that ran out, and another
    service may have sent it meanwhile."""
    row = s.get_one(Outbox, id_)
    if tries is None:
        return row if row.state is OutboxState.PENDING else None
    return row if row.state is OutboxState.SENDING and row.tries == tries else None


def _delay(row: Outbox, tries: int) -> float:
    """Return the seconds until a message is tried again, after so many tries."""
    delays = URGENT_RETRY if row.priority <= outbox.URGENT else RETRY
    return delays[min(tries, len(delays)) - 1]


def _page_failed(s: Session, alert: Alert, now: datetime) -> None:
    """Bring the next step forward: a page that cannot arrive must not be waited for."""
    if s.scalar(_arrives(alert).limit(1)) is None and alert.next_at is not None:
        alert.next_at = now


def _nothing_waits(s: Session, alert: Alert, worker: Worker) -> bool:
    """Tell whether no page about an alert has arrived or can arrive at a worker by any way."""
    return s.scalar(_arrives(alert).where(Outbox.worker_id == worker.id).limit(1)) is None


def _arrives(alert: Alert) -> sa.Select[str]:
    return sa.select(Outbox.id).where(
        Outbox.alert_id == alert.id,
        Outbox.worker_id.is_not(None),
        Outbox.kind.in_(PAGING),
        Outbox.state.in_((OutboxState.PENDING, OutboxState.SENDING, OutboxState.SENT)),
        Outbox.made_at >= alert.chain_at,
    )


def outcome_unknown(house: House, id_: str, tries: int) -> None:
    """Keep that nobody knows whether a message arrived; nothing when somebody else has it now."""
    with house.db.write() as s:
        row, now = _mine(s, id_, tries), house.clock.now()
        if row is None:
            return
        unknown(s, row, now, "no answer from the channel")
        if row.client_id is not None:
            writing.not_arrived(s, house, now, s.get_one(Client, row.client_id), row)


def unknown(s: Session, row: Outbox, now: datetime, reason: str, *, waited: bool = False) -> None:
    """Send again what must not be lost, never what must not be doubled: a question that may not
    have arrived is asked again at the next contact."""
    row.unknowns, row.lease_until, row.reason = row.unknowns + 1, None, reason
    log.warning("send_outcome_unknown", outbox=row.id, kind=row.kind, why=reason)
    if row.kind.resend_on_unknown and row.unknowns <= MOST_UNKNOWN:
        delay = 0 if waited else _delay(row, row.unknowns)
        row.state, row.not_before = OutboxState.PENDING, now + timedelta(seconds=delay)
        return
    row.state = OutboxState.OUTCOME_UNKNOWN
    people.count(s, "outcome_unknown")
    run = s.get(FlowRun, row.run_id) if row.run_id else None
    if run is not None and run.state is RunState.ACTIVE and run.asked_at <= row.made_at:
        run.state = RunState.PAUSED
