"""Lock screens: what is about a client waits behind a neutral line until a worker opens it.

A phone previews several lines of a message, so a neutral first line alone hides nothing.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from bot.core.messages import Button, Kind
from bot.service.house import House
from bot.store.tables import ButtonRow, Outbox, Worker

# What tells of clients by what it is; the rest does where it is about one. An answer goes to
# somebody who holds the phone, and a page has its own line.
_TELLS = (Kind.TASK, Kind.PREPARE, Kind.DIGEST)
_OWN = (Kind.REPLY, Kind.PAGE, Kind.ESCALATION)
OPENS = "open_message"


def hides(kind: Kind, *, about: bool, way: str | None) -> bool:
    """Tell whether the words of a message to a worker may not stand on a lock screen."""
    if way is not None or kind in _OWN:
        return False  # a second way carries a neutral line only
    return kind in _TELLS or about


def add_button(s: Session, row: Outbox) -> None:
    """Make the button that opens a message; its token is the message's own id, known to nobody."""
    s.add(
        ButtonRow(
            token=row.id,
            worker_id=row.worker_id,
            does=OPENS,
            value=row.id,
            alert_id=row.alert_id,
            made_at=row.made_at,
        )
    )


def line(house: House, row: Outbox, worker: Worker) -> tuple[str, tuple[tuple[Button, ...], ...]]:
    """Return the neutral line that stands for a message, and the button that opens it."""
    texts = house.content.texts
    name = f"utter_lock_{row.kind}" if row.kind in _TELLS else "utter_lock_notice"
    words = texts.say(name, worker.language)
    return words, ((Button(texts.say("utter_button_open", worker.language), row.id),),)
