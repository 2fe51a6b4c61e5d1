"""Count each event once: all reports that a question counts, less those of an event, with the event in their place.

How all reports are counted is handed in, so that it does not matter which engine does it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from node.clusters import Reading
from node.dimensions import DETAIL_DIMENSIONS, MEASURED, Unit
from node.facts import COLUMNS
from node.figures import Counted
from node.measures import Query
from node.once import Event, Report, count_once
from node.pairing import ties
from node.signed import RecordName
from node.store.database import Transaction
from node.store.matched import matched_facts
from node.store.records import day_number
from node.store.verdicts import all_verdicts
from node.tally import Known, tally
from node.verdict import grounds

_PURPOSE = [column.name for column in COLUMNS].index("purpose")  # of our own, none
_ROWS = "incidents"  # counted beside what is asked, so that a group in which nothing is left is told


class Once(NamedTuple):
    """What is counted, each event once.

    Attributes:
        best: What the answer says.
        low: Where every open pair is one event.
        high: Where none is.
        reports: How many reports tell of an event that others tell of too, by what was signed.
        events: How many events those are.
        open: How many pairs nobody has decided.
    """

    best: Counted
    low: Counted
    high: Counted
    reports: int = 0
    events: int = 0
    open: int = 0


def count_each_once(connection: Transaction, query: Query, count_reports: Callable[[Query], Counted]) -> Once:
    """Answer a question, counting each event once.

    Args:
        connection: To the database.
        query: What is asked.
        count_reports: What counts all reports for a question.
    """
    day = day_number(query.as_of)
    found = matched_facts(connection, day, own_only=query.own_only, purpose=query.purpose)
    if len(found) < 2:
        counted = count_reports(query)
        return Once(counted, counted, counted)
    tied, ground = ties(connection, day), grounds(one.verdict for one in all_verdicts(connection, day))
    reports = [Report(name, columns, ground.get(name)) for name, _, columns in found]
    since = {name: known_from for name, known_from, _ in found}
    asked = query if _ROWS in query.measures else replace(query, measures=(*query.measures, _ROWS))
    everything = count_reports(asked)
    width = len(query.measures)

    def read(reading: Reading) -> Counted:
        events = count_once(reports, tied, reading)
        counted = _in_their_place(asked, everything, events, reports, since)
        return {group: numbers[:width] for group, numbers in counted.items()}

    signed = count_once(reports, tied._replace(open={}), Reading.HIGH)
    open_pairs = sum(since.keys() >= set(pair) for pair in tied.open)
    told = sum(len(one.members) for one in signed)
    low, best, high = map(read, Reading)
    return Once(best, low, high, told, len(signed), open_pairs)


def count_best(
    connection: Transaction, queries: Sequence[Query], count_reports: Callable[[Query], Counted]
) -> list[Counted]:
    """The best counts of several questions, each event once; they differ in nothing but groups and filters.

    Args:
        connection: To the database.
        queries: What is asked, each with `incidents` among its measures.
        count_reports: What counts all reports for a question.
    """
    if not queries:
        return []
    first = queries[0]
    found = matched_facts(connection, day_number(first.as_of), own_only=first.own_only, purpose=first.purpose)
    if len(found) < 2:
        return [count_reports(one) for one in queries]
    day = day_number(first.as_of)
    ground = grounds(one.verdict for one in all_verdicts(connection, day))
    reports = [Report(name, columns, ground.get(name)) for name, _, columns in found]
    since = {name: known_from for name, known_from, _ in found}
    events = count_once(reports, ties(connection, day), Reading.BEST)
    return [_in_their_place(one, count_reports(one), events, reports, since) for one in queries]


def _in_their_place(
    query: Query,
    everything: Counted,
    events: tuple[Event, ...],
    reports: list[Report],
    since: Mapping[RecordName, int],
) -> Counted:
    """Count events in the place of their reports; where details are asked for, our own report stays, which has them."""
    rows = {one.name: Known(since[one.name], one.fact) for one in reports}
    kept = {name for name, row in rows.items() if row.fact[_PURPOSE] is None} if _of_details(query) else set()
    gone, come = [], []
    for event in events:
        gone += [rows[name] for name in event.members - kept]
        if event.members.isdisjoint(kept):
            come.append(Known(min(since[name] for name in event.members), event.fact))
    return _sum(query, everything, tally(query, gone), tally(query, come))


def _of_details(query: Query) -> bool:
    named = {*query.by, *(name for name, _ in query.where)}
    harm = any(MEASURED[name].unit in {Unit.HARMS, Unit.CIVILIANS} for name in query.measures)
    return harm or not named.isdisjoint(DETAIL_DIMENSIONS)


def _sum(query: Query, everything: Counted, gone: Counted, come: Counted) -> Counted:
    nothing = (0,) * len(query.measures)
    counted = {}
    for group in {*everything, *come}:
        columns = zip(
            everything.get(group, nothing), gone.get(group, nothing), come.get(group, nothing), strict=True
        )
        numbers = tuple(all_of_it - less + more for all_of_it, less, more in columns)
        if not query.by or numbers[query.measures.index(_ROWS)]:
            counted[group] = numbers
    return counted
