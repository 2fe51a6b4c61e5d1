"""where the database was when the log was written last, by which a copy is known; and epochs of logs.

Two new tables: a moment on both databases.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "place",
        sa.Column("mark", sa.Text, primary_key=True),
        sa.Column("unasked", sa.SmallInteger, nullable=False),
    )
    op.create_table(
        "epoch",
        sa.Column("origin_id", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("statement", sa.LargeBinary, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("said_at", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("epoch")
    op.drop_table("place")
