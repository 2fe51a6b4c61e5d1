"""Private totals: declarations, shares at a server, what a member gave, and what servers signed."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, or_, select, update

from node.dimensions import MEASURED
from node.errors import StoreError, TotalError
from node.facts import employer_column
from node.store.database import next_id
from node.store.records import day_number
from node.tables.facts import fact
from node.tables.figures import total, total_given, total_paper, total_share
from node.tables.incidents import revision, staff_number
from node.totals.declaration import Total, read_payload


class HeldTotal(NamedTuple):
    """A declaration as it is kept; a signature is empty where there is none."""

    key: int
    digest: str
    total: Total
    payload: bytes
    signatures: tuple[bytes, bytes]
    said_by: str

    @property
    def agreed(self) -> bool:
        """Whether the owners of both servers signed it."""
        return all(self.signatures)


class HeldShare(NamedTuple):
    """The last share of a member, sealed as it came; how often the member gave until then, and of which split it is."""

    member: str
    number: int
    split: str
    box: bytes


class Gave(NamedTuple):
    """What we gave for a total: figures by area, and a box for each server; when, in seconds since 1970."""

    total_key: int
    number: int
    figures: tuple[int, ...]
    boxes: tuple[bytes, bytes]
    said_by: str
    said_at: int


class HeldPaper(NamedTuple):
    """What a server signed of a total."""

    total_key: int
    kind: str
    signer: str
    payload: bytes
    signature: bytes


class OwnHits(NamedTuple):
    """An own record that may count for a total: when and where, who told of it, and how many persons."""

    record_id: int
    year: int | None
    month: int | None
    country: str
    source_kind: str
    number: int
    affected: int
    employed: int  # of them, by our kind of organization


def totals(connection: Connection) -> list[HeldTotal]:
    """Every declaration in the order in which it came."""
    return [_held(row) for row in connection.execute(select(total).order_by(total.c.id))]


def add_total(
    connection: Connection,
    digest: str,
    payload: bytes,
    signatures: tuple[bytes, bytes],
    by: str,
    now: datetime,
) -> int:
    """Keep a declaration; gives its key."""
    key = next_id(connection, total)
    connection.execute(
        insert(total).values(
            id=key,
            digest=digest,
            payload=payload,
            first_signature=signatures[0],
            second_signature=signatures[1],
            said_by=by,
            said_at=int(now.timestamp()),
        )
    )
    return key


def sign_total(connection: Connection, key: int, signatures: tuple[bytes, bytes], by: str = "") -> None:
    """Keep the signatures of a declaration, and who agreed to it here."""
    changed = {"first_signature": signatures[0], "second_signature": signatures[1]}
    connection.execute(
        update(total).where(total.c.id == key).values(changed | ({"said_by": by} if by else {}))
    )


def shares(connection: Connection, total_key: int) -> dict[str, HeldShare]:
    """The last share of each member, by member."""
    rows = connection.execute(
        select(total_share.c.member, total_share.c.number, total_share.c.split, total_share.c.box)
        .where(total_share.c.total_id == total_key)
        .order_by(total_share.c.member)
    )
    return {row.member: HeldShare(*row) for row in rows}


def put_share(connection: Connection, total_key: int, share: HeldShare, now: datetime) -> None:
    """Keep a share in the place of what the member gave before."""
    theirs = and_(total_share.c.total_id == total_key, total_share.c.member == share.member)
    connection.execute(delete(total_share).where(theirs))
    connection.execute(
        insert(total_share).values(
            id=next_id(connection, total_share),
            total_id=total_key,
            **share._asdict(),
            taken_at=int(now.timestamp()),
        )
    )


def destroy_shares(connection: Connection, total_key: int) -> None:
    """Destroy what the shares hold; that they came is kept."""
    connection.execute(update(total_share).where(total_share.c.total_id == total_key).values(box=b""))


def gave(connection: Connection) -> list[Gave]:
    """Everything that we gave, in order."""
    rows = connection.execute(select(*list(total_given.c)[1:]).order_by(total_given.c.id))
    return [
        Gave(
            row.total_id,
            row.number,
            tuple(json.loads(row.figures)),
            tuple(row[3:5]),
            row.said_by,
            row.said_at,
        )
        for row in rows
    ]


def add_gave(connection: Connection, one: Gave) -> None:
    """Write down what leaves."""
    connection.execute(
        insert(total_given).values(
            id=next_id(connection, total_given),
            total_id=one.total_key,
            number=one.number,
            figures=json.dumps(one.figures),
            first_box=one.boxes[0],
            second_box=one.boxes[1],
            said_by=one.said_by,
            said_at=one.said_at,
        )
    )


def papers(connection: Connection) -> list[HeldPaper]:
    """Everything that servers signed of totals."""
    rows = connection.execute(select(*list(total_paper.c)[1:]).order_by(total_paper.c.id))
    return [HeldPaper(*row) for row in rows]


def add_paper(connection: Connection, paper: HeldPaper) -> None:
    """Keep what a server signed; what it signed of a total in one kind it never signs otherwise."""
    values = dict(zip([one.name for one in total_paper.c][1:], paper, strict=True))
    connection.execute(insert(total_paper).values(id=next_id(connection, total_paper), **values))


def own_hits(connection: Connection, outcome: str, employer: str, as_of: date) -> Iterator[OwnHits]:
    """Own records as of a day with the persons of one outcome; `employer` is our broad type of organization."""
    day = day_number(as_of)
    rows = connection.execute(
        select(
            revision.c.record_id,
            fact.c.year,
            fact.c.month,
            func.coalesce(fact.c.country, ""),
            func.coalesce(fact.c.source_kind, ""),
            _persons(outcome),
            _persons("affected"),
            fact.c[employer_column(employer)],
        )
        .join_from(fact, revision, revision.c.id == fact.c.revision_id)
        .where(fact.c.known_from <= day)
        .where(or_(fact.c.known_until.is_(None), fact.c.known_until > day))
    )
    for record_id, year, month, country, source_kind, *numbers in rows:
        number, affected, employed = (int(one or 0) for one in numbers)
        yield OwnHits(record_id, year, month, country, source_kind, number, affected, employed)


def own_staff(connection: Connection, source: str, year: int, as_of: date) -> dict[str, int]:
    """Numbers of all staff that a source said last up to a day, by country; empty text stands for all of them."""
    rows = connection.execute(
        select(staff_number.c.country, staff_number.c.number)
        .where(and_(staff_number.c.source == source, staff_number.c.year == year, staff_number.c.staff == ""))
        .where(staff_number.c.published_on <= day_number(as_of))
        .order_by(staff_number.c.published_on, staff_number.c.id)
    )
    return {country: int(number) for country, number in rows}


def _persons(measure: str) -> ColumnElement[int]:
    first, *others = (func.coalesce(fact.c[name], 0) for name in MEASURED[measure].columns)
    return sum(others, first)


def _held(row: Row[Any]) -> HeldTotal:
    try:
        declared = read_payload(row.payload)
    except TotalError as error:
        raise StoreError("a declaration of a total can not be read") from error
    signatures = row.first_signature, row.second_signature
    return HeldTotal(row.id, row.digest, declared, row.payload, signatures, row.said_by)
