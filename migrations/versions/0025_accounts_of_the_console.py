"""accounts of the console: who may sign in, their sessions, drafts of what they typed, and sign-ins that failed.

Adds four empty tables, which takes a moment on both databases and locks nothing that is in use.
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key() -> sa.Column[int]:
    return sa.Column("id", _KEY, primary_key=True, autoincrement=False)


def upgrade() -> None:
    op.create_table(
        "account",
        _key(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("passphrase", sa.Text, nullable=False),
        sa.Column("second_step", sa.Text, nullable=False),
        sa.Column("last_step", sa.Integer, nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("made_at", sa.Integer, nullable=False),
        sa.Column("closed_at", sa.Integer, nullable=True),
        sa.UniqueConstraint("name", name="uq_account_name"),
    )
    op.create_table(
        "account_session",
        _key(),
        sa.Column("token", sa.LargeBinary(32), nullable=False),
        sa.Column("account_id", _KEY, nullable=False),
        sa.Column("form_key", sa.LargeBinary(32), nullable=False),
        sa.Column("offered", sa.Text, nullable=False),
        sa.Column("opened_at", sa.Integer, nullable=False),
        sa.Column("seen_at", sa.Integer, nullable=False),
        sa.Column("ended_at", sa.Integer, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account_session_account_id"),
        sa.UniqueConstraint("token", name="uq_account_session_token"),
    )
    op.create_index("ix_account_session_account_id", "account_session", ["account_id"])
    op.create_table(
        "account_draft",
        _key(),
        sa.Column("account_id", _KEY, nullable=False),
        sa.Column("page", sa.Text, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("saved_at", sa.Integer, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account_draft_account_id"),
        sa.UniqueConstraint("account_id", "page", name="uq_account_draft_account_id_page"),
    )
    op.create_table(
        "account_try",
        _key(),
        sa.Column("name", sa.LargeBinary(32), nullable=False),
        sa.Column("at", sa.Integer, nullable=False),
    )
    op.create_index("ix_account_try_name_at", "account_try", ["name", "at"])


def downgrade() -> None:
    for table in ("account_try", "account_draft", "account_session", "account"):
        op.drop_table(table)
