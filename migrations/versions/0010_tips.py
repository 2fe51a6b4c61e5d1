"""tips: what is told anonymously, sealed, with its messages and keys.

New tables only: nothing that exists is locked.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "tip",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("uid", sa.LargeBinary(16), nullable=False),
        sa.Column("mailbox", sa.LargeBinary(16), nullable=False),
        sa.Column("reporter_key", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tip")),
        sa.UniqueConstraint("mailbox", name=op.f("uq_tip_mailbox")),
        sa.UniqueConstraint("uid", name=op.f("uq_tip_uid")),
    )
    op.create_table(
        "tip_message",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("tip_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("request", sa.LargeBinary(16), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_file", sa.LargeBinary(), nullable=True),
        sa.Column("signature", sa.LargeBinary(64), nullable=False),
        sa.ForeignKeyConstraint(["tip_id"], ["tip.id"], name=op.f("fk_tip_message_tip_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tip_message")),
        sa.UniqueConstraint("tip_id", "request", name=op.f("uq_tip_message_tip_id_request")),
        sa.UniqueConstraint("tip_id", "sequence", name=op.f("uq_tip_message_tip_id_sequence")),
    )
    op.create_table(
        "tip_key",
        sa.Column("tip_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("epoch", sa.Text(), nullable=False),
        sa.Column("ring", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["tip_id"], ["tip.id"], name=op.f("fk_tip_key_tip_id")),
        sa.PrimaryKeyConstraint("tip_id", "holder", name=op.f("pk_tip_key")),
    )


def downgrade() -> None:
    op.drop_table("tip_key")
    op.drop_table("tip_message")
    op.drop_table("tip")
