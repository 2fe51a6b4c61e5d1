"""Every leak that is planted in a release is found before it is published."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import pytest

from node.cubes.audit import Counted, audit
from node.cubes.declaration import ALL, Cell, Cube
from node.cubes.document import Release, public_figures, read_release, write_release
from node.cubes.protect import protect
from node.cubes.table import Atom, Counts, tables
from node.errors import CubeError
from tests.support.cubes import atom, cell, evenly, yearly

CUBE = yearly()
THIN = cell("YEM", "violence")
COUNTS: dict[Atom, Mapping[str, int]] = {
    **evenly("AFG", 5),
    **evenly("SDN", 6),
    **evenly("SSD", 7),
    **evenly("SSD", 4, "safety"),
    atom("YEM"): {"alpha": 9, "beta": 8},
}


def released(
    counts: Counts,
    hidden: frozenset[Cell],
    number: int = 1,
    cube: Cube = CUBE,
    as_of: date = date(2026, 2, 1),
) -> Counted:
    figures = {
        one: None if one in hidden else table.value(one)
        for table in tables(cube, counts).values()
        for one in table.figures
    }
    return Counted(Release("ocha", cube, number, "", as_of, as_of, "1", (), figures), counts)


GOOD = released(COUNTS, protect(CUBE, COUNTS, {}).all)


def kinds(counted: Counted, *history: Counted) -> set[str]:
    return {one.kind for one in audit(counted, history)}


def told(figures: Mapping[Cell, int | None], **changed: object) -> Counted:
    return Counted(replace(GOOD.release, figures={**GOOD.release.figures, **figures}, **changed), COUNTS)  # type: ignore[arg-type] # any field


def test_a_release_as_it_is_built_is_clean() -> None:
    assert audit(GOOD, ()) == []
    assert audit(GOOD, (GOOD,)) == []


@pytest.mark.parametrize(
    ("planted", "kind"),
    [
        (lambda: told({THIN: 17}), "thin"),  # shown though only two organizations are behind it
        (lambda: told({THIN: 0}), "otherwise"),  # hidden as zero
        (lambda: told({cell("SDN", "violence"): 25}), "otherwise"),  # a figure that was not counted
        (lambda: told({cell("KEN", ALL): None}), "zero-hidden"),
        (lambda: told({}, as_of=date(2026, 1, 15)), "early"),
        # What was hidden so that the thin one can not be subtracted is shown again.
        (
            lambda: released(COUNTS, GOOD.release.hidden - {cell("AFG", "violence"), cell("AFG", ALL)}),
            "solved",
        ),
        (lambda: released(COUNTS, frozenset({THIN, cell("YEM", ALL)})), "solved"),
    ],
)
def test_a_planted_leak_is_found(planted: Callable[[], Counted], kind: str) -> None:
    assert kind in kinds(planted())


def test_a_late_record_in_a_released_period_is_found() -> None:
    late = {**COUNTS, atom("SDN"): {**COUNTS[atom("SDN")], "alpha": 7}}

    assert kinds(released(late, GOOD.release.hidden, 2), GOOD) >= {"changed"}


def test_a_thin_change_is_found_even_at_a_revision() -> None:
    late = {**COUNTS, atom("SDN"): {**COUNTS[atom("SDN")], "alpha": 7}}
    after = date(2026, 8, 1)

    found = audit(released(late, GOOD.release.hidden, 2, as_of=after), (GOOD,))

    assert [one.why for one in found if one.where == "2025 SDN violence incidents"] == [
        "the change rests on too few organizations"
    ]
    several = {**COUNTS, **evenly("SDN", 7)}
    assert not kinds(released(several, GOOD.release.hidden, 2, as_of=after), GOOD)


def test_a_second_release_that_shows_what_the_first_hid_is_found() -> None:
    shown = GOOD.release.hidden - {cell("AFG", "violence")}

    assert "solved" in kinds(released(COUNTS, shown, 2), GOOD)


def test_another_cube_that_gives_the_first_away_is_found() -> None:
    coarse = yearly(name="countries", by=["country"], public=[])
    hidden = frozenset({cell("YEM")})

    assert "solved" in kinds(released(COUNTS, hidden, cube=coarse), GOOD)
    both = protect(coarse, COUNTS, {}, [GOOD.told])
    assert not kinds(released(COUNTS, both.all, cube=coarse), GOOD)


def test_an_organization_that_only_one_other_stands_beside_is_protected_from_it() -> None:
    counts = {**COUNTS, atom("AFG", "safety"): {"alpha": 30, "delta": 1}}
    (table,) = tables(CUBE, counts).values()
    naive = frozenset(
        one for one in table.figures if one[1] in {"AFG", "YEM"} or (one[1] == "SSD" and one[2] == "safety")
    )

    found = audit(released(counts, naive), ())

    assert any("by all other organizations for delta" in one.why for one in found)


def test_the_public_table_tells_nothing_that_is_hidden() -> None:
    public = public_figures(GOOD.release)

    assert public[cell("YEM")] is None
    assert public[cell("SSD")] == 45
    assert public[cell("SDN")] == 25
    assert {len(one) for one in public} == {3}


def test_a_release_is_read_as_it_was_written() -> None:
    payload = write_release(GOOD.release)

    assert read_release(payload) == GOOD.release
    with pytest.raises(CubeError, match="no release"):
        read_release(payload[:-5])
