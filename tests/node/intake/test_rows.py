"""What becomes of single rows: sound ones, defective ones, and ones that can not be taken in."""

from datetime import date

import pytest

from crypto.sentence import Sentence
from node.intake import Publication, read_publication
from node.model import Certainty, Custody, Outcome, Point, Staff
from tests.node.intake.tables import HEADER, SHAPES, TODAY, csv_text, read, reasons, row


@pytest.mark.parametrize("shape", SHAPES)
def test_every_published_shape_loads(shape: str) -> None:
    publication = read(row(), header=SHAPES[shape])
    (accepted,) = publication.rows
    assert (accepted.number, accepted.key, accepted.warnings) == (2, "7", ())
    assert publication.warnings == ()
    assert accepted.incident.count(Outcome.KILLED) == 1
    assert accepted.incident.certainty is (Certainty.PROBABLE if shape == "2016" else Certainty.CONFIRMED)


def test_a_header_can_not_speak_to_the_terminal() -> None:
    publication = read(row(), header=(*HEADER, "Wea\x1b[2Jther\n"))
    assert publication.header[-1] == "Wea[2Jther"
    assert publication.warnings[0].isprintable()


def test_the_order_of_columns_means_nothing() -> None:
    assert read(row(), header=HEADER[::-1]).rows == read(row()).rows


def test_headers_are_known_whatever_their_case_and_blanks() -> None:
    header = [f" {title.upper()}  ".replace(" ", "  ") for title in HEADER]
    text = csv_text([row()]).split("\r\n", 1)[1]
    publication = read_publication((",".join(header) + "\r\n" + text).encode(), "table.csv", None, TODAY)
    assert publication.rows == read(row()).rows


def test_a_header_below_a_title_is_found_and_rows_keep_their_numbers() -> None:
    text = "Incidents of aid workers\r\n\r\n" + csv_text([row(), row(incident_id="8")])
    publication = read_publication(text.encode(), "table.csv", None, TODAY)
    assert [accepted.number for accepted in publication.rows] == [4, 5]


def test_a_column_nobody_knows_is_left_out_with_a_warning() -> None:
    publication = read(row(), header=(*HEADER, "Weather"))
    assert len(publication.rows) == 1
    assert publication.warnings == ("These columns are not known and were left out: Weather.",)


def test_texts_with_line_breaks_stay_one_row() -> None:
    rows = read(row(details="One line.\r\nAnother, with a comma."), row(incident_id="8")).rows
    assert [accepted.number for accepted in rows] == [2, 3]
    assert rows[0].incident.narrative == "One line.\r\nAnother, with a comma."


def tagged(**tags: str) -> Publication:
    """A table with an HXL row; tags are given by column."""
    given = {"Incident ID": "#event+id", "Year": "#date+year", "Country": "#country+name+i_en"}
    tag_row = (
        dict.fromkeys(HEADER, "#x") | given | {title.replace("_", " "): tag for title, tag in tags.items()}
    )
    return read(tag_row, row())


def test_a_row_of_hxl_tags_is_no_incident() -> None:
    publication = tagged(Total_killed="#affected +killed +total")
    assert [accepted.number for accepted in publication.rows] == [3]
    assert publication.warnings == ()


def test_swapped_hxl_tags_are_warned_of_and_the_header_is_believed() -> None:
    publication = tagged(Total_killed="#affected+total+injured", Total_wounded="#affected+total+killed")
    assert len(publication.warnings) == 2
    assert "Total killed" in publication.warnings[0]
    assert "Total wounded" in publication.warnings[0]
    assert publication.rows[0].incident.count(Outcome.KILLED) == 1


