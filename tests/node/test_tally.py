"""What is counted of a few rows in memory is what counting by hand gives, whatever is asked."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.audience import Tier
from node.dimensions import DIMENSIONS, MEASURES
from node.disclose import cut
from node.facts import fact
from node.figures import Counted as Figures
from node.ladders import chains_of
from node.measures import make_query
from node.model import Incident
from node.policy import baseline
from node.store.records import day_number
from node.tally import Known, tally
from tests.node.test_query import FIRST, SECOND, Counted, by_hand, questions, recent
from tests.support.incidents import SHOOTING


@pytest.mark.slow
@given(
    st.lists(recent, min_size=1, max_size=6),
    st.lists(st.tuples(recent, st.sampled_from(list(Tier))), max_size=4),
    st.data(),
)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_few_rows_count_as_they_do_by_hand(
    own: list[Incident], theirs: list[tuple[Incident, Tier]], data: st.DataObject
) -> None:
    facts = [(day_number(FIRST), fact(chains_of(one))) for one in own]
    facts += [
        (day_number(SECOND), fact(cut(chains_of(one), baseline().levels[tier]))) for one, tier in theirs
    ]
    rows = [Counted(columns, since, None) for since, columns in facts]
    query = data.draw(questions(rows))
    asked = [Known(since, columns) for since, columns in facts if since <= day_number(query.as_of)]

    found: Figures = tally(query, asked)

    contributors = [at for at, name in enumerate(query.measures) if name == "contributors"]
    wanted = {
        group: tuple(0 if at in contributors else number for at, number in enumerate(numbers))
        for group, numbers in by_hand(rows, query).items()
        if group or found
    }
    assert found == wanted


@pytest.mark.parametrize("name", sorted(set(DIMENSIONS) | set(MEASURES)))
def test_whatever_can_be_asked_can_be_counted_of_a_row(name: str) -> None:
    by = (name,) if name in DIMENSIONS else ("harm",) if name == "harms" else ()
    query = make_query(by, (name if name in MEASURES else "incidents",), (), as_of=SECOND)
    (numbers,) = set(tally(query, [Known(day_number(FIRST), fact(chains_of(SHOOTING)))]).values())
    assert len(numbers) == 1
