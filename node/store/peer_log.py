"""Entries of logs as they lie here: what peers shared, as it came and passed, with the facts that count of it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, delete, exists, func, insert, select, update

from crypto.merkle import Frontier
from node.store.database import insert_many, next_id, portions
from node.store.heads import LogHead
from node.tables.facts import fact
from node.tables.logs import entry, heard_before, log
from node.tables.releases import passed_on, receipt
from node.verify import Fate, Verified

_PORTION = 10_000  # entries looked at together
_PLAIN = {fate: str(fate) for fate in Fate}  # the driver takes long over a text of any other type


class Tally(NamedTuple):
    """Entries of one log by what became of them."""

    origin_id: str
    fate: str
    reason: str
    entries: int


class StoredEntry(NamedTuple):
    """An entry as it lies in the database.

    It was heard of before it was known where another member had passed it on as withheld.
    """

    log_index: int
    fate: str
    reason: str
    known_on: int
    leaf_hash: bytes
    wire: bytes
    heard_on: int


_STORED = select(*entry.c[1:], func.coalesce(heard_before.c.heard_on, entry.c.known_on)).outerjoin_from(
    entry,
    heard_before,
    and_(entry.c.log_id == heard_before.c.log_id, entry.c.log_index == heard_before.c.log_index),
)


def add_peer_entries(
    connection: Connection, head: LogHead, entries: Sequence[Verified], replaced: Collection[int], day: int
) -> None:
    """Store entries of a peer with their facts.

    Args:
        connection: Of a write transaction.
        head: The log that they continue.
        entries: As they passed.
        replaced: Indexes of entries, old or new, that one of these replaces; they count until before `day`.
        day: On which they arrived, as a `day_number`.
    """
    log_id = head.log_id
    insert_many(
        connection,
        entry,
        (
            (log_id, index, _PLAIN[fate], reason, day, leaf_hash, wire)
            for (index, leaf_hash), wire, fate, _, _, reason in entries
        ),
    )
    counted = (one for one in entries if one.fact is not None)
    insert_many(
        connection,
        fact,
        (
            (key, None, log_id, index, day, day if index in replaced else None) + (columns or ())
            for key, ((index, _), _, _, _, columns, _) in enumerate(counted, next_id(connection, fact))
        ),
    )
    older = sorted(index for index in replaced if index < head.frontier.size)
    if older:
        connection.execute(
            update(fact)
            .where(
                and_(fact.c.log_id == head.log_id, fact.c.log_index.in_(older), fact.c.known_until.is_(None))
            )
            .values(known_until=day)
        )


def peer_entries(
    connection: Connection, log_id: int, indexes: Sequence[int]
) -> dict[int, tuple[bytes, bytes]]:
    """(leaf hash, wire) of some stored entries, by index."""
    found: dict[int, tuple[bytes, bytes]] = {}
    for chosen in portions(indexes):
        rows = connection.execute(
            select(entry.c.log_index, entry.c.leaf_hash, entry.c.wire).where(
                and_(entry.c.log_id == log_id, entry.c.log_index.in_(chosen))
            )
        )
        found |= {index: (leaf_hash, wire) for index, leaf_hash, wire in rows}
    return found


def entries_at(connection: Connection, log_id: int, indexes: Sequence[int]) -> dict[int, StoredEntry]:
    """Some stored entries, by index."""
    found: dict[int, StoredEntry] = {}
    for chosen in portions(indexes):
        rows = connection.execute(
            _STORED.where(and_(entry.c.log_id == log_id, entry.c.log_index.in_(chosen)))
        )
        found |= {row[0]: StoredEntry._make(row) for row in rows}
    return found


def stands(connection: Connection, log_id: int, index: int) -> bool:
    """Whether an entry of a peer still counts: nothing has replaced it or called it back."""
    mine = and_(fact.c.log_id == log_id, fact.c.log_index == index, fact.c.known_until.is_(None))
    return bool(connection.execute(select(exists().where(mine))).scalar_one())


def bury(connection: Connection, log_id: int, wires: Mapping[int, bytes], fate: str) -> None:
    """Put other bytes and another fate in the place of entries, by index, and drop what was counted of them."""
    for index, wire in wires.items():
        connection.execute(
            update(entry)
            .where(and_(entry.c.log_id == log_id, entry.c.log_index == index))
            .values(wire=wire, fate=fate)
        )
    for chosen in portions(list(wires)):
        connection.execute(delete(fact).where(and_(fact.c.log_id == log_id, fact.c.log_index.in_(chosen))))


def refuse(connection: Connection, log_id: int, indexes: Sequence[int], reason: str) -> None:
    """Refuse entries that were believed, and drop what was counted of them."""
    for chosen in portions(indexes):
        connection.execute(
            update(entry)
            .where(and_(entry.c.log_id == log_id, entry.c.log_index.in_(chosen)))
            .values(fate=str(Fate.REFUSED), reason=reason)
        )
        connection.execute(delete(fact).where(and_(fact.c.log_id == log_id, fact.c.log_index.in_(chosen))))


def first_entry(connection: Connection, log_id: int, start: int, fate: str, reason: str) -> int | None:
    """Index of the first entry from one on of which this became, for this reason."""
    mine = and_(entry.c.log_id == log_id, entry.c.log_index >= start)
    found = and_(mine, entry.c.fate == fate, entry.c.reason == reason)
    first: int | None = connection.execute(select(func.min(entry.c.log_index)).where(found)).scalar_one()
    return first


def put_withheld(
    connection: Connection,
    log_id: int,
    entries: Sequence[Verified],
    told: Collection[int],
    replaced: Collection[int],
    day: int,
) -> None:
    """Put what is known now of entries that were withheld in their place, and let what is replaced no longer count.

    Args:
        connection: Of a write transaction.
        log_id: Of the log.
        entries: As they passed.
        told: Indexes of those that had said before what they replace: that ended when they were first heard of.
        replaced: Indexes of entries that they, or others, replace.
        day: On which they arrived, as a `day_number`; what they open counts from then on.
    """
    counted = [one for one in entries if one.fact is not None]
    for (index, _), wire, fate, _, fact_columns, reason in entries:
        mine = and_(entry.c.log_id == log_id, entry.c.log_index == index)
        if index in told and fact_columns is not None:
            before = select(entry.c.log_id, entry.c.log_index, entry.c.known_on).where(mine)
            connection.execute(insert(heard_before).from_select(heard_before.c.keys(), before))
        known_on = entry.c.known_on if index in told and fact_columns is None else day
        connection.execute(
            update(entry).where(mine).values(wire=wire, fate=_PLAIN[fate], reason=reason, known_on=known_on)
        )
    insert_many(
        connection,
        fact,
        (
            (key, None, log_id, index, day, None) + (columns or ())
            for key, ((index, _), _, _, _, columns, _) in enumerate(counted, next_id(connection, fact))
        ),
    )
    for chosen in portions(sorted(replaced)):
        ended = and_(fact.c.log_id == log_id, fact.c.log_index.in_(chosen), fact.c.known_until.is_(None))
        connection.execute(update(fact).where(ended).values(known_until=day))


def believe(connection: Connection, log_id: int, day: int, found: Verified) -> None:
    """Let an entry that was refused be what verifying it again has found, known since the day of its arrival."""
    index = found.position.log_index
    connection.execute(
        update(entry)
        .where(and_(entry.c.log_id == log_id, entry.c.log_index == index))
        .values(fate=str(found.fate), reason=found.reason)
    )
    if found.fact is not None:
        row = (next_id(connection, fact), None, log_id, index, day, None, *found.fact)
        insert_many(connection, fact, [row])


def stored_entries(connection: Connection, log_id: int, start: int, count: int) -> list[StoredEntry]:
    """Up to `count` entries from `start` on, in order."""
    rows = connection.execute(
        _STORED.where(and_(entry.c.log_id == log_id, entry.c.log_index >= start))
        .order_by(entry.c.log_index)
        .limit(count)
    )
    return list(map(StoredEntry._make, rows))


def retractions_from(connection: Connection, log_id: int, start: int) -> list[StoredEntry]:
    """Entries from an index on that call something back, in order."""
    mine = and_(entry.c.log_id == log_id, entry.c.log_index >= start, entry.c.fate == str(Fate.RETRACTED))
    return list(map(StoredEntry._make, connection.execute(_STORED.where(mine).order_by(entry.c.log_index))))


def refused_entries(connection: Connection, log_id: int, limit: int) -> list[tuple[int, str]]:
    """(index, reason) of the newest entries of a peer that are refused here, in order."""
    rows = connection.execute(
        select(entry.c.log_index, entry.c.reason)
        .where(and_(entry.c.log_id == log_id, entry.c.fate == Fate.REFUSED))
        .order_by(entry.c.log_index.desc())
        .limit(limit)
    )
    return sorted((index, reason) for index, reason in rows)


def cut_entries(connection: Connection, log_id: int, origin_id: str, size: int) -> None:
    """Drop the entries of a log from an index on, what was counted of them, and what was passed on of them."""
    for table in (fact, entry, heard_before):
        connection.execute(delete(table).where(and_(table.c.log_id == log_id, table.c.log_index >= size)))
    late = and_(passed_on.c.origin_id == origin_id, passed_on.c.log_index >= size)
    connection.execute(delete(passed_on).where(late))
    # A range that began before ends here: whoever tells more than the log holds has told nothing.
    beyond = and_(passed_on.c.origin_id == origin_id, passed_on.c.stop_index > size)
    connection.execute(update(passed_on).where(beyond).values(stop_index=size))
    connection.execute(
        delete(receipt).where(and_(receipt.c.origin_id == origin_id, receipt.c.log_size > size))
    )


def leaf_hashes(connection: Connection, log_id: int) -> list[bytes]:
    """Leaf hashes of a log, in order."""
    rows = connection.execute(
        select(entry.c.leaf_hash).where(entry.c.log_id == log_id).order_by(entry.c.log_index)
    )
    return list(rows.scalars())


def past_frontier(connection: Connection, log_id: int, size: int) -> Frontier:
    """The log as it was when it had `size` entries, of those that lie here."""
    frontier = Frontier()
    for start in range(0, size, _PORTION):
        rows = connection.execute(
            select(entry.c.leaf_hash)
            .where(
                and_(
                    entry.c.log_id == log_id,
                    entry.c.log_index >= start,
                    entry.c.log_index < min(start + _PORTION, size),
                )
            )
            .order_by(entry.c.log_index)
        )
        frontier = frontier.append(rows.scalars())
    return frontier


def peer_facts(connection: Connection, log_id: int, start: int, stop: int) -> list[tuple[Any, ...]]:
    """(index, known from, known until, columns...) of a peer's entries from `start` up to and without `stop`."""
    rows = connection.execute(
        select(*fact.c[3:])
        .where(and_(fact.c.log_id == log_id, fact.c.log_index >= start, fact.c.log_index < stop))
        .order_by(fact.c.log_index)
    )
    return [tuple(row) for row in rows]


