"""likely pairs: how many events less than reports each stands for.

Adds one column that may be empty, which rewrites nothing; it locks a table of some thousand rows for a moment.
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("likely_pair", sa.Column("expected", sa.Integer))


def downgrade() -> None:
    op.drop_column("likely_pair", "expected")
