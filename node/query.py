"""Answer a question, with everything that must stand beside a figure: unit, as-of date, sources and caveats (R24)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from node.audience import Purpose
from node.counting import Once, count_best, count_each_once
from node.dimensions import MEASURED, Unit
from node.errors import PurposeError, QueryError
from node.figures import (
    NOTHING_LEFT,
    Cells,
    Counted,
    NotShown,
    compared,
    counted_rows,
    figures,
    header,
    moved,
)
from node.measures import Query
from node.sensitive import Consent
from node.store.consents import consents
from node.store.database import Run, Store, Transaction
from node.store.queries import (
    Caveats,
    caveats,
    count,
    differing,
    originators,
    own_of_survivors,
    sources,
)
from node.store.replica import Standing, standing
from node.store.staff import staff_numbers

ONCE = "counted once"  # the row of a list of changes that is no record
DEFINITION = (
    "1"  # version of what the measures mean; a figure is comparable only with one of the same version
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Figures and what they mean.

    Attributes:
        query: The question.
        header: Dimensions, then measures, each with what stands beside it.
        rows: In the order of the header; `unknown` is a value like any other, `None` a figure that is not known.
        as_of: The day as of which was counted.
        sources: (source, day of its latest publication).
        caveats: How many of the counted incidents need a word of caution.
        definition: Version of the measures.
        originators: Peers whose records are left out of an answer for outsiders: who wants to count those too must ask
            each of them in writing (R20).
        for_outsiders: Whether the answer may leave the network.
        purpose: What it is for.
        left_out: How many records of peers are not counted because they were shared for another purpose (R16).
        unconsented: How many own records count here and may not count in totals for others, for want of a survivor's
            consent to this purpose (R14).
        beside: What the figures are compared with; `None` if with nothing.
        not_shown: What stands below the largest groups.
        once: What is counted, each event once, and between which bounds; `None` where reports are listed.
        standing: How far the replica had come that was asked; `None` where the database itself was.
    """

    query: Query
    header: tuple[str, ...]
    rows: tuple[Cells, ...]
    as_of: date
    sources: tuple[tuple[str, date], ...]
    caveats: Caveats
    definition: str = DEFINITION
    originators: tuple[str, ...] = ()
    for_outsiders: bool = False
    purpose: Purpose | None = None
    left_out: int = 0
    unconsented: int = 0
    beside: Query | None = None
    not_shown: NotShown = NOTHING_LEFT
    once: Once | None = None
    standing: Standing | None = None

    @property
    def figures(self) -> int:
        """How many columns hold figures; those before say of what."""
        return len(header(self.query)) - len(self.query.by)

    @property
    def unit(self) -> str:
        """The same in words."""
        return " and ".join(self.units)

    @property
    def units(self) -> tuple[Unit, ...]:
        """What is counted: incidents, affected persons, organizations, or several of these."""
        units = {MEASURED[name].unit for name in self.query.measures}
        return tuple(unit for unit in Unit if unit in units)


def answer(store: Store, query: Query) -> Answer:
    """Count what this node knows and was shared.

    What peers shared is for own security decisions, and for the purpose that each record names; an answer for anybody
    else counts own records alone.

    Raises:
        PurposeError: There is nothing to count but what was shared for other purposes (R16).
    """
    # An answer for outsiders leaves: whose consent was withdrawn a moment ago must not count in it.
    with store.counting(may_lag=not query.own_only) as (connection, run):

        def reports(asked: Query) -> Counted:
            return counted_rows(asked, count(run, asked))

        once = count_each_once(connection, query.counted, reports)
        beside = compared(query)
        before = None
        if beside is not None:
            before = moved(query, count_each_once(connection, beside, reports).best, once.best)
        staff = staff_numbers(connection, query.as_of) if query.rate else None
        rows, not_shown = figures(query, once.best, before, staff)
        return replace(_answer((connection, run), query, header(query), rows, not_shown), once=once)


def best_counts(store: Store, queries: Sequence[Query]) -> list[Counted]:
    """The figures of several questions that differ in groups and filters alone, as `answer` counts each."""
    with store.counting(may_lag=not any(one.own_only for one in queries)) as (connection, run):
        return count_best(connection, queries, lambda asked: counted_rows(asked, count(run, asked)))


