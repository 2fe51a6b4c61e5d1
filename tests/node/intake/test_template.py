"""The workbook in which people write down incidents is read back by the profile that it was written from."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from node.codes import code_list
from node.errors import EmptyFileError
from node.intake import Profile, built_in, read_publication, rejects_workbook, template
from node.intake.columns import cross_check, lay_out
from node.intake.rejects import SAFE
from node.model import Cause, Detail, Outcome, Sex
from tests.node.intake.tables import TODAY, read, row

OWN = next(one for one in built_in() if one.name == "own")
FILLED: dict[str, str | int] = {
    "Reference": "JUB-12",
    "Date": "14/03/2026",
    "Country": "South Sudan",
    "Violence or safety": "safety",
    "What was done": "Road crash",
    "Kind of place": "Road",
    "Injured: national staff": 2,
    "Women among them": 1,
    "Men among them": 1,
    "Employer": "International NGO",
    "Civilians killed": 1,
    "Civilians injured": 3,
    "Programme": "Health, Education",
    "What it did to the aid": "Suspended",
    "What happened": "=1+1",
}


def filled(*rows: dict[str, str | int], profile: Profile = OWN) -> bytes:
    """A workbook with header and tags of the template, and rows as a person would type them."""
    sheet = CalamineWorkbook.from_filelike(BytesIO(template(profile))).get_sheet_by_index(0)
    packed = BytesIO()
    with Workbook(packed, SAFE) as workbook:
        page = workbook.add_worksheet()
        for at, cells in enumerate(sheet.to_python()):
            page.write_row(at, 0, cells)
        for at, one in enumerate(rows, 2):
            page.write_row(at, 0, [one.get(column.title, "") for column in profile.columns])
    return packed.getvalue()


def test_an_empty_template_holds_no_incident() -> None:
    with pytest.raises(EmptyFileError):
        read_publication(template(OWN), "template.xlsx", None, TODAY)


def test_what_is_written_into_it_is_read_back() -> None:
    publication = read_publication(filled(FILLED), "march.xlsx", None, TODAY)
    (one,) = publication.rows
    incident = one.incident

    assert (publication.source, publication.whole, publication.warnings) == ("own", False, ())
    assert (one.key, str(incident.when), incident.where.country) == ("JUB-12", "2026-03-14", "SSD")
    assert (incident.cause, incident.means, incident.location_type) == (Cause.SAFETY, "road_crash", "road")
    assert incident.count(Outcome.INJURED) == 2
    assert {tally.sex: tally.number for tally in incident.sexes} == {Sex.FEMALE: 1, Sex.MALE: 1}
    assert {*incident.details} == {
        Detail("harm", "civilian_killed", 1),
        Detail("harm", "civilian_injured", 3),
        Detail("programme", "health"),
        Detail("programme", "education"),
        Detail("impact", "suspended"),
    }
    assert incident.narrative == "=1+1"


def test_its_tags_are_those_of_its_columns() -> None:
    cells = CalamineWorkbook.from_filelike(BytesIO(template(OWN))).get_sheet_by_index(0).to_python()
    header, tags = (list(map(str, line)) for line in cells[:2])

    assert cross_check(tags, lay_out(header, OWN), OWN.columns) == ()


def test_drop_downs_offer_the_words_of_the_lists() -> None:
    with ZipFile(BytesIO(template(OWN))) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        words = archive.read("xl/sharedStrings.xml").decode()

    assert sheet.count('type="list"') == 16
    for name in ("means", "actor_type", "country", "programme", "impact", "fate", "organization_type"):
        for code in code_list(name).codes.values():
            assert code.label.replace("&", "&amp;") in words


@pytest.mark.parametrize("profile", built_in(), ids=lambda one: one.name)
def test_any_profile_makes_a_template_that_it_reads(profile: Profile) -> None:
    with pytest.raises(EmptyFileError):
        read_publication(template(profile), "template.xlsx", None, TODAY, profile)


def test_rejected_rows_are_a_workbook_that_can_be_corrected_and_handed_in_again() -> None:
    refused = read(row(month="13", details="=cmd"), row(incident_id="8"))
    packed = rejects_workbook(refused)
    (header, cells) = CalamineWorkbook.from_filelike(BytesIO(packed)).get_sheet_by_index(0).to_python()
    again = [cell if cell != "13" else "3" for cell in cells]
    packed_again = BytesIO()
    with Workbook(packed_again, SAFE) as workbook:
        page = workbook.add_worksheet()
        page.write_row(0, 0, header)
        page.write_row(1, 0, again)

    assert cells[:2] == ["2", "The date is impossible: month 13 is not between 1 and 12."]
    (taken,) = read_publication(packed_again.getvalue(), "again.xlsx", None, TODAY).rows
    assert taken.incident == read(row(details="=cmd")).rows[0].incident
