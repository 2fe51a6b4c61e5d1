"""What is counted: a projection of revisions and entries that can be rebuilt, and the files that hold its columns."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text, text

from node.facts import CAPTIVITY, COLUMNS
from node.tables.columns import Key, key, log_id, metadata, partial_index, reference

fact = Table(
    "fact",
    metadata,
    key(),
    reference("revision_id", "revision", nullable=True),  # of our own record, or else
    log_id(nullable=True),
    Column("log_index", BigInteger),  # of a record that a peer shared
    Column("known_from", Integer, nullable=False),
    Column("known_until", Integer),  # the day from which it no longer counts; null while it does
    *(
        Column(
            column.name,
            Text if column.kind is str else Integer,
            server_default="0" if column.name in CAPTIVITY else None,
        )
        for column in COLUMNS
    ),
    partial_index("revision_id"),
    partial_index("log_id", "log_index"),
    Index(  # the list of our own incidents, page by page
        None,
        "first_day",
        "revision_id",
        sqlite_where=text("revision_id IS NOT NULL"),
        postgresql_where=text("revision_id IS NOT NULL"),
    ),
)

detail = Table(  # what more is known of our own records; it never leaves, and is a projection like `fact`
    "detail",
    metadata,
    Column("revision_id", Key, ForeignKey("revision.id"), primary_key=True, autoincrement=False),
    Column("topic", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("number", Integer, nullable=False),
)

fact_change = Table(  # facts that changed or went since columns were written; triggers on `fact` fill it
    "fact_change",
    metadata,
    Column("id", Key, primary_key=True),  # given out by the database: a trigger asks nobody
    Column("fact_id", Key, nullable=False),
)

column_segment = Table(  # the files that hold the columns of facts, each of a range of keys
    "column_segment",
    metadata,
    key(),
    Column("first_id", BigInteger, nullable=False),
    Column("stop_id", BigInteger, nullable=False),  # the first that is not in it
    Column("form", Text, nullable=False),  # which columns there are
    Column("file", Text, nullable=False),
)
