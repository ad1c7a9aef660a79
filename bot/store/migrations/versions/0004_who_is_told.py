"""Never-tell lists, leave with a substitute, the agreed question, workers who write themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go to this version."""
    op.create_table(
        "away",
        sa.Column("id", sa.Integer(), nullable=False, comment="order of saying: the last is true"),
        sa.Column("worker_id", sa.String(length=32), nullable=False, comment="who"),
        sa.Column("substitute_id", sa.String(length=32), nullable=False, comment="instead"),
        sa.Column("starts", MOMENT, nullable=False, comment="from"),
        sa.Column("ends", MOMENT, nullable=False, comment="to, not included"),
        sa.Column("made_by", sa.String(), nullable=False, comment="worker id, or 'operator'"),
        sa.Column("made_at", MOMENT, nullable=False, comment="when said"),
        sa.ForeignKeyConstraint(["worker_id"], ["worker.id"], name=op.f("fk_away_worker_id")),
        sa.ForeignKeyConstraint(
            ["substitute_id"], ["worker.id"], name=op.f("fk_away_substitute_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_away")),
    )
    with op.batch_alter_table("away", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_away_ends"), ["ends"], unique=False)
        batch_op.create_index(batch_op.f("ix_away_worker_id"), ["worker_id"], unique=False)
    with op.batch_alter_table("client", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "agreed_question",
                sa.LargeBinary(),
                nullable=True,
                comment="sealed: proves it is them",
            )
        )
        batch_op.add_column(
            sa.Column(
                "never_tell",
                sa.JSON(),
                nullable=False,
                server_default="{}",
                comment="worker id -> fallback's, or nothing",
            )
        )
        batch_op.add_column(
            sa.Column(
                "writer_id",
                sa.String(length=32),
                nullable=True,
                comment="worker who writes with them now",
            )
        )
        batch_op.add_column(sa.Column("writer_since", MOMENT, nullable=True, comment="since when"))
        batch_op.add_column(
            sa.Column("writer_last_at", MOMENT, nullable=True, comment="last word of either")
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_client_writer_id"), "worker", ["writer_id"], ["id"]
        )
        batch_op.create_unique_constraint(batch_op.f("uq_client_writer_id"), ["writer_id"])
