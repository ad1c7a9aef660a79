"""Tables of people: the program, its workers and clients, and the links that let them in."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.people import ClientState, Language, PhoneState, Role, Situation
from bot.store.tables.base import Base, Moment, new_id, of


class Program(Base):
    """One row: what binds this database to its key."""

    __tablename__ = "program"

    id: Mapped[int] = mapped_column(primary_key=True, comment="always 1")
    key_check: Mapped[str] = mapped_column(comment="HMAC of a constant; a wrong key is noticed")
    made_at: Mapped[datetime] = mapped_column(Moment, comment="when the database was made")
    digest_at: Mapped[datetime | None] = mapped_column(
        Moment, comment="begin of the newest shift whose digest is done"
    )


class Worker(Base):
    """Somebody of the program's staff who can be paged."""

    __tablename__ = "worker"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    role: Mapped[Role] = mapped_column(of(Role), comment="outreach_worker, supervisor, operator")
    name: Mapped[bytes] = mapped_column(comment="sealed: the name that clients know")
    name_lookup: Mapped[str] = mapped_column(unique=True, comment="HMAC of the name, folded")
    active: Mapped[bool] = mapped_column(default=True, comment="false: has left, is not answered")
    channel: Mapped[str | None] = mapped_column(comment="telegram, terminal; none: not enrolled")
    chat: Mapped[bytes | None] = mapped_column(comment="sealed: the chat's address")
    chat_lookup: Mapped[str | None] = mapped_column(unique=True, comment="HMAC of channel+chat")
    language: Mapped[Language] = mapped_column(of(Language), comment="language of their texts")
    timezone: Mapped[str] = mapped_column(comment="IANA name")
    email: Mapped[bytes | None] = mapped_column(comment="sealed: second way to reach them")
    number: Mapped[bytes | None] = mapped_column(comment="sealed: what a gateway texts or calls")
    blocked_at: Mapped[datetime | None] = mapped_column(
        Moment, comment="pages fail in their chat since; none: as far as we know they arrive"
    )
    tested_at: Mapped[datetime | None] = mapped_column(
        Moment, comment="test page acknowledged on this phone; none: not yet"
    )
    pin: Mapped[str | None] = mapped_column(comment="scrypt hash of the PIN; none: not set yet")
    pin_misses: Mapped[int] = mapped_column(default=0, comment="wrong PINs in a row")
    unlocked_until: Mapped[datetime | None] = mapped_column(Moment, comment="PIN given until")
    pin_locked_until: Mapped[datetime | None] = mapped_column(Moment, comment="too many wrong PINs")
    writing: Mapped[str | None] = mapped_column(comment="sealed: what their next text answers")
    made_at: Mapped[datetime] = mapped_column(Moment, comment="when recorded")


