"""Answer a question, with everything that must stand beside a figure: unit, as-of date, sources and caveats (R24)."""

from dataclasses import dataclass
from datetime import date

from node.measures import Query
from node.store.database import Store
from node.store.queries import Caveats, Cells, caveats, count, sources

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
    """

    header: tuple[str, ...]
    rows: tuple[Cells, ...]
    as_of: date
    sources: tuple[tuple[str, date], ...]
    caveats: Caveats
    definition: str = DEFINITION

    @property
    def unit(self) -> str:
        """What is counted: incidents, affected persons or both."""
        persons = [name for name in self.header if name in _PERSONS]
        kinds = (["incidents"] if "incidents" in self.header else []) + (
            ["affected persons"] if persons else []
        )
        return " and ".join(kinds)


def answer(store: Store, query: Query) -> Answer:
    """Count what this node knows and was shared."""
    with store.read() as connection:
        return Answer(
            (*query.by, *query.measures),
            tuple(count(connection, query)),
            query.as_of,
            tuple(sources(connection, query.as_of)),
            caveats(connection, query),
        )


_PERSONS = frozenset({"affected", "killed", "injured", "abducted", "detained", "sexually_assaulted", "other"})
