"""Enrolment: a one-time link binds a phone; whoever has none gets one neutral sentence."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.core.alerts import AlertState, LogEvent
from bot.core.hours import out_of_quiet
from bot.core.messages import Bot, Kind
from bot.core.people import ClientState, PhoneState
from bot.core.writing import Ended
from bot.errors import SafError
from bot.service import checkins, runs, speak, tasks, writing
from bot.service.alerting import alerts, asks, paging
from bot.service.house import House
from bot.service.people import consent, looking_after, never
from bot.store import care, dues, inbox, outbox, people
from bot.store.session import changed
from bot.store.tables import (
    Alert,
    Audit,
    Client,
    DueKind,
    FlowRun,
    Inbox,
    InboxState,
    Invite,
    Outbox,
    RunState,
    Task,
    TaskState,
    Worker,
)

GOOD_FOR = timedelta(days=3)  # long enough for a missed meeting, short for a lost note
MOST_OPEN = 5  # links one worker may have open; more is somebody else pressing the buttons
FLOW = "onboarding"


def invite(
    s: Session, house: House, at: datetime, person: Client | Worker, made_by: Worker | None
) -> str:
    """Make a one-time link's token for a client or a worker; an older one of theirs dies.

    The caller shows it once; we keep only its keyed hash.
    """
    mine = Invite.client_id if isinstance(person, Client) else Invite.worker_id
    if isinstance(person, Client) and person.phone is PhoneState.DECEASED:
        raise SafError("this client died; no link is made")
    s.execute(
        sa.update(Invite).where(mine == person.id, Invite.used_at.is_(None)).values(expires_at=at)
    )
    if made_by is not None:
        asked = sa.select(sa.func.count()).select_from(Invite)
        asked = asked.where(Invite.made_by == made_by.id, Invite.used_at.is_(None))
        if (s.scalar(asked.where(Invite.expires_at > at)) or 0) >= MOST_OPEN:
            raise SafError(f"you have {MOST_OPEN} open links; wait until one is used or too old")
    token = secrets.token_urlsafe(24)
    s.add(
        Invite(
            token_lookup=house.sealer.lookup("invite", token),
            client_id=person.id if isinstance(person, Client) else None,
            worker_id=person.id if isinstance(person, Worker) else None,
            made_by=made_by.id if made_by else None,
            made_at=at,
            expires_at=at + GOOD_FOR,
        )
    )
    who = made_by.id if made_by else "operator"
    client_id = person.id if isinstance(person, Client) else None
    people.audit(s, at, who, "invite_made", client_id=client_id)
    return token


def link(house: House, bot: Bot, token: str) -> str:
    """Return the deep link of a token; where the bot's name is not known, what to write to it."""
    name = house.bots.get(bot, "")
    return f"https://t.me/{name}?start={token}" if name else f"/start {token}"


def redeem(s: Session, house: House, at: datetime, token: str, *, worker: bool) -> Invite | None:
    """Use up a link; None when it is unknown, used, too old or for the other bot."""
    lookup = house.sealer.lookup("invite", token)
    mine = Invite.worker_id if worker else Invite.client_id
    use = (
        sa.update(Invite)
        .where(Invite.token_lookup == lookup, Invite.used_at.is_(None), Invite.expires_at > at)
        .where(mine.is_not(None))
        .values(used_at=at)
    )
    if changed(s, use) != 1:
        return None
    return s.scalar(sa.select(Invite).where(Invite.token_lookup == lookup))


def bind(s: Session, house: House, person: Client | Worker, channel: str, address: str) -> None:
    """Bind a phone to a person; the old phone of theirs, or the phone's old person, goes dead.

    Only among those of the same bot: one phone has the same address with both bots, and a worker
    who tries the client bot must not lose their pages.
    """
    other: Client | Worker | None
    lookup = house.sealer.lookup("chat", f"{channel}/{address}")
    if isinstance(person, Client):
        other = s.scalar(sa.select(Client).where(Client.chat_lookup == lookup))
    else:
        other = s.scalar(sa.select(Worker).where(Worker.chat_lookup == lookup))
    if other is not None and other.id != person.id:
        other.chat = other.chat_lookup = other.channel = None
    if isinstance(person, Worker) and person.chat_lookup != lookup:
        person.tested_at = None  # whether pages ring on this phone, nobody has tried yet
    s.flush()
    people.bind_chat(house.sealer, person, channel, address)
    s.flush()


def open_door(s: Session, house: House, at: datetime, row: Inbox, client: Client | None) -> None:
    """Answer somebody who opened the client bot: by their link, or as whom they are already.

    A stranger is only counted; the channel says one neutral sentence, nothing is stored.
    """
    row.state, row.handled_at = InboxState.HANDLED, at
    address, row.chat = inbox.address(house.sealer, row), None
    if row.token and address:
        used = redeem(s, house, at, row.token, worker=False)
        if used is not None:
            _welcome(s, house, at, row, s.get_one(Client, used.client_id), address)
            return
    if client is None:
        row.state = InboxState.IGNORED
        people.count(s, "strangers")
    elif row.token:
        words = speak.text(house, "utter_enrolled_elsewhere", client.language)
        speak.to_client(s, house, at, client, Kind.REPLY, words)
    else:
        begin(s, house, at, client)


