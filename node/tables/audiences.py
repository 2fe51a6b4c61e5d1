"""Who may see more than its tier, and what members ask of each other."""

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

from node.tables.columns import key, metadata, reference

audience = Table(  # members that were shown more than their tier; those below `FIRST_MEMBER` are tiers
    "audience",
    metadata,
    key(),
    Column("name", Text, nullable=False, unique=True),
)

charter = Table(  # every version of our own audiences
    "charter",
    metadata,
    key(),
    Column("owner_id", Text, nullable=False),
    Column("uid", LargeBinary(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("members", Text, nullable=False),  # ids with a blank between them, as in the next three
    Column("tier", SmallInteger, nullable=False),  # 0: none
    Column("countries", Text, nullable=False),
    Column("purposes", Text, nullable=False),
    Column("hidden", SmallInteger, nullable=False),
    Column("issued_at", Integer, nullable=False),  # seconds since 1970, UTC
    Column("said_by", Text, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    UniqueConstraint("uid", "version"),
)

charter_copy = Table(  # the newest charter of each audience as each of its members may have it
    "charter_copy",
    metadata,
    Column("member", Text, primary_key=True),
    Column("uid", LargeBinary(16), primary_key=True),
    Column("envelope", LargeBinary, nullable=False),
)

joining = Table(  # what was decided when somebody joined an audience; the newest of each pair counts
    "joining",
    metadata,
    key(),
    Column("uid", LargeBinary(16), nullable=False),
    Column("member", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("log_size", BigInteger, nullable=False),  # of our log, then: what is below is old
    Column("back_fill", Text, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("said_at", Integer, nullable=False),  # seconds since 1970, UTC
)

belonging = Table(  # charters of peers that name us
    "belonging",
    metadata,
    Column("origin_id", Text, primary_key=True),
    Column("uid", LargeBinary(16), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
)

share_request = Table(  # what members asked of us
    "share_request",
    metadata,
    key(),
    Column("request_id", Text, nullable=False),
    Column("member", Text, nullable=False),
    reference("record_id", "record"),
    Column("uid", LargeBinary(16), nullable=False),  # of the record
    Column("log_index", BigInteger, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("wanted", Text, nullable=False),  # levels with a comma between them
    Column("note", Text, nullable=False),
    Column("received_at", Integer, nullable=False),  # seconds since 1970, UTC
    Column("digest", LargeBinary(32)),  # of the row and of all its steps
    UniqueConstraint("member", "request_id"),
)

share_step = Table(  # everything that was done about them
    "share_step",
    metadata,
    key(),
    reference("share_request_id", "share_request"),
    Column("action", Text, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("at", Integer, nullable=False),  # seconds since 1970, UTC
    Column("levels", Text, nullable=False),  # as in `wanted`
    Column("reason", SmallInteger, nullable=False),  # 0: none
    Index(None, "share_request_id"),
)

sent_request = Table(  # what we asked of members, and their newest answer
    "sent_request",
    metadata,
    key(),
    Column("request_id", Text, nullable=False, unique=True),
    Column("origin_id", Text, nullable=False),
    Column("uid", LargeBinary(16), nullable=False),  # of the record
    Column("log_index", BigInteger, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("wanted", Text, nullable=False),  # as above
    Column("note", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_at", Integer, nullable=False),  # seconds since 1970, UTC
    Column("taken_at", Integer, nullable=False),  # by the member; 0: it does not know of it yet
    Column("state", SmallInteger, nullable=False),
    Column("reason", SmallInteger, nullable=False),  # 0: none
    Column("granted", Text, nullable=False),  # as in `wanted`
    Column("changed_at", Integer, nullable=False),  # seconds since 1970, UTC
    Column("digest", LargeBinary(32)),  # of the row
    Index(None, "origin_id"),
)
