"""Which records tell of one incident: what is likely, compared and decided."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from node.tables.columns import key, log_id, metadata, reference

matched = Table(  # where the facts of a record are of which something is decided or proposed: an own one, or entries
    "matched",
    metadata,
    key(),
    Column("origin_id", Text, nullable=False),
    Column("uid", LargeBinary(16), nullable=False),
    reference("record_id", "record", nullable=True),  # an own one, or else
    log_id(nullable=True),
    Column("log_index", BigInteger),  # of one of its entries
    Index(None, "origin_id", "uid"),
)

likely_pair = Table(  # pairs that were likely enough for people to look at, when somebody listed them last
    "likely_pair",
    metadata,
    Column("first_id", Text, primary_key=True),
    Column("first_uid", LargeBinary(16), primary_key=True),
    Column("second_id", Text, primary_key=True),
    Column("second_uid", LargeBinary(16), primary_key=True),
    Column("weight", Integer, nullable=False),  # hundredths of a bit
    Column("found", Text, nullable=False),
    Column("weights_version", Text, nullable=False),
    Column("since", Integer, nullable=False),  # the day on which it was found first
    Column("expected", Integer),  # events less than reports, in thousandths
)

verdict = Table(  # every verdict, ours and those of members, as they were signed
    "verdict",
    metadata,
    key(),
    Column("signer_id", Text, nullable=False),
    Column("own_uid", LargeBinary(16), nullable=False),
    Column("own_index", BigInteger, nullable=False),
    Column("other_id", Text, nullable=False),
    Column("other_uid", LargeBinary(16), nullable=False),
    Column("other_index", BigInteger, nullable=False),
    Column("judgement", SmallInteger, nullable=False),
    Column("ground", SmallInteger, nullable=False),  # 0: none
    Column("number", Integer, nullable=False),
    Column("issued_at", Integer, nullable=False),  # seconds since 1970, UTC
    Column("known_on", Integer, nullable=False),  # the day from which it counts here
    Column("said_by", Text, nullable=False),  # of our own: who decided
    Column("token", LargeBinary(32), nullable=False),  # by which it is asked for
    Column("envelope", LargeBinary, nullable=False),
    UniqueConstraint("signer_id", "own_uid", "other_id", "other_uid", "number"),
    Index(None, "token"),
)

comparison = Table(  # comparisons of a record of ours with one of a member, step by step
    "comparison",
    metadata,
    key(),
    Column("match_id", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("role", SmallInteger, nullable=False),  # ours
    reference("record_id", "record"),
    Column("own_uid", LargeBinary(16), nullable=False),
    Column("own_index", BigInteger, nullable=False),
    Column("other_uid", LargeBinary(16), nullable=False),
    Column("other_index", BigInteger, nullable=False),
    Column("said_by", Text, nullable=False),  # who proposed it here; empty where the member did
    Column("started_at", Integer, nullable=False),  # seconds since 1970, UTC
    Column("taken_at", Integer, nullable=False),  # by the member; 0: it does not know of it yet
    Column("stop", SmallInteger, nullable=False),  # 0: it goes on
    Column("rule", Text, nullable=False),  # of ours, that ended it
    Column("ended_at", Integer, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),  # of the row and of all its steps
    UniqueConstraint("member", "match_id"),
)

comparison_step = Table(  # what each side has shown the other: levels, never values
    "comparison_step",
    metadata,
    key(),
    reference("comparison_id", "comparison"),
    Column("number", SmallInteger, nullable=False),
    Column("nonce", LargeBinary(32), nullable=False),  # of ours
    Column("commitment", LargeBinary(32), nullable=False),  # of the member; empty until it has come
    Column("found", SmallInteger, nullable=False),  # 0: not compared yet
    Column("rule", Text, nullable=False),  # that let us show so much
    Column("newly", SmallInteger, nullable=False),  # 1: it shows the member more than the log does
    Column("at", Integer, nullable=False),  # seconds since 1970, UTC
    UniqueConstraint("comparison_id", "number"),
)
