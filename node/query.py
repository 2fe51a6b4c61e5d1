"""Answer a question, with everything that must stand beside a figure: unit, as-of date, sources and caveats (R24)."""

from dataclasses import dataclass, replace
from datetime import date

from node.audience import Purpose
from node.errors import PurposeError
from node.measures import Query
from node.sensitive import may_count
from node.store.consents import consents
from node.store.database import Store, Transaction
from node.store.queries import (
    Caveats,
    Cells,
    caveats,
    count,
    left_out,
    originators,
    own_of_survivors,
    sources,
)

DEFINITION = (
    "1"  # version of what the measures mean; a figure is comparable only with one of the same version
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Figures and what they mean.

    Attributes:
        header: Dimensions, then measures.
        rows: In the order of the header; `unknown` is a value like any other.
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
    """

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

    @property
    def unit(self) -> str:
        """What is counted: incidents, affected persons or both."""
        persons = [name for name in self.header if name in _PERSONS]
        kinds = (["incidents"] if "incidents" in self.header else []) + (
            ["affected persons"] if persons else []
        )
        return " and ".join(kinds)


def answer(store: Store, query: Query) -> Answer:
    """Count what this node knows and was shared.

    What peers shared is for own security decisions, and for the purpose that each record names; an answer for anybody
    else counts own records alone.

    Raises:
        PurposeError: There is nothing to count but what was shared for other purposes (R16).
    """
    everybody = replace(query, own_only=False, purpose=None)
    with store.read() as connection:
        seen, others = caveats(connection, query), left_out(connection, query)
        if others and not seen.incidents:
            raise PurposeError(
                f"--purpose: {others} records of peers match, and none was shared for {query.purpose}"
            )
        return Answer(
            (*query.by, *query.measures),
            tuple(count(connection, query)),
            query.as_of,
            tuple(sources(connection, query.as_of)),
            seen,
            originators=originators(connection, everybody) if query.own_only else (),
            for_outsiders=query.own_only,
            purpose=query.purpose,
            left_out=others,
            unconsented=_unconsented(connection, query),
        )


def _unconsented(connection: Transaction, query: Query) -> int:
    found = own_of_survivors(connection, query)
    given = consents(connection, [record_id for record_id, _ in found])
    purpose = query.purpose or Purpose.STAFF_SAFETY
    return sum(
        not may_count(incident, {name: one.answer for name, one in given.get(record_id, {}).items()}, purpose)
        for record_id, incident in found
    )


_PERSONS = frozenset({"affected", "killed", "injured", "abducted", "detained", "sexually_assaulted", "other"})
