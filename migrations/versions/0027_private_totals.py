"""private totals: declarations, shares that servers hold, what members gave, and what servers signed.

Adds four empty tables, which takes a moment on both databases and locks nothing that is in use.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0025"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _keys(table: str) -> tuple[sa.Column[int], sa.Column[int], sa.ForeignKeyConstraint]:
    return (
        sa.Column("id", _KEY, primary_key=True, autoincrement=False),
        sa.Column("total_id", _KEY, nullable=False),
        sa.ForeignKeyConstraint(["total_id"], ["total.id"], name=f"fk_{table}_total_id"),
    )


def upgrade() -> None:
    op.create_table(
        "total",
        sa.Column("id", _KEY, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("first_signature", sa.LargeBinary, nullable=False),
        sa.Column("second_signature", sa.LargeBinary, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("said_at", sa.Integer, nullable=False),
        sa.UniqueConstraint("digest", name="uq_total_digest"),
    )
    op.create_table(
        "total_share",
        *_keys("total_share"),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("split", sa.Text, nullable=False),
        sa.Column("box", sa.LargeBinary, nullable=False),
        sa.Column("taken_at", sa.Integer, nullable=False),
        sa.UniqueConstraint("total_id", "member", name="uq_total_share_total_id_member"),
    )
    op.create_table(
        "total_given",
        *_keys("total_given"),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("figures", sa.Text, nullable=False),
        sa.Column("first_box", sa.LargeBinary, nullable=False),
        sa.Column("second_box", sa.LargeBinary, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("said_at", sa.Integer, nullable=False),
        sa.UniqueConstraint("total_id", "number", name="uq_total_given_total_id_number"),
    )
    op.create_table(
        "total_paper",
        *_keys("total_paper"),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("signer", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("total_id", "kind", "signer", name="uq_total_paper_total_id_kind_signer"),
    )


def downgrade() -> None:
    for table in ("total_paper", "total_given", "total_share", "total"):
        op.drop_table(table)
