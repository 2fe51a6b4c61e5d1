"""declared figures, their releases and corrections, and numbers that members give for them.

Adds five empty tables, which takes a moment on both databases and locks nothing that is in use.
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0019"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "cube",
        sa.Column("id", _KEY, primary_key=True, autoincrement=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("said_at", sa.Integer, nullable=False),
        sa.UniqueConstraint("title", name="uq_cube_title"),
    )
    op.create_table(
        "cube_release",
        sa.Column("id", _KEY, primary_key=True, autoincrement=False),
        sa.Column("cube_id", _KEY, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("counted", sa.LargeBinary, nullable=False),
        sa.Column("few", sa.Text, nullable=False),
        sa.Column("built_by", sa.Text, nullable=False),
        sa.Column("built_at", sa.Integer, nullable=False),
        sa.Column("published_by", sa.Text, nullable=False),
        sa.Column("published_at", sa.Integer, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("public_signature", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["cube_id"], ["cube.id"], name="fk_cube_release_cube_id"),
        sa.UniqueConstraint("cube_id", "number", name="uq_cube_release_cube_id_number"),
    )
    op.create_table(
        "cube_notice",
        sa.Column("id", _KEY, primary_key=True, autoincrement=False),
        sa.Column("cube_release_id", _KEY, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("said_at", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(
            ["cube_release_id"], ["cube_release.id"], name="fk_cube_notice_cube_release_id"
        ),
    )
    op.create_table(
        "aggregate_given",
        sa.Column("id", _KEY, primary_key=True, autoincrement=False),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("cube", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("said_at", sa.Integer, nullable=False),
    )
    op.create_table(
        "aggregate",
        sa.Column("id", _KEY, primary_key=True, autoincrement=False),
        sa.Column("cube_id", _KEY, nullable=False),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("signature", sa.LargeBinary, nullable=False),
        sa.Column("keyid", sa.Text, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("said_at", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["cube_id"], ["cube.id"], name="fk_aggregate_cube_id"),
    )


def downgrade() -> None:
    for table in ("aggregate", "aggregate_given", "cube_notice", "cube_release", "cube"):
        op.drop_table(table)
