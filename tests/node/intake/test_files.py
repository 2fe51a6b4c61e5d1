"""Files that are no publication are refused with a reason; unusual ones that are get read."""

import json
from datetime import date

import pytest

from node.errors import ColumnsError, EmptyFileError, IntakeError, NotATableError, TooLargeError
from node.intake import read_publication
from node.intake.published import day_in_name
from node.intake.table import MAX_FILE_BYTES
from tests.node.intake.tables import HEADER, TODAY, csv_text, read, row


def refused(data: bytes) -> IntakeError:
    with pytest.raises(IntakeError) as refusal:
        read_publication(data, "table.csv", None, TODAY)
    return refusal.value


@pytest.mark.parametrize("data", [b"", b"\r\n\r\n", b"\xef\xbb\xbf", b" , ,\n", csv_text([]).encode()])
def test_a_file_without_rows_is_empty(data: bytes) -> None:
    assert isinstance(refused(data), EmptyFileError)


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)),
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        b"\xff\xfea",
        b"PK\x03\x04 and nothing more",
    ],
)
def test_a_file_of_another_kind_is_not_a_table(data: bytes) -> None:
    assert isinstance(refused(data), NotATableError)


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7\n%\xe2\xe3", json.dumps([row()]).encode(), b"Dear all,\nsee below.\n"]
)
def test_text_that_is_no_publication_is_told_what_columns_were_expected(data: bytes) -> None:
    error = refused(data)
    assert isinstance(error, ColumnsError)
    assert "Incident ID" in str(error)


def test_a_refusal_names_the_missing_columns_and_the_found_ones() -> None:
    error = refused(b"Incident ID,Year,Country,Victims\n1,2015,Sudan,2\n")
    assert isinstance(error, ColumnsError)
    expected, found = str(error).split("These were found:")
    assert "Nationals killed" in expected
    assert "Country" not in expected
    assert "Victims" in found


def test_a_column_that_is_there_twice_is_refused_by_name() -> None:
    error = refused(csv_text([row()], header=(*HEADER, "Total killed")).encode())
    assert isinstance(error, ColumnsError)
    assert "Total killed" in str(error)


def test_a_cell_without_end_is_refused_and_a_missing_quotation_mark_suggested() -> None:
    header, line = csv_text([row()]).splitlines()
    error = refused(f'{header}\n{line}\n"{"x" * 10_000_000}\n'.encode())
    assert isinstance(error, TooLargeError)
    assert "quotation mark" in str(error)


@pytest.mark.slow
def test_too_many_columns_rows_or_bytes_are_refused() -> None:
    assert isinstance(refused(b",".join([b"x"] * 257)), TooLargeError)
    assert isinstance(refused(b"x\n" * 200_001), TooLargeError)
    assert isinstance(refused(b"x" * (MAX_FILE_BYTES + 1)), TooLargeError)


_LATIN = "N\u2019Djam\xe9na; Pe\xf1as, |"
_CYRILLIC = (
    "После обстрела колонны организации погиб один местный сотрудник организации, ещё двое получили ранения. "
    "Ответственность за нападение никто не взял; расследование ведут местные власти."
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "cp1251"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_any_usual_encoding_and_separator_is_read(encoding: str, separator: str) -> None:
    details = _CYRILLIC if encoding == "cp1251" else _LATIN
    data = csv_text([row(details=details)], separator=separator).encode(encoding)
    publication = read_publication(data, "table.csv", None, TODAY)
    assert publication.rows[0].incident.narrative == details
    assert any(encoding in warning for warning in publication.warnings) == (not encoding.startswith("utf-8"))


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("security_incidents2016-10-03.csv", date(2016, 10, 3)),
        ("awsd_20161003.csv", date(2016, 10, 3)),
        ("awsd_2016_10_03_final.xlsx", date(2016, 10, 3)),
        ("AWSD 03Oct2016.csv", date(2016, 10, 3)),
        ("AWSD 3 October 2016 (2).csv", date(2016, 10, 3)),
        ("awsd_1997-01-01_2025-12-18.csv", date(2025, 12, 18)),
        ("awsd_03-10-2016.csv", None),
        ("awsd_2016-13-40.csv", None),
        ("awsd_2027-01-01.csv", None),
        ("awsd_120161003.csv", None),
        ("security_incidents.csv", None),
    ],
)
def test_the_day_in_a_file_name_counts_only_beyond_doubt(name: str, day: date | None) -> None:
    assert day_in_name(name, TODAY) == day


def test_a_stated_day_goes_before_the_file_name_and_that_before_the_newest_row() -> None:
    data = csv_text([row(), row(incident_id="8", year="2016", month="", day="")]).encode()
    origins = [
        read_publication(data, name, stated, TODAY)[1:3]
        for name, stated in (
            ("2020-01-02.csv", date(2021, 5, 6)),
            ("2020-01-02.csv", None),
            ("table.csv", None),
        )
    ]
    assert origins == [
        (date(2021, 5, 6), "--published"),
        (date(2020, 1, 2), "file name"),
        (date(2016, 1, 1), "newest row"),
    ]


def test_a_publication_without_a_single_sound_row_has_no_day() -> None:
    publication = read(row(ingo="-1"))
    assert (publication.rows, publication.published_on) == ((), None)
