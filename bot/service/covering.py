"""Covering: from now on somebody else may read a phone, and only harmless lines go there."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.service import speak
from bot.service.house import House
from bot.store import outbox, people
from bot.store.tables import Client, Outbox, OutboxState


def begin(s: Session, house: House, client: Client) -> None:
    """Cover a phone; what waits on its way there leaves as a harmless line too."""
    client.cover = True
    mine = Outbox.client_id == client.id
    outbox.cancel(s, "the phone is covered now", mine, Outbox.key.contains(":part"))
    waits = sa.select(Outbox).where(mine, Outbox.state == OutboxState.PENDING)
    box = people.box(house.sealer, client)
    for row in s.scalars(waits).all():
        name = "nobody" if row.key.startswith("nobody:") else speak.COVERED[row.kind]
        words = speak.text(house, f"utter_cover_{name}", client.language)
        row.text = box.seal("outbox.text", row.id, words)
        if row.kind not in speak.HARMLESS_BUTTONS:
            row.buttons = None
