"""Sign in with name, passphrase and code; how often it may be tried; and the second step, set up the first time."""

from datetime import datetime, timedelta
from threading import BoundedSemaphore

from sqlalchemy import and_, delete, func, select, update

from console.errors import SignInError, TooManyTriesError
from console.web.accounts import Account, find_account
from console.web.proofs import digest, is_passphrase, step_of
from console.web.sessions import Session, open_session, use_up
from console.web.tables import account, account_try
from node.store.database import Store, insert_many, next_id

MAX_TRIES = 10  # that fail, of one name
WITHIN = timedelta(minutes=15)
_HASHING = BoundedSemaphore(2)  # at once: each takes 64 MiB


def sign_in(
    store: Store, name: str, passphrase: str, code: str, now: datetime, *, shown: int | None = None
) -> str:
    """Open a session and give its token; who has no second step yet gets one in which only that can be set up.

    Names that are no account's are counted and take as long as others. `shown` is the account whose passkey stands in
    the place of the code.

    Raises:
        SignInError: They do not go together.
        TooManyTriesError: This name was tried too often; it is not looked at before the time is over.
    """
    name = name.strip().casefold()
    at = int(now.timestamp())
    with store.read() as connection:
        tried = connection.execute(
            select(func.count()).where(
                and_(
                    account_try.c.name == digest(name),
                    account_try.c.at > at - WITHIN.total_seconds(),
                )
            )
        ).scalar_one()
        found = find_account(connection, name)
    if tried >= MAX_TRIES:
        raise TooManyTriesError("too many tries for this name; wait a quarter of an hour")
    with _HASHING:
        right = is_passphrase(found.passphrase if found is not None else "", passphrase)
    step = None
    if found is not None and right and found.closed_at is None:
        step = found.last_step if shown == found.key else _step(found, code, now)
    with store.write() as connection:
        connection.execute(delete(account_try).where(account_try.c.at < at - WITHIN.total_seconds()))
        # In the same transaction as it is noted, so that a code opens one session however often it is sent at once.
        used = (
            found is not None
            and step is not None
            and connection.execute(
                update(account)
                .where(and_(account.c.id == found.key, account.c.last_step == found.last_step))
                .values(last_step=step)
            ).rowcount
        )
        if found is None or step is None or not used:
            insert_many(connection, account_try, [(next_id(connection, account_try), digest(name), at)])
            token = ""
        else:
            token = open_session(connection, found.key, now)
    if not token:
        raise SignInError("name, passphrase and code do not go together")
    return token


def confirm_second_step(store: Store, session: Session, code: str, now: datetime) -> str:
    """Take over the second step that was offered, and give the token of a new session.

    Raises:
        SignInError: The code is not of that authenticator.
    """
    step = step_of(session.offered, code, now, 0) if session.offered else None
    if step is None:
        raise SignInError("the code does not fit; look at the clock of the telephone")
    with store.write() as connection:
        use_up(connection, session.account_key, session.key, now)
        connection.execute(
            update(account)
            .where(and_(account.c.id == session.account_key, account.c.second_step == ""))
            .values(second_step=session.offered, last_step=step)
        )
        return open_session(connection, session.account_key, now)


def _step(found: Account, code: str, now: datetime) -> int | None:
    return step_of(found.second_step, code, now, found.last_step) if found.second_step else found.last_step
