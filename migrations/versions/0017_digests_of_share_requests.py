"""share requests: a digest of each, by which `tocsin check` finds what was changed behind the node's back.

Adds two columns that are empty, which takes a moment on both databases, then writes each request once; there are some
hundreds of them at most.
"""

import json
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None

_WISH = ("uid", "log_index", "purpose", "wanted", "note")


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *map(sa.column, columns), sa.column("digest", sa.LargeBinary))


_REQUEST = _table("share_request", "id", "request_id", "member", "record_id", *_WISH, "received_at")
_SAID = ("action", "said_by", "at", "levels", "reason")
_STEP = sa.table("share_step", *map(sa.column, (*_SAID, "id", "share_request_id")))
_ANSWER = ("taken_at", "state", "reason", "granted", "changed_at")
_SENT = _table("sent_request", "id", "request_id", "origin_id", *_WISH, "asked_by", "asked_at", *_ANSWER)


def upgrade() -> None:
    op.add_column("share_request", sa.Column("digest", sa.LargeBinary(32), nullable=True))
    op.add_column("sent_request", sa.Column("digest", sa.LargeBinary(32), nullable=True))
    connection = op.get_bind()
    said = sa.select(*(_STEP.c[name] for name in _SAID)).order_by(_STEP.c.id)
    for key, *values, _ in connection.execute(sa.select(_REQUEST)).all():
        steps = connection.execute(said.where(_STEP.c.share_request_id == key))
        _seal(_REQUEST, key, [*values, [list(step) for step in steps]])
    for key, *values, _ in connection.execute(sa.select(_SENT)).all():
        _seal(_SENT, key, values)


def downgrade() -> None:
    for table in ("sent_request", "share_request"):
        with op.batch_alter_table(table) as batch:
            batch.drop_column("digest")


def _seal(table: sa.TableClause, key: int, values: list[Any]) -> None:
    digest = sha256(json.dumps(values, default=bytes.hex).encode()).digest()
    op.get_bind().execute(sa.update(table).where(table.c.id == key).values(digest=digest))
