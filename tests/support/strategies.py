"""Strategies of hypothesis for what a node knows: any incident, and anything that is only shaped like one.

What is drawn is said once, and not anew for each example: hypothesis looks at each new strategy for long.
"""

from datetime import date
from functools import cache

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


@cache
def _code(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(list(code_list(name).codes))


def _mostly(strategy: st.SearchStrategy[str], absent: str) -> st.SearchStrategy[str]:
    return st.one_of(strategy, st.just(absent))


# Separators of the ladders and letters of many scripts, but nothing that can not stand in a name.
names = st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("/@%;|=~>"), max_size=12)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
numbers = st.integers(0, 40) | st.sampled_from([9_999, 80_000])


@cache
def partial_dates(first: int = 1900, last: int = 2200) -> st.SearchStrategy[PartialDate]:
    """Dates of every precision."""
    return st.builds(_partial, st.dates(date(first, 1, 1), date(last, 12, 31)), st.integers(0, 2))


def _partial(day: date, precision: int) -> PartialDate:
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


_details = {name: st.tuples(st.just(name), _code(name)) for name in DETAIL_LISTS}
details = st.dictionaries(
    st.sampled_from(DETAIL_LISTS).flatmap(_details.__getitem__),
    st.integers(1, 40),
    max_size=3,
).map(lambda found: tuple(sorted(Detail(*what, number) for what, number in found.items())))


_causes = st.sampled_from(list(Cause))
_actor_names = _mostly(names, "")
_sexes = st.dictionaries(sexes, numbers, max_size=4)
_employers = st.dictionaries(_code("organization_type"), numbers, max_size=4)
_custody = st.sampled_from(list(Custody))
_certainty = st.sampled_from(list(Certainty))
_source_texts = st.lists(st.tuples(texts, texts), max_size=2)
_sometimes = st.booleans()
_nothing: st.SearchStrategy[frozenset[Sensitive]] = st.just(frozenset())
_sensitive = st.frozensets(st.sampled_from(Sensitive))


@st.composite
def incidents(draw: st.DrawFn, when: st.SearchStrategy[PartialDate] | None = None) -> Incident:
    """Every incident that the model allows; `when` narrows its date."""
    counted = draw(victims)
    killed = sum(tally.number for tally in counted if tally.outcome is Outcome.KILLED)
    in_captivity = draw(st.integers(0, min(killed, 3)))
    return Incident(
        when=draw(partial_dates() if when is None else when),
        where=draw(places),
        cause=draw(_causes),
        means=draw(_code("means")),
        context=draw(_code("context")),
        location_type=draw(_code("location_type")),
        motive=draw(_code("motive")),
        actor_type=draw(_code("actor_type")),
        actor_name=draw(_actor_names),
        victims=counted,
        sexes=tuple(SexTally(sex, number) for sex, number in draw(_sexes).items()),
        employers=tuple(EmployerTally(kind, number) for kind, number in draw(_employers).items()),
        killed_in_captivity=in_captivity,
        killed_in_detention=draw(st.integers(0, min(killed - in_captivity, 2))),
        details=draw(details),
        custody=draw(_custody),
        certainty=draw(_certainty),
        source_kind=draw(_code("source_kind")),
        source_text=tuple(draw(_source_texts)),
        narrative=draw(texts),
        sensitive=draw(_sensitive if draw(_sometimes) else _nothing),
    )
