"""The data sets of Insecurity Insight load by their profiles, and every figure equals a plain sum over the file."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from node.intake import Publication, read_publication
from node.model import Custody, Outcome, Qualifier
from tests.node.intake.tables import TODAY

KIKA = "ii_aid_worker_kika_2020-2024.json"
HEALTH = "ii_attacks_on_health_care_2016-2023.xlsx"
SHCC = "shcc_2022_incident_data.xlsx"
FILES = {KIKA: "kika", HEALTH: "health_care", SHCC: "shcc"}


@pytest.fixture(scope="module")
def load(shared: Path) -> Callable[[str], Publication]:
    loaded: dict[str, Publication] = {}

    def loading(name: str) -> Publication:
        if name not in loaded:
            data = (shared / "data" / "incidents" / name).read_bytes()
            loaded[name] = read_publication(data, name, None, TODAY)
        return loaded[name]

    return loading


@pytest.fixture(scope="module")
def rows(shared: Path) -> Callable[[str], list[list[Any]]]:
    """Rows of a file without its header and tags; columns by their place, as titles stand twice."""

    def read(name: str) -> list[list[Any]]:
        file = shared / "data" / "incidents" / name
        if name == KIKA:
            return [list(one.values()) for one in json.loads(file.read_bytes())]
        return CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()[2:]

    return read


def figures(publication: Publication, year: int) -> tuple[int, ...]:
    """Incidents, and persons as the source counts them: those killed in captivity as taken too."""
    counted = [row.incident for row in publication.rows if row.incident.when.year == year]
    numbers = {outcome: sum(one.count(outcome) for one in counted) for outcome in Outcome}
    return (
        len(counted),
        numbers[Outcome.KILLED],
        numbers[Outcome.INJURED],
        numbers[Outcome.ABDUCTED] + sum(one.killed_in_captivity for one in counted),
        numbers[Outcome.DETAINED] + sum(one.killed_in_detention for one in counted),
    )


def harm(publication: Publication) -> Counter[str]:
    found: Counter[str] = Counter()
    for row in publication.rows:
        for topic, code, number in row.incident.details:
            if topic == "harm":
                found[code] += number
    return found


@pytest.mark.parametrize(
    "name", [KIKA, *(pytest.param(one, marks=pytest.mark.slow) for one in (HEALTH, SHCC))]
)
def test_each_file_is_known_by_its_columns(name: str, load: Callable[[str], Publication]) -> None:
    assert load(name).source == FILES[name]


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (2020, (292, 138, 202, 182, 104)),
        (2021, (269, 110, 182, 128, 300)),
        (2022, (307, 127, 159, 148, 161)),
        (2023, (386, 183, 274, 124, 212)),
        (2024, (45, 35, 36, 5, 30)),
    ],
)
def test_kika_gives_its_figures_of_every_year(
    year: int, expected: tuple[int, ...], load: Callable[[str], Publication]
) -> None:
    assert figures(load(KIKA), year) == expected


def test_the_same_records_give_the_figures_of_both_definitions(load: Callable[[str], Publication]) -> None:
    incidents = [row.incident for row in load(KIKA).rows]
    once = sum(one.count(Outcome.ABDUCTED) for one in incidents)
    in_captivity = sum(one.killed_in_captivity for one in incidents)

    assert in_captivity > 0
    assert once + in_captivity == 182 + 128 + 148 + 124 + 5
    # Each person once: nobody is both killed and abducted.
    assert all(
        one.killed_in_captivity + one.killed_in_detention <= one.count(Outcome.KILLED) for one in incidents
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("year", "incidents", "killed"),
    [
        (2016, 473, 178),
        (2017, 313, 128),
        (2018, 416, 86),
        (2019, 583, 164),
        (2020, 789, 180),
        (2021, 1695, 197),
        (2022, 2372, 271),
        (2023, 2213, 430),
    ],
)
def test_attacks_on_health_care_give_their_figures_of_every_year(
    year: int, incidents: int, killed: int, load: Callable[[str], Publication]
) -> None:
    publication = load(HEALTH)
    refused = [reject for reject in publication.rejects if year == 2021]  # the one row, and it says 2021

    assert figures(publication, year)[:2] == (incidents - len(refused), killed)


@pytest.mark.slow
def test_a_negative_number_is_refused_with_its_reason_and_not_repaired(
    load: Callable[[str], Publication],
) -> None:
    (reject,) = load(HEALTH).rejects

    assert reject.key == "31269"
    assert reject.reasons == ("Looting/Theft/Robbery/Burglary of Health Supplies: '-2' is negative.",)
    assert "2021-03-25" in reject.cells


@pytest.mark.slow
def test_shcc_gives_its_figures(load: Callable[[str], Publication]) -> None:
    publication = load(SHCC)
    counted = figures(publication, 2022)

    assert publication.rejects == ()
    assert (counted[0], counted[1], counted[4], counted[3]) == (1989, 232, 294, 298)
    assert counted[2] == 293


@pytest.mark.slow
@pytest.mark.parametrize(
    "said",
    [
        "1 row: Health Workers Kidnapped stands twice and says different things; the second was believed.",
        "41 rows: Health Workers Injured stands twice and says different things; the second was believed.",
        "Health Workers Kidnapped: its HXL tag #affected +healthworker +arrested is that of Health Workers Arrested;",
        "National Health Worker Working for Unspecified Health Provider was left out: the title stands several times",
        " rows: The parts of Health Workers Killed add up to more than it; they were left out.",
    ],
)
def test_defects_of_shcc_are_told(said: str, load: Callable[[str], Publication]) -> None:
    assert said in "\n".join(load(SHCC).warnings)


@pytest.mark.slow
def test_what_was_done_to_facilities_transport_and_supplies_is_the_sum_of_its_column(
    load: Callable[[str], Publication], rows: Callable[[str], list[list[Any]]]
) -> None:
    columns = (
        *("facility_destroyed", "facility_damaged", "facility_forced_entry", "facility_occupied"),
        *("transport_destroyed", "transport_damaged", "transport_stolen", "supplies_taken", "access_denied"),
    )
    for name, first in ((HEALTH, 12), (SHCC, 6)):
        taken = [row for row in rows(name) if min(row[first : first + 8]) >= 0]
        sums = [int(sum(row[first + at] for row in taken)) for at in range(len(columns))]
        found = harm(load(name))

        assert [found[code] for code in columns] == sums


@pytest.mark.slow
def test_custody_is_what_is_worst_of_all_that_is_said(load: Callable[[str], Publication]) -> None:
    of = {
        row.key: row.incident.custody for row in load(HEALTH).rows if row.incident.custody is not Custody.NONE
    }
    told = {
        row.key: dict(row.incident.source_text).get("Known Kidnapping or Arrest Outcome", "")
        for row in load(HEALTH).rows
    }
    by_words: dict[str, set[Custody]] = {}
    for key, custody in of.items():
        by_words.setdefault(told[key], set()).add(custody)

    assert by_words["Freed"] == by_words["Escaped"] == {Custody.ENDED}
    assert by_words["StillInCaptivity"] == by_words["Freed, StillInCaptivity"] == {Custody.ONGOING}
    assert by_words["NoInformation"] == by_words["Freed, NoInformation"] == {Custody.UNKNOWN}


@pytest.mark.slow
def test_numbers_of_which_the_source_counts_at_least_one_are_lower_bounds(
    load: Callable[[str], Publication],
) -> None:
    tallies = [tally for name in FILES for row in load(name).rows for tally in row.incident.victims]

    assert {tally.qualifier for tally in tallies} == {Qualifier.AT_LEAST}


@pytest.mark.slow
def test_the_middle_of_an_area_is_no_place_of_an_incident(load: Callable[[str], Publication]) -> None:
    for name in (KIKA, HEALTH):
        for row in load(name).rows:
            coarse = {("geo_precision", code) for code in ("district", "province", "country")}
            if coarse & {detail[:2] for detail in row.incident.details}:
                assert row.incident.where.point is None
        assert any(row.incident.where.point for row in load(name).rows)


@pytest.mark.slow
def test_hardly_a_value_of_these_files_has_no_code(load: Callable[[str], Publication]) -> None:
    unknown = {
        warning.partition(": ")[2]
        for name in FILES
        for warning in load(name).warnings
        if "known value" in warning
    }

    assert unknown == {"Reported Perpetrator: 'MilCombatant' is not a known value; it counts as unknown."}


@pytest.mark.slow
def test_the_order_of_rows_decides_nothing(shared: Path, load: Callable[[str], Publication]) -> None:
    said: list[Mapping[str, Any]] = json.loads((shared / "data" / "incidents" / KIKA).read_bytes())
    turned = read_publication(json.dumps(said[::-1]).encode(), KIKA, None, TODAY)

    assert {row.key: row.incident for row in turned.rows} == {
        row.key: row.incident for row in load(KIKA).rows
    }
