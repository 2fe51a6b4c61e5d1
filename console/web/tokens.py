"""Tokens that programs show in the place of a session: made and ended by their owner, with the owner's roles."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, delete, func, select, update

from console.errors import AccountError
from console.web.accounts import Account, read_account
from console.web.proofs import digest, new_token
from console.web.tables import account, account_token
from node.store.database import Store, insert_many, next_id

PREFIX = "tocsin-"  # by which people, and programs that look for secrets, know one
MAX_TOKENS = 20  # of one account
MAX_NAME = 80  # characters
_DAY = 86_400


class Token(NamedTuple):
    """A token as its owner sees it."""

    key: int
    name: str
    made_at: int
    used_at: int | None


def make_token(store: Store, account_key: int, name: str, now: datetime) -> str:
    """Make a token and give it, once; in the place of one of the same name that was never used.

    Raises:
        AccountError: It has no name, or there are too many.
    """
    if not name.strip() or len(name) > MAX_NAME:
        raise AccountError("say in a few words what the token is for")
    shown, at = PREFIX + new_token(), int(now.timestamp())
    with store.write() as connection:
        unused = and_(
            account_token.c.account_id == account_key,
            account_token.c.name == name.strip(),
            account_token.c.used_at.is_(None),
        )
        connection.execute(delete(account_token).where(unused))
        held = select(func.count()).where(account_token.c.account_id == account_key)
        if connection.execute(held).scalar_one() >= MAX_TOKENS:
            raise AccountError("there are enough tokens; end one first")
        row = (next_id(connection, account_token), digest(shown), account_key, name.strip(), at, None)
        insert_many(connection, account_token, [row])
    return shown


def tokens_of(store: Store, account_key: int) -> tuple[Token, ...]:
    """Tokens of an account, the newest first."""
    columns = (account_token.c.id, account_token.c.name, account_token.c.made_at, account_token.c.used_at)
    with store.read() as connection:
        rows = connection.execute(
            select(*columns)
            .where(account_token.c.account_id == account_key)
            .order_by(account_token.c.id.desc())
        ).all()
    return tuple(Token(*row) for row in rows)


def end_token(store: Store, account_key: int, key: int) -> None:
    """End one token of an account; nothing happens where it is somebody else's."""
    with store.write() as connection:
        ours = and_(account_token.c.id == key, account_token.c.account_id == account_key)
        connection.execute(delete(account_token).where(ours))


def account_by_token(store: Store, shown: str, now: datetime) -> Account | None:
    """Whose token it is, with the roles of this moment; nobody where the account is closed."""
    at = int(now.timestamp()) // _DAY * _DAY
    with store.read() as connection:
        row = connection.execute(
            select(account_token.c.id, account_token.c.used_at, account)
            .join_from(account_token, account, account.c.id == account_token.c.account_id)
            .where(account_token.c.token == digest(shown))
        ).one_or_none()
    if row is None:
        return None
    key, used_at, *rest = row
    found = read_account(rest)
    if found.closed_at is not None:
        return None
    if used_at != at:
        with store.write() as connection:
            connection.execute(update(account_token).where(account_token.c.id == key).values(used_at=at))
    return found
