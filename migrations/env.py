"""Bring a node's database to the newest revision, on the connection that the caller hands over."""

from alembic import context
from sqlalchemy import Connection, text

import casework.tables
import console.web.tables
import node.tables


def migrate(connection: Connection) -> None:
    """Run the revisions in one transaction; another process that migrates is waited for, but not for long."""
    if connection.dialect.name == "postgresql":
        waits = int(context.config.attributes["waits_seconds"] * 1000)
        connection.execute(text(f"SET LOCAL lock_timeout = '{waits}ms'"))
    context.configure(
        connection=connection,
        target_metadata=[node.tables.metadata, casework.tables.metadata, console.web.tables.metadata],
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    context.run_migrations()


migrate(context.config.attributes["connection"])
