"""Count facts: one statement per question, over what this organization knows and what peers shared with it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Text,
    and_,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)

from node.dimensions import DELAYS, DETAIL_DIMENSIONS, MEASURED, UNKNOWN, VICTIMS, split_columns
from node.document import read_document
from node.figures import order
from node.measures import Query
from node.model import SEXUAL_VIOLENCE, Outcome, Sensitive
from node.sensitive import needs_consent
from node.store.database import Run, portions
from node.store.details import details, harmed, has_detail
from node.store.records import day_number, day_of
from node.tables.facts import fact
from node.tables.incidents import publication, record, revision
from node.tables.logs import log

Cells: TypeAlias = tuple[str | int, ...]
# No bound values: PostgreSQL wants the very same expression where a group is selected and where it is made.
_UNKNOWN = literal_column(f"'{UNKNOWN}'", Text)
_ZERO, _ONE, _TWO, _THREE, _TWELVE, _HUNDRED, _MYRIAD = (
    literal_column(text, Integer) for text in ("0", "1", "2", "3", "12", "100", "10000")
)
_SINCE, _UNTIL = "since", "until"  # the month from whose first day on something was known, or no more
_RECORD = "record"  # group by it, and each own revision is a group, and the records of peers are one together


class Caveats(NamedTuple):
    """How many of the counted incidents need a word of caution."""

    incidents: int
    undisclosed: int  # number of affected persons not opened to us
    inexact: int  # some number is "at least" or estimated
    straddling: int  # dated so roughly that they may lie outside the period
    from_peers: int


def count(run: Run, query: Query) -> list[Cells]:
    """Answer a question: per group its values, then its measures, in order, unknown last."""
    rows = run(_table(query, query.by, _condition(query)))
    header = (*query.by, *query.measures)
    found = [tuple(map(_shown, header, row)) for row in rows]
    if not query.by and not found:
        found = [(0,) * len(query.measures)]
    return sorted(found, key=lambda cells: order(cells[: len(query.by)]))


def differing(connection: Connection, run: Run, query: Query, other: date) -> dict[str, list[Cells]]:
    """What is counted as of the day of a question and not as of another: by record, in the form of `count`.

    Own records stand under their names, those of peers all together under nothing: whose they are is not told.
    """
    at = day_number(other)
    apart = or_(fact.c.known_from > at, fact.c.known_until <= at)
    rows = run(_table(query, (_RECORD, *query.by), and_(_condition(query), apart)))
    names = _names(connection, sorted({row[0] for row in rows if row[0] is not None}))
    header = (*query.by, *query.measures)
    found: dict[str, list[Cells]] = {}
    for revision_id, *row in rows:
        found.setdefault(names.get(revision_id, ""), []).append(tuple(map(_shown, header, row)))
    return found


def known_spans(run: Run, query: Query) -> list[tuple[Cells, int | None, int, int | None, int]]:
    """What was ever known up to the day of a question, by group, month, and from when until when it was known.

    Returns:
        Values of the group; the month; the months from whose first days it was known and known no more; and the number.
        Months are twelve times the year and one for each month; the month, and the end, may be unknown.
    """
    by = (*query.by, "month", _SINCE, _UNTIL)
    rows = run(_table(query, by, _condition(query, ever=True)))
    width = len(query.by)
    return [
        (tuple(map(_shown, query.by, row)), _month(row[width], -1), *_span(row[width + 1 :])) for row in rows
    ]


def _span(cells: Sequence[Any]) -> tuple[int, int | None, int]:
    since = _month(cells[0], 0)
    assert since is not None, "every fact is known from some day on"
    return since, _month(cells[1], 0), int(cells[2])


def _month(number: Any, more: int) -> int | None:
    """A year and a month in six digits as one number."""
    return None if number is None else int(number) // 100 * 12 + int(number) % 100 + more


def caveats(run: Run, query: Query) -> tuple[Caveats, int, int]:
    """What needs a word of caution in the answer.

    Returns:
        How many of the counted incidents do, how many records of peers are left out because they were shared for
        another purpose, and of how many own revisions the facts tell that they concern survivors.
    """
    meant: ColumnElement[bool] = literal(value=True)
    if query.purpose is not None:
        meant = or_(fact.c.purpose.is_(None), fact.c.purpose == query.purpose)
    outside: ColumnElement[bool] = literal(value=False)
    if query.last is not None:
        outside = fact.c.last_day > day_number(query.last)
    flags = (
        fact.c.undisclosed == 1,
        fact.c.inexact == 1,
        outside,
        fact.c.log_id.is_not(None),
        and_(fact.c.revision_id.is_not(None), _told()),
    )
    counted = (
        func.coalesce(func.sum(case((and_(meant, flag), 1), else_=0)), 0)
        for flag in (literal(value=True), *flags)
    )
    # In one statement: each would look at every fact again.
    everything = select(func.count(), *counted).where(_condition(replace(query, purpose=None)))
    total, *numbers, survivors = map(int, run(everything)[0])
    seen = Caveats(*numbers)
    return seen, total - seen.incidents, survivors


def sources(connection: Connection, as_of: date) -> list[tuple[str, date]]:
    """(source, day of its latest publication) of what this organization imported, up to a day."""
    rows = connection.execute(
        select(publication.c.source, func.max(publication.c.published_on))
        .where(publication.c.published_on <= day_number(as_of))
        .group_by(publication.c.source)
        .order_by(publication.c.source)
    )
    return [(source, day_of(day)) for source, day in rows]


def known_days(connection: Connection, most: int) -> list[date]:
    """The latest days on which something was taken in as published, latest first."""
    day = publication.c.published_on
    rows = connection.execute(select(day).distinct().order_by(day.desc()).limit(most))
    return [day_of(number) for number in rows.scalars()]


def originators(connection: Connection, query: Query) -> tuple[str, ...]:
    """Peers whose records a question counts, in order."""
    rows = connection.execute(
        select(log.c.origin_id)
        .join_from(fact, log, log.c.id == fact.c.log_id)
        .where(_condition(query))
        .distinct()
        .order_by(log.c.origin_id)
    )
    return tuple(rows.scalars())


def own_of_survivors(connection: Connection, run: Run, query: Query, *, told: bool) -> tuple[int, ...]:
    """Keys of this organization's own counted records that need a survivor's consent (R14).

    Args:
        connection: Of a transaction.
        run: What answers statements over facts in it.
        query: The question.
        told: Whether facts tell of any.
    """
    condition = _condition(query)
    own = and_(condition, _told(), fact.c.revision_id.is_not(None))
    revisions = run(select(fact.c.revision_id).where(own)) if told else ()
    found: set[int] = set()
    for chosen in portions([row[0] for row in revisions]):
        rows = connection.execute(select(revision.c.record_id).where(revision.c.id.in_(chosen)))
        found.update(rows.scalars())
    # What was marked is known from documents; of those only a few were written by hand, as every mark once was.
    by_hand = select(revision.c.record_id).where(revision.c.publication_id.is_(None))
    marked = revision.c.document.contains(f'"{Sensitive.SURVIVORS}"')
    documents = connection.execute(
        select(revision.c.record_id, revision.c.document)
        .join_from(fact, revision)
        .where(and_(condition, revision.c.record_id.in_(by_hand), marked))
    )
    found |= {record_id for record_id, document in documents if needs_consent(read_document(document))}
    return tuple(sorted(found))


def _told() -> ColumnElement[bool]:
    """Facts that tell of sexual violence."""
    return or_(fact.c.means == SEXUAL_VIOLENCE, _added(MEASURED[Outcome.SEXUALLY_ASSAULTED].columns) > 0)


def own_revisions(connection: Connection, query: Query) -> list[int]:
    """Keys of this organization's own revisions that a question counts."""
    rows = connection.execute(
        select(fact.c.revision_id)
        .where(and_(fact.c.revision_id.is_not(None), _condition(query)))
        .order_by(fact.c.revision_id)
    )
    return list(rows.scalars())