def replace_peer_facts(
    connection: Connection, log_id: int, start: int, stop: int, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Write the facts of some entries of a peer again, each in the form of `peer_facts`."""
    connection.execute(
        delete(fact).where(and_(fact.c.log_id == log_id, fact.c.log_index >= start, fact.c.log_index < stop))
    )
    first = next_id(connection, fact)
    insert_many(connection, fact, [(first + at, None, log_id, *row) for at, row in enumerate(rows)])


def peer_fact_ends(connection: Connection, log_id: int) -> tuple[int, dict[int, int]]:
    """How many facts a peer's log has, and the day from which each that was replaced no longer counts, by index."""
    counted = select(func.count()).where(fact.c.log_id == log_id)
    rows = connection.execute(
        select(fact.c.log_index, fact.c.known_until).where(
            and_(fact.c.log_id == log_id, fact.c.known_until.is_not(None))
        )
    )
    return int(connection.execute(counted).scalar_one()), {int(index): int(until) for index, until in rows}


def end_peer_facts(connection: Connection, log_id: int, ends: Mapping[int, int | None]) -> None:
    """Write again from which day replaced entries of a peer no longer count; nothing for one that counts."""
    for index, until in ends.items():
        connection.execute(
            update(fact)
            .where(and_(fact.c.log_id == log_id, fact.c.log_index == index))
            .values(known_until=until)
        )


def fates(connection: Connection) -> tuple[Tally, ...]:
    """How many entries of each log were accepted, withheld, refused and why."""
    rows = connection.execute(
        select(log.c.origin_id, entry.c.fate, entry.c.reason, func.count())
        .join_from(entry, log)
        .group_by(log.c.origin_id, entry.c.fate, entry.c.reason)
        .order_by(log.c.origin_id, entry.c.fate, entry.c.reason)
    )
    return tuple(Tally(*row) for row in rows)
