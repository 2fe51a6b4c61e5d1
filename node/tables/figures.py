"""Figures that are released, and numbers that members give without records."""

from sqlalchemy import Column, Integer, LargeBinary, Table, Text, UniqueConstraint

from node.tables.columns import key, metadata, reference

cube = Table(  # declarations of figures that are released
    "cube",
    metadata,
    key(),
    Column("title", Text, nullable=False, unique=True),
    Column("document", Text, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("said_at", Integer, nullable=False),  # seconds since 1970, UTC
)

cube_release = (
    Table(  # what was built, and published if it is signed; `counted` is what is behind it, and stays here
        "cube_release",
        metadata,
        key(),
        reference("cube_id", "cube"),
        Column("number", Integer, nullable=False),
        Column("payload", LargeBinary, nullable=False),
        Column("counted", LargeBinary, nullable=False),
        Column("few", Text, nullable=False),  # JSON: what it hides because of what stands there
        Column("built_by", Text, nullable=False),
        Column("built_at", Integer, nullable=False),  # seconds since 1970, UTC
        Column("published_by", Text, nullable=False),  # empty: it is not
        Column("published_at", Integer, nullable=False),  # likewise; 0: it is not
        Column("signature", LargeBinary, nullable=False),
        Column("public_signature", LargeBinary, nullable=False),
        UniqueConstraint("cube_id", "number"),
    )
)

cube_notice = Table(  # corrections of what was published
    "cube_notice",
    metadata,
    key(),
    reference("cube_release_id", "cube_release"),
    Column("payload", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("said_at", Integer, nullable=False),  # seconds since 1970, UTC
)

aggregate_given = Table(  # numbers without records that we gave to coordinators
    "aggregate_given",
    metadata,
    key(),
    Column("member", Text, nullable=False),
    Column("cube", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("said_at", Integer, nullable=False),  # seconds since 1970, UTC
)

aggregate = Table(  # numbers without records that members gave to us; of each member the last counts
    "aggregate",
    metadata,
    key(),
    reference("cube_id", "cube"),
    Column("member", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("keyid", Text, nullable=False),
    Column("said_by", Text, nullable=False),  # who took it in here
    Column("said_at", Integer, nullable=False),  # seconds since 1970, UTC
)

total = Table(  # declarations of private totals, signed by the owner of one server or of both
    "total",
    metadata,
    key(),
    Column("digest", Text, nullable=False, unique=True),
    Column("payload", LargeBinary, nullable=False),
    Column("first_signature", LargeBinary, nullable=False),  # empty: not signed
    Column("second_signature", LargeBinary, nullable=False),  # likewise
    Column("said_by", Text, nullable=False),  # who declared or agreed to it here; empty at a member
    Column("said_at", Integer, nullable=False),  # seconds since 1970, UTC
)

total_share = (
    Table(  # at a server: the last share of each member, sealed as it came, until the total has its outcome
        "total_share",
        metadata,
        key(),
        reference("total_id", "total"),
        Column("member", Text, nullable=False),
        Column("number", Integer, nullable=False),
        Column("split", Text, nullable=False),
        Column("box", LargeBinary, nullable=False),
        Column("taken_at", Integer, nullable=False),  # seconds since 1970, UTC
        UniqueConstraint("total_id", "member"),
    )
)

total_given = Table(  # at a member: what it gave, and both shares of it, each sealed to its server
    "total_given",
    metadata,
    key(),
    reference("total_id", "total"),
    Column("number", Integer, nullable=False),
    Column("figures", Text, nullable=False),  # JSON, an area each
    Column("first_box", LargeBinary, nullable=False),
    Column("second_box", LargeBinary, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("said_at", Integer, nullable=False),  # seconds since 1970, UTC
    UniqueConstraint("total_id", "number"),
)

total_paper = Table(  # what servers signed of a total after it had closed
    "total_paper",
    metadata,
    key(),
    reference("total_id", "total"),
    Column("kind", Text, nullable=False),
    Column("signer", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    UniqueConstraint("total_id", "kind", "signer"),
)
