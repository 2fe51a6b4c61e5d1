"""What both sides of a comparison take to have been shown is what was shown, at every level."""

from hypothesis import given, settings
from hypothesis import strategies as st

from node.disclose import cut
from node.facts import fact
from node.ladders import DIMENSIONS, chains_of
from node.model import Incident, Outcome, PartialDate, Place, Sex, Staff, Tally
from node.sight import cut_sight, sight
from tests.support.strategies import incidents, partial_dates

TALLIES = (
    Tally(Outcome.KILLED, Staff.NATIONAL, Sex.FEMALE, 2),
    Tally(Outcome.KILLED, Staff.INTERNATIONAL, Sex.MALE, 1),
    Tally(Outcome.INJURED, Staff.NATIONAL, Sex.MALE, 3),
)
WHOLE = Incident(
    PartialDate(2025, 3, 4), Place("SSD", "Unity", "Leer", "Leer"), means="shooting", victims=TALLIES
)
LEVELS = st.tuples(*(st.integers(-1 if one.number else 0, len(one.levels) - 1) for one in DIMENSIONS))


def test_a_sight_holds_when_where_what_and_persons_by_outcome() -> None:
    found = sight(fact(chains_of(WHOLE)))

    assert found[:4] == (2025, 3, 4, "SSD")
    assert (found.admin1, found.admin2, found.cause, found.means) == ("unity", "leer", "unknown", "shooting")
    assert found.victims == (("killed", 3), ("injured", 3))
    assert found.month_number == 2025 * 12 + 2
    assert sight(fact(chains_of(Incident(PartialDate(2025))))).month_number is None
    assert sight(fact(chains_of(Incident(PartialDate(2025))))).victims == ()
    assert sight(fact(chains_of(Incident(PartialDate(2025), Place("SSD", "-"))))).admin1 is None  # no name


@settings(max_examples=40)
@given(incidents(partial_dates(2018, 2020)) | st.just(WHOLE) | st.just(Incident(PartialDate(2025))), LEVELS)
def test_a_sight_that_is_cut_is_the_sight_of_what_was_cut(
    incident: Incident, levels: tuple[int, ...]
) -> None:
    chains = chains_of(incident)

    assert cut_sight(sight(fact(chains)), levels) == sight(fact(cut(chains, levels)))


def test_every_level_of_a_whole_report_is_cut_where_it_says() -> None:
    chains, finest = chains_of(WHOLE), [len(one.levels) - 1 for one in DIMENSIONS]
    for one in DIMENSIONS:
        for level in range(-1 if one.number else 0, len(one.levels)):
            levels = tuple(level if at == one.number else most for at, most in enumerate(finest))
            assert cut_sight(sight(fact(chains)), levels) == sight(fact(cut(chains, levels)))
