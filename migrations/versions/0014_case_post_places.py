"""case status over the line: where a signed document stands in the list that members fetch; how far we fetched theirs.

Three columns of a small table, which is locked for the moment that this takes, and a new one. What was signed before
has no place: members get it by file, or once it is published again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("case_post", sa.Column("addressee", sa.Text(), nullable=False, server_default=""))
    op.add_column("case_post", sa.Column("place", sa.BigInteger(), nullable=True))
    op.add_column("case_post", sa.Column("kept_back", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("case_post") as batch:  # the defaults are for rows that are there
        batch.alter_column("addressee", server_default=None)
        batch.alter_column("kept_back", server_default=None)
    op.create_index(op.f("ix_case_post_addressee_place"), "case_post", ["addressee", "place"], unique=True)
    op.create_table(
        "case_post_cursor",
        sa.Column("org_id", sa.Text(), nullable=False),
        sa.Column("to_all", sa.BigInteger(), nullable=False),
        sa.Column("to_us", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("org_id", name=op.f("pk_case_post_cursor")),
    )


def downgrade() -> None:
    op.drop_table("case_post_cursor")
    op.drop_index(op.f("ix_case_post_addressee_place"), "case_post")
    with op.batch_alter_table("case_post") as batch:
        for column in ("kept_back", "place", "addressee"):
            batch.drop_column(column)
