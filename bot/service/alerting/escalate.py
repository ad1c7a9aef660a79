"""Escalating: an alert goes on up until a person says "I've got it"."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.core.alerts import AlertState, LogEvent
from bot.core.danger import Urgency
from bot.core.messages import Kind
from bot.service import speak
from bot.service.alerting import alerts, asks
from bot.service.house import House
from bot.store import care, outbox, people
from bot.store.tables import Alert, Ask, AskState, Client, Outbox, Worker

log = structlog.get_logger()


def tick(house: House) -> int:
    """Do what is due for alerts now and return how much that was. Run twice, does it once.

    1. An ask that stayed silent becomes an alert.
    2. A triggered alert goes on to the next step of its policy.
    3. Who has it but did not mark "reached" in time: the chain begins again.
    4. The client hears that nobody has answered yet, at each time promised.
    """
    now = house.clock.now()
    did = asks.silent(house, now)
    for id_ in _due(house, now):
        try:
            did += _one(house, now, id_)
        except Exception:
            # One alert that cannot go on stops no other.
            log.exception("escalation_failed", alert=id_)
        house.fault("after escalation is written")
    if did:
        house.wake()
    return did


def _one(house: House, now: datetime, id_: int) -> int:
    with house.db.write() as s:
        alert = s.get_one(Alert, id_)
        client = s.get_one(Client, alert.client_id)
        did = _next_step(s, house, now, alert, client)
        did += _not_reached(s, house, now, alert, client)
        return did + _tell(s, house, now, alert, client)


def _due(house: House, now: datetime) -> list[int]:
    late = now - house.content.escalation.not_reached
    with house.db.read() as s:
        return list(
            s.scalars(
                sa.select(Alert.id)
                .where(
                    sa.or_(
                        sa.and_(Alert.state == AlertState.TRIGGERED, Alert.next_at <= now),
                        sa.and_(Alert.state == AlertState.TRIGGERED, Alert.told_at <= now),
                        sa.and_(
                            Alert.state == AlertState.ACKNOWLEDGED, Alert.acknowledged_at <= late
                        ),
                    )
                )
                .order_by(Alert.id)
            )
        )


def _next_step(s: Session, house: House, now: datetime, alert: Alert, client: Client) -> int:
    if alert.state is not AlertState.TRIGGERED or alert.next_at is None or alert.next_at > now:
        return 0
    alerts.fire(s, house, now, alert, client)
    return 1


def _not_reached(s: Session, house: House, now: datetime, alert: Alert, client: Client) -> int:
    late = now - house.content.escalation.not_reached
    if alert.state is not AlertState.ACKNOWLEDGED or alert.trial:
        return 0
    if alert.acknowledged_at is None or alert.acknowledged_at > late:
        return 0
    care.log(s, alert, now, LogEvent.ESCALATED, detail="not reached")
    had_it = s.get(Worker, alert.acknowledged_by) if alert.acknowledged_by else None
    alerts.restart(s, house, now, alert, client)
    if had_it is not None and alert.urgency is Urgency.NOW:
        name = people.worker_name(house.sealer, had_it)
        words = speak.text(house, "utter_not_reached_yet", client.language, other=name)
        _notice(s, house, now, alert, client, words)
        if client.cover:
            alert.told_at = None
    return 1


def _tell(s: Session, house: House, now: datetime, alert: Alert, client: Client) -> int:
    if alert.state is not AlertState.TRIGGERED or alert.told_at is None or alert.told_at > now:
        return 0
    promised = now + house.content.escalation.tell_again
    if not alerts.tells_client(house, alert, now):
        alert.told_at = None
        return 0
    # The line on a covered phone promises no time: it is said once, then there is news or nothing.
    again = alerts.tells_client(house, alert, promised) and not client.cover
    name = "utter_nobody_yet" if again else "utter_nobody_yet_last"
    face = speak.clock_face(promised, client.timezone)
    words = speak.text(house, name, client.language, time=face)
    _notice(s, house, now, alert, client, words, until=promised if again else None)
    alert.told_at = promised if again else None
    return 1


def _notice(
    s: Session,
    house: House,
    now: datetime,
    alert: Alert,
    client: Client,
    words: str,
    until: datetime | None = None,
) -> None:
    """Say to the client that nobody is there yet; it is cancelled when somebody is.

    ``until``: the time that it promises; later it is true no more. After an outage only the newest
    leaves.
    """
    mine = (Outbox.alert_id == alert.id, Outbox.key.startswith("nobody:"))
    outbox.cancel(s, "a newer one says it", *mine)
    press = speak.button(house, client.language, "plan", alert_id=alert.id)
    speak.to_client(
        s,
        house,
        now,
        client,
        Kind.NOTICE,
        words,
        key=f"nobody:{alert.id}:{now.isoformat()}",
        alert_id=alert.id,
        buttons=[] if client.cover else [[press]],
        cover="nobody",
        expires_at=until,
    )


def next_moment(s: Session, house: House) -> datetime | None:
    """Return when something is next due for an alert or an ask, None when nothing is."""
    triggered = Alert.state == AlertState.TRIGGERED
    moments = [
        s.scalar(sa.select(sa.func.min(Alert.next_at)).where(triggered)),
        s.scalar(sa.select(sa.func.min(Alert.told_at)).where(triggered)),
        s.scalar(sa.select(sa.func.min(Ask.deadline)).where(Ask.state == AskState.OPEN)),
    ]
    taken = s.scalar(
        sa.select(sa.func.min(Alert.acknowledged_at)).where(
            Alert.state == AlertState.ACKNOWLEDGED, Alert.trial.is_(False)
        )
    )
    if taken is not None:
        moments.append(taken + house.content.escalation.not_reached)
    return min((moment for moment in moments if moment is not None), default=None)
