"""What this organization knows: records, their revisions, and the publications that they came from.

Revisions are only ever added. A record's state as of a day is its revision with the latest `known_on` up to that day,
and among those the one that arrived last; `fact` holds the same as an interval, for queries.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, and_, delete, func, select

from node.document import digest, read_document
from node.facts import fact
from node.ladders import chains_of
from node.model import Incident, Sensitive
from node.store.database import insert_many, next_id, portions
from node.tables.facts import detail
from node.tables.facts import fact as fact_table
from node.tables.incidents import publication, record, revision, unread


class Imported(NamedTuple):
    """One import of a publication, and what it changed."""

    source: str
    published_on: date
    sha256: bytes
    imported_at: int
    accepted: int
    updated: int
    unchanged: int
    withdrawn: int
    quarantined: int
    kept: int = 0  # rows of records that were merged or split here and stay so
    changed: tuple[str, ...] = ()  # keys of those of which the publication says something else than before


class Known(NamedTuple):
    """A revision as the import compares it; `number` grows with arrival."""

    known_on: int
    number: int
    withdrawn: bool
    digest: bytes
    by_hand: bool = False  # no publication said so, a person did
    of_a_part: bool = False  # a file said so that holds only some of its source's incidents

    @property
    def ended(self) -> bool:
        """Whether others stand for the record: it was merged or split."""
        return self.withdrawn and self.by_hand


class History(NamedTuple):
    """A record and its revisions, by known day and then arrival."""

    record_id: int
    revisions: tuple[Known, ...]


class NewRevision(NamedTuple):
    """A revision to be added; `copy_of` takes the document of an older one instead of `document`."""

    key: str
    known_on: int
    withdrawn: bool
    document: str = ""
    copy_of: Known | None = None


class Current(NamedTuple):
    """An incident as it stands now; `digest` is that of its document."""

    record_id: int
    revision_id: int
    uid: bytes
    name: str  # SOURCE:KEY, as people name it
    digest: bytes
    incident: Incident


def day_number(day: date) -> int:
    """A day as YYYYMMDD, the form in which both databases compare it."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(number: int) -> date:
    """The day that `day_number` wrote."""
    return date(number // 10_000, number // 100 % 100, number % 100)


def unread_keys(connection: Connection, source: str) -> dict[int, frozenset[str]]:
    """Days of a source's whole publications, in order, each with the keys whose rows none of its files could tell."""
    rows = connection.execute(
        select(publication.c.published_on, unread.c.source_key)
        .outerjoin_from(publication, unread)
        .where(and_(publication.c.source == source, publication.c.whole == 1))
        .order_by(publication.c.published_on)
    )
    found: dict[int, set[str]] = {}
    for day, key in rows:
        found.setdefault(day, set()).update(() if key is None else (key,))
    return {day: frozenset(keys) for day, keys in found.items()}


def add_unread_keys(connection: Connection, publication_id: int, keys: Iterable[str]) -> None:
    """Write down whose rows the first publication of a day could not tell."""
    insert_many(connection, unread, [(publication_id, key) for key in sorted(keys)])


def drop_unread_keys(connection: Connection, source: str, day: int, keys: Iterable[str]) -> None:
    """Forget keys that another publication of the day does tell."""
    of_the_day = select(publication.c.id).where(
        and_(publication.c.source == source, publication.c.published_on == day)
    )
    for chosen in portions(sorted(keys)):
        connection.execute(
            delete(unread).where(
                and_(unread.c.publication_id.in_(of_the_day), unread.c.source_key.in_(chosen))
            )
        )


def publications(connection: Connection) -> tuple[Imported, ...]:
    """Every import, in the order in which it happened."""
    rows = connection.execute(select(*publication.c[1:10]).order_by(publication.c.id))
    return tuple(Imported(row[0], day_of(row[1]), *row[2:]) for row in rows)


def add_publication(connection: Connection, done: Imported, *, whole: bool) -> int:
    """Write down an import and give its key."""
    key = next_id(connection, publication)
    row = (key, done.source, day_number(done.published_on), *done[2:9], int(whole))
    insert_many(connection, publication, [row])
    return key


def histories(connection: Connection, source: str, keys: Sequence[str] | None = None) -> dict[str, History]:
    """Every record of a source, or those with these keys, with all their revisions, by source key."""
    wanted = record.c.source == source
    rows = connection.execute(
        select(
            record.c.source_key,
            record.c.id,
            revision.c.known_on,
            revision.c.number,
            revision.c.withdrawn,
            revision.c.digest,
            revision.c.publication_id.is_(None),
            func.coalesce(publication.c.whole, 1),
        )
        .join_from(record, revision)
        .outerjoin(publication)
        .where(wanted if keys is None else and_(wanted, record.c.source_key.in_(keys)))
        .order_by(record.c.id, revision.c.known_on, revision.c.number)
    )
    found: dict[str, tuple[int, list[Known]]] = {}
    for key, record_id, known_on, number, withdrawn, content, by_hand, whole in rows:
        one = Known(known_on, number, bool(withdrawn), content, bool(by_hand), not whole)
        found.setdefault(key, (record_id, []))[1].append(one)
    return {key: History(record_id, tuple(known)) for key, (record_id, known) in found.items()}


def marks(connection: Connection, source: str) -> dict[tuple[str, int], frozenset[Sensitive]]:
    """Marks of the revisions of a source that have any, by source key and number."""
    # No text that somebody wrote can hold these signs: in a document its quotes are escaped.
    rows = connection.execute(
        select(record.c.source_key, revision.c.number, revision.c.document)
        .join_from(record, revision)
        .where(and_(record.c.source == source, revision.c.document.contains('"sensitive":[')))
    )
    return {(key, number): read_document(document).sensitive for key, number, document in rows}


def add_revisions(
    connection: Connection,
    source: str,
    publication_id: int | None,
    known: Mapping[str, History],
    added: Sequence[NewRevision],
    uids: Iterable[bytes],
) -> None:
    """Add revisions, make records for new keys with the next of `uids`, and bring their facts up to date."""
    record_ids = {key: history.record_id for key, history in known.items()}
    numbers = {
        key: max((one.number for one in history.revisions), default=0) for key, history in known.items()
    }
    first_record = next_id(connection, record)
    new_keys = list(dict.fromkeys(one.key for one in added if one.key not in record_ids))
    record_ids |= {key: first_record + at for at, key in enumerate(new_keys)}
    insert_many(
        connection,
        record,
        [(record_ids[key], uid, source, key) for key, uid in zip(new_keys, uids, strict=False)],
    )
    documents = _documents(connection, known, added)
    rows = []
    for revision_id, one in enumerate(added, next_id(connection, revision)):
        numbers[one.key] = number = numbers.get(one.key, 0) + 1
        document = documents[one.key, one.copy_of.number] if one.copy_of else one.document
        rows.append(
            (
                revision_id,
                record_ids[one.key],
                publication_id,
                number,
                one.known_on,
                int(one.withdrawn),
                digest(document),
                document,
            )
        )
    insert_many(connection, revision, rows)
    rebuild_facts(connection, sorted({record_ids[one.key] for one in added}), fresh=not known)


def rebuild_facts(connection: Connection, record_ids: Sequence[int], *, fresh: bool = False) -> None:
    """Project the revisions of these records again; `fresh` when they have no facts yet."""
    for chosen in portions(record_ids):
        if not fresh:
            for table in (fact_table, detail):
                connection.execute(delete(table).where(table.c.revision_id.in_(_revisions_of(chosen))))
        first = next_id(connection, fact_table)
        facts, details = _projected(connection, chosen)
        insert_many(connection, fact_table, ((first + at, *row) for at, row in enumerate(facts)))
        insert_many(connection, detail, details)


def record_faults(connection: Connection, record_ids: Sequence[int]) -> list[tuple[int, str]]:
    """(record, what does not hold): texts that do not match their digest, facts that do not match the texts."""
    texts = connection.execute(
        select(revision.c.record_id, revision.c.digest, revision.c.document).where(
            revision.c.record_id.in_(record_ids)
        )
    )
    faults = [
        (record_id, "a revision does not match its digest")
        for record_id, held, text in texts
        if digest(text) != held
    ]
    stored = (
        connection.execute(select(*columns).where(columns[0].in_(_revisions_of(record_ids))))
        for columns in (fact_table.c[1:], detail.c)
    )
    if not faults and any(
        sorted(map(repr, map(tuple, held))) != sorted(map(repr, made))
        for held, made in zip(stored, _projected(connection, record_ids), strict=True)
    ):
        faults.append(
            (record_ids[0], f"the figures of records up to {record_ids[-1]} do not match their revisions")
        )
    return faults


def record_ids(connection: Connection) -> tuple[int, ...]:
    """Keys of all records, in order."""
    return tuple(connection.execute(select(record.c.id).order_by(record.c.id)).scalars())


def _revisions_of(record_ids: Sequence[int]) -> Select[tuple[int]]:
    return select(revision.c.id).where(revision.c.record_id.in_(record_ids))


def _projected(
    connection: Connection, record_ids: Sequence[int]
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Rows of `fact`, but for their keys, and of `detail`, as they follow from the revisions of some records."""
    rows = connection.execute(
        select(
            revision.c.record_id,
            revision.c.id,
            revision.c.known_on,
            revision.c.withdrawn,
            revision.c.document,
        )
        .where(revision.c.record_id.in_(record_ids))
        .order_by(revision.c.record_id, revision.c.known_on, revision.c.number)
    ).all()
    facts: list[tuple[Any, ...]] = []
    details: list[tuple[Any, ...]] = []
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        until = following.known_on if following is not None and following.record_id == row.record_id else None
        if not row.withdrawn and until != row.known_on:
            incident = read_document(row.document)
            captivity = (incident.killed_in_captivity, incident.killed_in_detention)
            columns = fact(chains_of(incident), captivity=captivity)
            facts.append((row.id, None, None, row.known_on, until, *columns))
            details += ((row.id, *one) for one in incident.details)
    return facts, details


def current(connection: Connection, revision_ids: Sequence[int]) -> tuple[Current, ...]:
    """The incidents of these revisions, in the order of their keys; without those that no longer stand."""
    found: list[Current] = []
    name = record.c.source + ":" + record.c.source_key
    columns = (record.c.id, revision.c.id, record.c.uid, name, revision.c.digest)
    for chosen in portions(revision_ids):
        rows = connection.execute(
            select(*columns, revision.c.document)
            .join_from(record, revision)
            .join(fact_table, fact_table.c.revision_id == revision.c.id)
            .where(and_(revision.c.id.in_(chosen), fact_table.c.known_until.is_(None)))
            .order_by(revision.c.id)
        )
        found += [Current(*row[:5], read_document(row[5])) for row in rows]
    return tuple(found)


def revisions_by_key(connection: Connection, source: str, keys: Sequence[str]) -> dict[str, int]:
    """Current revision of each of these records, by source key; withdrawn and unknown ones are absent."""
    rows = connection.execute(
        select(record.c.source_key, fact_table.c.revision_id)
        .join_from(record, revision)
        .join(fact_table, fact_table.c.revision_id == revision.c.id)
        .where(
            and_(record.c.source == source, record.c.source_key.in_(keys), fact_table.c.known_until.is_(None))
        )
    )
    return {key: revision_id for key, revision_id in rows}  # noqa: C416 - rows are not pairs to the type checker


def current_revision(connection: Connection, record_id: int) -> int | None:
    """Key of the revision of a record that counts now; `None` where it no longer stands."""
    return connection.execute(
        select(revision.c.id)
        .join_from(revision, fact_table, fact_table.c.revision_id == revision.c.id)
        .where(and_(revision.c.record_id == record_id, fact_table.c.known_until.is_(None)))
    ).scalar_one_or_none()


def current_by_record(connection: Connection, chosen: Sequence[int]) -> dict[int, Current]:
    """What each of these records says now, by its key; those that no longer stand are absent."""
    found: list[int] = []
    for some in portions(chosen):
        found += connection.execute(
            select(revision.c.id)
            .join_from(revision, fact_table, fact_table.c.revision_id == revision.c.id)
            .where(and_(revision.c.record_id.in_(some), fact_table.c.known_until.is_(None)))
        ).scalars()
    return {one.record_id: one for one in current(connection, sorted(found))}


def record_names(connection: Connection, chosen: Sequence[int]) -> dict[int, str]:
    """`SOURCE:KEY` of each of these records, by its key."""
    names: dict[int, str] = {}
    for some in portions(chosen):
        rows = connection.execute(
            select(record.c.id, record.c.source + ":" + record.c.source_key).where(record.c.id.in_(some))
        )
        names |= {key: name for key, name in rows}  # noqa: C416 - rows are not pairs to the type checker
    return names


def record_ids_by_key(connection: Connection, source: str, keys: Sequence[str]) -> dict[str, int]:
    """Key in the database of each of these records, by source key, whether they stand or not."""
    rows = connection.execute(
        select(record.c.source_key, record.c.id).where(
            and_(record.c.source == source, record.c.source_key.in_(keys))
        )
    )
    return {key: record_id for key, record_id in rows}  # noqa: C416 - rows are not pairs to the type checker


def record_count(connection: Connection) -> int:
    """Number of own records that count now."""
    counted = select(func.count()).where(
        and_(fact_table.c.revision_id.is_not(None), fact_table.c.known_until.is_(None))
    )
    return int(connection.execute(counted).scalar_one())


def _documents(
    connection: Connection, known: Mapping[str, History], added: Sequence[NewRevision]
) -> dict[tuple[str, int], str]:
    wanted = [one.key for one in added if one.copy_of]
    keys = {known[key].record_id: key for key in wanted}
    found: dict[tuple[str, int], str] = {}
    for chosen in portions(list(keys)):
        rows = connection.execute(
            select(revision.c.record_id, revision.c.number, revision.c.document).where(
                revision.c.record_id.in_(chosen)
            )
        )
        found |= {(keys[record_id], number): document for record_id, number, document in rows}
    return found
