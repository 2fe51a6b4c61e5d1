"""Tables of casework; private to `casework.store`.

`case_event` holds signed headers and sealed parts as they were written: whoever reads the database learns how many
events a case has, who wrote them and when, and nothing else. `case_key` holds keys sealed to officers, under the key
of the month. `case_audit` holds who read what and when, and digests; `case_evidence` which sealed files there are.
`tip` and its tables hold what was told anonymously, sealed; nothing of who told it, and no time.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Key = BigInteger().with_variant(Integer(), "sqlite")


def _key() -> Column[int]:
    return Column("id", _Key, primary_key=True, autoincrement=False)


def _case(*, primary_key: bool = False) -> Column[int]:
    return Column(
        "case_id",
        _Key,
        ForeignKey("case_file.id"),
        primary_key=primary_key,
        autoincrement=False,
        nullable=False,
    )


def _tip(*, primary_key: bool = False) -> Column[int]:
    return Column(
        "tip_id", _Key, ForeignKey("tip.id"), primary_key=primary_key, autoincrement=False, nullable=False
    )


officer = Table(
    "officer",
    metadata,
    Column("officer_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("payload", LargeBinary, nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
)

case_file = Table(
    "case_file",
    metadata,
    _key(),
    Column("uid", LargeBinary(16), nullable=False, unique=True),
)

case_event = Table(
    "case_event",
    metadata,
    _key(),
    _case(),
    Column("sequence", Integer, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
    Column("sealed_case", LargeBinary),  # each null where there is no such part, or it was erased
    Column("sealed_identity", LargeBinary),
    Column("sealed_medical", LargeBinary),
    Column("sealed_source", LargeBinary),
    Column("sealed_evidence", LargeBinary),
    UniqueConstraint("case_id", "sequence"),
)

case_grant = Table(  # who was let in, signed; the last of each officer counts
    "case_grant",
    metadata,
    _key(),
    _case(),
    Column("officer_id", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
    Index(None, "case_id"),
)

case_key = Table(
    "case_key",
    metadata,
    _case(primary_key=True),
    Column("key_group", Text, primary_key=True),
    Column("officer_id", Text, primary_key=True),
    Column("epoch", Text, nullable=False),  # of the key that it lies under, such as 2026-11
    Column("ring", Integer, nullable=False),  # 0: sealed to the officer's key; 1: put on the officer's ring
    Column("wrapped", LargeBinary, nullable=False),
)

case_audit = Table(
    "case_audit",
    metadata,
    _key(),
    Column("entry", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary(32), nullable=False),
)

case_checkpoint = Table(  # of the audit log, signed by this node and by those who have seen it
    "case_checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("note", LargeBinary, nullable=False),
)

case_notice = Table(  # events of which owners are told: the case was opened with the recovery key
    "case_notice",
    metadata,
    _case(primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
)

case_evidence = Table(  # sealed files beside the database
    "case_evidence",
    metadata,
    _key(),
    _case(),
    Column("file", LargeBinary(16), nullable=False, unique=True),  # names the file
    Column("digest", LargeBinary(32), nullable=False),  # SHA-256 of the sealed bytes
    Column("size", BigInteger, nullable=False),
)

case_tombstone = Table(  # what stays of a case whose keys were destroyed, signed
    "case_tombstone",
    metadata,
    _case(primary_key=True),
    Column("payload", LargeBinary, nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
)

case_facts = Table(  # what a case contributes to boards and figures, sealed with its key; can be made again
    "case_facts",
    metadata,
    _case(primary_key=True),
    Column("sequence", Integer, nullable=False),  # of the last event that it rests on
    Column("day", Integer, nullable=False),  # for which it was made, days since 0001-01-01
    Column("sealed", LargeBinary, nullable=False),
)

tip = Table(  # what somebody told anonymously
    "tip",
    metadata,
    _key(),
    Column("uid", LargeBinary(16), nullable=False, unique=True),
    Column("mailbox", LargeBinary(16), nullable=False, unique=True),  # comes out of the receipt
    Column("reporter_key", LargeBinary(32), nullable=False),  # likewise; verifies what the reporter signs
)

tip_message = Table(
    "tip_message",
    metadata,
    _key(),
    _tip(),
    Column("request", LargeBinary(16), nullable=False),  # so that nothing is written twice
    Column("sequence", Integer, nullable=False),
    Column("author", Text, nullable=False),  # an officer, or - for the reporter
    Column("sealed_text", LargeBinary, nullable=False),
    Column("sealed_file", LargeBinary),
    Column("signature", LargeBinary(64), nullable=False),
    UniqueConstraint("tip_id", "sequence"),
    UniqueConstraint("tip_id", "request"),
)

tip_key = Table(
    "tip_key",
    metadata,
    _tip(primary_key=True),
    Column("holder", Text, primary_key=True),  # an officer, or - for the reporter
    Column("epoch", Text, nullable=False),  # as in `case_key`
    Column("ring", Integer, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
)

tip_tombstone = Table(  # what stays of a report that was erased, signed; not which one it was
    "tip_tombstone",
    metadata,
    _key(),
    Column("payload", LargeBinary, nullable=False),
    Column("signature", LargeBinary(64), nullable=False),
)

case_post = Table(  # signed documents between organizations; the newest of each subject
    "case_post",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("subject", Text, primary_key=True),  # what of the origin it is about
    Column("number", Integer, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("addressee", Text, nullable=False),  # the one member for whom it is; empty: all
    Column("place", BigInteger),  # in the list that its readers fetch; null for what others signed
    Column("kept_back", Integer, nullable=False),  # 1: left out of that list
    Index(None, "addressee", "place", unique=True),
)

case_post_cursor = (
    Table(  # how far a member's lists were fetched, in which month anew; ours: `store.post.Cursor`
        "case_post_cursor",
        metadata,
        Column("org_id", Text, primary_key=True),
        Column("to_all", BigInteger, nullable=False),
        Column("to_us", BigInteger, nullable=False),
        Column("month", Text, nullable=False),
    )
)