def test_numbers_that_a_spreadsheet_wrote_with_a_decimal_point_are_read() -> None:
    (accepted,) = read(
        row(incident_id="7.0", year="2015.0", month="3.0", day="14.0", total_killed="1.0")
    ).rows
    assert (accepted.key, str(accepted.incident.when)) == ("7", "2015-03-14")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"incident_id": ""}, "Incident ID is empty."),
        ({"incident_id": "7/8 and 9"}, "Incident ID: '7/8 and 9' is not a number or a short name."),
        ({"year": ""}, "Year is empty."),
        ({"year": "15"}, "The date is impossible: year 15 is not between 1900 and 2200."),
        ({"month": "13"}, "The date is impossible: month 13 is not between 1 and 12."),
        ({"month": "2", "day": "30"}, "The date is impossible: day 30 is not between 1 and 28."),
        ({"month": ""}, "The date is impossible: a day is given without its month."),
        ({"month": "March"}, "Month: 'March' is not a whole number."),
        ({"nationals_killed": "-1"}, "Nationals killed: '-1' is negative."),
        ({"nationals_killed": "1.5"}, "Nationals killed: '1.5' is not a whole number."),
        ({"nationals_killed": "some"}, "Nationals killed: 'some' is not a whole number."),
        ({"gender_male": "1,000"}, "Gender Male: '1,000' is not a whole number."),
        ({"ingo": "1000001"}, "INGO: 1000001 is more than 1000000."),
        ({"total_killed": "2"}, "Total killed is 2, but its parts add up to 1."),
        ({"total_nationals": "0"}, "Total nationals is 0, but its parts add up to 1."),
        ({"total_affected": "3"}, "Total affected is 3, but its parts add up to 1."),
        ({"city": "x" * 201}, "City is longer than 200 characters."),
        ({"details": "x" * 65_537}, "A cell is longer than 65536 characters."),
    ],
)
def test_a_row_that_can_not_be_believed_is_handed_back_with_the_reason(
    cells: dict[str, str], reason: str
) -> None:
    assert reasons(row(**cells)) == (reason,)


def test_all_reasons_against_a_row_are_told_at_once() -> None:
    assert reasons(row(incident_id="", month="13", ingo="-4", total_killed="9")) == (
        "Incident ID is empty.",
        "The date is impossible: month 13 is not between 1 and 12.",
        "Total killed is 9, but its parts add up to 1.",
        "INGO: '-4' is negative.",
    )


@pytest.mark.parametrize(
    ("column", "title", "field"),
    [
        ("means_of_attack", "Means of attack", "means"),
        ("actor_type", "Actor type", "actor_type"),
        ("location", "Location", "location_type"),
    ],
)
def test_a_code_of_a_later_publication_counts_as_unknown_and_keeps_its_words(
    column: str, title: str, field: str
) -> None:
    publication = read(row(**{column: "Newly coined"}))

    (accepted,) = publication.rows
    assert getattr(accepted.incident, field) == "unknown"
    assert (title, "Newly coined") in accepted.incident.source_text
    assert any("'Newly coined' is not a known value" in warning for warning in publication.warnings)


def test_a_rejected_row_keeps_its_cells_as_they_came() -> None:
    (reject,) = read(row(city=" Leer ", month="13"), row(incident_id="8")).rejects
    assert (reject.number, reject.key) == (2, "7")
    assert reject.cells[HEADER.index("City")] == " Leer "


@pytest.mark.parametrize(("surplus", "word"), [(",extra", "more"), ("", "fewer")])
def test_a_row_with_too_many_or_too_few_cells_is_rejected(surplus: str, word: str) -> None:
    header, line = csv_text([row()]).splitlines()
    cut = line + surplus if surplus else line.rsplit(",", 1)[0]
    publication = read_publication(f"{header}\n{cut}\n".encode(), "table.csv", None, TODAY)
    (reject,) = publication.rejects
    assert len(reject.reasons) == 1
    assert word in reject.reasons[0]


def test_empty_rows_and_surplus_commas_are_nothing() -> None:
    header, line = csv_text([row()]).splitlines()
    text = f"{header},,\n\n{line},,\n{',' * len(HEADER)}\n"
    publication = read_publication(text.encode(), "table.csv", None, TODAY)
    assert [accepted.number for accepted in publication.rows] == [3]
    assert publication.rejects == ()


