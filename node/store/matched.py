"""Which facts are of the records that are matched, and which pairs of them are likely."""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, and_, delete, func, or_, select

from node.audience import Purpose, Views
from node.candidates import Pair
from node.facts import COLUMNS, Fact
from node.signed import RecordName
from node.store.database import insert_many, next_id, portions
from node.store.own_log import views_of
from node.tables.facts import fact
from node.tables.incidents import record, revision
from node.tables.logs import entry, log
from node.tables.matches import likely_pair, matched
from node.tables.releases import release
from node.verify import Fate


class Place(NamedTuple):
    """Where a record is: one of ours by its key, or an entry of a member's log."""

    name: RecordName
    record_id: int | None
    log_id: int | None
    log_index: int | None


class Standing(NamedTuple):
    """A record that counts now; `views` are those of an own one, `wire` is the entry of a member's."""

    place: Place
    fact: Fact
    views: Views
    wire: bytes


class LikelyPair(NamedTuple):
    """A pair as it was found last.

    Attributes:
        weight: How likely it is, in hundredths of a bit.
        since: The day on which it was found first, as a `day_number`.
        expected: How many events less than reports it stands for, in thousandths; `None` if an older version found it.
    """

    pair: Pair
    weight: int
    found: str
    weights_version: str
    since: int
    expected: int | None


def own_standing(connection: Connection, org_id: str) -> list[Standing]:
    """Records of ours that count now and are released."""
    last = select(release.c.record_id, release.c.views).where(release.c.log_index.in_(_LATEST)).subquery()
    rows = connection.execute(
        select(record.c.id, record.c.uid, last.c.views, *_FACT)
        .join_from(fact, revision)
        .join(record, record.c.id == revision.c.record_id)
        .join(last, last.c.record_id == record.c.id)
        .where(and_(fact.c.known_until.is_(None), last.c.views != ""))
        .order_by(record.c.id)
    )
    return [
        Standing(Place(RecordName(org_id, uid), key, None, None), tuple(columns), views_of(views), b"")
        for key, uid, views, *columns in rows
    ]


def peer_standing(connection: Connection) -> list[tuple[str, int, int, bytes, Fact]]:
    """(member, log, index, entry, fact) of every record of a member that counts now."""
    rows = connection.execute(
        select(log.c.origin_id, log.c.id, entry.c.log_index, entry.c.wire, *_FACT)
        .join_from(fact, log, log.c.id == fact.c.log_id)
        .join(entry, and_(entry.c.log_id == fact.c.log_id, entry.c.log_index == fact.c.log_index))
        .where(and_(fact.c.known_until.is_(None), entry.c.fate == Fate.ACCEPTED))
        .order_by(log.c.id, entry.c.log_index)
    )
    return [(member, log_id, index, wire, tuple(columns)) for member, log_id, index, wire, *columns in rows]


def note_places(connection: Connection, places: Iterable[Place]) -> None:
    """Remember where records are."""
    known = set(all_places(connection))
    new = sorted(set(places) - known, key=lambda one: (one.name, one.log_index or 0))
    first = next_id(connection, matched)
    rows = [(first + at, *one.name, one.record_id, one.log_id, one.log_index) for at, one in enumerate(new)]
    insert_many(connection, matched, rows)


def all_places(connection: Connection, name: RecordName | None = None) -> list[Place]:
    """Everywhere that matched records are, or one of them."""
    rows = select(*matched.c[1:]).order_by(matched.c.id)
    if name is not None:
        rows = rows.where(and_(matched.c.origin_id == name.origin_id, matched.c.uid == name.uid))
    return [Place(RecordName(row[0], row[1]), *row[2:]) for row in connection.execute(rows)]


def follow_replaced(connection: Connection, log_id: int, replaced: Mapping[int, int]) -> None:
    """Remember where matched records of a member are now, by the entry that each replaces: {old: new}."""
    if not replaced:
        return
    rows = connection.execute(
        select(matched.c.origin_id, matched.c.uid, matched.c.log_index).where(matched.c.log_id == log_id)
    )
    known = {index: RecordName(origin_id, uid) for origin_id, uid, index in rows}
    new = []
    for old, index in sorted(replaced.items(), key=lambda one: one[1]):
        if old in known and index not in known:
            known[index] = known[old]
            new.append((*known[old], None, log_id, index))
    first = next_id(connection, matched)
    insert_many(connection, matched, [(first + at, *row) for at, row in enumerate(new)])


def matched_facts(
    connection: Connection, as_of: int, *, own_only: bool = False, purpose: Purpose | None = None
) -> list[tuple[RecordName, int, Fact]]:
    """(record, day from which it counts so, fact) of matched records, as they counted on a day.

    Args:
        connection: To the database.
        as_of: The day, as a `day_number`.
        own_only: Leave out what members shared.
        purpose: Leave out what members did not share for it (R16).
    """
    places = all_places(connection)
    counted = and_(fact.c.known_from <= as_of, or_(fact.c.known_until.is_(None), fact.c.known_until > as_of))
    columns = (fact.c.known_from, *_FACT)
    found: list[tuple[RecordName, int, Fact]] = []
    # By keys, step by step: where few records are matched, neither database may look at all facts.
    own = {one.record_id: one.name for one in places if one.record_id is not None}
    for chosen in portions(sorted(own)):
        revisions = select(revision.c.id, revision.c.record_id).where(revision.c.record_id.in_(chosen))
        names = {key: own[record_id] for key, record_id in connection.execute(revisions)}
        for some in portions(sorted(names)):
            mine = select(fact.c.revision_id, *columns).where(and_(fact.c.revision_id.in_(some), counted))
            found += [(names[key], since, tuple(row)) for key, since, *row in connection.execute(mine)]
    theirs: dict[int, dict[int, RecordName]] = {}
    for one in places if not own_only else ():
        if one.log_id is not None and one.log_index is not None:
            theirs.setdefault(one.log_id, {})[one.log_index] = one.name
    for log_id, by_index in theirs.items():
        for some in portions(sorted(by_index)):
            shared = and_(fact.c.log_id == log_id, fact.c.log_index.in_(some), counted)
            for_it = shared if purpose is None else and_(shared, fact.c.purpose == purpose)
            rows = connection.execute(select(fact.c.log_index, *columns).where(for_it))
            found += [(by_index[index], since, tuple(row)) for index, since, *row in rows]
    return sorted(found)


def likely_pairs(connection: Connection, known_on: int | None = None) -> list[LikelyPair]:
    """Pairs that people are to look at, or those that were found by a day already; most likely first."""
    rows = select(likely_pair).order_by(likely_pair.c.weight.desc(), *likely_pair.c[:4])
    if known_on is not None:
        rows = rows.where(likely_pair.c.since <= known_on)
    return [
        LikelyPair((RecordName(row[0], row[1]), RecordName(row[2], row[3])), *row[4:])
        for row in connection.execute(rows)
    ]


def put_likely_pairs(connection: Connection, pairs: Collection[LikelyPair]) -> None:
    """Keep these pairs in the place of all that were found before; who was found before keeps its day."""
    since = {one.pair: one.since for one in likely_pairs(connection)}
    connection.execute(delete(likely_pair))
    insert_many(
        connection,
        likely_pair,
        [
            (
                *one.pair[0],
                *one.pair[1],
                *one[1:4],
                min(one.since, since.get(one.pair, one.since)),
                one.expected,
            )
            for one in sorted(pairs)
        ],
    )


_FACT = tuple(fact.c[column.name] for column in COLUMNS)
_LATEST = select(func.max(release.c.log_index)).group_by(release.c.record_id)
