"""entries that another member had passed on as withheld when their originator opened them: when they were heard of.

Adds one empty table, which takes a moment on both databases and locks nothing that is in use.
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0033"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "heard_before",
        sa.Column("log_id", _KEY, nullable=False),
        sa.Column("log_index", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("heard_on", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["log.id"], name="fk_heard_before_log_id"),
        sa.PrimaryKeyConstraint("log_id", "log_index", name="pk_heard_before"),
    )


def downgrade() -> None:
    op.drop_table("heard_before")
