"""What left: by which policy, on which terms, to whom, and what receivers say of it."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, SmallInteger, Table, Text

from node.tables.columns import key, metadata, reference

policy = Table(  # every version of the rules by which something was released
    "policy",
    metadata,
    key(),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("first_used_at", Integer, nullable=False),  # seconds since 1970, UTC
)

override = Table(  # what somebody said of one record; the last that is agreed counts
    "override",
    metadata,
    key(),
    reference("record_id", "record"),
    Column("held", SmallInteger, nullable=False),
    Column("label", SmallInteger, nullable=False),  # 0: none
    Column("levels", Text, nullable=False),  # with a comma between them
    Column("captivity_released", SmallInteger, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("agreed_by", Text, nullable=False),  # empty: nobody had to, or nobody has yet
    Column("said_at", Integer, nullable=False),  # seconds since 1970, UTC
    Column("counts_from", Integer, nullable=False),  # likewise; 0: it widens, and waits for a second person
    Index(None, "record_id"),
)

release = Table(
    "release",
    metadata,
    key(),
    reference("record_id", "record"),
    reference("revision_id", "revision"),
    Column("log_index", BigInteger, nullable=False, unique=True),
    reference("policy_id", "policy"),
    Column("purpose", Text, nullable=False),
    Column("label", SmallInteger, nullable=False),
    Column("asked", Text, nullable=False),  # names of the audiences that somebody released it to
    Column("views", Text, nullable=False),  # levels by audience; empty for a retraction
    Column("settled", SmallInteger, nullable=False),  # 0: time may change what the rules say of it
    Column("secret", LargeBinary(32), nullable=False),
    Column("released_at", Integer, nullable=False),  # seconds since 1970, UTC
    Index(None, "record_id"),
)

disclosure = Table(  # what was sent to whom: a range of our own log, before it was sent
    "disclosure",
    metadata,
    key(),
    Column("member", Text, nullable=False),
    Column("tier", SmallInteger, nullable=False),  # of the member, then
    Column("log_size", BigInteger, nullable=False),  # of our log, then: what it had closed was not shown
    Column("first_index", BigInteger, nullable=False),
    Column("stop_index", BigInteger, nullable=False),  # the first that was not sent
    Column("first_at", Integer, nullable=False),  # seconds since 1970, UTC
    Column("last_at", Integer, nullable=False),
    Index(None, "member", "log_size"),
)

receipt = Table(  # the newest of each pair: given to us by members, and by us to them
    "receipt",
    metadata,
    Column("origin_id", Text, primary_key=True),
    Column("receiver_id", Text, primary_key=True),
    Column("log_size", BigInteger, nullable=False),
    Column("issued_at", Integer, nullable=False),  # seconds since 1970, UTC
    Column("envelope", LargeBinary, nullable=False),
)

passed_on = Table(  # what people here say that they gave to others of a peer's records, or proofs of our own
    "passed_on",
    metadata,
    key(),
    Column("origin_id", Text, nullable=False),
    Column("log_index", BigInteger, nullable=False),
    Column("member_id", Text, nullable=False),  # empty: somebody who is no member
    Column("at", Integer, nullable=False),  # seconds since 1970, UTC
    Column("said_by", Text, nullable=False),  # a person; or nobody, where the node itself passed them on
    Column("stop_index", BigInteger),  # then: the first that it did not
    Index(None, "origin_id"),
)
