"""facts: what a record of a peer may be used for (R16).

Adds a column that is empty, which takes a moment on both databases, then writes each fact of a peer's record once: a
minute for some millions of them, during which nothing else can be written. What came before this revision was shared
for the safety of staff, as the record format says of records that name no purpose.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("fact", sa.Column("purpose", sa.Text(), nullable=True))
    op.execute("UPDATE fact SET purpose = 'staff_safety' WHERE log_id IS NOT NULL")


def downgrade() -> None:
    with op.batch_alter_table("fact") as batch:
        batch.drop_column("purpose")
