"""Tables of a node; private to `node.store`.

Trusted: `record` and `revision` (what this organization knows), `release` (what it let out, and the secrets that open
it). The log tables hold bytes exactly as signed or received. `fact`, `detail` and `log.frontier` are projections that
can be rebuilt from the rest. Every primary key grows with time, so that inserts append, and is given out by the one
writer; days are whole numbers YYYYMMDD, so that both databases compare them alike.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from node.facts import CAPTIVITY, COLUMNS

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts rows by INTEGER alone; PostgreSQL needs room for more than two billion of them.
_Key = BigInteger().with_variant(Integer(), "sqlite")


def _key() -> Column[int]:
    return Column("id", _Key, primary_key=True, autoincrement=False)


def _partial_index(column: str, *more: str) -> Index:
    """An index of the rows in which its first column holds something; a fact is in one such index and not the other."""
    held = text(f"{column} IS NOT NULL")
    return Index(None, column, *more, sqlite_where=held, postgresql_where=held)


def _reference(name: str, table: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, _Key, ForeignKey(f"{table}.id"), nullable=nullable)


def _log_id(*, primary_key: bool = False, nullable: bool = False) -> Column[int]:
    return Column(
        "log_id", _Key, ForeignKey("log.id"), primary_key=primary_key, autoincrement=False, nullable=nullable
    )


publication = Table(
    "publication",
    metadata,
    _key(),
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
    Column("publication_id", _Key, ForeignKey("publication.id"), primary_key=True, autoincrement=False),
    Column("source_key", Text, primary_key=True),
)

record = Table(
    "record",
    metadata,
    _key(),
    Column("uid", LargeBinary(16), nullable=False),
    Column("source", Text, nullable=False),
    Column("source_key", Text, nullable=False),
    UniqueConstraint("source", "source_key"),
)

revision = Table(
    "revision",
    metadata,
    _key(),
    _reference("record_id", "record"),
    _reference("publication_id", "publication", nullable=True),
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
    Column("revision_id", _Key, ForeignKey("revision.id"), primary_key=True, autoincrement=False),
    Column("replaced_id", _Key, ForeignKey("revision.id"), primary_key=True, autoincrement=False),
    Column("asked", Text, nullable=False),  # names of the audiences that it goes to in the place of the other
    Column("purpose", Text, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("said_at", Integer, nullable=False),  # seconds since 1970, UTC
    Index(None, "replaced_id"),
)

consent = Table(  # what a survivor answered; the last for each purpose counts
    "consent",
    metadata,
    _key(),
    _reference("record_id", "record"),
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
    _key(),
    _reference("record_id", "record"),
    Column("taken", Text, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("agreed_by", Text, nullable=False),
    Column("said_at", Integer, nullable=False),  # seconds since 1970, UTC
    Column("agreed_at", Integer, nullable=False),  # likewise; 0: it waits for a second person
)

log = Table(
    "log",
    metadata,
    _key(),
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
    _log_id(primary_key=True),
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
    _log_id(primary_key=True),
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

policy = Table(  # every version of the rules by which something was released
    "policy",
    metadata,
    _key(),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("first_used_at", Integer, nullable=False),  # seconds since 1970, UTC
)

override = Table(  # what somebody said of one record; the last that is agreed counts
    "override",
    metadata,
    _key(),
    _reference("record_id", "record"),
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
    _key(),
    _reference("record_id", "record"),
    _reference("revision_id", "revision"),
    Column("log_index", BigInteger, nullable=False, unique=True),
    _reference("policy_id", "policy"),
    Column("purpose", Text, nullable=False),
    Column("label", SmallInteger, nullable=False),
    Column("asked", Text, nullable=False),  # names of the audiences that somebody released it to
    Column("views", Text, nullable=False),  # levels by audience; empty for a retraction
    Column("settled", SmallInteger, nullable=False),  # 0: time may change what the rules say of it
    Column("secret", LargeBinary(32), nullable=False),
    Column("released_at", Integer, nullable=False),  # seconds since 1970, UTC
    Index(None, "record_id"),
)

audience = Table(  # members that were shown more than their tier; those below `FIRST_MEMBER` are tiers
    "audience",
    metadata,
    _key(),
    Column("name", Text, nullable=False, unique=True),
)

view = Table(  # by tier, by member, or of padding, which is for nobody
    "view",
    metadata,
    Column("audience", _Key, primary_key=True, autoincrement=False),  # a tier, the key of a member, or 0
    Column("log_index", BigInteger, primary_key=True, autoincrement=False),
    Column("wire", LargeBinary, nullable=False),
)

disclosure = Table(  # what was sent to whom: a range of our own log, before it was sent
    "disclosure",
    metadata,
    _key(),
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

charter = Table(  # every version of our own audiences
    "charter",
    metadata,
    _key(),
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
    _key(),
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
    _key(),
    Column("request_id", Text, nullable=False),
    Column("member", Text, nullable=False),
    _reference("record_id", "record"),
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
    _key(),
    _reference("share_request_id", "share_request"),
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
    _key(),
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

passed_on = Table(  # what people here say that they gave to others of a peer's records, or proofs of our own
    "passed_on",
    metadata,
    _key(),
    Column("origin_id", Text, nullable=False),
    Column("log_index", BigInteger, nullable=False),
    Column("member_id", Text, nullable=False),  # empty: somebody who is no member
    Column("at", Integer, nullable=False),  # seconds since 1970, UTC
    Column("said_by", Text, nullable=False),  # a person; or nobody, where the node itself passed them on
    Column("stop_index", BigInteger),  # then: the first that it did not
    Index(None, "origin_id"),
)

fact = Table(
    "fact",
    metadata,
    _key(),
    _reference("revision_id", "revision", nullable=True),  # of our own record, or else
    _log_id(nullable=True),
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
    _partial_index("revision_id"),
    _partial_index("log_id", "log_index"),
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
    Column("revision_id", _Key, ForeignKey("revision.id"), primary_key=True, autoincrement=False),
    Column("topic", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("number", Integer, nullable=False),
)

fact_change = Table(  # facts that changed or went since columns were written; triggers on `fact` fill it
    "fact_change",
    metadata,
    Column("id", _Key, primary_key=True),  # given out by the database: a trigger asks nobody
    Column("fact_id", _Key, nullable=False),
)

column_segment = Table(  # the files that hold the columns of facts, each of a range of keys
    "column_segment",
    metadata,
    _key(),
    Column("first_id", BigInteger, nullable=False),
    Column("stop_id", BigInteger, nullable=False),  # the first that is not in it
    Column("form", Text, nullable=False),  # which columns there are
    Column("file", Text, nullable=False),
)

staff_number = Table(  # how many staff there were, for rates; empty text stands for all
    "staff_number",
    metadata,
    _key(),
    Column("source", Text, nullable=False),
    Column("published_on", Integer, nullable=False),
    Column("year", Integer, nullable=False),
    Column("country", Text, nullable=False),
    Column("org_type", Text, nullable=False),
    Column("staff", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
)

alert = Table(
    "alert",
    metadata,
    _key(),
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
    Column("alert_id", _Key, ForeignKey("alert.id"), primary_key=True, autoincrement=False),
    Column("org_id", Text, primary_key=True),
    Column("sent_at", Integer, nullable=False),  # to the member, or our word to its originator; 0 is not yet
    Column("acknowledged_at", Integer, nullable=False),
)

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

matched = Table(  # where the facts of a record are of which something is decided or proposed: an own one, or entries
    "matched",
    metadata,
    _key(),
    Column("origin_id", Text, nullable=False),
    Column("uid", LargeBinary(16), nullable=False),
    _reference("record_id", "record", nullable=True),  # an own one, or else
    _log_id(nullable=True),
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
    _key(),
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
    _key(),
    Column("match_id", Text, nullable=False),
    Column("member", Text, nullable=False),
    Column("role", SmallInteger, nullable=False),  # ours
    _reference("record_id", "record"),
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
    _key(),
    _reference("comparison_id", "comparison"),
    Column("number", SmallInteger, nullable=False),
    Column("nonce", LargeBinary(32), nullable=False),  # of ours
    Column("commitment", LargeBinary(32), nullable=False),  # of the member; empty until it has come
    Column("found", SmallInteger, nullable=False),  # 0: not compared yet
    Column("rule", Text, nullable=False),  # that let us show so much
    Column("newly", SmallInteger, nullable=False),  # 1: it shows the member more than the log does
    Column("at", Integer, nullable=False),  # seconds since 1970, UTC
    UniqueConstraint("comparison_id", "number"),
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

cube = Table(  # declarations of figures that are released
    "cube",
    metadata,
    _key(),
    Column("title", Text, nullable=False, unique=True),
    Column("document", Text, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("said_at", Integer, nullable=False),  # seconds since 1970, UTC
)

cube_release = (
    Table(  # what was built, and published if it is signed; `counted` is what is behind it, and stays here
        "cube_release",
        metadata,
        _key(),
        _reference("cube_id", "cube"),
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
    _key(),
    _reference("cube_release_id", "cube_release"),
    Column("payload", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("said_at", Integer, nullable=False),  # seconds since 1970, UTC
)

aggregate_given = Table(  # numbers without records that we gave to coordinators
    "aggregate_given",
    metadata,
    _key(),
    Column("member", Text, nullable=False),
    Column("cube", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("said_by", Text, nullable=False),
    Column("said_at", Integer, nullable=False),  # seconds since 1970, UTC
)

aggregate = Table(  # numbers without records that members gave to us; of each member the last counts
    "aggregate",
    metadata,
    _key(),
    _reference("cube_id", "cube"),
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
    _key(),
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
        _key(),
        _reference("total_id", "total"),
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
    _key(),
    _reference("total_id", "total"),
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
    _key(),
    _reference("total_id", "total"),
    Column("kind", Text, nullable=False),
    Column("signer", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    UniqueConstraint("total_id", "kind", "signer"),
)
