"""Declared cubes, what was built and published of them, and numbers that members give for them."""

import json
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, delete, insert, select, update

from node.cubes.declaration import Cell, Cube, cube_from, plain_cube
from node.cubes.table import Atom, Counts
from node.errors import CubeError, StoreError
from node.store.database import next_id
from node.tables.figures import aggregate, aggregate_given, cube, cube_notice, cube_release


class Built(NamedTuple):
    """A release as it is kept; `published_by` is empty while it is not published."""

    key: int
    cube: Cube
    number: int
    payload: bytes
    counts: Counts
    few: frozenset[Cell]
    built_by: str
    built_at: int
    published_by: str
    published_at: int
    signature: bytes
    public_signature: bytes


class NewRelease(NamedTuple):
    """What is kept when a release is built; `few` is what it hides because of what stands there."""

    number: int
    payload: bytes
    counts: Counts
    few: frozenset[Cell]


class Corrected(NamedTuple):
    """A correction of a release, as it was signed."""

    key: int
    release_id: int
    payload: bytes
    signature: bytes
    said_by: str


class GivenAggregate(NamedTuple):
    """Numbers that left for a coordinator; when, in seconds since 1970."""

    member: str
    cube: str
    payload: bytes
    said_by: str
    said_at: int


class TakenAggregate(NamedTuple):
    """Numbers that a member gave, as it signed them."""

    member: str
    payload: bytes
    signature: bytes
    keyid: str


def cubes(connection: Connection) -> dict[str, Cube]:
    """Every declaration, by its title."""
    rows = connection.execute(select(cube.c.title, cube.c.document).order_by(cube.c.id))
    return {title: _cube(document) for title, document in rows}


def add_cube(connection: Connection, declared: Cube, by: str, now: datetime) -> None:
    """Keep a declaration."""
    connection.execute(
        insert(cube).values(
            id=next_id(connection, cube),
            title=declared.title,
            document=json.dumps(plain_cube(declared)),
            said_by=by,
            said_at=int(now.timestamp()),
        )
    )


def cube_key(connection: Connection, title: str) -> int:
    """The key of a declaration."""
    return int(connection.execute(select(cube.c.id).where(cube.c.title == title)).scalar_one())


def releases(connection: Connection, title: str = "", *, published: bool = False) -> list[Built]:
    """Releases in the order in which they were built; of one cube if it is named, and only published ones if asked."""
    wanted = select(cube_release, cube.c.document).join_from(cube_release, cube).order_by(cube_release.c.id)
    if title:
        wanted = wanted.where(cube.c.title == title)
    if published:
        wanted = wanted.where(cube_release.c.published_at > 0)
    return [_built(row) for row in connection.execute(wanted)]


def add_release(connection: Connection, cube_id: int, made: NewRelease, by: str, now: datetime) -> None:
    """Keep what was built, in the place of what was built before of this cube and not published."""
    waiting = and_(cube_release.c.cube_id == cube_id, cube_release.c.published_at == 0)
    connection.execute(delete(cube_release).where(waiting))
    connection.execute(
        insert(cube_release).values(
            id=next_id(connection, cube_release),
            cube_id=cube_id,
            number=made.number,
            payload=made.payload,
            counted=_write_counts(made.counts),
            few=json.dumps(sorted(made.few)),
            built_by=by,
            built_at=int(now.timestamp()),
            published_by="",
            published_at=0,
            signature=b"",
            public_signature=b"",
        )
    )


def note_published(
    connection: Connection, built: Built, signatures: tuple[bytes, bytes], by: str, now: datetime
) -> None:
    """Keep the signatures of a release.

    Raises:
        StoreError: It is no longer there as it was signed.
    """
    there = and_(
        cube_release.c.id == built.key,
        cube_release.c.payload == built.payload,
        cube_release.c.published_at == 0,
    )
    done = connection.execute(
        update(cube_release)
        .where(there)
        .values(
            signature=signatures[0],
            public_signature=signatures[1],
            published_by=by,
            published_at=int(now.timestamp()),
        )
    )
    if done.rowcount != 1:
        raise StoreError("the release was built anew or published meanwhile; look at it again")


