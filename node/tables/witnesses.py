"""Checkpoints as others were shown them, what proves two stories, and what was cosigned here."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, SmallInteger, Table, Text

from node.tables.columns import metadata

heard = Table(  # checkpoints of logs as others were shown them
    "heard",
    metadata,
    Column("origin_id", Text, primary_key=True),
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary(32), primary_key=True),
    Column("note", LargeBinary, nullable=False),
    Column("told_by", Text, nullable=False),
    Column("heard_at", Integer, nullable=False),  # seconds since 1970, UTC
    Column("agrees", SmallInteger, nullable=False),  # 0: what is held here does not reach so far, or differs
)

fork = Table(  # what proves of a log that it told two stories; the best of each
    "fork",
    metadata,
    Column("origin_id", Text, primary_key=True),
    Column("common_size", BigInteger, nullable=False),  # 0: nothing is known to be shared
    Column("first_size", BigInteger, nullable=False),  # of the smaller of both checkpoints
    Column("proof", LargeBinary, nullable=False),
    Column("told_by", Text, nullable=False),
    Column("found_at", Integer, nullable=False),  # seconds since 1970, UTC
)

witnessed = Table(  # the newest checkpoint of each log of a member that was cosigned here
    "witnessed",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("note", LargeBinary, nullable=False),
)
