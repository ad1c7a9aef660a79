"""The program, its people, what comes in and the talk."""

import sqlalchemy as sa
from alembic import op

revision = "0000"
down_revision = None


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "program",
        sa.Column("id", sa.Integer(), nullable=False, comment="always 1"),
        sa.Column(
            "key_check",
            sa.String(),
            nullable=False,
            comment="HMAC of a constant; a wrong key is noticed",
        ),
        sa.Column(
            "made_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the database was made",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_program")),
    )

    op.create_table(
        "counter",
        sa.Column("name", sa.String(), nullable=False, comment="what is counted"),
        sa.Column("value", sa.Integer(), nullable=False, comment="how often"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )

    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False, comment="order of happening"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column(
            "who", sa.String(), nullable=False, comment="worker id, or 'operator', 'service'"
        ),
        sa.Column("did", sa.String(), nullable=False, comment="constant name of the act"),
        sa.Column("client_id", sa.String(), nullable=True, comment="about which client"),
        sa.Column("alert_id", sa.Integer(), nullable=True, comment="about which alert"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_at"), ["at"], unique=False)

    op.create_table(
        "worker",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column(
            "role",
            sa.String(length=32),
            nullable=False,
            comment="outreach_worker, supervisor, operator",
        ),
        sa.Column(
            "name", sa.LargeBinary(), nullable=False, comment="sealed: the name that clients know"
        ),
        sa.Column("name_lookup", sa.String(), nullable=False, comment="HMAC of the name, folded"),
        sa.Column(
            "active", sa.Boolean(), nullable=False, comment="false: has left, is not answered"
        ),
        sa.Column(
            "channel", sa.String(), nullable=True, comment="telegram, terminal; none: not enrolled"
        ),
        sa.Column("chat", sa.LargeBinary(), nullable=True, comment="sealed: the chat's address"),
        sa.Column("chat_lookup", sa.String(), nullable=True, comment="HMAC of channel+chat"),
        sa.Column(
            "language", sa.String(length=32), nullable=False, comment="language of their texts"
        ),
        sa.Column("timezone", sa.String(), nullable=False, comment="IANA name"),
        sa.Column(
            "email", sa.LargeBinary(), nullable=True, comment="sealed: second way to reach them"
        ),
        sa.Column(
            "pin", sa.String(), nullable=True, comment="scrypt hash of the PIN; none: not set yet"
        ),
        sa.Column("pin_misses", sa.Integer(), nullable=False, comment="wrong PINs in a row"),
        sa.Column(
            "unlocked_until", sa.DateTime(timezone=True), nullable=True, comment="PIN given until"
        ),
        sa.Column(
            "pin_locked_until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="too many wrong PINs",
        ),
        sa.Column(
            "writing",
            sa.String(),
            nullable=True,
            comment="sealed: what their next text answers",
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="when recorded"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
        sa.UniqueConstraint("chat_lookup", name=op.f("uq_worker_chat_lookup")),
        sa.UniqueConstraint("name_lookup", name=op.f("uq_worker_name_lookup")),
    )

    op.create_table(
        "client",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("worker_id", sa.String(length=32), nullable=False, comment="their worker"),
        sa.Column(
            "key", sa.LargeBinary(), nullable=True, comment="own key, wrapped; none: forgotten"
        ),
        sa.Column(
            "alias", sa.LargeBinary(), nullable=False, comment="sealed by the program: the alias"
        ),
        sa.Column("alias_lookup", sa.String(), nullable=False, comment="HMAC of the alias, folded"),
        sa.Column("state", sa.String(length=32), nullable=False, comment="see ClientState"),
        sa.Column("phone", sa.String(length=32), nullable=False, comment="see PhoneState"),
        sa.Column(
            "channel", sa.String(), nullable=True, comment="telegram, terminal; none: worker-only"
        ),
        sa.Column("chat", sa.LargeBinary(), nullable=True, comment="sealed: the chat's address"),
        sa.Column("chat_lookup", sa.String(), nullable=True, comment="HMAC of channel+chat"),
        sa.Column("language", sa.String(length=32), nullable=False, comment="language they chose"),
        sa.Column("timezone", sa.String(), nullable=False, comment="IANA name"),
        sa.Column(
            "quiet_from", sa.String(), nullable=False, comment="HH:MM, nothing unasked from then"
        ),
        sa.Column("quiet_to", sa.String(), nullable=False, comment="HH:MM, until then"),
        sa.Column(
            "checkin_time",
            sa.String(),
            nullable=False,
            comment="HH:MM local, when they like to be asked",
        ),
        sa.Column("cadence", sa.String(), nullable=False, comment="usual or less_often"),
        sa.Column("cover", sa.Boolean(), nullable=False, comment="harmless lines only"),
        sa.Column("situation", sa.String(length=32), nullable=True, comment="plan situation"),
        sa.Column(
            "code_word", sa.LargeBinary(), nullable=True, comment="sealed: agreed aloud; pages now"
        ),
        sa.Column("silences", sa.Integer(), nullable=False, comment="check-ins missed in a row"),
        sa.Column(
            "consented_at", sa.DateTime(timezone=True), nullable=True, comment="when they said yes"
        ),
        sa.Column(
            "paused_until", sa.DateTime(timezone=True), nullable=True, comment="end of a break"
        ),
        sa.Column(
            "held_at", sa.DateTime(timezone=True), nullable=True, comment="told that we are slow"
        ),
        sa.Column("legal_hold", sa.Boolean(), nullable=False, comment="true: nothing is erased"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="when recorded"),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_client_worker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client")),
        sa.UniqueConstraint("alias_lookup", name=op.f("uq_client_alias_lookup")),
        sa.UniqueConstraint("chat_lookup", name=op.f("uq_client_chat_lookup")),
    )

    op.create_table(
        "invite",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("token_lookup", sa.String(), nullable=False, comment="HMAC of the link's token"),
        sa.Column("client_id", sa.String(length=32), nullable=True, comment="for whom"),
        sa.Column("worker_id", sa.String(length=32), nullable=True, comment="for whom"),
        sa.Column(
            "made_by", sa.String(), nullable=True, comment="worker id, none: the command line"
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="when made"),
        sa.Column(
            "expires_at", sa.DateTime(timezone=True), nullable=False, comment="useless after"
        ),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True, comment="useless once set"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_invite_client_id")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_invite_worker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invite")),
        sa.UniqueConstraint("token_lookup", name=op.f("uq_invite_token_lookup")),
    )

    op.create_table(
        "inbox",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("place", sa.Integer(), nullable=False, comment="order of coming in"),
        sa.Column("channel", sa.String(), nullable=False, comment="telegram, terminal"),
        sa.Column("bot", sa.String(length=32), nullable=False, comment="client or worker bot"),
        sa.Column(
            "update_id",
            sa.String(),
            nullable=False,
            comment="the channel's id; the same again is ignored",
        ),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="see InboundKind"),
        sa.Column("client_id", sa.String(), nullable=True, comment="who wrote, if a client"),
        sa.Column("worker_id", sa.String(), nullable=True, comment="who wrote, if a worker"),
        sa.Column("text", sa.LargeBinary(), nullable=True, comment="sealed; none: erased or empty"),
        sa.Column("token", sa.String(), nullable=False, comment="a button's token"),
        sa.Column(
            "chat",
            sa.LargeBinary(),
            nullable=True,
            comment="sealed: a newcomer's chat, until judged",
        ),
        sa.Column(
            "ref",
            sa.LargeBinary(),
            nullable=True,
            comment="sealed: where the channel finds it again",
        ),
        sa.Column(
            "delete_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="take it off the phone",
        ),
        sa.Column("edited", sa.Boolean(), nullable=False, comment="an edit of an older message"),
        sa.Column("state", sa.String(length=32), nullable=False, comment="how far it got"),
        sa.Column("urgency", sa.String(length=32), nullable=True, comment="what triage found"),
        sa.Column("signals", sa.JSON(), nullable=False, comment="signals found"),
        sa.Column("asked", sa.String(), nullable=False, comment="flow.step it may answer"),
        sa.Column(
            "hold", sa.Boolean(), nullable=False, comment="the next question waits for an ask"
        ),
        sa.Column("tries", sa.Integer(), nullable=False, comment="turns that failed"),
        sa.Column(
            "next_try_at", sa.DateTime(timezone=True), nullable=True, comment="when to try again"
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column(
            "handled_at", sa.DateTime(timezone=True), nullable=True, comment="when done with"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint(
            "channel", "bot", "update_id", name=op.f("uq_inbox_channel_bot_update_id")
        ),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inbox_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_inbox_place"), ["place"], unique=False)
        batch_op.create_index(batch_op.f("ix_inbox_received_at"), ["received_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_inbox_state"), ["state"], unique=False)

    op.create_table(
        "button",
        sa.Column("token", sa.String(length=64), nullable=False, comment="comes back"),
        sa.Column("client_id", sa.String(), nullable=True, comment="who may press it, if a client"),
        sa.Column("worker_id", sa.String(), nullable=True, comment="who may press it, if a worker"),
        sa.Column("does", sa.String(), nullable=False, comment="constant name of what it does"),
        sa.Column("run_id", sa.String(), nullable=True, comment="flow run that it answers"),
        sa.Column("step", sa.String(), nullable=False, comment="step that it answers"),
        sa.Column("value", sa.String(), nullable=False, comment="the choice's value, or an id"),
        sa.Column("alert_id", sa.Integer(), nullable=True, comment="alert that it acts on"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="when made"),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_button")),
    )
    with op.batch_alter_table("button", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_button_made_at"), ["made_at"], unique=False)

    op.create_table(
        "flow_run",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("client_id", sa.String(length=32), nullable=False, comment="whose"),
        sa.Column("flow", sa.String(), nullable=False, comment="name of the flow"),
        sa.Column("version", sa.Integer(), nullable=False, comment="version that it began with"),
        sa.Column("definition", sa.JSON(), nullable=False, comment="the flow as it was then"),
        sa.Column("state", sa.String(length=32), nullable=False, comment="see RunState"),
        sa.Column("step", sa.String(), nullable=False, comment="step asked now"),
        sa.Column("asked_again", sa.Boolean(), nullable=False, comment="asked twice already"),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False, comment="when it began"),
        sa.Column(
            "asked_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the question was last asked",
        ),
        sa.Column(
            "ended_at", sa.DateTime(timezone=True), nullable=True, comment="when done or abandoned"
        ),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_flow_run_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_run")),
    )
    with op.batch_alter_table("flow_run", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_flow_run_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_flow_run_state"), ["state"], unique=False)

    op.create_table(
        "answer",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("run_id", sa.String(length=32), nullable=False, comment="run"),
        sa.Column("step", sa.String(), nullable=False, comment="step answered"),
        sa.Column(
            "value", sa.LargeBinary(), nullable=True, comment="sealed: value or words; none: erased"
        ),
        sa.Column("inbox_id", sa.String(), nullable=False, comment="message that answered"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.ForeignKeyConstraint(["run_id"], ["flow_run.id"], name=op.f("fk_answer_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
        sa.UniqueConstraint("run_id", "step", name=op.f("uq_answer_run_id_step")),
    )
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_answer_run_id"), ["run_id"], unique=False)
