"""forks of logs, what others were shown of them, and entries that the node itself passed on.

Two new tables, and a column that is empty in a table of some hundreds of rows: a moment on both databases.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heard",
        sa.Column("origin_id", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("heard_at", sa.Integer(), nullable=False),
        sa.Column("agrees", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("origin_id", "size", "root", name=op.f("pk_heard")),
    )
    op.create_table(
        "fork",
        sa.Column("origin_id", sa.Text(), nullable=False),
        sa.Column("common_size", sa.BigInteger(), nullable=False),
        sa.Column("first_size", sa.BigInteger(), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
        sa.Column("told_by", sa.Text(), nullable=False),
        sa.Column("found_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("origin_id", name=op.f("pk_fork")),
    )
    op.add_column("passed_on", sa.Column("stop_index", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("passed_on") as batch:
        batch.drop_column("stop_index")
    op.drop_table("fork")
    op.drop_table("heard")