class Spot(NamedTuple):
    """Where an own revision stands in the list of incidents: first day of the incident, YYYYMMDD, and its key."""

    day: int
    revision_id: int


def own_page(
    connection: Connection, query: Query, size: int, beside: Spot | None = None, *, newer: bool = False
) -> list[Spot]:
    """Some own revisions that a question counts, the latest incident first; what was read before is not read again.

    Args:
        connection: Of a transaction.
        query: The question.
        size: How many at most.
        beside: Those that come after this one; without, from the latest on.
        newer: Those just before it instead.
    """
    order = (fact.c.first_day, fact.c.revision_id)
    some = [fact.c.revision_id.is_not(None), _condition(query)]
    if beside is not None:
        here = tuple_(*map(literal, beside))
        some.append(tuple_(*order) > here if newer else tuple_(*order) < here)
    rows = connection.execute(
        select(*order)
        .where(and_(*some))
        .order_by(*(one.asc() if newer else one.desc() for one in order))
        .limit(size)
    )
    found = [Spot(*row) for row in rows]
    return found[::-1] if newer else found


def own_count(connection: Connection, query: Query, most: int) -> int:
    """How many own revisions a question counts; no more than `most` are counted."""
    parts = [fact.c.revision_id.is_not(None), _condition(replace(query, first=None, last=None))]
    # As an expression, so that SQLite reads the table from end to end: by the index it takes four times as long.
    day = fact.c.first_day + _ZERO
    parts += [day >= day_number(query.first)] if query.first is not None else []
    parts += [day <= day_number(query.last)] if query.last is not None else []
    some = select(fact.c.id).where(and_(*parts)).limit(most)
    return int(connection.execute(select(func.count()).select_from(some.subquery())).scalar_one())


