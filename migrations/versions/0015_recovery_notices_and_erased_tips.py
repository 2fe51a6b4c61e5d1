"""case_notice: cases that were opened with the recovery key. tip_tombstone: what stays of erased reports.

New tables only; what the audit log knows of the recovery key is put into the first, for which the log is read once.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ACT = b'"act":"break_glass"'


def upgrade() -> None:
    notice = op.create_table(
        "case_notice",
        sa.Column("case_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_notice_case_id")),
        sa.PrimaryKeyConstraint("case_id", "sequence", name=op.f("pk_case_notice")),
    )
    op.create_table(
        "tip_tombstone",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tip_tombstone")),
    )
    entries = op.get_bind().execute(sa.text("SELECT entry FROM case_audit")).scalars()
    heads = [json.loads(entry)["heads"] for entry in map(bytes, entries) if _ACT in entry]
    rows = {(int(number), head[0]) for found in heads for number, head in found.items()}
    if rows:
        op.bulk_insert(notice, [{"case_id": case, "sequence": sequence} for case, sequence in sorted(rows)])


def downgrade() -> None:
    op.drop_table("tip_tombstone")
    op.drop_table("case_notice")
