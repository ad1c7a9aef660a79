"""That a worker blocked the bot, so that nobody counts on a page that cannot arrive."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Go to this version."""
    op.add_column(
        "worker",
        sa.Column(
            "blocked_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="pages fail in their chat since; none: as far as we know they arrive",
        ),
    )
