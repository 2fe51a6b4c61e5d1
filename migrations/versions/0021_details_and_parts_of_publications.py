"""records: what more is known of our own, who died in captivity, and files that hold a part of their source only.

Adds a table that is empty and columns with a constant, which takes a moment on both databases. Then the facts of
records that tell of deaths in captivity are written once; there are some hundreds of them.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0017"
branch_labels = None
depends_on = None

_REVISION = sa.table("revision", sa.column("id"), sa.column("document"))
_FACT = sa.table("fact", sa.column("revision_id"), sa.column("killed_in_captivity"))


def upgrade() -> None:
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "detail",
        sa.Column("revision_id", key, autoincrement=False, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["revision_id"], ["revision.id"], name=op.f("fk_detail_revision_id")),
        sa.PrimaryKeyConstraint("revision_id", "topic", "code", name=op.f("pk_detail")),
    )
    op.add_column("publication", sa.Column("whole", sa.SmallInteger(), nullable=False, server_default="1"))
    for name in ("killed_in_captivity", "killed_in_detention"):
        op.add_column("fact", sa.Column(name, sa.Integer(), nullable=True, server_default="0"))
    connection = op.get_bind()
    # No text that somebody wrote can hold these signs: in a document its quotes are escaped.
    told = sa.select(_REVISION).where(_REVISION.c.document.contains('"killed_in_captivity":'))
    for revision_id, document in connection.execute(told).all():
        number = json.loads(document)["killed_in_captivity"]
        of_it = sa.update(_FACT).where(_FACT.c.revision_id == revision_id)
        connection.execute(of_it.values(killed_in_captivity=number))


def downgrade() -> None:
    with op.batch_alter_table("fact") as batch:
        batch.drop_column("killed_in_detention")
        batch.drop_column("killed_in_captivity")
    with op.batch_alter_table("publication") as batch:
        batch.drop_column("whole")
    op.drop_table("detail")
