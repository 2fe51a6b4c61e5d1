"""case facts: what each case contributes to boards and figures, sealed.

A new table, and an index of grants, which locks that small table for less than a second.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_facts",
        sa.Column(
            "case_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_facts_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_facts")),
    )
    op.create_index(op.f("ix_case_grant_case_id"), "case_grant", ["case_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_case_grant_case_id"), table_name="case_grant")
    op.drop_table("case_facts")
