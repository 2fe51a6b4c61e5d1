"""other ways in: tokens of programs, passkeys, challenges that wait for an answer, and who somebody is elsewhere.

Adds four empty tables, which takes a moment on both databases and locks nothing that is in use.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0027"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _of_account(name: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    key = sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=f"fk_{name}_account_id")
    return sa.Column("account_id", _KEY, nullable=False), key


def upgrade() -> None:
    column, key = _of_account("account_token")
    op.create_table(
        "account_token",
        sa.Column("id", _KEY, primary_key=True, autoincrement=False),
        sa.Column("token", sa.LargeBinary(32), nullable=False),
        column,
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("made_at", sa.Integer, nullable=False),
        sa.Column("used_at", sa.Integer, nullable=True),
        key,
        sa.UniqueConstraint("token", name="uq_account_token_token"),
    )
    column, key = _of_account("account_passkey")
    op.create_table(
        "account_passkey",
        sa.Column("id", _KEY, primary_key=True, autoincrement=False),
        sa.Column("credential", sa.LargeBinary, nullable=False),
        column,
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("uses", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("made_at", sa.Integer, nullable=False),
        sa.Column("used_at", sa.Integer, nullable=True),
        key,
        sa.UniqueConstraint("credential", name="uq_account_passkey_credential"),
    )
    op.create_table(
        "account_challenge",
        sa.Column("id", _KEY, primary_key=True, autoincrement=False),
        sa.Column("challenge", sa.LargeBinary(32), nullable=False),
        sa.Column("held", sa.Text, nullable=False),
        sa.Column("made_at", sa.Integer, nullable=False),
        sa.UniqueConstraint("challenge", name="uq_account_challenge_challenge"),
    )
    column, key = _of_account("account_elsewhere")
    op.create_table(
        "account_elsewhere",
        sa.Column("id", _KEY, primary_key=True, autoincrement=False),
        column,
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        key,
        sa.UniqueConstraint("issuer", "subject", name="uq_account_elsewhere_issuer_subject"),
    )


def downgrade() -> None:
    for table in ("account_elsewhere", "account_challenge", "account_passkey", "account_token"):
        op.drop_table(table)
