"""counting: columns kept beside the facts, what has changed since they were written, and numbers of staff for rates.

Adds three empty tables and triggers on `fact`, which takes a moment on both databases. The triggers write down which
facts were changed or are gone; facts that are added are found by their keys.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0018"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_EVENTS = (("fact_updated", "UPDATE"), ("fact_deleted", "DELETE"))
_FUNCTION = """
CREATE FUNCTION fact_is_changed() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN INSERT INTO fact_change (fact_id) SELECT id FROM old_rows; RETURN NULL; END'
"""
_POSTGRESQL = """
CREATE TRIGGER {} AFTER {} ON fact REFERENCING OLD TABLE AS old_rows
FOR EACH STATEMENT EXECUTE FUNCTION fact_is_changed()
"""
_SQLITE = "CREATE TRIGGER {} AFTER {} ON fact BEGIN INSERT INTO fact_change (fact_id) VALUES (OLD.id); END"


def upgrade() -> None:
    op.create_table(
        "fact_change",
        sa.Column("id", _KEY, nullable=False),
        sa.Column("fact_id", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_change")),
    )
    op.create_table(
        "column_segment",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("stop_id", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_column_segment")),
    )
    op.create_table(
        "staff_number",
        sa.Column("id", _KEY, autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("published_on", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("org_type", sa.Text(), nullable=False),
        sa.Column("staff", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_number")),
    )
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        op.execute(_FUNCTION)
    for name, event in _EVENTS:
        op.execute((_POSTGRESQL if postgresql else _SQLITE).format(name, event))


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for name, _ in _EVENTS:
        op.execute(f"DROP TRIGGER {name}" + (" ON fact" if postgresql else ""))
    if postgresql:
        op.execute("DROP FUNCTION fact_is_changed()")
    for table in ("staff_number", "column_segment", "fact_change"):
        op.drop_table(table)