def changes(store: Store, query: Query) -> Answer:
    """What makes up the difference between two days: each record that counts otherwise, with its figures on both.

    Own records stand under their names. Those of peers are one row for each group, as nobody may learn whose they are.
    What counting each event once takes off, or puts elsewhere, is a row of its own, so all of it is the difference.

    Raises:
        QueryError: The question names no earlier day, or what it counts can not be told record by record.
        PurposeError: There is nothing to count but what was shared for other purposes (R16).
    """
    if query.since is None:
        raise QueryError("--changes: since which day? Name it with --compare")
    alone = [name for name in query.measures if MEASURED[name].unit is Unit.ORGANIZATIONS]
    if alone or query.share is not None or query.top or query.rate:
        raise QueryError(
            "--changes: lists records, so it goes with none of --share, --rate, --top and contributors"
        )
    with store.counting(may_lag=not query.own_only) as (connection, run):
        now = differing(connection, run, query.counted, query.since)
        then = differing(connection, run, replace(query.counted, as_of=query.since), query.as_of)
        rows = []
        for name in sorted({*now, *then}, key=lambda name: (not name, name)):
            one, other = (_added_up(query, day.get(name, ())) for day in (now, then))
            found, _ = figures(query, one, other)
            rows += [(name or "records of peers", *row) for row in found if _differs(query, row)]

        def reports(asked: Query) -> Counted:
            return counted_rows(asked, count(run, asked))

        earlier = replace(query.counted, as_of=query.since)
        found, _ = figures(
            query,
            _taken_off(connection, query.counted, reports),
            _taken_off(connection, earlier, reports),
        )
        rows += [(ONCE, *row) for row in found if _differs(query, row)]
        return _answer((connection, run), query, ("record", *header(query)), tuple(rows), NOTHING_LEFT)


def _taken_off(connection: Transaction, query: Query, reports: Callable[[Query], Counted]) -> Counted:
    """What is counted of events, less what is counted of reports."""
    once, everything = count_each_once(connection, query, reports).best, reports(query)
    nothing = (0,) * len(query.measures)
    found = {}
    for group in {*once, *everything}:
        pairs = zip(once.get(group, nothing), everything.get(group, nothing), strict=True)
        found[group] = tuple(events - told for events, told in pairs)
    return {group: numbers for group, numbers in found.items() if any(numbers)}


def _added_up(query: Query, rows: Iterable[Sequence[str | int]]) -> Counted:
    """What is counted in rows of which several may be of one group."""
    sums: dict[Cells, tuple[int, ...]] = {}
    for row in rows:
        for group, numbers in counted_rows(query, [row]).items():
            sums[group] = tuple(map(sum, zip(sums.get(group, (0,) * len(numbers)), numbers, strict=True)))
    return sums


def _differs(query: Query, row: Cells) -> bool:
    return any(row[len(query.by) + 2 :: 3])


def _answer(
    reading: tuple[Transaction, Run],
    query: Query,
    names: tuple[str, ...],
    rows: tuple[Cells, ...],
    not_shown: NotShown,
) -> Answer:
    """An answer with everything that must stand beside its figures."""
    connection, run = reading
    seen, others, told = caveats(run, query)
    if others and not seen.incidents:
        raise PurposeError(
            "--purpose: {others} records of peers match, and none was shared for {purpose}",
            others=others,
            purpose=query.purpose,
        )
    everybody = replace(query, own_only=False, purpose=None)
    return Answer(
        query,
        names,
        rows,
        query.as_of,
        tuple(sources(connection, query.as_of)),
        seen,
        originators=originators(connection, everybody) if query.own_only else (),
        for_outsiders=query.own_only,
        purpose=query.purpose,
        left_out=others,
        unconsented=_unconsented(connection, query, own_of_survivors(connection, run, query, told=told > 0)),
        beside=compared(query),
        not_shown=not_shown,
        standing=standing(connection),
    )


def _unconsented(connection: Transaction, query: Query, survivors: Sequence[int]) -> int:
    given = consents(connection, survivors)
    purpose = query.purpose or Purpose.STAFF_SAFETY
    return sum(
        purpose not in given.get(one, {}) or given[one][purpose].answer is not Consent.YES
        for one in survivors
    )
