"""On call: rotations, overrides, test pages; a second way to reach workers; digests."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "rotation",
        sa.Column("id", sa.Integer(), nullable=False, comment="the number that people say"),
        sa.Column("first", sa.Date(), nullable=False, comment="local day of the first hand-over"),
        sa.Column("at", sa.String(), nullable=False, comment="HH:MM local, when it is handed over"),
        sa.Column(
            "hours", sa.String(), nullable=False, comment="HH:MM-HH:MM of each day; empty: all"
        ),
        sa.Column("made_at", MOMENT, nullable=False, comment="when recorded"),
        sa.Column("ended_at", MOMENT, nullable=True, comment="nobody's turn from then on"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rotation")),
    )
    op.create_table(
        "rotation_turn",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("rotation_id", sa.Integer(), nullable=False, comment="of which"),
        sa.Column("place", sa.Integer(), nullable=False, comment="0 has the first week"),
        sa.Column("worker_id", sa.String(length=32), nullable=False, comment="whose"),
        sa.ForeignKeyConstraint(
            ["rotation_id"], ["rotation.id"], name=op.f("fk_rotation_turn_rotation_id")
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], name=op.f("fk_rotation_turn_worker_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rotation_turn")),
        sa.UniqueConstraint(
            "rotation_id", "place", name=op.f("uq_rotation_turn_rotation_id_place")
        ),
    )
    op.create_table(
        "on_call_override",
        sa.Column("id", sa.Integer(), nullable=False, comment="order of saying: the last is true"),
        sa.Column("worker_id", sa.String(length=32), nullable=False, comment="who is off"),
        sa.Column(
            "by_id", sa.String(length=32), nullable=True, comment="who has it instead; none: nobody"
        ),
        sa.Column("starts", MOMENT, nullable=False, comment="from"),
        sa.Column("ends", MOMENT, nullable=False, comment="to, not included"),
        sa.Column("made_by", sa.String(), nullable=False, comment="worker id, or 'operator'"),
        sa.Column("made_at", MOMENT, nullable=False, comment="when said"),
        sa.ForeignKeyConstraint(["by_id"], ["worker.id"], name=op.f("fk_on_call_override_by_id")),
        sa.ForeignKeyConstraint(
            ["worker_id"], ["worker.id"], name=op.f("fk_on_call_override_worker_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_call_override")),
    )
    with op.batch_alter_table("on_call_override", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_on_call_override_ends"), ["ends"], unique=False)
    op.create_table(
        "page_test",
        sa.Column("id", sa.String(length=32), nullable=False, comment="id"),
        sa.Column("worker_id", sa.String(length=32), nullable=False, comment="to"),
        sa.Column("made_by", sa.String(), nullable=False, comment="worker id, or 'operator'"),
        sa.Column("made_at", MOMENT, nullable=False, comment="when written"),
        sa.Column("acknowledged_at", MOMENT, nullable=True, comment="when tapped"),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_page_test_worker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_test")),
    )
    with op.batch_alter_table("page_test", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_page_test_worker_id"), ["worker_id"], unique=False)

    op.add_column(
        "worker",
        sa.Column(
            "number",
            sa.LargeBinary(),
            nullable=True,
            comment="sealed: what a gateway texts or calls",
        ),
    )
    op.add_column(
        "worker",
        sa.Column(
            "tested_at",
            MOMENT,
            nullable=True,
            comment="test page acknowledged on this phone; none: not yet",
        ),
    )
    op.add_column(
        "program",
        sa.Column(
            "digest_at",
            MOMENT,
            nullable=True,
            comment="begin of the newest shift whose digest is done",
        ),
    )
    op.add_column(
        "outbox",
        sa.Column(
            "channel", sa.String(), nullable=True, comment="a second way; none: receiver's chat"
        ),
    )
