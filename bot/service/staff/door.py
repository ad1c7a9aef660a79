"""The worker bot's door: a one-time link lets a worker in; nobody else gets further."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.service.deliver import INLINE
from bot.service.house import House
from bot.service.people import enrol
from bot.service.staff import pin
from bot.service.staff.desk import Desk
from bot.store import inbox, people
from bot.store.tables import Inbox, InboxState, Worker


def open_door(s: Session, house: House, at: datetime, row: Inbox, worker: Worker | None) -> None:
    """Answer somebody who opened the worker bot: by their link, or as whom they are already.

    A stranger is only counted. A link is for a new phone or a forgotten PIN, so it drops the PIN.
    """
    address, row.chat = inbox.address(house.sealer, row), None
    used = enrol.redeem(s, house, at, row.token, worker=True) if row.token and address else None
    if used is not None:
        newcomer = s.get_one(Worker, used.worker_id)
        if newcomer.active:
            enrol.bind(s, house, newcomer, row.channel, address)
            row.worker_id = newcomer.id
            _welcome(Desk(s, house, at, newcomer, row))
            return
    if worker is None or not worker.active:
        row.state = InboxState.IGNORED
        people.count(s, "strangers")
        return
    Desk(s, house, at, worker, row).say(
        "utter_worker_link_old" if row.token else "utter_worker_help"
    )


def _welcome(desk: Desk) -> None:
    worker = desk.worker
    worker.pin = worker.pin_locked_until = worker.unlocked_until = worker.writing = None
    worker.pin_misses = 0
    desk.audit("worker_enrolled")
    name = people.worker_name(desk.house.sealer, worker)
    desk.say("utter_worker_enrolled", worker=name)
    if worker.channel not in INLINE:
        pin.renew(desk)
