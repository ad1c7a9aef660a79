"""That a client put a plan away, so that only they take it up again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Go to this version."""
    op.add_column(
        "flow_run",
        sa.Column(
            "put_away",
            sa.Boolean(),
            nullable=False,
            server_default=sa.false(),
            comment="true: waits until the client asks for it",
        ),
    )
