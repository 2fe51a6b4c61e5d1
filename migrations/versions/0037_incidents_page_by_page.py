"""an index for the list of our own incidents, which is read page by page from the latest day on.

It is made while the table is in use: on PostgreSQL that holds back changes of facts while it is made, a second for
each million; on SQLite as any writer does. Nothing that is read waits for it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_OWN = sa.text("revision_id IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_fact_first_day_revision_id",
        "fact",
        ["first_day", "revision_id"],
        sqlite_where=_OWN,
        postgresql_where=_OWN,
    )


def downgrade() -> None:
    op.drop_index("ix_fact_first_day_revision_id", table_name="fact")
