"""Tables of the console: who may sign in, who is, and what they typed when their session ended."""

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

from node.tables import metadata as node_metadata

metadata = MetaData(naming_convention=node_metadata.naming_convention)
_Key = BigInteger().with_variant(Integer(), "sqlite")


def _key() -> Column[int]:
    return Column("id", _Key, primary_key=True, autoincrement=False)


def _of_account() -> Column[int]:
    return Column("account_id", _Key, ForeignKey("account.id"), nullable=False)


account = Table(
    "account",
    metadata,
    _key(),
    Column("name", Text, nullable=False),
    Column("roles", Text, nullable=False),  # with commas between them
    Column("passphrase", Text, nullable=False),  # Argon2id, as its own text
    Column("second_step", Text, nullable=False),  # secret of the authenticator; empty until there is one
    Column("last_step", Integer, nullable=False),  # of the last code that was used: none is used twice
    Column("language", Text, nullable=False),
    Column("made_at", Integer, nullable=False),  # seconds since 1970, UTC, as all times here
    Column("closed_at", Integer, nullable=True),
    UniqueConstraint("name"),
)

account_session = Table(
    "account_session",
    metadata,
    _key(),
    Column("token", LargeBinary(32), nullable=False),  # SHA-256 of what the browser holds
    _of_account(),
    Column("form_key", LargeBinary(32), nullable=False),  # what forms of this session prove
    Column("offered", Text, nullable=False),  # secret of an authenticator that is being set up
    Column("opened_at", Integer, nullable=False),
    Column("seen_at", Integer, nullable=False),
    Column("ended_at", Integer, nullable=True),
    UniqueConstraint("token"),
    Index(None, "account_id"),
)

account_draft = Table(  # what somebody had typed when their session ended; gone once it is saved
    "account_draft",
    metadata,
    _key(),
    _of_account(),
    Column("page", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("saved_at", Integer, nullable=False),
    UniqueConstraint("account_id", "page"),
)

account_try = Table(  # sign-ins that failed, by the name that was typed
    "account_try",
    metadata,
    _key(),
    Column("name", LargeBinary(32), nullable=False),  # SHA-256: people type passphrases into the wrong field
    Column("at", Integer, nullable=False),
    Index(None, "name", "at"),
)

account_token = Table(  # what programs show in the place of a session
    "account_token",
    metadata,
    _key(),
    Column("token", LargeBinary(32), nullable=False),  # SHA-256 of what the program holds
    _of_account(),
    Column("name", Text, nullable=False),  # what it is for
    Column("made_at", Integer, nullable=False),
    Column("used_at", Integer, nullable=True),  # to the day
    UniqueConstraint("token"),
)

account_passkey = Table(
    "account_passkey",
    metadata,
    _key(),
    Column("credential", LargeBinary, nullable=False),
    _of_account(),
    Column("public_key", LargeBinary, nullable=False),  # COSE
    Column("uses", BigInteger, nullable=False),  # as the authenticator counts them; 0 where it does not
    Column("name", Text, nullable=False),
    Column("made_at", Integer, nullable=False),
    Column("used_at", Integer, nullable=True),
    UniqueConstraint("credential"),
)

account_challenge = Table(  # what was asked of a passkey or a provider, until it is answered; each once
    "account_challenge",
    metadata,
    _key(),
    Column("challenge", LargeBinary(32), nullable=False),  # SHA-256
    Column("held", Text, nullable=False),  # what the answer is judged by
    Column("made_at", Integer, nullable=False),
    UniqueConstraint("challenge"),
)

account_elsewhere = Table(  # who an account is at a provider that signs people in
    "account_elsewhere",
    metadata,
    _key(),
    _of_account(),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    UniqueConstraint("issuer", "subject"),
)
