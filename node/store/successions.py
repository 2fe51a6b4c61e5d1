"""Which revisions stand for records that were merged or split, and to whom those had been released."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, exists, func, not_, or_, select

from node.audience import Purpose
from node.errors import StoreError
from node.store.database import insert_many, portions
from node.tables.facts import fact
from node.tables.incidents import record, revision, succession
from node.tables.releases import release


class Link(NamedTuple):
    """A revision that stands for one of another record, or of its own; `asked` are who it goes to in its place."""

    revision_id: int
    replaced_id: int
    asked: frozenset[str]
    purpose: Purpose
    said_by: str
    said_at: int  # seconds since 1970, UTC


class Successor(NamedTuple):
    """A record of a source that stands for another since a day; that one may be of another source."""

    key: str
    replaced_source: str
    replaced: str
    since: int


class Heir(NamedTuple):
    """What a record takes over by its latest succession: since which revision, from which records, for whom."""

    revision_id: int
    replaced: tuple[int, ...]  # keys of the other records
    asked: frozenset[str]
    purpose: Purpose


def add_links(connection: Connection, links: Sequence[Link]) -> None:
    """Write down what stands for what."""
    rows = [(*one[:2], " ".join(sorted(one.asked)), str(one.purpose), *one[4:]) for one in links]
    insert_many(connection, succession, rows)


def successors(connection: Connection, source: str) -> tuple[Successor, ...]:
    """Every succession of a record of a source, oldest first."""
    older, before = revision.alias("older"), record.alias("before")
    rows = connection.execute(
        select(record.c.source_key, before.c.source, before.c.source_key, revision.c.known_on)
        .join_from(succession, revision, revision.c.id == succession.c.revision_id)
        .join(record, record.c.id == revision.c.record_id)
        .join(older, older.c.id == succession.c.replaced_id)
        .join(before, before.c.id == older.c.record_id)
        .where(and_(record.c.source == source, record.c.id != before.c.id))
        .order_by(succession.c.revision_id, succession.c.replaced_id)
    )
    return tuple(Successor(*row) for row in rows)


def links_into(connection: Connection, record_id: int) -> tuple[Link, ...]:
    """Everything that a record stands for, or ever stood for, of other records."""
    older = revision.alias("older")
    rows = connection.execute(
        select(succession)
        .join(revision, revision.c.id == succession.c.revision_id)
        .join(older, older.c.id == succession.c.replaced_id)
        .where(and_(revision.c.record_id == record_id, older.c.record_id != record_id))
        .order_by(succession.c.revision_id, succession.c.replaced_id)
    )
    return tuple(map(_link, rows))


def links_out_of(connection: Connection, record_id: int) -> tuple[Link, ...]:
    """What other records stood for a record, the last time that any came to."""
    heir = revision.alias("heir")
    links = (
        select(succession)
        .join(revision, revision.c.id == succession.c.replaced_id)
        .join(heir, heir.c.id == succession.c.revision_id)
        .where(and_(revision.c.record_id == record_id, heir.c.record_id != record_id))
        .order_by(succession.c.revision_id)
    )
    found = tuple(map(_link, connection.execute(links)))
    last = max((one.replaced_id for one in found), default=0)
    return tuple(one for one in found if one.replaced_id == last)


def records_of(connection: Connection, revision_ids: Sequence[int]) -> dict[int, tuple[int, str]]:
    """(record, SOURCE:KEY) of some revisions."""
    found: dict[int, tuple[int, str]] = {}
    for chosen in portions(revision_ids):
        rows = connection.execute(
            select(revision.c.id, record.c.id, record.c.source + ":" + record.c.source_key)
            .join_from(revision, record)
            .where(revision.c.id.in_(chosen))
        )
        found |= {row[0]: (row[1], row[2]) for row in rows}
    return found


def newest_revisions(connection: Connection, record_ids: Sequence[int]) -> dict[int, int]:
    """The revision of each of these records that came last, by record."""
    rows = connection.execute(
        select(revision.c.record_id, func.max(revision.c.id))
        .where(revision.c.record_id.in_(record_ids))
        .group_by(revision.c.record_id)
    )
    return {row[0]: row[1] for row in rows}


def superseded(connection: Connection, record_ids: Sequence[int]) -> frozenset[int]:
    """Those of some records that ended because others stand for them now."""
    newest = newest_revisions(connection, record_ids) if record_ids else {}
    rows = connection.execute(
        select(revision.c.record_id).where(
            and_(revision.c.id.in_(list(newest.values())), revision.c.withdrawn == 1, _BY_HAND)
        )
    )
    return frozenset(rows.scalars())


def stand_for(connection: Connection, record_ids: Sequence[int]) -> frozenset[int]:
    """Records that ended, for which these stand now, be it through others."""
    older, heir = revision.alias("older"), revision.alias("heir")
    found: set[int] = set()
    new = set(record_ids)
    while new:
        replaced = set[int]()
        for chosen in portions(sorted(new)):
            rows = (
                select(older.c.record_id)
                .join_from(succession, heir, heir.c.id == succession.c.revision_id)
                .join(older, older.c.id == succession.c.replaced_id)
                .where(and_(heir.c.record_id.in_(chosen), older.c.record_id != heir.c.record_id))
            )
            replaced.update(connection.execute(rows).scalars())
        ended = superseded(connection, sorted(replaced - found))
        new = {one for one in ended if new & _heirs_of(connection, one)}
        found |= new
    return frozenset(found)


def _heirs_of(connection: Connection, record_id: int) -> set[int]:
    revisions = [link.revision_id for link in links_out_of(connection, record_id)]
    return {heir for heir, _ in records_of(connection, revisions).values()}


def heirs(connection: Connection, record_ids: Sequence[int]) -> dict[int, Heir]:
    """What some records take over by their latest succession, by record."""
    older = revision.alias("older")
    found: dict[int, Heir] = {}
    for chosen in portions(record_ids):
        rows = connection.execute(
            select(
                revision.c.record_id,
                succession.c.revision_id,
                older.c.record_id,
                succession.c.asked,
                succession.c.purpose,
            )
            .join_from(succession, revision, revision.c.id == succession.c.revision_id)
            .join(older, older.c.id == succession.c.replaced_id)
            .where(revision.c.record_id.in_(chosen))
            .order_by(succession.c.revision_id, succession.c.replaced_id)
        )
        for record_id, revision_id, replaced, asked, purpose in rows:
            before = found.get(record_id)
            known = before if before is not None and before.revision_id == revision_id else None
            others = (*(known.replaced if known else ()), replaced)
            names = (known.asked if known else frozenset[str]()) | frozenset(asked.split())
            found[record_id] = Heir(revision_id, others, names, _purpose(purpose))
    # A record that goes on after a merge shows nobody what they had not seen of it.
    return {
        record_id: one._replace(
            replaced=tuple(other for other in one.replaced if other != record_id),
            asked=frozenset() if record_id in one.replaced else one.asked,
        )
        for record_id, one in found.items()
    }


def waiting_heirs(connection: Connection) -> tuple[int, ...]:
    """Current revisions of records that stand for others, of which something left, and have not left as that yet."""
    older, own = revision.alias("older"), release.alias("own")
    since = exists().where(
        and_(own.c.record_id == revision.c.record_id, own.c.revision_id >= succession.c.revision_id)
    )
    left = exists().where(release.c.record_id == older.c.record_id)
    rows = connection.execute(
        select(_NOW.c.id)
        .join_from(succession, revision, revision.c.id == succession.c.revision_id)
        .join(older, older.c.id == succession.c.replaced_id)
        .join(_NOW, _NOW.c.record_id == revision.c.record_id)
        .where(and_(older.c.record_id != revision.c.record_id, not_(since), left))
        .distinct()
        .order_by(_NOW.c.id)
    )
    return tuple(rows.scalars())


def link_faults(connection: Connection) -> list[str]:
    """What does not hold of merges and splits: they end what they replace or go on with it, and no record ends else."""
    older, same = revision.alias("older"), revision.alias("same")
    rows = connection.execute(
        select(
            succession.c.revision_id,
            succession.c.replaced_id,
            or_(revision.c.withdrawn == 1, older.c.withdrawn == 1),
            revision.c.known_on < older.c.known_on,
            exists().where(  # what a person said of the record that is replaced, on the same day
                and_(
                    same.c.record_id == older.c.record_id,
                    same.c.known_on == revision.c.known_on,
                    same.c.id > older.c.id,
                    same.c.publication_id.is_(None),
                )
            ),
        )
        .join_from(succession, revision, revision.c.id == succession.c.revision_id)
        .join(older, older.c.id == succession.c.replaced_id)
    )
    faults = []
    for new, old, gone, backwards, told in rows:
        if gone:
            faults.append(f"revision {new} stands for revision {old}, and one of them is withdrawn")
        if backwards:
            faults.append(f"revision {new} stands for revision {old}, which is younger")
        if not told:
            faults.append(f"revision {new} stands for revision {old}, which did not end with it")
    heir = revision.alias("heir")
    stands = (
        select(succession.c.revision_id)
        .join_from(succession, heir, heir.c.id == succession.c.revision_id)
        .join(older, older.c.id == succession.c.replaced_id)
        .where(and_(older.c.record_id == revision.c.record_id, heir.c.known_on == revision.c.known_on))
    )
    orphans = connection.execute(
        select(revision.c.id)
        .where(and_(revision.c.withdrawn == 1, _BY_HAND, not_(stands.exists())))
        .order_by(revision.c.id)
    )
    return [
        *faults,
        *(f"revision {one} ended its record, and nothing stands for it" for one in orphans.scalars()),
    ]


def _link(row: Row[Any]) -> Link:
    names = frozenset(row.asked.split())
    return Link(row.revision_id, row.replaced_id, names, _purpose(row.purpose), row.said_by, row.said_at)


def _purpose(text: str) -> Purpose:
    try:
        return Purpose(text)
    except ValueError as error:
        raise StoreError("a succession names a purpose that there is not") from error


_BY_HAND = revision.c.publication_id.is_(None)  # no publication said so, a person did
_NOW = (
    select(revision.c.id, revision.c.record_id)
    .join_from(revision, fact, fact.c.revision_id == revision.c.id)
    .where(fact.c.known_until.is_(None))
    .subquery()
)
