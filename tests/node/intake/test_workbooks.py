"""Excel workbooks: read like text, and never believed about their size."""

import csv
import tracemalloc
import zipfile
from io import BytesIO, StringIO

import pytest

from node.errors import IntakeError, NotATableError, TooLargeError
from node.intake import read_publication
from node.intake.workbook import MAX_UNPACKED_BYTES
from tests.node.intake.tables import TODAY, csv_text, package, read, row, workbook

_CELLS = list(
    csv.reader(StringIO(csv_text([row(), row(incident_id="8", details="2 lines\nof text & <tags>")])))
)
_SHEET = "xl/worksheets/sheet1.xml"
_TEXTS = "xl/sharedStrings.xml"


def refused(data: bytes) -> IntakeError:
    with pytest.raises(IntakeError) as refusal:
        read_publication(data, "table.xlsx", None, TODAY)
    return refusal.value


def sheet(rows: str) -> str:
    return f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'


def texts(*items: str) -> str:
    listed = "".join(f"<si><t>{item}</t></si>" for item in items)
    return f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{listed}</sst>'


def test_a_workbook_gives_the_same_incidents_as_text() -> None:
    numbers = [[int(cell) if cell.isdecimal() else cell for cell in cells] for cells in _CELLS]
    expected = read(row(), row(incident_id="8", details="2 lines\nof text & <tags>")).rows
    assert read_publication(workbook(_CELLS), "table.xlsx", None, TODAY).rows == expected
    assert read_publication(workbook(numbers), "table.xlsx", None, TODAY).rows == expected


@pytest.mark.parametrize("first", ["A title", ""])
def test_rows_keep_the_numbers_that_a_person_sees(first: str) -> None:
    publication = read_publication(workbook([[first], [], *_CELLS]), "table.xlsx", None, TODAY)
    assert [accepted.number for accepted in publication.rows] == [4, 5]


def test_a_rejected_row_shows_numbers_as_a_person_types_them() -> None:
    cells: list[list[str | float]] = [list(line) for line in _CELLS[:2]]
    cells[1][_CELLS[0].index("Month")] = 13
    (reject,) = read_publication(workbook(cells), "table.xlsx", None, TODAY).rejects
    assert reject.cells[_CELLS[0].index("Month")] == "13"


def test_coordinates_in_number_cells_are_read_as_they_are() -> None:
    cells: list[list[str | float]] = [list(line) for line in csv.reader(StringIO(csv_text([row()])))]
    place = _CELLS[0].index("Latitude")
    cells[1][place : place + 2] = [8.3, -30.14]
    (accepted,) = read_publication(workbook(cells), "table.xlsx", None, TODAY).rows
    assert accepted.incident.where.point == (8.3, -30.14)


def test_an_archive_that_is_no_workbook_is_refused() -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("letter.txt", "Dear all")
    assert isinstance(refused(packed.getvalue()), NotATableError)


@pytest.mark.parametrize("part", ["xl/workbook.xml", _SHEET, _TEXTS, "[Content_Types].xml"])
def test_a_damaged_part_is_refused(part: str) -> None:
    assert isinstance(refused(package({part: "<worksheet><row>"})), NotATableError)


@pytest.mark.parametrize("at", range(0, 1200, 60))
def test_a_truncated_workbook_is_refused(at: int) -> None:
    assert isinstance(refused(b"PK\x03\x04" + workbook(_CELLS)[4:at]), NotATableError)


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="1048576"><c><v>1</v></c></row>',
        '<row r="1"><c r="XFD1"><v>1</v></c></row>',
        '<row r="1"><c r="A200000"><v>1</v></c><c r="IV1"><v>1</v></c></row>',
        f"<row>{'<c><v>1</v></c>' * 300}</row>",
        '<row r="200000"><c r="A200000"><v>1</v></c></row><row r="1"><c r="IU1"><v>1</v></c></row>',
    ],
)
def test_a_cell_far_away_does_not_take_the_memory_between(rows: str) -> None:
    assert isinstance(refused(workbook([], sheet(rows))), TooLargeError)


def test_one_long_text_used_everywhere_is_counted_everywhere() -> None:
    cells = "<row>" + '<c t="s"><v>0</v></c>' * 200 + "</row>"
    data = package({_TEXTS: texts("x" * 30_000), _SHEET: sheet(cells * 100)})
    assert len(data) < 20_000
    assert isinstance(refused(data), TooLargeError)


@pytest.mark.slow
@pytest.mark.parametrize("name", [_TEXTS, "customXml/item1.xml"])
def test_an_archive_that_unpacks_without_end_is_refused_in_bounded_memory(name: str) -> None:
    bomb = BytesIO(workbook(_CELLS))
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as part:
        part.write(b"<sst>")
        for _ in range(200):
            part.write(b" " * (1 << 20))
    assert len(bomb.getvalue()) < 1 << 20
    tracemalloc.start()
    assert isinstance(refused(bomb.getvalue()), TooLargeError)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * MAX_UNPACKED_BYTES + (8 << 20)


def test_entities_that_multiply_are_refused() -> None:
    doctype = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    assert isinstance(refused(workbook([], doctype + sheet("<row><c><v>&b;</v></c></row>"))), NotATableError)


def test_a_second_list_of_texts_can_not_hide_the_first() -> None:
    hidden = {_TEXTS: texts("x" * 30_000), "xl/sharedStrings2.xml": texts("y"), _SHEET: sheet("")}
    assert isinstance(refused(package(hidden)), NotATableError)
