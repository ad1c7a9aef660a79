"""Safety plans: items, what changed, situations, needs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "client_situation",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("client_id", sa.String(length=32), nullable=False, comment="whose"),
        sa.Column("situation", sa.String(length=32), nullable=False, comment="which"),
        sa.Column("state", sa.String(length=32), nullable=False, comment="see there"),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), nullable=False, comment="when last seen or set"
        ),
        sa.Column(
            "asked_at", sa.DateTime(timezone=True), nullable=True, comment="when last proposed"
        ),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_client_situation_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_situation")),
        sa.UniqueConstraint(
            "client_id", "situation", name=op.f("uq_client_situation_client_id_situation")
        ),
    )
    with op.batch_alter_table("client_situation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_client_situation_client_id"), ["client_id"], unique=False
        )

    op.create_table(
        "need",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("client_id", sa.String(length=32), nullable=False, comment="whose"),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="see NeedKind"),
        sa.Column(
            "state", sa.String(length=32), nullable=False, comment="what the client has been told"
        ),
        sa.Column("reason", sa.String(), nullable=False, comment="why declined: one of plan.yml's"),
        sa.Column("task_id", sa.String(), nullable=True, comment="the worker's task"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="when asked for"),
        sa.Column(
            "changed_at", sa.DateTime(timezone=True), nullable=False, comment="last change of state"
        ),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_need_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
    )
    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_need_client_id"), ["client_id"], unique=False)

    op.create_table(
        "plan",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("client_id", sa.String(length=32), nullable=False, comment="whose"),
        sa.Column("version", sa.Integer(), nullable=False, comment="raised by each change"),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="when begun"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, comment="last change"),
        sa.Column(
            "reviewed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="last gone through; at first: made",
        ),
        sa.Column(
            "review_from",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="a review is open since",
        ),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_plan_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("client_id", name=op.f("uq_plan_client_id")),
    )
    op.create_table(
        "plan_change",
        sa.Column("id", sa.Integer(), nullable=False, comment="order of happening"),
        sa.Column("client_id", sa.String(length=32), nullable=False, comment="whose"),
        sa.Column("version", sa.Integer(), nullable=False, comment="version that it made"),
        sa.Column("did", sa.String(length=32), nullable=False, comment="see Did"),
        sa.Column("by", sa.String(length=32), nullable=False, comment="client or worker"),
        sa.Column("item_id", sa.String(), nullable=True, comment="which item; none: the whole"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.id"], name=op.f("fk_plan_change_client_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_change")),
    )
    with op.batch_alter_table("plan_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_change_client_id"), ["client_id"], unique=False)

    op.create_table(
        "plan_item",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("client_id", sa.String(length=32), nullable=False, comment="whose"),
        sa.Column("place", sa.Integer(), nullable=False, comment="order of coming in"),
        sa.Column("section", sa.String(length=32), nullable=False, comment="see Section"),
        sa.Column("term", sa.String(length=32), nullable=False, comment="short or long"),
        sa.Column("words", sa.LargeBinary(), nullable=True, comment="sealed; none: dropped"),
        sa.Column(
            "comment", sa.LargeBinary(), nullable=True, comment="sealed: what the worker said to it"
        ),
        sa.Column(
            "only_me", sa.Boolean(), nullable=False, comment="true: the worker does not see it"
        ),
        sa.Column("state", sa.String(length=32), nullable=False, comment="see ItemState"),
        sa.Column("by", sa.String(length=32), nullable=False, comment="client or worker"),
        sa.Column(
            "source", sa.String(), nullable=False, comment="flow.step that it answers, if one"
        ),
        sa.Column(
            "checked_at", sa.DateTime(timezone=True), nullable=False, comment="last said to be true"
        ),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False, comment="when"),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_plan_item_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_item")),
    )
    with op.batch_alter_table("plan_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_plan_item_client_id"), ["client_id"], unique=False)

    # A default, so that runs of before have one too.
    op.add_column(
        "flow_run",
        sa.Column(
            "about",
            sa.String(),
            nullable=False,
            server_default="",
            comment="plan item or section that it changes",
        ),
    )
