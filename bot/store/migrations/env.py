"""How Alembic reaches the database: through the connection that the service already holds."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

from bot.store import postgresql
from bot.store.tables import Base, Moment

# The time-out for locks is every connection's: a migration that waits for one stops the service's
# writers behind it. Its statements may take longer than the service's.
STATEMENT_TIMEOUT = "60s"


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our own column types as what they are in the database: a migration must keep working
    when the code that it was made from has changed."""
    if kind != "type":
        return False
    if isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, sa.Enum):
        return f"sa.String(length={item.length})"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=render,
)
with context.begin_transaction():
    if connection.dialect.name == "postgresql":
        postgresql.begin_migration(connection, STATEMENT_TIMEOUT)
    context.run_migrations()