def notices(connection: Connection) -> list[Corrected]:
    """Every correction, in order."""
    rows = connection.execute(select(*list(cube_notice.c)[:5]).order_by(cube_notice.c.id))
    return [Corrected(*row) for row in rows]


def add_notice(
    connection: Connection, release_id: int, payload: bytes, signature: bytes, by: str, now: datetime
) -> None:
    """Keep a correction."""
    connection.execute(
        insert(cube_notice).values(
            id=next_id(connection, cube_notice),
            cube_release_id=release_id,
            payload=payload,
            signature=signature,
            said_by=by,
            said_at=int(now.timestamp()),
        )
    )


def add_given(
    connection: Connection, member: str, title: str, payload: bytes, by: str, now: datetime
) -> None:
    """Write down numbers that leave for a coordinator."""
    connection.execute(
        insert(aggregate_given).values(
            id=next_id(connection, aggregate_given),
            member=member,
            cube=title,
            payload=payload,
            said_by=by,
            said_at=int(now.timestamp()),
        )
    )


def given_aggregates(connection: Connection) -> list[GivenAggregate]:
    """Everything that was given to coordinators, in order."""
    rows = connection.execute(select(*list(aggregate_given.c)[1:]).order_by(aggregate_given.c.id))
    return [GivenAggregate(*row) for row in rows]


def add_aggregate(
    connection: Connection, cube_id: int, taken: TakenAggregate, by: str, now: datetime
) -> None:
    """Keep numbers that a member gave, which count in the place of those that it gave before."""
    connection.execute(
        insert(aggregate).values(
            id=next_id(connection, aggregate),
            cube_id=cube_id,
            **taken._asdict(),
            said_by=by,
            said_at=int(now.timestamp()),
        )
    )


def aggregates(connection: Connection, title: str) -> dict[str, TakenAggregate]:
    """The last numbers that each member gave for a cube."""
    rows = connection.execute(
        select(aggregate.c.member, aggregate.c.payload, aggregate.c.signature, aggregate.c.keyid)
        .join_from(aggregate, cube)
        .where(cube.c.title == title)
        .order_by(aggregate.c.id)
    )
    return {row.member: TakenAggregate(*row) for row in rows}


def was_taken(connection: Connection, title: str, taken: TakenAggregate) -> bool:
    """Whether a member gave the very same numbers for a cube before, whether or not they still count."""
    same = and_(
        cube.c.title == title, aggregate.c.member == taken.member, aggregate.c.payload == taken.payload
    )
    return (
        connection.execute(select(aggregate.c.id).join_from(aggregate, cube).where(same)).first() is not None
    )


def _cube(document: str) -> Cube:
    try:
        return cube_from(json.loads(document))
    except (ValueError, CubeError) as error:
        raise StoreError("a declaration of figures can not be read") from error


def _built(row: Row[Any]) -> Built:
    few = frozenset(tuple(cell) for cell in json.loads(row.few))
    return Built(
        row.id,
        _cube(row.document),
        row.number,
        row.payload,
        _read_counts(row.counted),
        few,
        row.built_by,
        row.built_at,
        row.published_by,
        row.published_at,
        row.signature,
        row.public_signature,
    )


def _write_counts(counts: Counts) -> bytes:
    plain = [[*atom, dict(parts)] for atom, parts in sorted(counts.items())]
    return zlib.compress(json.dumps(plain, separators=(",", ":")).encode())


def _read_counts(stored: bytes) -> dict[Atom, Mapping[str, int]]:
    try:
        plain = json.loads(zlib.decompress(stored))
        return {
            Atom(month, tuple(values), measure, title): parts
            for month, values, measure, title, parts in plain
        }
    except (ValueError, TypeError, zlib.error) as error:
        raise StoreError("what is behind a release can not be read") from error
