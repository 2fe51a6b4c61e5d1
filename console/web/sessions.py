"""Sessions of people who signed in: rows here, an opaque token in the browser; ended by time, by hand or a change."""

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import and_, delete, select, update

from console.web.proofs import KEY_BYTES, digest, new_token
from console.web.tables import account_session
from node.store.database import Store, Transaction, insert_many, next_id

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
KEPT = timedelta(days=7)  # after its end: for so long what was typed in it still finds its owner
_SEEN_EVERY = (
    60  # seconds between two notes that a session is in use: reading pages should not write each time
)


class Session(NamedTuple):
    """A session that somebody opened; `offered` is a second step that waits to be confirmed."""

    key: int
    account_key: int
    form_key: bytes
    offered: str
    opened_at: int
    seen_at: int
    ended_at: int | None

    def counts(self, now: datetime) -> bool:
        """Whether somebody is signed in by it."""
        at = now.timestamp()
        return (
            self.ended_at is None
            and at - self.seen_at <= IDLE.total_seconds()
            and at - self.opened_at <= LONGEST.total_seconds()
        )


def open_session(connection: Transaction, account_key: int, now: datetime) -> str:
    """Open a session and give its token; always a new one, whatever the browser held before."""
    token, at = new_token(), int(now.timestamp())
    connection.execute(
        delete(account_session).where(account_session.c.seen_at < at - (KEPT + IDLE).total_seconds())
    )
    row = (
        next_id(connection, account_session),
        digest(token),
        account_key,
        secrets.token_bytes(KEY_BYTES),
        "",
        at,
        at,
        None,
    )
    insert_many(connection, account_session, [row])
    return token


def find_session(store: Store, token: str) -> Session | None:
    """The session of a token, whether it still counts or not."""
    with store.read() as connection:
        row = connection.execute(
            select(account_session).where(account_session.c.token == digest(token))
        ).one_or_none()
    return None if row is None else Session(row[0], *row[2:])


def note_use(store: Store, session: Session, now: datetime) -> None:
    """Note that a session is in use, once a minute."""
    at = int(now.timestamp())
    if at - session.seen_at < _SEEN_EVERY:
        return
    with store.write() as connection:
        connection.execute(
            update(account_session).where(account_session.c.id == session.key).values(seen_at=at)
        )


def offer_second_step(store: Store, session: Session, secret: str) -> None:
    """Keep a secret with the session in which an authenticator is set up."""
    with store.write() as connection:
        connection.execute(
            update(account_session).where(account_session.c.id == session.key).values(offered=secret)
        )


def open_sessions(store: Store, account_key: int, now: datetime) -> tuple[Session, ...]:
    """Sessions of an account that count, the newest first."""
    with store.read() as connection:
        rows = connection.execute(
            select(account_session)
            .where(account_session.c.account_id == account_key)
            .order_by(account_session.c.id.desc())
        ).all()
    found = (Session(row[0], *row[2:]) for row in rows)
    return tuple(one for one in found if one.counts(now))


def end_session(store: Store, account_key: int, key: int, now: datetime) -> bool:
    """End one session of an account, and say whether it had not ended yet; nothing happens to somebody else's."""
    with store.write() as connection:
        return use_up(connection, account_key, key, now)


def use_up(connection: Transaction, account_key: int, key: int, now: datetime) -> bool:
    """The same together with whatever takes its place: no failure leaves somebody with neither."""
    of_account = and_(account_session.c.id == key, account_session.c.account_id == account_key)
    ended = connection.execute(
        update(account_session)
        .where(of_account, account_session.c.ended_at.is_(None))
        .values(ended_at=int(now.timestamp()))
    )
    return bool(ended.rowcount)


def end_sessions(connection: Transaction, account_key: int, now: datetime) -> None:
    """End every session of an account."""
    connection.execute(
        update(account_session)
        .where(and_(account_session.c.account_id == account_key, account_session.c.ended_at.is_(None)))
        .values(ended_at=int(now.timestamp()))
    )
