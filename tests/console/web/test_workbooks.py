"""The workbook of each language is read back as what was chosen in it, whoever reads it."""

from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from console.web.languages import LANGUAGES
from console.web.workbooks import own_in, read_in_any_language, workbook_in
from node.codes import code_list, fold
from node.errors import ColumnsError
from node.intake import built_in
from node.intake.profile import LEVELS, LISTS
from node.intake.rejects import SAFE
from tests.console.command_line import tocsin

TODAY = date(2026, 5, 4)
OTHERS = [language for language in LANGUAGES if language != "en"]
CHOSEN = (
    "cause",
    "means",
    "country",
    "employer",
    "certainty",
    "programme",
    "impact",
    "geo_precision",
    "fate",
)


def rows_of(data: bytes, sheet: int) -> list[list[object]]:
    lines = CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(sheet).to_python()
    return [list(line) for line in lines]


def filled(data: bytes, chosen: int) -> bytes:
    """A workbook in which somebody took the same entry of each drop-down, and wrote what has none."""
    header, tags = rows_of(data, 0)[:2]
    words = rows_of(data, 1)
    own = next(one for one in built_in() if one.name == "own")
    row: list[object] = []
    for at, column in enumerate(own.columns):
        listed = [str(line[at]) for line in words if at < len(line) and line[at] != ""]
        written: dict[str, object] = {"id": "A1", "date": "14/03/2026", "settlement": "Leer", "count": 1}
        kind = column.says.kind
        row.append(listed[chosen % len(listed)] if kind in CHOSEN and listed else written.get(kind, ""))
    packed = BytesIO()
    with Workbook(packed, SAFE) as workbook:
        page = workbook.add_worksheet()
        for number, line in enumerate((header, tags, row)):
            page.write_row(number, 0, line)
    return packed.getvalue()


@pytest.mark.parametrize("language", OTHERS)
def test_no_word_of_a_language_means_two_things_and_none_is_left_in_english(language: str) -> None:
    english, other = own_in("en"), own_in(language)
    titles = [fold(one.title) for one in other.columns]
    assert len(set(titles)) == len(titles)
    assert len(other.by_spelling) >= len(titles)
    same = {one.title for one in english.columns} & {one.title for one in other.columns}
    assert same <= {"Date", "Province", "District", "Latitude", "Longitude", "Situation", "Programme"}
    for name in (*LEVELS, *LISTS):
        codes = LEVELS[name] if name in LEVELS else code_list(name).codes
        assert len(other.words[name]) == len(codes), name


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("chosen", [1, 3])
def test_what_is_chosen_in_any_language_is_read_as_in_english(language: str, chosen: int) -> None:
    english, other = (
        read_in_any_language(filled(workbook_in(one), chosen), "x.xlsx", None, TODAY)
        for one in ("en", language)
    )
    (mine,), (theirs,) = english.rows, other.rows
    assert other.source == "own"
    assert theirs.incident.details == mine.incident.details
    for name in ("when", "cause", "means", "where", "victims", "employers", "certainty"):
        assert getattr(theirs.incident, name) == getattr(mine.incident, name), name


@pytest.mark.slow
@pytest.mark.parametrize("language", ["ar", "zh"])
def test_the_command_writes_it_and_reads_it_back(empty_node: Path, tmp_path: Path, language: str) -> None:
    empty, full = tmp_path / "empty.xlsx", tmp_path / "full.xlsx"
    assert tocsin("template", empty, "--language", language).code == 0
    full.write_bytes(filled(empty.read_bytes(), 1))
    done = tocsin("import", full, "--dry-run", "--home", empty_node)
    assert done.code == 0, done.err
    assert "not known" not in done.err


def test_what_is_in_no_language_is_refused_in_english_and_so_is_a_language_that_is_none(
    tmp_path: Path,
) -> None:
    with pytest.raises(ColumnsError):
        read_in_any_language(b"Eins,Zwei\n1,2\n", "x.csv", None, TODAY)
    assert tocsin("template", tmp_path / "x.xlsx", "--language", "de").code == 2
