"""Both stored publications load whole, and every figure equals a plain sum over the file."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from io import StringIO
from pathlib import Path

import pytest

from node.intake import Publication, Row, read_publication
from node.model import Certainty, Custody, Outcome, Sex, Staff
from tests.node.intake.tables import TODAY

FILE_2016 = "awsd_security_incidents_2016-10-03.csv"
FILE_2025 = "awsd_security_incidents_2025-12-18.csv"
_ENCODING = {FILE_2016: "cp1252", FILE_2025: "utf-8-sig"}
_OUTCOMES = {
    Outcome.KILLED: "killed",
    Outcome.INJURED: "wounded",
    Outcome.ABDUCTED: "kidnapped",
    Outcome.DETAINED: "detained",
}
_STAFF = {Staff.NATIONAL: "Nationals", Staff.INTERNATIONAL: "Internationals"}
_SEXES = {Sex.MALE: "Gender Male", Sex.FEMALE: "Gender Female", Sex.UNKNOWN: "Gender Unknown"}
_EMPLOYERS = {
    "un": ("UN",),
    "ingo": ("INGO",),
    "nngo": ("NNGO",),
    "nngo_or_rcrc": ("LNGO/NRCS",),
    "icrc": ("ICRC",),
    "rcrc": ("IFRC", "NRCS and IFRC"),
    "other": ("Other",),
}

Figures = Mapping[str, Counter[str]]  # year to what is counted


@pytest.fixture(scope="module")
def text_of(shared: Path) -> Callable[[str], str]:
    def decoded(name: str) -> str:
        return (shared / "data" / "incidents" / name).read_bytes().decode(_ENCODING[name])

    return decoded


@pytest.fixture(scope="module")
def load(shared: Path) -> Callable[[str], Publication]:
    loaded: dict[str, Publication] = {}

    def loading(name: str) -> Publication:
        if name not in loaded:
            data = (shared / "data" / "incidents" / name).read_bytes()
            loaded[name] = read_publication(data, name, None, TODAY)
        return loaded[name]

    return loading


def naive(text: str) -> Figures:
    years: dict[str, Counter[str]] = {}
    for row in csv.DictReader(StringIO(text, newline="")):
        if not row["Year"].startswith("#"):
            figures = years.setdefault(row["Year"], Counter())
            figures["incidents"] += 1
            figures.update({title: int(cell) for title, cell in row.items() if cell.isdecimal()})
    return years


def counted(rows: Iterable[Row]) -> Figures:
    years: dict[str, Counter[str]] = {}
    for _, _, incident, _ in rows:
        figures = years.setdefault(str(incident.when.year), Counter())
        figures["incidents"] += 1
        figures["Total affected"] += incident.count()
        for outcome, word in _OUTCOMES.items():
            figures[f"Total {word}"] += incident.count(outcome)
        for tally in incident.victims:
            figures[f"{_STAFF[tally.staff]} {_OUTCOMES[tally.outcome]}"] += tally.number
            figures[f"Total {_STAFF[tally.staff].lower()}"] += tally.number
        for sex in incident.sexes:
            figures[_SEXES[sex.sex]] += sex.number
        for employer in incident.employers:
            figures[employer.organization_type] += employer.number
    return years


@pytest.mark.parametrize("name", [FILE_2016, FILE_2025])
def test_every_yearly_figure_is_the_sum_of_its_column(
    name: str, load: Callable[[str], Publication], text_of: Callable[[str], str]
) -> None:
    ours, plain = counted(load(name).rows), naive(text_of(name))
    titles = (
        *("incidents", "Total affected", *_SEXES.values()),
        *(f"Total {word}" for word in _OUTCOMES.values()),
        *(f"{staff} {word}" for staff in _STAFF.values() for word in _OUTCOMES.values()),
        *(f"Total {staff.lower()}" for staff in _STAFF.values()),
    )
    assert ours.keys() == plain.keys()
    for year, figures in plain.items():
        assert {title: ours[year][title] for title in titles} == {title: figures[title] for title in titles}
        employers = {code: sum(figures[title] for title in them) for code, them in _EMPLOYERS.items()}
        assert {code: ours[year][code] for code in _EMPLOYERS} == employers


@pytest.mark.parametrize(
    ("name", "year", "figures"),
    [
        (FILE_2016, "2015", (148, 287, 109, 110, 68, 0)),
        (FILE_2025, "2015", (157, 297, 111, 110, 71, 5)),
        (FILE_2025, "2023", (443, 654, 296, 211, 98, 49)),
        (FILE_2025, "2024", (611, 894, 385, 308, 125, 76)),
        (FILE_2025, "2025", (355, 742, 326, 174, 96, 146)),
    ],
)
def test_the_published_headline_figures_come_out(
    name: str, year: str, figures: tuple[int, ...], load: Callable[[str], Publication]
) -> None:
    ours = counted(load(name).rows)[year]
    titles = ("incidents", "Total affected", *(f"Total {word}" for word in _OUTCOMES.values()))
    assert tuple(ours[title] for title in titles) == figures


def test_the_profile_of_2015_comes_out(load: Callable[[str], Publication]) -> None:
    incidents = [row.incident for row in load(FILE_2016).rows if row.incident.when.year == 2015]
    countries: Counter[str] = Counter()
    means: Counter[str] = Counter()
    for incident in incidents:
        countries[incident.where.country] += incident.count()
        means[incident.means] += incident.count()
    assert len(countries) == 25
    assert countries.most_common(6) == [
        *(("AFG", 101), ("SSD", 42), ("COD", 28), ("SOM", 26), ("YEM", 17), ("CAF", 13))
    ]
    assert [means[code] for code in ("shooting", "kidnapping", "aerial_bombardment", "bodily_assault")] == [
        *(87, 70, 62, 25)
    ]


@pytest.mark.parametrize("name", [FILE_2016, FILE_2025])
def test_no_row_of_a_stored_publication_is_lost(name: str, load: Callable[[str], Publication]) -> None:
    publication = load(name)
    assert publication.rejects == ()
    assert len(publication.rows) == {FILE_2016: 2088, FILE_2025: 5159}[name]
    assert len({row.key for row in publication.rows}) == len(publication.rows)


def test_the_day_of_publication_is_read_from_the_file_name(load: Callable[[str], Publication]) -> None:
    assert load(FILE_2016)[1:3] == (date(2016, 10, 3), "file name")
    assert load(FILE_2025)[1:3] == (date(2025, 12, 18), "file name")


@pytest.mark.slow
def test_not_one_coordinate_of_the_damaged_columns_is_believed(load: Callable[[str], Publication]) -> None:
    publication = load(FILE_2025)
    assert all(row.incident.where.point is None for row in publication.rows)
    assert sum("Latitude and Longitude are damaged" in warning for warning in publication.warnings) == 1


def test_sound_coordinates_stay_and_the_one_malformed_pair_goes(load: Callable[[str], Publication]) -> None:
    publication = load(FILE_2016)
    without = [row for row in publication.rows if row.incident.where.point is None]
    assert len(without) == 9
    assert sum("left out" in warning for row in without for warning in row.warnings) == 1


def test_an_id_that_was_given_twice_stands_for_two_incidents(load: Callable[[str], Publication]) -> None:
    publication = load(FILE_2025)
    keys = [(row.key, str(row.incident.when)) for row in publication.rows if row.key.startswith("4664")]
    assert keys == [("4664", "2023-10-09"), ("4664/2024-01-23", "2024-01-23")]
    assert any("4664" in warning for warning in publication.warnings)


def test_the_old_file_is_read_as_windows_1252_and_says_so(
    load: Callable[[str], Publication], text_of: Callable[[str], str]
) -> None:
    publication = load(FILE_2016)
    assert any("cp1252" in warning for warning in publication.warnings)
    details = [row["Details"].strip() for row in csv.DictReader(StringIO(text_of(FILE_2016), newline=""))]
    assert [row.incident.narrative for row in publication.rows] == details


def test_sums_that_do_not_add_up_are_warned_of_and_counted(load: Callable[[str], Publication]) -> None:
    text = "\n".join(load(FILE_2016).warnings)
    assert "44 rows: The numbers by gender do not add up to the persons affected." in text
    assert "18 rows: The numbers by organization do not add up to the persons affected." in text
    assert "add up" not in "\n".join(load(FILE_2025).warnings)


def test_unverified_and_archived_incidents_are_probable(load: Callable[[str], Publication]) -> None:
    levels = Counter(row.incident.certainty for row in load(FILE_2025).rows)
    assert levels == {Certainty.CONFIRMED: 3828, Certainty.PROBABLE: 720 + 609 + 2}


def test_custody_is_unknown_exactly_where_somebody_was_taken(load: Callable[[str], Publication]) -> None:
    for row in load(FILE_2025).rows:
        taken = row.incident.count(Outcome.ABDUCTED) + row.incident.count(Outcome.DETAINED)
        assert (row.incident.custody is Custody.UNKNOWN) == (taken > 0)


@pytest.mark.parametrize(("separator", "encoding"), [("\t", "utf-16"), (";", "utf-8-sig")])
def test_another_export_of_the_same_table_gives_the_same_incidents(
    separator: str, encoding: str, load: Callable[[str], Publication], text_of: Callable[[str], str]
) -> None:
    again = StringIO(newline="")
    csv.writer(again, delimiter=separator).writerows(csv.reader(StringIO(text_of(FILE_2016), newline="")))
    publication = read_publication(again.getvalue().encode(encoding), FILE_2016, None, TODAY)
    assert publication.rows == load(FILE_2016).rows
