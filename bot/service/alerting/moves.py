"""What a worker does with an alert, what the client hears of it, and what a page opens to."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core import alerts as rules
from bot.core.alerts import AlertState, LogEvent, Move
from bot.core.danger import Signal
from bot.core.messages import Kind
from bot.core.people import ClientState
from bot.service import runs, speak
from bot.service.alerting import alerts
from bot.service.house import House
from bot.service.people import looking_after
from bot.store import care, inbox, outbox, people, plans
from bot.store.session import changed
from bot.store.tables import (
    Alert,
    Checkin,
    CheckinState,
    Client,
    Inbox,
    Outbox,
    OutboxState,
    RunState,
    Seen,
    Worker,
)

_TARGET = {
    Move.ACKNOWLEDGE: AlertState.ACKNOWLEDGED,
    Move.REACHED: AlertState.REACHED,
    Move.RELEASE: AlertState.TRIGGERED,
    Move.CLOSE: AlertState.CLOSED,
}
_EVENT = {
    Move.ACKNOWLEDGE: LogEvent.ACKNOWLEDGED,
    Move.REACHED: LogEvent.REACHED,
    Move.RELEASE: LogEvent.RELEASED,
    Move.CLOSE: LogEvent.CLOSED,
}


def move(
    s: Session,
    house: House,
    at: datetime,
    alert: Alert,
    worker: Worker,
    what: Move,
    outcome: str = "",
) -> bool:
    """Carry out what a worker does with an alert; False when it is not possible any more.

    The state is compared and set in one statement: of two workers at once only one has it.
    """
    possible = Alert.state.in_(rules.ALLOWED[what])
    move_it = sa.update(Alert).where(Alert.id == alert.id, possible).values(state=_TARGET[what])
    if changed(s, move_it) != 1:
        return False
    s.refresh(alert)
    client = s.get_one(Client, alert.client_id)
    care.log(s, alert, at, _EVENT[what], worker_id=worker.id, detail=outcome)
    people.audit(s, at, worker.id, f"alert_{what}", client_id=client.id, alert_id=alert.id)
    if what is Move.RELEASE:
        _released(s, house, at, alert, client, worker)
        return True
    alert.next_at = alert.told_at = None
    if alert.acknowledged_at is None and what is not Move.CLOSE:
        alert.acknowledged_by, alert.acknowledged_at = worker.id, at
        _taken(s, house, at, alert, client, worker)
        _go_on(s, house, at, alert, client)
    if what is Move.REACHED:
        alert.reached_at = at
    if what is Move.CLOSE:
        if alert.acknowledged_at is None and not alert.trial:
            _looked_into(s, house, at, alert, client, worker)
        _closed(s, house, at, alert, client, outcome)
    return True


def _taken(
    s: Session, house: House, at: datetime, alert: Alert, client: Client, worker: Worker
) -> None:
    """Tell the client who has it, and the others who were paged that they can rest."""
    name = people.worker_name(house.sealer, worker)
    words = speak.text(house, "utter_alert_acknowledged", client.language, other=name)
    speak.to_client(s, house, at, client, Kind.NOTICE, words, alert_id=alert.id)
    mine = Outbox.alert_id == alert.id
    outbox.cancel(s, "somebody has it", mine, Outbox.kind == Kind.ESCALATION)
    outbox.cancel(s, "somebody has it", mine, Outbox.channel.is_not(None))
    outbox.cancel(s, "somebody has it", mine, Outbox.key.startswith("nobody:"))
    for other in _paged(s, alert):
        if other.id != worker.id:
            words = speak.text(
                house, "utter_acknowledged_by_other", other.language, other=name, number=alert.id
            )
            speak.to_worker(s, house, at, other, Kind.NOTICE, words, alert_id=alert.id, silent=True)


def _looked_into(
    s: Session, house: House, at: datetime, alert: Alert, client: Client, worker: Worker
) -> None:
    """Keep the promise to say when there is an answer, also where somebody closed at once; and let
    the others who were paged rest."""
    name = people.worker_name(house.sealer, worker)
    words = speak.text(house, "utter_alert_looked_into", client.language, other=name)
    speak.to_client(s, house, at, client, Kind.NOTICE, words, alert_id=alert.id)
    for other in _paged(s, alert):
        if other.id != worker.id:
            state = speak.text(house, f"utter_state_{alert.state}", other.language)
            words = speak.text(
                house,
                "utter_done_by_other",
                other.language,
                other=name,
                number=alert.id,
                state=state,
            )
            speak.to_worker(s, house, at, other, Kind.NOTICE, words, alert_id=alert.id, silent=True)


def _go_on(s: Session, house: House, at: datetime, alert: Alert, client: Client) -> None:
    """Ask once more what the danger interrupted, while the client still has the phone in hand."""
    run = runs.to_go_on(s, client)
    if run is None or run.state is not RunState.PAUSED or at - alert.opened_at > runs.TALK:
        return
    if client.state is not ClientState.LEFT:
        before = speak.text(house, "utter_when_ready", client.language)
        runs.ask(s, house, at, client, run, before=before)


def _paged(s: Session, alert: Alert) -> list[Worker]:
    asked = sa.select(Outbox.worker_id).where(
        Outbox.alert_id == alert.id, Outbox.kind.in_((Kind.PAGE, Kind.ESCALATION))
    )
    return list(s.scalars(sa.select(Worker).where(Worker.id.in_(asked), Worker.active)))


def _released(
    s: Session, house: House, at: datetime, alert: Alert, client: Client, worker: Worker
) -> None:
    """Let it ring for the others again, and say so to the client."""
    alert.acknowledged_by = alert.acknowledged_at = alert.reached_at = None
    alert.told_at = at + house.content.escalation.tell_client
    others = alerts.pass_on(s, house, at, alert, client, worker)
    said = "utter_alert_released" if others else "utter_alert_released_alone"
    name = people.worker_name(house.sealer, worker)
    words = speak.text(house, said, client.language, other=name)
    speak.to_client(s, house, at, client, Kind.NOTICE, words, alert_id=alert.id)


def _closed(
    s: Session, house: House, at: datetime, alert: Alert, client: Client, outcome: str
) -> None:
    """Keep the outcome, cancel what still would leave, take the words off the workers' phones."""
    alert.closed_at, alert.outcome = at, outcome
    looking_after.after_alert(s, house, at, client, alert)
    if outcome == looking_after.NO_DANGER:
        plans.not_so(s, client, alert.signals, alert.opened_at)
    mine = Outbox.alert_id == alert.id
    # A notice is true still ("Ben has it"), but for the one that nobody answered.
    over = sa.or_(Outbox.kind != Kind.NOTICE, Outbox.key.startswith("nobody:"))
    outbox.cancel(s, "the alert is closed", mine, over)
    s.execute(
        sa.update(Outbox)
        .where(mine, Outbox.worker_id.is_not(None), Outbox.state == OutboxState.SENT)
        .where(Outbox.delete_at.is_not(None))
        .values(delete_at=at)
    )


