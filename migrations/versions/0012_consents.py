"""consents of survivors, and marks that two persons take off.

New tables only: nothing that exists is locked.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "consent",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("record_id", _KEY, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("given_on", sa.Integer(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("said_at", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_consent_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
    )
    op.create_index(op.f("ix_consent_record_id"), "consent", ["record_id"])
    op.create_table(
        "unmarking",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("record_id", _KEY, nullable=False),
        sa.Column("taken", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("agreed_by", sa.Text(), nullable=False),
        sa.Column("said_at", sa.Integer(), nullable=False),
        sa.Column("agreed_at", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_unmarking_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmarking")),
    )


def downgrade() -> None:
    op.drop_table("unmarking")
    op.drop_table("consent")