@pytest.mark.parametrize(("day", "accepted"), [("23", 1), ("24", 0)])
def test_what_has_not_happened_yet_is_rejected(day: str, accepted: int) -> None:
    publication = read(row(year="2026", month="11", day=day))
    assert len(publication.rows) == accepted
    assert [("2026-11-24" in why) for reject in publication.rejects for why in reject.reasons] == [True] * (
        1 - accepted
    )


def test_a_publication_knows_nothing_that_came_after_it() -> None:
    published = date(2016, 10, 3)
    rows = (
        row(),
        row(incident_id="8", year="2016", month="10", day="4"),
        row(incident_id="9", year="2016", month="", day=""),
    )
    publication = read(*rows, published=published)
    assert [accepted.key for accepted in publication.rows] == ["7", "9"]
    assert [reject.reasons for reject in publication.rejects] == [
        ("The date 2016-10-04 is later than 2016-10-03, the last day that this file can speak of.",)
    ]


def test_an_incident_listed_twice_counts_once() -> None:
    publication = read(row(), row())
    assert [accepted.number for accepted in publication.rows] == [2]
    assert publication.rejects[0].reasons == ("This is the same incident twice; the first is in row 2.",)


def test_two_incidents_of_one_id_and_date_can_not_be_told_apart() -> None:
    publication = read(row(), row(city="Leer"))
    assert [accepted.number for accepted in publication.rows] == [2]
    assert publication.rejects[0].reasons == (
        "Two different incidents share this id and date; the first is in row 2.",
    )


def test_one_id_on_several_dates_is_several_incidents_whatever_their_order() -> None:
    dates = ({"day": ""}, {"day": "15"}, {"year": "2014"})
    publication = read(*(row(**cells) for cells in dates))
    assert [accepted.key for accepted in publication.rows] == ["7/2015-03", "7/2015-03-15", "7"]
    assert "Ids that stand for several incidents on different dates: 7." in publication.warnings
    assert {one.key for one in read(*(row(**cells) for cells in dates[::-1])).rows} == {
        one.key for one in publication.rows
    }


def test_a_rejected_twin_does_not_change_the_key_of_the_sound_one() -> None:
    publication = read(row(), row(year="2014", ingo="-1"))
    assert [accepted.key for accepted in publication.rows] == ["7/2015-03-14"]
    assert [reject.key for reject in publication.rejects] == ["7"]


@pytest.mark.parametrize(
    ("cells", "warning"),
    [
        ({"day": ""}, "The day is not known."),
        ({"month": "", "day": ""}, "The month is not known."),
        ({"country": ""}, "The country is empty."),
        ({"country": "Atlantis"}, "The country is not in the list; its text was kept."),
        ({"country_code": "SD"}, "Country and Country Code are two countries; the name was believed."),
        ({"gender_female": "1"}, "The numbers by gender do not add up to the persons affected."),
        ({"un": "1"}, "The numbers by organization do not add up to the persons affected."),
    ],
)
def test_a_row_that_says_less_is_taken_in_with_a_warning(cells: dict[str, str], warning: str) -> None:
    publication = read(row(**cells))
    assert publication.rows[0].warnings == (warning,)
    assert all(isinstance(one, Sentence) for one in publication.rows[0].warnings)
    assert publication.warnings == (f"1 row: {warning}",)


@pytest.mark.parametrize(
    ("country", "code", "alpha3", "kept"),
    [
        ("South Sudan", "SS", "SSD", ()),
        ("Namibia", "NA", "NAM", ()),
        ("", "NA", "NAM", ()),
        ("Kosovo", "XK", "XKX", ()),
        ("Chechnya", "", "RUS", (("Country", "Chechnya"),)),
        ("DR Congo", "CD", "COD", (("Country", "DR Congo"),)),
        ("Atlantis", "", "", (("Country", "Atlantis"),)),
    ],
)
def test_countries_become_codes_and_other_names_for_them_are_kept(
    country: str, code: str, alpha3: str, kept: tuple[tuple[str, str], ...]
) -> None:
    (accepted,) = read(row(country=country, country_code=code, verified="", source="")).rows
    assert accepted.incident.where.country == alpha3
    assert accepted.incident.source_text == kept


