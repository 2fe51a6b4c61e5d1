"""Cubes and numbers for tests of releases."""

from collections.abc import Mapping

from hypothesis import strategies as st

from node.cubes.declaration import Cell, Cube, cube_from
from node.cubes.table import Atom

YEARLY: dict[str, object] = {
    "name": "yearly",
    "version": 1,
    "purpose": "statistics",
    "period": "year",
    "by": ["country", "cause"],
    "measures": ["incidents"],
    "revisions": ["07-01"],
    "public": ["country"],
}
ORGANIZATIONS = ("alpha", "beta", "gamma", "delta", "epsilon")


def yearly(**changed: object) -> Cube:
    """Incidents by year, country and cause, but for what is changed."""
    return cube_from({**YEARLY, **changed})


def atom(country: str, cause: str = "violence", month: str = "2025-03", measure: str = "incidents") -> Atom:
    """A place in which something may have happened."""
    return Atom(month, (country, cause, "shooting", "road"), measure)


def evenly(
    country: str, each: int, cause: str = "violence", month: str = "2025-03"
) -> dict[Atom, dict[str, int]]:
    """As many incidents from each of four organizations."""
    return {atom(country, cause, month): dict.fromkeys(ORGANIZATIONS[:4], each)}


def cell(*place: str, year: str = "2025", measure: str = "incidents") -> Cell:
    """A figure of the yearly cube."""
    return (year, *place, measure)


def counts() -> st.SearchStrategy[dict[Atom, Mapping[str, int]]]:
    """Numbers of a year in few places from few organizations, some of them large."""
    places = st.builds(
        atom, st.sampled_from(["AFG", "SDN", "SSD", "YEM"]), st.sampled_from(["violence", "safety"])
    )
    numbers = st.one_of(st.integers(1, 3), st.integers(1, 40))
    names = st.sampled_from([*ORGANIZATIONS, "alpha+beta"])
    return st.dictionaries(places, st.dictionaries(names, numbers, min_size=1), min_size=1, max_size=8)
