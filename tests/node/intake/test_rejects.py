"""Rejected rows go back to people as a table that opens safely and can be handed in again."""

import csv
from io import StringIO

import pytest

from node.intake import read_publication, rejects_csv
from tests.node.intake.tables import HEADER, TODAY, read, row


def test_rejected_rows_come_back_with_row_and_reasons_under_their_own_header() -> None:
    publication = read(row(), row(incident_id="8", month="13", ingo="-1"))
    header, rejected = csv.reader(StringIO(rejects_csv(publication), newline=""))
    assert header == ["Row", "Why", *HEADER]
    assert rejected[0] == "3"
    assert "month 13" in rejected[1]
    assert "'-1' is negative" in rejected[1]
    assert rejected[2:] == list(publication.rejects[0].cells)


def test_corrected_rows_can_be_handed_in_again() -> None:
    text = rejects_csv(read(row(month="13")))
    publication = read_publication(text.replace(",13,", ",3,").encode(), "again.csv", None, TODAY)
    assert publication.rows[0].incident == read(row()).rows[0].incident


@pytest.mark.parametrize("cell", ["=1+1", "+cmd", "-cmd", "@SUM(A1)", "\t=1", " =1", "\r=1"])
def test_no_cell_can_run_as_a_formula(cell: str) -> None:
    publication = read(row(details=cell, month="13"))
    _, rejected = csv.reader(StringIO(rejects_csv(publication), newline=""))
    assert rejected[2 + HEADER.index("Details")] == f"'{cell}"


@pytest.mark.parametrize("cell", ["-1.49984", "-3", "plain", "a=b"])
def test_numbers_and_plain_text_stay_as_they_are(cell: str) -> None:
    publication = read(row(details=cell, month="13"))
    _, rejected = csv.reader(StringIO(rejects_csv(publication), newline=""))
    assert rejected[2 + HEADER.index("Details")] == cell
