"""successions: which revision stands for which after a merge or a split.

A new table only: nothing that exists is locked.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "succession",
        sa.Column("revision_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("replaced_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("said_at", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["replaced_id"], ["revision.id"], name=op.f("fk_succession_replaced_id")),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_succession_revision_id")),
        sa.PrimaryKeyConstraint("revision_id", "replaced_id", name=op.f("pk_succession")),
    )
    op.create_index(op.f("ix_succession_replaced_id"), "succession", ["replaced_id"])


def downgrade() -> None:
    op.drop_table("succession")
