"""Officers, grants and wrapped keys."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, select, update

from casework.chain import Signed
from casework.errors import TamperedError
from casework.keyring import WrappedKey
from casework.officer import Officer, read_officer
from casework.store.database import Transaction, add, next_id
from casework.tables import case_file, case_grant, case_key, officer
from casework.vocabulary import Group


class OfficerRow(NamedTuple):
    """One version of an officer as it is stored, beside what it says."""

    officer_id: str
    version: int
    officer: Officer
    signed: Signed


class GrantRow(NamedTuple):
    """One grant as it is stored."""

    case: str
    officer_id: str
    signed: Signed


def add_officer(connection: Transaction, officer_id: str, version: int, signed: Signed) -> None:
    """Keep one more version of an officer."""
    row = {
        "officer_id": officer_id,
        "version": version,
        "payload": signed.payload,
        "signature": signed.signature,
    }
    add(connection, officer, row)


def officer_versions(connection: Transaction) -> tuple[Signed, ...]:
    """Every version of every officer, in the order of versions."""
    rows = connection.execute(
        select(officer.c.payload, officer.c.signature).order_by(officer.c.officer_id, officer.c.version)
    )
    return tuple(Signed(payload, signature) for payload, signature in rows)


def officer_rows(connection: Transaction) -> tuple[OfficerRow, ...]:
    """Every version of every officer with the columns beside it.

    Raises:
        TamperedError: One can not be read.
    """
    rows = connection.execute(select(*officer.c).order_by(officer.c.officer_id, officer.c.version))
    return tuple(
        OfficerRow(name, version, read_officer(payload), Signed(payload, signature))
        for name, version, payload, signature in rows
    )


def add_grant(connection: Transaction, case_id: int, officer_id: str, signed: Signed) -> None:
    """Keep a grant behind those before it."""
    row = {
        "id": next_id(connection, case_grant),
        "case_id": case_id,
        "officer_id": officer_id,
        "payload": signed.payload,
        "signature": signed.signature,
    }
    add(connection, case_grant, row)


def grants_of(connection: Transaction, case_id: int) -> tuple[Signed, ...]:
    """Every grant of a case, in order."""
    rows = connection.execute(
        select(case_grant.c.payload, case_grant.c.signature)
        .where(case_grant.c.case_id == case_id)
        .order_by(case_grant.c.id)
    )
    return tuple(Signed(payload, signature) for payload, signature in rows)


def grant_rows(connection: Transaction) -> tuple[GrantRow, ...]:
    """Every grant, in the order in which they were given."""
    rows = connection.execute(
        select(case_file.c.uid, case_grant.c.officer_id, case_grant.c.payload, case_grant.c.signature)
        .join_from(case_grant, case_file)
        .order_by(case_grant.c.id)
    )
    return tuple(
        GrantRow(uid.hex(), name, Signed(payload, signature)) for uid, name, payload, signature in rows
    )


def grants_to(connection: Transaction, officer_id: str, case_id: int | None = None) -> tuple[Signed, ...]:
    """Every grant to an officer, of one case or of all, in order."""
    wanted = case_grant.c.officer_id == officer_id
    if case_id is not None:
        wanted = and_(wanted, case_grant.c.case_id == case_id)
    rows = connection.execute(
        select(case_grant.c.payload, case_grant.c.signature).where(wanted).order_by(case_grant.c.id)
    )
    return tuple(Signed(payload, signature) for payload, signature in rows)


def put_key(connection: Transaction, case_id: int, key: WrappedKey) -> None:
    """Keep a wrapped key instead of the one that this officer had, if any."""
    take_keys(connection, case_id, key.officer_id, frozenset({key.group}))
    row = {
        "case_id": case_id,
        "key_group": str(key.group),
        "officer_id": key.officer_id,
        "epoch": key.epoch,
        "ring": int(key.on_ring),
        "wrapped": key.wrapped,
    }
    add(connection, case_key, row)


def take_keys(connection: Transaction, case_id: int, officer_id: str, groups: frozenset[Group]) -> None:
    """Take wrapped keys away from an officer."""
    connection.execute(
        delete(case_key).where(
            and_(
                case_key.c.case_id == case_id,
                case_key.c.officer_id == officer_id,
                case_key.c.key_group.in_(sorted(map(str, groups))),
            )
        )
    )


def take_all_keys(connection: Transaction, officer_id: str) -> None:
    """Take every wrapped key away from an officer."""
    connection.execute(delete(case_key).where(case_key.c.officer_id == officer_id))


def keys_of(connection: Transaction, officer_id: str, case_id: int | None = None) -> tuple[WrappedKey, ...]:
    """Wrapped keys of an officer, of one case or of all."""
    wanted = case_key.c.officer_id == officer_id
    if case_id is not None:
        wanted = and_(wanted, case_key.c.case_id == case_id)
    return _keys(connection, wanted)


def holders_of(connection: Transaction, case_id: int, group: Group) -> frozenset[str]:
    """Ids of officers who hold a key of a case."""
    found = select(case_key.c.officer_id).where(
        and_(case_key.c.case_id == case_id, case_key.c.key_group == str(group))
    )
    return frozenset(connection.execute(found).scalars())


def all_keys(connection: Transaction) -> tuple[WrappedKey, ...]:
    """Every wrapped key."""
    return _keys(connection, case_key.c.case_id.is_not(None))


def _keys(connection: Transaction, wanted: ColumnElement[bool]) -> tuple[WrappedKey, ...]:
    rows = connection.execute(
        select(
            case_file.c.uid,
            case_key.c.key_group,
            case_key.c.officer_id,
            case_key.c.epoch,
            case_key.c.ring,
            case_key.c.wrapped,
        )
        .join_from(case_key, case_file)
        .where(wanted)
        .order_by(case_key.c.case_id, case_key.c.key_group)
    )
    try:
        return tuple(
            WrappedKey(uid.hex(), Group(group), holder, epoch, bool(ring), wrapped)
            for uid, group, holder, epoch, ring, wrapped in rows
        )
    except ValueError as error:
        raise TamperedError("a wrapped key is for a group that there is not") from error


def rewrap(connection: Transaction, changed: Mapping[WrappedKey, WrappedKey]) -> None:
    """Put keys in another wrapping, each in the place of the one before."""
    ids = {uid.hex(): case_id for uid, case_id in connection.execute(select(case_file.c.uid, case_file.c.id))}
    for before, after in changed.items():
        this = and_(
            case_key.c.case_id == ids[before.case],
            case_key.c.key_group == str(before.group),
            case_key.c.officer_id == before.officer_id,
        )
        connection.execute(
            update(case_key)
            .where(this)
            .values(epoch=after.epoch, ring=int(after.on_ring), wrapped=after.wrapped)
        )