def _names(connection: Connection, revision_ids: Sequence[int]) -> dict[int, str]:
    """`SOURCE:KEY` of the records of these revisions."""
    names: dict[int, str] = {}
    for chosen in portions(revision_ids):
        rows = connection.execute(
            select(revision.c.id, record.c.source + ":" + record.c.source_key)
            .join_from(revision, record)
            .where(revision.c.id.in_(chosen))
        )
        names |= {key: name for key, name in rows}  # noqa: C416 - rows are not pairs to the type checker
    return names


def _table(query: Query, by: Sequence[str], some: ColumnElement[bool]) -> Any:
    """The statement that counts some facts by these dimensions."""
    groups = [name for name in by if name != query.split]
    if query.split is not None:
        return _split(query, by, groups, some)
    detailed = next((name for name in groups if name in DETAIL_DIMENSIONS), None)
    if detailed is None:
        shown = {name: _dimension(name) for name in groups}
        table = select(*_labelled(shown), *(_measure(name).label(name) for name in query.measures))
    else:
        told = details(detailed, dict(query.where).get(detailed))
        shown = {
            name: func.coalesce(told.c.code, _UNKNOWN) if name == detailed else _dimension(name)
            for name in groups
        }
        measures = {
            name: func.coalesce(func.sum(told.c.number), 0) if name == "harms" else _measure(name)
            for name in query.measures
        }
        joined = fact.outerjoin(told, told.c.revision_id == fact.c.revision_id)
        table = select(*_labelled(shown), *_labelled(measures)).select_from(joined)
    return table.where(some).group_by(*shown.values())


def _labelled(columns: Mapping[str, ColumnElement[Any]]) -> list[Any]:
    return [column.label(name) for name, column in columns.items()]


def _split(query: Query, by: Sequence[str], groups: Sequence[str], condition: ColumnElement[bool]) -> Any:
    """One select per value of the dimension that splits affected persons."""
    name = query.split or ""
    chosen = dict(query.where).get(name)
    values = [value for value in split_columns(name, "affected") if chosen is None or value in chosen]
    buckets = [(value, (value,)) for value in values] if name in by else [("", tuple(values))]
    parts = []
    for label, members in buckets:
        shown = (literal(label.lower()) if one == name else _dimension(one) for one in by)
        some = _sum(name, "affected", members) > 0
        counted = (
            func.sum(_sum(name, measure, members)) if MEASURED[measure].columns else _measure(measure)
            for measure in query.measures
        )
        part = select(*shown, *counted).where(and_(condition, some))
        parts.append(part.group_by(*(_dimension(one) for one in groups)).having(func.count() > 0))
    return union_all(*parts)


