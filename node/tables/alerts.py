"""Alerts, and who took note of them."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from node.tables.columns import Key, key, metadata

alert = Table(
    "alert",
    metadata,
    key(),
    Column("origin_id", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("uid", LargeBinary(16), nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("expires_at", Integer, nullable=False),  # seconds since 1970, UTC
    Column("log_by", Integer, nullable=False),
    Column("leaf_hash", LargeBinary(32), nullable=False),  # empty in a cancellation
    Column("log_index", BigInteger),  # of the record's entry; in one of our own also for a cancellation
    Column("envelope", LargeBinary, nullable=False),
    Column("entry", LargeBinary, nullable=False),  # as it was shown to us; empty in our own
    Column("tier", SmallInteger, nullable=False),  # of our own: the coarsest that it is for; else 0
    Column("arrived_at", Integer, nullable=False),
    Column("promise", Text, nullable=False),  # of a peer's record; empty where none was given
    UniqueConstraint("origin_id", "sequence"),
)

alert_notice = Table(  # of our own alert: by whom it was received; of a peer's: by us
    "alert_notice",
    metadata,
    Column("alert_id", Key, ForeignKey("alert.id"), primary_key=True, autoincrement=False),
    Column("org_id", Text, primary_key=True),
    Column("sent_at", Integer, nullable=False),  # to the member, or our word to its originator; 0 is not yet
    Column("acknowledged_at", Integer, nullable=False),
)
