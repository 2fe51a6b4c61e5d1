"""Strategies of hypothesis for what a node knows: any incident, and anything that is only shaped like one."""

from datetime import date

from hypothesis import strategies as st

from node.codes import DETAIL_LISTS, code_list
from node.model import (
    Cause,
    Certainty,
    Custody,
    Detail,
    EmployerTally,
    Incident,
    Outcome,
    PartialDate,
    Place,
    Point,
    Qualifier,
    Sensitive,
    Sex,
    SexTally,
    Staff,
    Tally,
)


def _code(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(list(code_list(name).codes))


def _mostly(strategy: st.SearchStrategy[str], absent: str) -> st.SearchStrategy[str]:
    return st.one_of(strategy, st.just(absent))


# Separators of the ladders and letters of many scripts, but nothing that can not stand in a name.
names = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("/@%;|=~>"), max_size=12)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
numbers = st.integers(0, 40) | st.sampled_from([9_999, 80_000])


@st.composite
def partial_dates(draw: st.DrawFn, first: int = 1900, last: int = 2200) -> PartialDate:
    """Dates of every precision."""
    day = draw(st.dates(date(first, 1, 1), date(last, 12, 31)))
    precision = draw(st.integers(0, 2))
    return PartialDate(day.year, day.month if precision else None, day.day if precision > 1 else None)


def _degrees(limit: float) -> st.SearchStrategy[float]:
    return st.floats(-limit, limit)


points = st.builds(Point, _degrees(90), _degrees(180))
places = st.builds(Place, _mostly(_code("country"), ""), names, names, names, st.one_of(st.none(), points))
sexes = st.sampled_from(list(Sex))
victims = st.dictionaries(
    st.tuples(st.sampled_from(list(Outcome)), st.sampled_from(list(Staff)), sexes),
    st.tuples(numbers, st.sampled_from(list(Qualifier))),
    max_size=5,
).map(lambda cells: tuple(Tally(*cell, *number) for cell, number in cells.items()))


details = st.dictionaries(
    st.sampled_from(DETAIL_LISTS).flatmap(lambda name: st.tuples(st.just(name), _code(name))),
    st.integers(1, 40),
    max_size=3,
).map(lambda found: tuple(sorted(Detail(*what, number) for what, number in found.items())))


@st.composite
def incidents(draw: st.DrawFn, when: st.SearchStrategy[PartialDate] | None = None) -> Incident:
    """Every incident that the model allows; `when` narrows its date."""
    counted = draw(victims)
    killed = sum(tally.number for tally in counted if tally.outcome is Outcome.KILLED)
    in_captivity = draw(st.integers(0, min(killed, 3)))
    return Incident(
        when=draw(partial_dates() if when is None else when),
        where=draw(places),
        cause=draw(st.sampled_from(list(Cause))),
        means=draw(_code("means")),
        context=draw(_code("context")),
        location_type=draw(_code("location_type")),
        motive=draw(_code("motive")),
        actor_type=draw(_code("actor_type")),
        actor_name=draw(_mostly(names, "")),
        victims=counted,
        sexes=tuple(
            SexTally(sex, number) for sex, number in draw(st.dictionaries(sexes, numbers, max_size=4)).items()
        ),
        employers=tuple(
            EmployerTally(kind, number)
            for kind, number in draw(st.dictionaries(_code("organization_type"), numbers, max_size=4)).items()
        ),
        killed_in_captivity=in_captivity,
        killed_in_detention=draw(st.integers(0, min(killed - in_captivity, 2))),
        details=draw(details),
        custody=draw(st.sampled_from(list(Custody))),
        certainty=draw(st.sampled_from(list(Certainty))),
        source_kind=draw(_code("source_kind")),
        source_text=tuple(draw(st.lists(st.tuples(texts, texts), max_size=2))),
        narrative=draw(texts),
        sensitive=draw(
            st.frozensets(st.sampled_from(Sensitive)) if draw(st.booleans()) else st.just(frozenset())
        ),
    )
