"""Every atom counts in the figures that it is part of, once, and in no other."""

from node.cubes.table import Atom, Table, figures_of, leaf_of, shares_of, tables
from tests.support.cubes import atom, cell, yearly

OUTCOMES = ["killed", "injured", "abducted", "detained", "sexually_assaulted", "other"]


def test_an_atom_counts_where_its_measure_does_and_nowhere_else() -> None:
    killed, incidents = atom("AFG", measure="killed"), atom("AFG")
    whole = yearly(measures=["affected"])
    apart = yearly(measures=["affected", *OUTCOMES])

    assert leaf_of(yearly(), incidents) == cell("AFG", "violence")
    assert leaf_of(yearly(), killed) is None
    assert leaf_of(whole, killed) == cell("AFG", "violence", measure="affected")
    assert leaf_of(whole, incidents) is None
    assert leaf_of(apart, killed) == cell("AFG", "violence", measure="killed")


def test_a_number_that_was_contributed_counts_in_its_own_cube_alone() -> None:
    cube = yearly()
    given = Atom("2025", ("AFG", "violence"), "incidents", cube.title)

    assert leaf_of(cube, given) == cell("AFG", "violence")
    assert leaf_of(yearly(version=2), given) is None


def test_a_figure_is_part_of_every_sum_above_it_and_outcomes_of_all_affected() -> None:
    apart = yearly(measures=["affected", *OUTCOMES])
    places = [("AFG", "violence"), ("AFG", "all"), ("all", "violence"), ("all", "all")]

    assert figures_of(yearly(), cell("AFG", "violence")) == [cell(*place) for place in places]
    assert figures_of(apart, cell("AFG", "violence", measure="killed")) == [
        cell(*place, measure=one) for one in ("killed", "affected") for place in places
    ]
    for cube in (yearly(measures=["incidents", "killed"]), yearly(measures=["affected"])):
        one = cube.leaves[-1]
        assert figures_of(cube, cell("AFG", "violence", measure=one)) == [
            cell(*place, measure=one) for place in places
        ]
    for cube in (
        yearly(measures=["incidents", "killed"]),
        yearly(measures=["incidents", "affected", *OUTCOMES]),
    ):
        told = figures_of(cube, cell("AFG", "violence", measure="incidents"))
        assert told == [cell(*place) for place in places]


def test_a_table_adds_up_who_reported_what_and_knows_nothing_of_the_rest() -> None:
    counts = {
        atom("SDN", month="2026-01"): {"gamma": 4},
        atom("AFG"): {"alpha": 2, "beta": 0},
        atom("AFG", "safety"): {"alpha": 1, "alpha+beta": 3},
        atom("SDN", measure="killed"): {"gamma": 9},
    }

    found = tables(yearly(), counts)

    assert list(found) == ["2025", "2026"]
    assert found["2025"].leaves == {
        cell("AFG", "violence"): {"alpha": 2},
        cell("AFG", "safety"): {"alpha": 1, "alpha+beta": 3},
    }
    assert found["2025"].parts(cell("AFG", "all")) == {"alpha": 3, "alpha+beta": 3}
    assert found["2025"].value(cell("all", "all")) == 6
    assert found["2026"].value(cell("SDN", "all", year="2026")) == 4
    nothing = Table(yearly(), {})
    assert (nothing.parts(cell("AFG", "all")), nothing.value(cell("AFG", "all"))) == ({}, 0)


def test_what_is_reported_together_is_known_to_both() -> None:
    assert shares_of({"alpha": 1, "alpha+beta": 3, "gamma": 2}) == {"alpha": 4, "beta": 3, "gamma": 2}
