"""matches: which records of different organizations are of one event, how they were compared, what was signed.

Makes five tables that are empty, which takes a moment on both databases and locks nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0021"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key() -> sa.Column[int]:
    return sa.Column("id", _KEY, autoincrement=False, nullable=False)


def _primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def upgrade() -> None:
    op.create_table(
        "matched",
        _key(),
        sa.Column("origin_id", sa.Text(), nullable=False),
        sa.Column("uid", sa.LargeBinary(16), nullable=False),
        sa.Column("record_id", _KEY, sa.ForeignKey("record.id", name=op.f("fk_matched_record_id"))),
        sa.Column("log_id", _KEY, sa.ForeignKey("log.id", name=op.f("fk_matched_log_id"))),
        sa.Column("log_index", sa.BigInteger()),
        _primary("matched", "id"),
    )
    op.create_index(op.f("ix_matched_origin_id_uid"), "matched", ["origin_id", "uid"])
    op.create_table(
        "likely_pair",
        sa.Column("first_id", sa.Text(), nullable=False),
        sa.Column("first_uid", sa.LargeBinary(16), nullable=False),
        sa.Column("second_id", sa.Text(), nullable=False),
        sa.Column("second_uid", sa.LargeBinary(16), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("found", sa.Text(), nullable=False),
        sa.Column("weights_version", sa.Text(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        _primary("likely_pair", "first_id", "first_uid", "second_id", "second_uid"),
    )
    op.create_table(
        "verdict",
        _key(),
        sa.Column("signer_id", sa.Text(), nullable=False),
        sa.Column("own_uid", sa.LargeBinary(16), nullable=False),
        sa.Column("own_index", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.Text(), nullable=False),
        sa.Column("other_uid", sa.LargeBinary(16), nullable=False),
        sa.Column("other_index", sa.BigInteger(), nullable=False),
        sa.Column("judgement", sa.SmallInteger(), nullable=False),
        sa.Column("ground", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.Integer(), nullable=False),
        sa.Column("known_on", sa.Integer(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(32), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        _primary("verdict", "id"),
        sa.UniqueConstraint(
            "signer_id",
            "own_uid",
            "other_id",
            "other_uid",
            "number",
            name=op.f("uq_verdict_signer_id_own_uid_other_id_other_uid_number"),
        ),
    )
    op.create_index(op.f("ix_verdict_token"), "verdict", ["token"])
    op.create_table(
        "comparison",
        _key(),
        sa.Column("match_id", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("role", sa.SmallInteger(), nullable=False),
        sa.Column(
            "record_id",
            _KEY,
            sa.ForeignKey("record.id", name=op.f("fk_comparison_record_id")),
            nullable=False,
        ),
        sa.Column("own_uid", sa.LargeBinary(16), nullable=False),
        sa.Column("own_index", sa.BigInteger(), nullable=False),
        sa.Column("other_uid", sa.LargeBinary(16), nullable=False),
        sa.Column("other_index", sa.BigInteger(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Integer(), nullable=False),
        sa.Column("taken_at", sa.Integer(), nullable=False),
        sa.Column("stop", sa.SmallInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        _primary("comparison", "id"),
        sa.UniqueConstraint("member", "match_id", name=op.f("uq_comparison_member_match_id")),
    )
    op.create_table(
        "comparison_step",
        _key(),
        sa.Column(
            "comparison_id",
            _KEY,
            sa.ForeignKey("comparison.id", name=op.f("fk_comparison_step_comparison_id")),
            nullable=False,
        ),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(32), nullable=False),
        sa.Column("commitment", sa.LargeBinary(32), nullable=False),
        sa.Column("found", sa.SmallInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("newly", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        _primary("comparison_step", "id"),
        sa.UniqueConstraint("comparison_id", "number", name=op.f("uq_comparison_step_comparison_id_number")),
    )


def downgrade() -> None:
    for table in ("comparison_step", "comparison", "verdict", "likely_pair", "matched"):
        op.drop_table(table)
