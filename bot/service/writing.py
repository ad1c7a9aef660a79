"""Writing: a worker talks with a client through the bot; the assistant is silent and not deaf.

Every message of the client is read for danger before it is passed on. Nobody sees a number.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.core.messages import Kind
from bot.core.people import ClientState
from bot.core.writing import Ended
from bot.service import runs, speak
from bot.service.house import House
from bot.store import care, outbox, people
from bot.store.session import changed
from bot.store.tables import ButtonRow, Client, Inbox, Outbox, OutboxState, RunState, Worker

log = structlog.get_logger()

KEY = "writing:"  # outbox keys of what either says to the other
NOTE, READ = "writing_note", "read"
# Bots cannot take back messages older than 48 hours; eight hours are left for outages.
SHOWN_FOR = timedelta(hours=40)
SLACK = timedelta(seconds=5)


def client_of(s: Session, worker: Worker) -> Client | None:
    """Return the client whom a worker writes with now, None when they write with nobody."""
    return s.scalar(sa.select(Client).where(Client.writer_id == worker.id))


def why_not(s: Session, client: Client) -> str:
    """Return the name of the reason why nobody can write to a client, empty when somebody can.

    Who takes a break is written to only while an alert of theirs is open.
    """
    if not client.phone.reachable:
        return "phone"
    if client.state is ClientState.PAUSED:
        return "" if care.newest_open(s, client.id) else "paused"
    if client.state is not ClientState.ACTIVE:
        return client.state.value
    return "no_phone" if speak.silenced(client, Kind.REPLY) else ""


def begin(s: Session, house: House, at: datetime, client: Client, worker: Worker) -> bool:
    """Let a worker write with a client; False when somebody does, or the worker with another.

    Compared and set in one statement: of two workers at once only one writes. What was asked
    waits, the client hears who speaks now, and so does their own worker.
    """
    if client_of(s, worker) is not None:
        return False
    take = sa.update(Client).where(Client.id == client.id, Client.writer_id.is_(None))
    if changed(s, take.values(writer_id=worker.id, writer_since=at, writer_last_at=at)) != 1:
        return False
    s.refresh(client)
    people.audit(s, at, worker.id, "writing_began", client_id=client.id)
    run = runs.current(s, client)
    if run is not None:
        run.state = RunState.PAUSED
    asked = (Kind.CHECKIN, Kind.NUDGE, Kind.QUESTION, Kind.HOLDING)
    outbox.cancel(s, "a person writes", Outbox.client_id == client.id, Outbox.kind.in_(asked))
    name = people.worker_name(house.sealer, worker)
    words = speak.text(house, "utter_writing_began", client.language, other=name)
    press = speak.button(house, client.language, "writing_stop")
    speak.to_client(
        s, house, at, client, Kind.NOTICE, words, buttons=[[press]], cover="writing_began"
    )
    own = people.worker_of(s, client)
    if own.id != worker.id:
        _tell(s, house, at, client, own, "utter_writing_by_other", other=name)
    return True


def _tell(
    s: Session, house: House, at: datetime, client: Client, worker: Worker, name: str, **facts: Any
) -> None:
    alias = people.alias(house.sealer, client)
    words = speak.text(house, name, worker.language, alias=alias, **facts)
    speak.to_worker(
        s, house, at, worker, Kind.NOTICE, words, about=client, delete_at=at + SHOWN_FOR
    )


def pass_on(
    s: Session,
    house: House,
    at: datetime,
    row: Inbox,
    client: Client,
    words: str,
    *notes: str,
    number: int | None = None,
) -> None:
    """Pass a client's message, which was read for danger, on to who writes with them.

    ``notes``: names of texts that say more; ``number``: the alert that rang for it.
    """
    worker = s.get_one(Worker, client.writer_id)
    if not _waits(s, client, worker):
        client.writer_last_at = max(at, client.writer_last_at or at)
    alias = people.alias(house.sealer, client)
    more = [speak.text(house, name, worker.language, number=number) for name in notes]
    said = speak.text(house, "utter_writing_from", worker.language, alias=alias, words=words)
    speak.to_worker(
        s,
        house,
        at,
        worker,
        Kind.NOTICE,
        "\n".join([said if words else alias, *more]),
        key=f"{KEY}{row.id}",
        about=client,
        delete_at=at + SHOWN_FOR,
        buttons=[[speak.button(house, worker.language, "write_back", value=client.id)]],
    )


def _waits(s: Session, client: Client, worker: Worker) -> bool:
    """Tell whether a client's message waits for the worker's next line already: the first gives
    them time to answer, and those after it must not keep the assistant silent for ever."""
    said = sa.select(sa.func.max(Outbox.made_at)).where(Outbox.key.startswith(KEY))
    line = s.scalar(said.where(Outbox.client_id == client.id))
    asked = s.scalar(said.where(Outbox.worker_id == worker.id, Outbox.about_id == client.id))
    began = max(moment for moment in (line, client.writer_since) if moment is not None)
    return asked is not None and asked > began


def say(
    s: Session, house: House, at: datetime, client: Client, worker: Worker, words: str, key: str
) -> None:
    """Send a worker's line to the client, under the worker's name.

    On a covered phone it waits behind a harmless line until the client opens it.
    """
    client.writer_last_at = at
    line = f"{people.worker_name(house.sealer, worker)}: {words}"
    more: dict[str, Any] = {"as_is": True}
    if client.cover:
        sealed = people.box(house.sealer, client).seal("button.note", client.id, line)
        note = base64.b64encode(sealed).decode()
        press = speak.button(
            house,
            client.language,
            NOTE,
            label=speak.text(house, "utter_button_open", client.language),
            value=note,
        )
        more = {"cover": "note", "buttons": [[press]]}
    speak.to_client(s, house, at, client, Kind.REPLY, line, key=f"{KEY}{key}", **more)


def note(house: House, client: Client, button: ButtonRow) -> str:
    """Return the line that a covered client opens; from then on it need not be kept for them."""
    button.step = READ
    box = people.box(house.sealer, client)
    return box.open("button.note", client.id, base64.b64decode(button.value))


def end(
    s: Session, house: House, at: datetime, client: Client, how: Ended, *, quiet: bool = False
) -> None:
    """Let the assistant be back, with a word to both; nothing when nobody writes.

    ``quiet``: who wrote is answered by the caller. What was said leaves their phone, and what we
    keep of it is erased, but for what waits on a covered phone and was not opened yet.
    """
    worker = s.get(Worker, client.writer_id) if client.writer_id else None
    if worker is None:
        return
    client.writer_id = client.writer_since = client.writer_last_at = None
    people.audit(s, at, worker.id, f"writing_{how}", client_id=client.id)
    s.flush()
    _clear(s, at, client, worker, how)
    run = runs.current(s, client)
    if run is not None and run.state is RunState.ACTIVE:
        run.state = RunState.PAUSED
    if how.reaches_client:
        name = people.worker_name(house.sealer, worker)
        words = speak.text(house, "utter_writing_over", client.language, other=name)
        does = "call_me" if run is None else "go_on"
        press = speak.button(house, client.language, does)
        speak.to_client(
            s, house, at, client, Kind.NOTICE, words, buttons=[[press]], cover="writing_over"
        )
    if not quiet and people.may_know(worker, client):
        _tell(s, house, at, client, worker, f"utter_writing_ended_{how}")


def _clear(s: Session, at: datetime, client: Client, worker: Worker, how: Ended) -> None:
    """Take what was said off the worker's phone, and erase it here once it has left."""
    said = Outbox.key.startswith(KEY)
    theirs = sa.and_(Outbox.worker_id == worker.id, Outbox.about_id == client.id)
    shown = sa.update(Outbox).where(theirs, Outbox.delete_at.is_not(None), Outbox.ref.is_not(None))
    s.execute(shown.values(delete_at=at))
    typed = sa.update(Inbox).where(Inbox.worker_id == worker.id, Inbox.delete_at > at)
    s.execute(typed.values(delete_at=at))
    notes = sa.delete(ButtonRow).where(ButtonRow.client_id == client.id, ButtonRow.does == NOTE)
    s.execute(notes.where(ButtonRow.step == READ) if how.reaches_client else notes)
    if not client.legal_hold:
        mine = sa.or_(theirs, Outbox.client_id == client.id)
        gone = sa.update(Outbox).where(said, mine, Outbox.sent_at.is_not(None))
        s.execute(gone.values(text=None, buttons=None))