def place(*pairs: tuple[str, str]) -> Publication:
    """One row for each pair of latitude and longitude, in years apart."""
    rows = (row(incident_id=str(n), latitude=lat, longitude=lon) for n, (lat, lon) in enumerate(pairs))
    return read(*rows)


def test_one_malformed_pair_among_many_is_left_out_alone() -> None:
    publication = place(("11.919424, 24.933643", "24.933643)"), *[("8.3", "30.14")] * 20)
    points = [accepted.incident.where.point for accepted in publication.rows]
    assert points == [None, *[Point(8.3, 30.14)] * 20]
    assert publication.rows[0].warnings == (
        "Latitude and Longitude are not a pair of degrees; they were left out.",
    )


@pytest.mark.parametrize(
    "bad", [("11.329.444", "2.508.565"), ("8.3", ""), ("91", "30"), ("8.3", "181"), ("N8", "E30")]
)
def test_columns_with_many_malformed_pairs_are_not_believed_at_all(bad: tuple[str, str]) -> None:
    publication = place(*[bad] * 2, *[("8.3", "30.14")] * 19)
    assert all(accepted.incident.where.point is None for accepted in publication.rows)
    assert all(accepted.warnings == () for accepted in publication.rows)
    (warning,) = publication.warnings
    assert warning.startswith("Latitude and Longitude are damaged: 2 of 21 pairs are not degrees.")


def test_persons_killed_in_captivity_are_counted_as_killed_and_marked() -> None:
    cells = {
        "nationals_kidnapped": "2",
        "total_kidnapped": "2",
        "total_nationals": "3",
        "total_affected": "3",
    }
    (accepted,) = read(row(means_of_attack="KK", ingo="3", gender_male="3", **cells)).rows
    incident = accepted.incident
    assert (incident.count(Outcome.KILLED), incident.count(Outcome.ABDUCTED)) == (1, 2)
    assert (incident.killed_in_captivity, incident.custody) == (1, Custody.UNKNOWN)
    assert ("Means of attack", "KK") in incident.source_text


def test_a_rape_stays_counted_as_the_source_counts_it() -> None:
    cells = {"nationals_killed": "0", "total_killed": "0", "nationals_wounded": "1", "total_wounded": "1"}
    (accepted,) = read(row(means_of_attack="Rape/sexual assault ", **cells)).rows
    assert accepted.incident.means == "rape_sexual_assault"
    assert [(tally.outcome, tally.staff) for tally in accepted.incident.victims] == [
        (Outcome.INJURED, Staff.NATIONAL)
    ]


def test_a_source_nobody_has_listed_is_kept_in_its_own_words() -> None:
    (accepted,) = read(row(source="A spreadsheet of 2025")).rows
    assert accepted.incident.source_kind == "other"
    assert ("Source", "A spreadsheet of 2025") in accepted.incident.source_text


@pytest.mark.parametrize(
    ("name", "kept"), [("Unknown", ""), ("Not applicable", ""), ("Some Front", "Some Front")]
)
def test_only_names_are_names_of_actors(name: str, kept: str) -> None:
    assert read(row(actor_name=name)).rows[0].incident.actor_name == kept


@pytest.mark.parametrize(
    ("shape", "title", "code"),
    [
        ("2016", "LNGO/NRCS", "nngo_or_rcrc"),
        ("2016", "IFRC", "rcrc"),
        ("2020", "ICRC", "icrc"),
        ("2025-12", "NRCS and IFRC", "rcrc"),
        ("2025-12", "NNGO", "nngo"),
    ],
)
def test_the_organization_columns_of_each_shape_keep_their_meaning(shape: str, title: str, code: str) -> None:
    (accepted,) = read({**row(ingo="0"), title: "1"}, header=SHAPES[shape]).rows
    assert [tuple(tally) for tally in accepted.incident.employers] == [(code, 1)]
