"""share requests: what members asked of us, all that was done about it, and what we asked of members.

New tables only: nothing that exists is locked.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "share_request",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("record_id", KEY, nullable=False),
        sa.Column("uid", sa.LargeBinary(16), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["record.id"], name=op.f("fk_share_request_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_request")),
        sa.UniqueConstraint("member", "request_id", name=op.f("uq_share_request_member_request_id")),
    )
    op.create_table(
        "share_step",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("share_request_id", KEY, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("levels", sa.Text(), nullable=False),
        sa.Column("reason", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["share_request_id"], ["share_request.id"], name=op.f("fk_share_step_share_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_step")),
    )
    op.create_index(op.f("ix_share_step_share_request_id"), "share_step", ["share_request_id"])
    op.create_table(
        "sent_request",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("origin_id", sa.Text(), nullable=False),
        sa.Column("uid", sa.LargeBinary(16), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.Integer(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.SmallInteger(), nullable=False),
        sa.Column("granted", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sent_request")),
        sa.UniqueConstraint("request_id", name=op.f("uq_sent_request_request_id")),
    )
    op.create_index(op.f("ix_sent_request_origin_id"), "sent_request", ["origin_id"])


def downgrade() -> None:
    for name in ("sent_request", "share_step", "share_request"):
        op.drop_table(name)
