"""Answer a question, with everything that must stand beside a figure: unit, as-of date, sources and caveats (R24)."""

from dataclasses import dataclass, replace
from datetime import date

from node.measures import Query
from node.store.database import Store
from node.store.queries import Caveats, Cells, caveats, count, originators, sources

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
    """

    header: tuple[str, ...]
    rows: tuple[Cells, ...]
    as_of: date
    sources: tuple[tuple[str, date], ...]
    caveats: Caveats
    definition: str = DEFINITION
    originators: tuple[str, ...] = ()
    for_outsiders: bool = False

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

    What peers shared is for own security decisions; an answer for anybody else counts own records alone.
    """
    with store.read() as connection:
        return Answer(
            (*query.by, *query.measures),
            tuple(count(connection, query)),
            query.as_of,
            tuple(sources(connection, query.as_of)),
            caveats(connection, query),
            originators=originators(connection, replace(query, own_only=False)) if query.own_only else (),
            for_outsiders=query.own_only,
        )


_PERSONS = frozenset({"affected", "killed", "injured", "abducted", "detained", "sexually_assaulted", "other"})