def _welcome(
    s: Session, house: House, at: datetime, row: Inbox, client: Client, address: str
) -> None:
    """Take in who came with a link, in person.

    Who agreed on another phone goes on here. Who stopped comes back as if they were new, and so
    does who agreed by word of mouth, without a phone: the four screens come before a yes to the
    bot. An unanswered hello is asked again, break or not.
    """
    agreed = client.consented_at is not None and _had_phone(s, client)
    bind(s, house, client, row.channel, address)
    client.phone = PhoneState.OK
    row.client_id = client.id
    if agreed and client.state is not ClientState.LEFT:
        words = speak.text(house, "utter_moved_here", client.language)
        speak.to_client(s, house, at, client, Kind.REPLY, words)
        consent.take_up(s, house, at, client)
    else:
        client.state, client.consented_at = ClientState.INVITED, None
        client.paused_until, client.silences = None, 0
    people.audit(s, at, "service", "client_enrolled", client_id=client.id)
    begin(s, house, at, client)


def _had_phone(s: Session, client: Client) -> bool:
    """Tell whether a phone was bound to a client at any time; another person may have it now."""
    if client.chat is not None:
        return True
    asked = sa.select(Audit.id).where(Audit.client_id == client.id, Audit.did == "client_enrolled")
    return s.scalar(asked.limit(1)) is not None


def begin(s: Session, house: House, at: datetime, client: Client) -> None:
    """Begin, or go on, where a client stands: the hello before a yes, else the open question."""
    run = runs.to_go_on(s, client)
    if client.state is ClientState.INVITED and (run is None or run.flow != FLOW):
        run = runs.begin(s, house, at, client, FLOW)  # a plan of before a stop waits for the yes
    if run is not None:
        runs.ask(s, house, at, client, run)
    else:
        facts = speak.facts(s, house, client, at)
        words = speak.text(house, "utter_help", client.language, **facts)
        press = speak.button(house, client.language, "call_me")
        speak.to_client(s, house, at, client, Kind.REPLY, words, buttons=[[press]])


def hand_over(
    s: Session, house: House, at: datetime, client: Client, to: Worker, who: str = "operator"
) -> None:
    """Give a client another worker; open tasks move along, dues follow the client.

    1. The new worker gets a task that says so, and a page for every open alert.
    2. An alert that the old worker had and did not finish is nobody's now, so it rings again.
    3. The old worker's pages open nothing any more, and what they show leaves their phone.
    Raises SafError when the client does not want the new worker to know.
    """
    if not people.may_know(to, client):
        raise SafError("this client does not want that worker to know; nobody is given to them")
    before, client.worker_id = client.worker_id, to.id
    if client.writer_id == before:
        writing.end(s, house, at, client, Ended.NOT_THEIRS)
    s.execute(
        sa.update(Task)
        .where(Task.client_id == client.id, Task.state == TaskState.OPEN)
        .where(Task.worker_id == before, Task.kind != "debrief")
        .values(worker_id=to.id)
    )
    people.audit(s, at, who, "handed_over", client_id=client.id)
    s.flush()
    never.withdraw(s, at, client, s.get_one(Worker, before))
    is_open = sa.select(Alert).where(Alert.client_id == client.id, Alert.closed_at.is_(None))
    for alert in s.scalars(is_open.order_by(Alert.id)).all():
        care.log(s, alert, at, LogEvent.RELEASED, worker_id=before, detail=care.HANDED_OVER)
        mine = Outbox.alert_id == alert.id, Outbox.worker_id == before
        outbox.cancel(s, "the client has another worker", *mine)
        if alert.state is AlertState.ACKNOWLEDGED and alert.acknowledged_by == before:
            alerts.restart(s, house, at, alert, client)
            continue
        if alert.acknowledged_by == before:
            alert.acknowledged_by = to.id
        key = f"page:{alert.id}:{at.isoformat()}:handed_over:{to.id}"
        paging.page(s, house, at, alert, client, to, key=key)
    key = f"new_client:{client.id}:{to.id}:{at.isoformat()}"
    later = out_of_quiet(at, client.timezone, checkins.quiet(client))  # the client hears it first
    tasks.give(s, house, at, client, "new_client", key=key, not_before=later)


def set_phone(
    s: Session, house: House, at: datetime, client: Client, state: PhoneState, who: str
) -> None:
    """Keep what became of a phone: all that is pending to it is cancelled at once, nothing is
    deleted from it, and only a new link, given in person, opens it again."""
    if client.phone is PhoneState.DECEASED:
        raise SafError("this client is recorded as deceased; that is never undone")
    client.phone = state
    people.audit(s, at, who, f"phone_{state}", client_id=client.id)
    if state.reachable:
        consent.take_up(s, house, at, client)
        return
    asked = care.open_ask(s, client.id)
    if asked is not None:
        asks.give_up(s, house, at, client, asked)  # whoever holds the phone may not answer it
    reason = f"the phone is {state}"
    writing.end(s, house, at, client, Ended.PHONE)
    outbox.cancel(s, reason, Outbox.client_id == client.id)
    kinds = tuple(kind for kind in DueKind if state is PhoneState.DECEASED or kind != DueKind.DATE)
    dues.skip(s, client, at, reason, kinds=kinds)
    open_runs = FlowRun.state.in_((RunState.ACTIVE, RunState.PAUSED))
    for run in s.scalars(sa.select(FlowRun).where(FlowRun.client_id == client.id, open_runs)):
        runs.end(run, at, RunState.ABANDONED)
    if state is PhoneState.DECEASED:
        client.state = ClientState.LEFT
        s.execute(
            sa.update(Invite)
            .where(Invite.client_id == client.id, Invite.used_at.is_(None))
            .values(expires_at=at)
        )
        s.execute(
            sa.update(Task)
            .where(Task.client_id == client.id, Task.state == TaskState.OPEN)
            .where(Task.kind.not_in(looking_after.KINDS))  # nobody is to reach out to them any more
            .values(state=TaskState.DROPPED, done_at=at)
        )
        looking_after.after_death(s, house, at, client)
