"""What leaves, alerts and asks, what is due."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = "0000"


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "outbox",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("place", sa.Integer(), nullable=False, comment="order of writing"),
        sa.Column("key", sa.String(), nullable=False, comment="what makes it the same message"),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="see Kind"),
        sa.Column("role", sa.String(length=32), nullable=False, comment="role of the receiver"),
        sa.Column("client_id", sa.String(), nullable=True, comment="receiver, if a client"),
        sa.Column("worker_id", sa.String(), nullable=True, comment="receiver, if a worker"),
        sa.Column("about_id", sa.String(), nullable=True, comment="client that it is about"),
        sa.Column("alert_id", sa.Integer(), nullable=True, comment="alert that it is about"),
        sa.Column(
            "due_id", sa.String(), nullable=True, comment="planned thing that it carries out"
        ),
        sa.Column("run_id", sa.String(), nullable=True, comment="flow run whose question it asks"),
        sa.Column("text", sa.LargeBinary(), nullable=True, comment="sealed; none: erased"),
        sa.Column(
            "buttons",
            sa.LargeBinary(),
            nullable=True,
            comment="sealed JSON: rows of [label, token]",
        ),
        sa.Column("silent", sa.Boolean(), nullable=False, comment="no sound"),
        sa.Column("protect", sa.Boolean(), nullable=False, comment="no forwarding"),
        sa.Column("state", sa.String(length=32), nullable=False, comment="see there"),
        sa.Column("priority", sa.Integer(), nullable=False, comment="0 leaves first"),
        sa.Column(
            "not_before", sa.DateTime(timezone=True), nullable=False, comment="not sent earlier"
        ),
        sa.Column(
            "expires_at", sa.DateTime(timezone=True), nullable=True, comment="pointless after"
        ),
        sa.Column(
            "lease_until", sa.DateTime(timezone=True), nullable=True, comment="claim runs out"
        ),
        sa.Column("tries", sa.Integer(), nullable=False, comment="times handed to the channel"),
        sa.Column(
            "unknowns", sa.Integer(), nullable=False, comment="times the outcome was unknown"
        ),
        sa.Column("reason", sa.String(), nullable=False, comment="why it failed or was cancelled"),
        sa.Column(
            "ref",
            sa.LargeBinary(),
            nullable=True,
            comment="sealed: where the channel finds it again",
        ),
        sa.Column(
            "delete_at", sa.DateTime(timezone=True), nullable=True, comment="take it off the phone"
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="when written"),
        sa.Column(
            "sent_at", sa.DateTime(timezone=True), nullable=True, comment="when the channel took it"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_alert_id"), ["alert_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_not_before"), ["not_before"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_place"), ["place"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_outbox_worker_id"), ["worker_id"], unique=False)

    op.create_table(
        "on_call",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("worker_id", sa.String(length=32), nullable=False, comment="who"),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False, comment="from"),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False, comment="to, not included"),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_on_call_worker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_call")),
    )
    with op.batch_alter_table("on_call", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_on_call_ends"), ["ends"], unique=False)
        batch_op.create_index(batch_op.f("ix_on_call_starts"), ["starts"], unique=False)

    op.create_table(
        "alert",
        sa.Column("id", sa.Integer(), nullable=False, comment="the #number people say"),
        sa.Column("client_id", sa.String(length=32), nullable=False, comment="whose"),
        sa.Column("inbox_id", sa.String(), nullable=True, comment="message that opened it"),
        sa.Column(
            "linked_id", sa.Integer(), nullable=True, comment="earlier alert of the same client"
        ),
        sa.Column("trial", sa.Boolean(), nullable=False, comment="help pressed on trial"),
        sa.Column("urgency", sa.String(length=32), nullable=False, comment="highest so far"),
        sa.Column("signals", sa.JSON(), nullable=False, comment="signals so far"),
        sa.Column(
            "why", sa.LargeBinary(), nullable=True, comment="sealed: what triage saw; none: erased"
        ),
        sa.Column("state", sa.String(length=32), nullable=False, comment="see there"),
        sa.Column("policy", sa.JSON(), nullable=False, comment="steps as of opening"),
        sa.Column(
            "chain_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the chain (re)started",
        ),
        sa.Column("next_step", sa.Integer(), nullable=False, comment="step that comes next"),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True, comment="when; none: over"),
        sa.Column(
            "told_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="client hears 'nobody yet'",
        ),
        sa.Column("acknowledged_by", sa.String(), nullable=True, comment="worker id"),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True, comment="when"),
        sa.Column(
            "reached_at", sa.DateTime(timezone=True), nullable=True, comment="client was reached"
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True, comment="when closed"),
        sa.Column(
            "outcome", sa.String(), nullable=False, comment="one of escalation.yml's outcomes"
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_alert_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("inbox_id", name=op.f("uq_alert_inbox_id")),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_alert_next_at"), ["next_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_alert_state"), ["state"], unique=False)

    op.create_table(
        "alert_log",
        sa.Column("id", sa.Integer(), nullable=False, comment="order of happening"),
        sa.Column("alert_id", sa.Integer(), nullable=False, comment="which"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column("event", sa.String(length=32), nullable=False, comment="see LogEvent"),
        sa.Column("worker_id", sa.String(), nullable=True, comment="who did it or was paged"),
        sa.Column(
            "detail", sa.String(), nullable=False, comment="step, reason or urgency; no words"
        ),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_log_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_log")),
    )
    with op.batch_alter_table("alert_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_log_alert_id"), ["alert_id"], unique=False)

    op.create_table(
        "ask",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("client_id", sa.String(length=32), nullable=False, comment="whose"),
        sa.Column("inbox_id", sa.String(), nullable=False, comment="message that left us unsure"),
        sa.Column("signals", sa.JSON(), nullable=False, comment="what it may be about"),
        sa.Column(
            "why", sa.LargeBinary(), nullable=True, comment="sealed: what triage saw; none: erased"
        ),
        sa.Column("state", sa.String(length=32), nullable=False, comment="see AskState"),
        sa.Column(
            "deadline", sa.DateTime(timezone=True), nullable=False, comment="silence pages then"
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="when asked"),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True, comment="when settled"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_ask_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ask")),
        sa.UniqueConstraint("inbox_id", name=op.f("uq_ask_inbox_id")),
    )
    with op.batch_alter_table("ask", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_ask_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_ask_deadline"), ["deadline"], unique=False)
        batch_op.create_index(batch_op.f("ix_ask_state"), ["state"], unique=False)

    op.create_table(
        "task",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("key", sa.String(), nullable=False, comment="what makes it the same task"),
        sa.Column("client_id", sa.String(length=32), nullable=False, comment="whose"),
        sa.Column("worker_id", sa.String(length=32), nullable=False, comment="doer"),
        sa.Column(
            "kind",
            sa.String(),
            nullable=False,
            comment="constant name; its text is utter_task_<kind>",
        ),
        sa.Column("state", sa.String(length=32), nullable=False, comment="see TaskState"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True, comment="when"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_task_client_id")),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_task_worker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("key", name=op.f("uq_task_key")),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_worker_id"), ["worker_id"], unique=False)

    op.create_table(
        "seen",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("client_id", sa.String(length=32), nullable=False, comment="whose"),
        sa.Column("alert_id", sa.Integer(), nullable=True, comment="alert that it belongs to"),
        sa.Column("inbox_id", sa.String(), nullable=False, comment="message that showed it"),
        sa.Column("signal", sa.String(length=32), nullable=False, comment="which"),
        sa.Column("urgency", sa.String(length=32), nullable=False, comment="of that message"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_seen_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seen")),
    )
    with op.batch_alter_table("seen", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seen_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_seen_client_id"), ["client_id"], unique=False)

    op.create_table(
        "checkin",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("client_id", sa.String(length=32), nullable=False, comment="whose"),
        sa.Column("run_id", sa.String(), nullable=True, comment="flow run that asks it"),
        sa.Column("state", sa.String(length=32), nullable=False, comment="see CheckinState"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when it was due"),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True, comment="first answer"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_checkin_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkin")),
    )
    with op.batch_alter_table("checkin", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_checkin_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_checkin_run_id"), ["run_id"], unique=False)

    op.create_table(
        "due",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("key", sa.String(), nullable=False, comment="what makes it the same plan"),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="see DueKind"),
        sa.Column("client_id", sa.String(length=32), nullable=False, comment="whose"),
        sa.Column("about_id", sa.String(), nullable=True, comment="check-in, date or run"),
        sa.Column("step", sa.String(), nullable=False, comment="which step of its calendar"),
        sa.Column("version", sa.Integer(), nullable=False, comment="of what it was planned from"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.Column("state", sa.String(length=32), nullable=False, comment="see DueState"),
        sa.Column("reason", sa.String(), nullable=False, comment="why skipped or failed"),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True, comment="when it ended"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_due_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due")),
        sa.UniqueConstraint("key", name=op.f("uq_due_key")),
    )
    with op.batch_alter_table("due", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_due_about_id"), ["about_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_due_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_due_client_id"), ["client_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_due_state"), ["state"], unique=False)

    op.create_table(
        "hard_date",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("client_id", sa.String(length=32), nullable=False, comment="whose"),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="see DateKind"),
        sa.Column(
            "what", sa.LargeBinary(), nullable=True, comment="sealed: a word for whom it is about"
        ),
        sa.Column(
            "day", sa.LargeBinary(), nullable=False, comment="sealed: ISO date, with the year"
        ),
        sa.Column(
            "wants", sa.String(length=32), nullable=False, comment="what the client wants around it"
        ),
        sa.Column("version", sa.Integer(), nullable=False, comment="raised by each change"),
        sa.Column("active", sa.Boolean(), nullable=False, comment="false: dropped"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="when recorded"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_hard_date_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hard_date")),
    )
    with op.batch_alter_table("hard_date", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hard_date_client_id"), ["client_id"], unique=False)

    op.create_table(
        "incident",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("client_id", sa.String(length=32), nullable=False, comment="whose"),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="situation that it makes"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when it happened"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="when recorded"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_incident_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_incident_client_id"), ["client_id"], unique=False)
