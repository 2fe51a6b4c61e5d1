"""What this organization knows: publications, records with their revisions, and what people said of them."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from node.tables.columns import Key, key, metadata, reference

publication = Table(
    "publication",
    metadata,
    key(),
    Column("source", Text, nullable=False),
    Column("published_on", Integer, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("imported_at", Integer, nullable=False),  # seconds since 1970, UTC
    Column("accepted", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("withdrawn", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    Column("whole", SmallInteger, nullable=False, server_default="1"),  # 0: it says nothing of what it lacks
)

unread = Table(  # rows of which nothing is known but whose they are: what was known before goes on
    "unread",
    metadata,
    Column("publication_id", Key, ForeignKey("publication.id"), primary_key=True, autoincrement=False),
    Column("source_key", Text, primary_key=True),
)

record = Table(
    "record",
    metadata,
    key(),
    Column("uid", LargeBinary(16), nullable=False),
    Column("source", Text, nullable=False),
    Column("source_key", Text, nullable=False),
    UniqueConstraint("source", "source_key"),
)

revision = Table(
    "revision",
    metadata,
    key(),
    reference("record_id", "record"),
    reference("publication_id", "publication", nullable=True),
    Column("number", Integer, nullable=False),  # 1, 2, 3... in order of arrival
    Column("known_on", Integer, nullable=False),  # the day from which it counts
    Column("withdrawn", SmallInteger, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("record_id", "number"),
    Index(  # what no publication said, a person did: marks, merges and splits
        None,
        "record_id",
        sqlite_where=text("publication_id IS NULL"),
        postgresql_where=text("publication_id IS NULL"),
    ),
)

succession = Table(  # which revision stands for which, of its own record or of one that was merged or split
    "succession",
    metadata,
    Column("revision_id", Key, ForeignKey("revision.id"), primary_key=True, autoincrement=False),
    Column("replaced_id", Key, ForeignKey("revision.id"), primary_key=True, autoincrement=False),
    Column("asked", Text, nullable=False),  # names of the audiences that it goes to in the place of the other
    Column("purpose", Text, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("said_at", Integer, nullable=False),  # seconds since 1970, UTC
    Index(None, "replaced_id"),
)

consent = Table(  # what a survivor answered; the last for each purpose counts
    "consent",
    metadata,
    key(),
    reference("record_id", "record"),
    Column("purpose", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("given_on", Integer, nullable=False),  # the day of the answer
    Column("said_by", Text, nullable=False),
    Column("said_at", Integer, nullable=False),  # seconds since 1970, UTC
    Index(None, "record_id"),
)

unmarking = Table(  # marks that somebody wants to take off a record
    "unmarking",
    metadata,
    key(),
    reference("record_id", "record"),
    Column("taken", Text, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("agreed_by", Text, nullable=False),
    Column("said_at", Integer, nullable=False),  # seconds since 1970, UTC
    Column("agreed_at", Integer, nullable=False),  # likewise; 0: it waits for a second person
)

staff_number = Table(  # how many staff there were, for rates; empty text stands for all
    "staff_number",
    metadata,
    key(),
    Column("source", Text, nullable=False),
    Column("published_on", Integer, nullable=False),
    Column("year", Integer, nullable=False),
    Column("country", Text, nullable=False),
    Column("org_type", Text, nullable=False),
    Column("staff", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
)