def _sum(name: str, measure: str, members: Sequence[str]) -> ColumnElement[int]:
    by_value = split_columns(name, measure)
    return _added([column for member in members for column in by_value[member]])


def _measure(name: str) -> ColumnElement[int]:
    if name == "incidents":
        return func.count()
    if name == "contributors":  # our own records have no log
        return func.count(func.coalesce(fact.c.log_id, 0).distinct())
    if MEASURED[name].harm:
        return func.coalesce(func.sum(harmed(MEASURED[name].harm)), 0)
    return func.coalesce(func.sum(_added(MEASURED[name].columns)), 0)


def _added(columns: Sequence[str]) -> ColumnElement[int]:
    first, *others = columns
    total: ColumnElement[int] = fact.c[first]
    for other in others:
        total = total + fact.c[other]
    return total


def _dimension(name: str) -> ColumnElement[Any]:
    if name == "month":
        return fact.c.year * _HUNDRED + fact.c.month
    if name == "quarter":
        return fact.c.year * _HUNDRED + (fact.c.month + _TWO) // _THREE
    if name in _PLAIN:
        return _PLAIN[name]
    if name in _DERIVED:
        return _DERIVED[name]()
    # A source that says "unknown" and a peer that did not open the dimension are one row.
    return func.coalesce(fact.c[name], _UNKNOWN)


def _victims() -> ColumnElement[Any]:
    none, some = (_text(value) for value in VICTIMS)
    affected = _added(MEASURED["affected"].columns)
    return case((fact.c.undisclosed == _ONE, _UNKNOWN), (affected == _ZERO, none), else_=some)


def _delay() -> ColumnElement[Any]:
    """Months from that of the incident to that from which it counts here."""
    known = fact.c.known_from // _MYRIAD * _TWELVE + fact.c.known_from // _HUNDRED % _HUNDRED
    months = known - fact.c.year * _TWELVE - fact.c.month
    bands = (
        (months <= literal_column(most, Integer), _text(band))
        for most, band in zip(("0", "1", "3", "12"), DELAYS, strict=False)
    )
    return case((fact.c.month.is_(None), _UNKNOWN), *bands, else_=_text(DELAYS[-1]))


def _text(value: str) -> ColumnElement[str]:
    return literal_column(f"'{value}'", Text)


_PLAIN: Mapping[str, ColumnElement[Any]] = {
    "year": fact.c.year,
    _RECORD: fact.c.revision_id,
    _SINCE: (fact.c.known_from - _TWO) // _HUNDRED,  # what is known from a first on counts from that very day
    _UNTIL: (fact.c.known_until - _TWO) // _HUNDRED,
}
_DERIVED = {"victims": _victims, "delay": _delay}


def _condition(query: Query, *, ever: bool = False) -> ColumnElement[bool]:
    as_of = day_number(query.as_of)
    parts = [fact.c.known_from <= as_of]
    if not ever:
        parts.append(or_(fact.c.known_until.is_(None), fact.c.known_until > as_of))
    if query.own_only:
        parts.append(fact.c.log_id.is_(None))
    if query.purpose is not None:
        parts.append(or_(fact.c.purpose.is_(None), fact.c.purpose == query.purpose))
    if query.first is not None:
        parts.append(fact.c.first_day >= day_number(query.first))
    if query.last is not None:
        parts.append(fact.c.first_day <= day_number(query.last))
    for name, values in query.where:
        if name == query.split:
            continue
        if name in DETAIL_DIMENSIONS:
            parts.append(has_detail(name, values))
            continue
        column = _DERIVED[name]() if name in _DERIVED else fact.c[name]
        chosen = column.in_([int(value) for value in values] if name == "year" else values)
        parts.append(or_(chosen, column.is_(None)) if UNKNOWN in values else chosen)
    return and_(*parts)


def _shown(name: str, value: object) -> str | int:
    if value is None:
        return UNKNOWN
    if name in _PERIODS:
        year, part = divmod(int(str(value)), 100)
        return f"{year}{_PERIODS[name]}{part:0{2 if name == 'month' else 1}}"
    return value if isinstance(value, str) else int(str(value))


_PERIODS = {"month": "-", "quarter": "-Q"}