class Client(Base):
    """Somebody the program tries to keep safe, alive and free; known by an alias only."""

    __tablename__ = "client"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    worker_id: Mapped[str] = mapped_column(sa.ForeignKey("worker.id"), comment="their worker")
    key: Mapped[bytes | None] = mapped_column(comment="own key, wrapped; none: forgotten")
    alias: Mapped[bytes] = mapped_column(comment="sealed by the program: the alias")
    alias_lookup: Mapped[str] = mapped_column(unique=True, comment="HMAC of the alias, folded")
    state: Mapped[ClientState] = mapped_column(of(ClientState), comment="see ClientState")
    phone: Mapped[PhoneState] = mapped_column(of(PhoneState), comment="see PhoneState")
    channel: Mapped[str | None] = mapped_column(comment="telegram, terminal; none: worker-only")
    chat: Mapped[bytes | None] = mapped_column(comment="sealed: the chat's address")
    chat_lookup: Mapped[str | None] = mapped_column(unique=True, comment="HMAC of channel+chat")
    language: Mapped[Language] = mapped_column(of(Language), comment="language they chose")
    timezone: Mapped[str] = mapped_column(comment="IANA name")
    quiet_from: Mapped[str] = mapped_column(comment="HH:MM, nothing unasked from then")
    quiet_to: Mapped[str] = mapped_column(comment="HH:MM, until then")
    checkin_time: Mapped[str] = mapped_column(comment="HH:MM local, when they like to be asked")
    cadence: Mapped[str] = mapped_column(default="usual", comment="usual or less_often")
    cover: Mapped[bool] = mapped_column(default=False, comment="harmless lines only")
    situation: Mapped[Situation | None] = mapped_column(of(Situation), comment="plan situation")
    code_word: Mapped[bytes | None] = mapped_column(comment="sealed: agreed aloud; pages now")
    silences: Mapped[int] = mapped_column(default=0, comment="check-ins missed in a row")
    consented_at: Mapped[datetime | None] = mapped_column(Moment, comment="when they said yes")
    paused_until: Mapped[datetime | None] = mapped_column(Moment, comment="end of a break")
    held_at: Mapped[datetime | None] = mapped_column(Moment, comment="told that we are slow")
    legal_hold: Mapped[bool] = mapped_column(default=False, comment="true: nothing is erased")
    agreed_question: Mapped[bytes | None] = mapped_column(comment="sealed: proves it is them")
    never_tell: Mapped[dict[str, str]] = mapped_column(
        sa.JSON, default=dict, server_default="{}", comment="worker id -> fallback's, or nothing"
    )
    writer_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("worker.id"), unique=True, comment="worker who writes with them now"
    )
    writer_since: Mapped[datetime | None] = mapped_column(Moment, comment="since when")
    writer_last_at: Mapped[datetime | None] = mapped_column(Moment, comment="last word of either")
    made_at: Mapped[datetime] = mapped_column(Moment, comment="when recorded")


class Away(Base):
    """A worker is on leave, and who stands in for them until they are back."""

    __tablename__ = "away"

    id: Mapped[int] = mapped_column(primary_key=True, comment="order of saying: the last is true")
    worker_id: Mapped[str] = mapped_column(sa.ForeignKey("worker.id"), index=True, comment="who")
    substitute_id: Mapped[str] = mapped_column(sa.ForeignKey("worker.id"), comment="instead")
    starts: Mapped[datetime] = mapped_column(Moment, comment="from")
    ends: Mapped[datetime] = mapped_column(Moment, index=True, comment="to, not included")
    made_by: Mapped[str] = mapped_column(comment="worker id, or 'operator'")
    made_at: Mapped[datetime] = mapped_column(Moment, comment="when said")


class Invite(Base):
    """A one-time link that binds a phone to a client or a worker."""

    __tablename__ = "invite"

    id: Mapped[str] = mapped_column(sa.String(32), primary_key=True, default=new_id, comment="id")
    token_lookup: Mapped[str] = mapped_column(unique=True, comment="HMAC of the link's token")
    client_id: Mapped[str | None] = mapped_column(sa.ForeignKey("client.id"), comment="for whom")
    worker_id: Mapped[str | None] = mapped_column(sa.ForeignKey("worker.id"), comment="for whom")
    made_by: Mapped[str | None] = mapped_column(comment="worker id, none: the command line")
    made_at: Mapped[datetime] = mapped_column(Moment, comment="when made")
    expires_at: Mapped[datetime] = mapped_column(Moment, comment="useless after")
    used_at: Mapped[datetime | None] = mapped_column(Moment, comment="useless once set")


class Audit(Base):
    """Who looked at or changed what; ids only."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True, comment="order of happening")
    at: Mapped[datetime] = mapped_column(Moment, index=True, comment="when")
    who: Mapped[str] = mapped_column(comment="worker id, or 'operator', 'service'")
    did: Mapped[str] = mapped_column(comment="constant name of the act")
    client_id: Mapped[str | None] = mapped_column(comment="about which client")
    alert_id: Mapped[int | None] = mapped_column(comment="about which alert")


class Counter(Base):
    """A bare count of something that must leave no other trace, such as strangers who wrote."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(primary_key=True, comment="what is counted")
    value: Mapped[int] = mapped_column(default=0, comment="how often")
