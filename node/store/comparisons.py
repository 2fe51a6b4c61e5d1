"""Comparisons of our records with members', step by step: what was shown to whom by which rule, never a value.

Each is kept with a digest of all of it, so that a change behind the node's back is found.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update

from node.candidates import Pair, pair_of
from node.errors import StoreError
from node.signed import RecordName
from node.stepup import Found, Role, Stop
from node.store.database import insert_many, next_id
from node.tables.matches import comparison, comparison_step
from node.tables.releases import release


class TakenStep(NamedTuple):
    """One step as it is kept; `commitment` is the member's, and empty until it has come; `found` is, too."""

    number: int
    nonce: bytes
    commitment: bytes
    found: Found | None
    rule: str
    newly: bool
    at: int


class Comparison(NamedTuple):
    """A comparison of a record of ours with one of a member; times are seconds since 1970, 0 for not yet."""

    key: int
    match_id: str
    member: str
    role: Role
    record_id: int
    own_uid: bytes
    own_index: int
    other_uid: bytes
    other_index: int
    said_by: str
    started_at: int
    taken_at: int
    stop: Stop | None
    rule: str
    ended_at: int
    steps: tuple[TakenStep, ...] = ()

    @property
    def done(self) -> int:
        """How many steps were taken to their end."""
        return sum(one.found is not None for one in self.steps)

    @property
    def pending(self) -> TakenStep | None:
        """The step in which something was committed to and nothing compared yet."""
        return next((one for one in self.steps if one.found is None), None)


def add_comparison(connection: Connection, one: Comparison) -> int:
    """Keep a new comparison and give its key."""
    key = next_id(connection, comparison)
    row = (key, *one[1:3], int(one.role), *one[4:12], int(one.stop or 0), one.rule, one.ended_at, b"")
    insert_many(connection, comparison, [row])
    _seal(connection, key)
    return key


def comparisons(
    connection: Connection, *, key: int = 0, member: str = "", match_id: str = ""
) -> list[Comparison]:
    """Comparisons in the order in which they began: all, one, or those with a member."""
    conditions: list[ColumnElement[bool]] = [comparison.c.id == key if key else comparison.c.id > 0]
    if member:
        conditions.append(comparison.c.member == member)
    if match_id:
        conditions.append(comparison.c.match_id == match_id)
    rows = connection.execute(select(comparison).where(and_(*conditions)).order_by(comparison.c.id)).all()
    return [_comparison(row, _steps(connection, row.id)) for row in rows]


def proposed_since(connection: Connection, member: str, since: int, record_id: int = 0) -> int:
    """How many comparisons a member has proposed to us since a time, of all our records or of one."""
    theirs = [
        comparison.c.member == member,
        comparison.c.role == int(Role.RESPONDER),
        comparison.c.started_at >= since,
    ]
    if record_id:
        theirs.append(comparison.c.record_id == record_id)
    return int(connection.execute(select(func.count()).where(and_(*theirs))).scalar_one())


def compared_pairs(connection: Connection, org_id: str) -> set[Pair]:
    """Pairs that were compared here, or are being."""
    rows = connection.execute(select(comparison.c.own_uid, comparison.c.member, comparison.c.other_uid))
    return {pair_of(RecordName(org_id, own), RecordName(member, other)) for own, member, other in rows}


def note_taken(connection: Connection, key: int, at: int) -> None:
    """Write down that the member knows of our proposal."""
    connection.execute(update(comparison).where(comparison.c.id == key).values(taken_at=at))
    _seal(connection, key)


def put_step(connection: Connection, key: int, step: TakenStep) -> None:
    """Keep a step as it stands now."""
    mine = and_(comparison_step.c.comparison_id == key, comparison_step.c.number == step.number)
    values = {
        "nonce": step.nonce,
        "commitment": step.commitment,
        "found": int(step.found or 0),
        "rule": step.rule,
        "newly": int(step.newly),
        "at": step.at,
    }
    changed = connection.execute(update(comparison_step).where(mine).values(values))
    if not changed.rowcount:
        row = (next_id(connection, comparison_step), key, step.number, *values.values())
        insert_many(connection, comparison_step, [row])
    _seal(connection, key)


def end_comparison(connection: Connection, key: int, stop: Stop, at: int, rule: str = "") -> None:
    """Write down why a comparison has ended."""
    ended = {"stop": int(stop), "ended_at": at, "rule": rule}
    connection.execute(update(comparison).where(comparison.c.id == key).values(ended))
    _seal(connection, key)


def secret_of(connection: Connection, log_index: int) -> bytes:
    """The secret of one of our own entries, from which its openings are made."""
    secret: bytes = connection.execute(
        select(release.c.secret).where(release.c.log_index == log_index)
    ).scalar_one()
    return secret


def changed_comparisons(connection: Connection) -> Iterator[str]:
    """Names of the comparisons that are not what was kept of them."""
    for row in connection.execute(select(comparison).order_by(comparison.c.id)).all():
        if row.digest != _digest(connection, row):
            yield f"comparison {row.match_id} with {row.member}"


def _seal(connection: Connection, key: int) -> None:
    row = connection.execute(select(comparison).where(comparison.c.id == key)).one()
    digest = _digest(connection, row)
    connection.execute(update(comparison).where(comparison.c.id == key).values(digest=digest))


def _digest(connection: Connection, row: Row[Any]) -> bytes:
    steps = connection.execute(
        select(*comparison_step.c[2:])
        .where(comparison_step.c.comparison_id == row.id)
        .order_by(comparison_step.c.number)
    )
    content = [*row[1:-1], [list(step) for step in steps]]
    return sha256(json.dumps(content, default=bytes.hex).encode()).digest()


def _steps(connection: Connection, key: int) -> tuple[TakenStep, ...]:
    rows = connection.execute(
        select(*comparison_step.c[2:])
        .where(comparison_step.c.comparison_id == key)
        .order_by(comparison_step.c.number)
    )
    try:
        return tuple(
            TakenStep(row[0], row[1], row[2], Found(row[3]) if row[3] else None, row[4], bool(row[5]), row[6])
            for row in rows
        )
    except ValueError as error:
        raise StoreError("a step of a comparison can not be read") from error


def _comparison(row: Row[Any], steps: tuple[TakenStep, ...]) -> Comparison:
    try:
        role, stop = Role(row.role), Stop(row.stop) if row.stop else None
    except ValueError as error:
        raise StoreError("a comparison can not be read") from error
    return Comparison._make([*row[:3], role, *row[4:12], stop, row.rule, row.ended_at, steps])
