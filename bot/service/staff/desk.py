"""A worker before their bot, in one transaction: who they are, and what is answered to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.core.messages import Kind
from bot.service import speak
from bot.service.house import House
from bot.store import people, telling
from bot.store.outbox import Press
from bot.store.tables import Alert, Client, Inbox, Worker

# Bots cannot take back messages older than 48 hours; eight hours are left for outages.
SHOWN_FOR = timedelta(hours=40)


@dataclass(slots=True)
class Desk:
    """What handling one worker's message works with; ``row`` is None at the terminal's orders."""

    s: Session
    house: House
    at: datetime
    worker: Worker
    row: Inbox | None = None
    said: list[str] = field(default_factory=list)

    def sees(self, client: Client) -> bool:
        """Tell whether this worker may see a client now."""
        return telling.may_see(self.s, self.worker, client, self.at)

    def text(self, name: str, **facts: Any) -> str:
        """Return a text in the worker's language."""
        return speak.text(self.house, name, self.worker.language, **facts)

    def button(self, does: str, *, label: str = "", **where: Any) -> Press:
        """Return a button in the worker's language."""
        return speak.button(self.house, self.worker.language, does, label=label, **where)

    def say(
        self,
        name: str,
        *,
        buttons: Sequence[Sequence[Press]] = (),
        about: Client | None = None,
        alert: Alert | None = None,
        **facts: Any,
    ) -> None:
        """Answer the worker with a text of the staff's room."""
        self.tell(self.text(name, **facts), buttons=buttons, about=about, alert=alert)

    def tell(
        self,
        words: str,
        *,
        buttons: Sequence[Sequence[Press]] = (),
        about: Client | None = None,
        alert: Alert | None = None,
        shows: bool = False,
    ) -> None:
        """Answer the worker; what ``shows`` a client cannot be forwarded and leaves the phone."""
        number, self_key = len(self.said), self.row.id if self.row else ""
        speak.to_worker(
            self.s,
            self.house,
            self.at,
            self.worker,
            Kind.REPLY,
            words,
            key=f"staff:{self_key}:{number}" if self_key else "",
            buttons=buttons,
            about=about,
            alert_id=alert.id if alert is not None else None,
            protect=shows or about is not None,
            delete_at=self.at + SHOWN_FOR if shows or about is not None else None,
        )
        self.said.append(words)

    def audit(self, did: str, client: Client | None = None, alert: Alert | None = None) -> None:
        """Record that this worker looked at or changed something."""
        people.audit(
            self.s,
            self.at,
            self.worker.id,
            did,
            client_id=client.id if client is not None else None,
            alert_id=alert.id if alert is not None else None,
        )

    def clock_face(self, at: datetime) -> str:
        """Return a moment as this worker says it."""
        return speak.clock_face(at, self.worker.timezone)
