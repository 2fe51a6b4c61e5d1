"""Accounts of the console: made, changed and closed by whoever runs the node."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, select, update

from console.errors import AccountError
from console.web.proofs import hash_passphrase
from console.web.roles import Role
from console.web.sessions import end_sessions
from console.web.tables import account, account_passkey, account_token
from node.store.database import Store, Transaction, insert_many, next_id

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,38}[a-z0-9])?")


class Account(NamedTuple):
    """Who may sign in; times are seconds since 1970, UTC."""

    key: int
    name: str
    roles: frozenset[Role]
    passphrase: str
    second_step: str
    last_step: int
    language: str
    made_at: int
    closed_at: int | None


def add_account(
    store: Store, name: str, roles: Iterable[str], passphrase: str, now: datetime, second_step: str = ""
) -> None:
    """Make an account; its owner sets up the second step at the first sign-in, where none is given.

    Raises:
        AccountError: The name is taken or can not be one, there is no such role, or the passphrase is weak.
    """
    verify_name(name)
    wanted = _roles(roles)
    known = hash_passphrase(name, passphrase)
    with store.write() as connection:
        if find_account(connection, name) is not None:
            raise AccountError(
                "there is an account {name} already; closed accounts keep their name", name=name
            )
        key = next_id(connection, account)
        made_at = int(now.timestamp())
        insert_many(
            connection, account, [(key, name, _written(wanted), known, second_step, 0, "", made_at, None)]
        )


def verify_name(name: str) -> None:
    """Check how an account is to be called.

    Raises:
        AccountError: It can not be called so.
    """
    if not _NAME.fullmatch(name):
        raise AccountError(
            "{name!r} can not be a name: use a to z, digits, dots and hyphens, up to 40", name=name[:80]
        )


def change_roles(store: Store, name: str, roles: Iterable[str], now: datetime) -> None:
    """Give an account other roles; its owner signs in again.

    Raises:
        AccountError: There is no such account or role.
    """
    wanted = _written(_roles(roles))
    with store.write() as connection:
        one = open_account(connection, name)
        connection.execute(update(account).where(account.c.id == one.key).values(roles=wanted))
        end_sessions(connection, one.key, now)


def renew_account(store: Store, name: str, passphrase: str, now: datetime) -> None:
    """Give an account another passphrase, let its owner set up the second step anew, and end all other ways in.

    Raises:
        AccountError: There is no such account, or the passphrase is weak.
    """
    known = hash_passphrase(name, passphrase)
    with store.write() as connection:
        one = open_account(connection, name)
        changed = update(account).where(account.c.id == one.key)
        connection.execute(changed.values(passphrase=known, second_step="", last_step=0))
        for table in (account_token, account_passkey):
            connection.execute(delete(table).where(table.c.account_id == one.key))
        end_sessions(connection, one.key, now)


def close_account(store: Store, name: str, now: datetime) -> None:
    """Let nobody sign in by this name any more, and end its sessions; for good.

    Raises:
        AccountError: There is no such account.
    """
    with store.write() as connection:
        one = open_account(connection, name)
        connection.execute(
            update(account).where(account.c.id == one.key).values(closed_at=int(now.timestamp()))
        )
        end_sessions(connection, one.key, now)


def choose_language(store: Store, key: int, language: str) -> None:
    """Remember in which language somebody reads."""
    with store.write() as connection:
        connection.execute(update(account).where(account.c.id == key).values(language=language))


def accounts(store: Store) -> tuple[Account, ...]:
    """Every account there ever was, by name."""
    with store.read() as connection:
        rows = connection.execute(select(account).order_by(account.c.name)).all()
    return tuple(map(read_account, rows))


def find_account(connection: Transaction, name: str) -> Account | None:
    """An account by its name."""
    row = connection.execute(select(account).where(account.c.name == name)).one_or_none()
    return None if row is None else read_account(row)


def open_account(connection: Transaction, name: str) -> Account:
    """An account that is not closed.

    Raises:
        AccountError: There is none of this name.
    """
    found = find_account(connection, name)
    if found is None or found.closed_at is not None:
        raise AccountError(
            "there is no open account {name!r}; `tocsin account list` shows them", name=name[:80]
        )
    return found


def read_account(row: Iterable[object]) -> Account:
    """An account as its row says; a role that this version does not know is none."""
    key, name, roles, *rest = row
    held = frozenset(Role(one) for one in str(roles).split(",") if one in set(Role))
    return Account(key, name, held, *rest)  # type: ignore[arg-type] # columns of `account`, in order


def _roles(names: Iterable[str]) -> frozenset[Role]:
    given = tuple(names)
    for one in given:
        if one not in set(Role):
            raise AccountError("{one!r} is no role; there are {role}", one=one[:80], role=", ".join(Role))
    if not given:
        raise AccountError("an account needs a role")
    return frozenset(map(Role, given))


def _written(roles: frozenset[Role]) -> str:
    return ",".join(role for role in Role if role in roles)