def waits_until(house: House, client: Client, now: datetime) -> datetime | None:
    """Return until when nothing unasked reaches a client whom a person writes with, None now."""
    if client.writer_last_at is None:
        return None
    over = client.writer_last_at + house.content.staff.hands_back
    return max(over, now + timedelta(minutes=1))


def tick(house: House, now: datetime) -> int:
    """Hand back every talk in which the worker has not said a word for a while; return how many.

    The client's first word after a line of theirs is waited for as long once more, not the rest.
    """
    late = now - house.content.staff.hands_back
    with house.db.read() as s:
        silent = sa.or_(Client.writer_last_at <= late, Client.writer_last_at > now + SLACK)
        found = s.scalars(sa.select(Client.id).where(Client.writer_id.is_not(None), silent)).all()
    for id_ in found:
        try:
            with house.db.write() as s:
                client = s.get_one(Client, id_)
                last = client.writer_last_at
                if last is not None and last > now:
                    client.writer_last_at = now  # the clock was set back
                elif last is not None and last <= late:
                    end(s, house, now, client, Ended.SILENT)
        except Exception:
            log.exception("writing_not_ended", client=id_)
    return len(found)


def next_moment(s: Session, house: House) -> datetime | None:
    """Return when a talk is handed back next if no word comes, None when nobody writes."""
    last = s.scalar(sa.select(sa.func.min(Client.writer_last_at)))
    return None if last is None else last + house.content.staff.hands_back


def not_arrived(s: Session, house: House, at: datetime, client: Client, row: Outbox) -> None:
    """Tell who writes that a line of theirs did not arrive, or that nobody knows whether it did."""
    worker = s.get(Worker, client.writer_id) if client.writer_id else None
    if worker is None or not row.key.startswith(KEY) or row.state is OutboxState.PENDING:
        return
    sure = row.state is OutboxState.FAILED_PERMANENT
    _tell(s, house, at, client, worker, f"utter_writing_{'lost' if sure else 'unsure_sent'}")