def details(s: Session, house: House, alert: Alert, worker: Worker, at: datetime) -> str:
    """Return what a page opens to, in the worker's language: who, how sure, why, their words."""
    client = s.get_one(Client, alert.client_id)
    language = worker.language
    if alert.trial:
        alias = people.alias(house.sealer, client)
        return speak.text(house, "utter_page_trial", language, alias=alias)
    box = people.box(house.sealer, client)
    signals = [house.content.signals.of(Signal(signal)) for signal in alert.signals]
    shown = speak.text(
        house,
        "utter_page_details",
        language,
        alias=people.alias(house.sealer, client),
        urgency=speak.text(house, f"utter_urgency_{alert.urgency}", language),
        signals=", ".join(signal.meaning[language] for signal in signals),
        why=box.open("alert.why", alert.id, alert.why) if alert.why else "-",
        words=_words(s, house, alert, client, worker),
        last=_last_checkin(s, house, client, worker),
        guidance=signals[0].guidance[language] if signals else "",
    )
    if not client.phone.reachable:
        state = speak.text(house, f"utter_phone_{client.phone}", language)
        shown += "\n" + speak.text(house, "utter_page_phone", language, state=state)
    return shown + _proof(house, client, worker)


def _proof(house: House, client: Client, worker: Worker) -> str:
    """Return the agreed question, and that a covered phone is not called; empty for neither."""
    lines = []
    if client.agreed_question is not None:
        box = people.box(house.sealer, client)
        said = box.open("client.agreed_question", client.id, client.agreed_question)
        lines.append(speak.text(house, "utter_page_question", worker.language, words=said))
    if client.cover:
        lines.append(speak.text(house, "utter_page_covered", worker.language))
    return "".join(f"\n{line}" for line in lines)


def _words(s: Session, house: House, alert: Alert, client: Client, worker: Worker) -> str:
    said = []
    # Not a join with DISTINCT: PostgreSQL cannot compare the JSON in a row.
    belongs = sa.select(Seen.inbox_id).where(Seen.alert_id == alert.id)
    asked = sa.select(Inbox).where(Inbox.id.in_(belongs)).order_by(Inbox.place)
    for row in s.scalars(asked):
        words = inbox.words(house.sealer, row, client)
        if words:
            said.append(f"\u201c{words[:600]}\u201d")
    return "\n".join(said[-5:]) or speak.text(house, "utter_page_no_words", worker.language)


def _last_checkin(s: Session, house: House, client: Client, worker: Worker) -> str:
    asked = sa.select(sa.func.max(Checkin.answered_at))
    answered: datetime | None = s.scalar(
        asked.where(Checkin.client_id == client.id, Checkin.state == CheckinState.ANSWERED)
    )
    if answered is None:
        return speak.text(house, "utter_page_never", worker.language)
    return f"{answered.astimezone(ZoneInfo(worker.timezone)):%Y-%m-%d %H:%M}"
