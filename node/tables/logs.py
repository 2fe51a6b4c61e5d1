"""Logs as they were signed or received, and how far each is known."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, SmallInteger, Table, Text

from node.tables.columns import Key, key, log_id, metadata

log = Table(
    "log",
    metadata,
    key(),
    Column("origin_id", Text, nullable=False, unique=True),
    Column("size", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
    Column("checkpoint", LargeBinary, nullable=False),
    Column("heard_at", Integer, nullable=False),  # seconds since 1970, UTC; 0 is never
    Column("refused_reason", Text, nullable=False),  # of the last contact; empty when it was good
)

entry = Table(
    "entry",
    metadata,
    log_id(primary_key=True),
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("fate", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("known_on", Integer, nullable=False),  # the day it was appended here, or arrived
    Column("leaf_hash", LargeBinary(32), nullable=False),
    Column("wire", LargeBinary, nullable=False),
)

heard_before = Table(
    "heard_before",  # what another member had passed on as withheld when its originator opened it
    metadata,
    log_id(primary_key=True),
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("heard_on", Integer, nullable=False),  # the day on which what it replaces ended
)

tile = Table(
    "tile",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)

view = Table(  # by tier, by member, or of padding, which is for nobody
    "view",
    metadata,
    Column("audience", Key, primary_key=True, autoincrement=False),  # a tier, the key of a member, or 0
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("wire", LargeBinary, nullable=False),
)

place = Table(  # where this database was when our log was written last; one row
    "place",
    metadata,
    Column("mark", Text, primary_key=True),
    Column("unasked", SmallInteger, nullable=False),  # 1: a copy since, and no member was asked yet
)

epoch = Table(  # statements that logs go on under another name, as people decided on them here
    "epoch",
    metadata,
    Column("origin_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("statement", LargeBinary, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("said_at", Integer, nullable=False),  # seconds since 1970, UTC
)
