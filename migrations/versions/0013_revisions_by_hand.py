"""revisions: what no publication said, a person did.

An index of the few such revisions: a second for some hundred thousand revisions, during which no record can be written.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_BY_HAND = sa.text("publication_id IS NULL")


def upgrade() -> None:
    op.create_index(
        op.f("ix_revision_record_id"),
        "revision",
        ["record_id"],
        sqlite_where=_BY_HAND,
        postgresql_where=_BY_HAND,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_revision_record_id"), "revision")
