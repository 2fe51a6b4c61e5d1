"""What stands around the desks of a node: the organization's tables, who cosigns its audit log, how pages are set.

deadlines.toml     how long clocks run here, where it is not as usual; there may be none
treaties.json      the table of treaties as it was installed; there may be none
"""

from datetime import date
from pathlib import Path

from casework.errors import FieldError
from casework.report.page import Page
from casework.vocabulary.deadlines import FILE as DEADLINES_FILE
from casework.workplace import Tables
from console.home import Home
from console.pdf import PdfError, pdf
from console.treaties import treaty_texts
from node.directory import witness_keys
from node.errors import DirectoryError


def tables_in(folder: Path) -> Tables:
    """The tables of an organization as they stand in its node's folder.

    Raises:
        FieldError: One can not be read as text.
        NodeError: A file can not be read.
    """
    file = folder / DEADLINES_FILE
    try:
        deadlines = file.read_text("utf-8") if file.exists() else ""
    except (OSError, UnicodeError) as error:
        raise FieldError(DEADLINES_FILE, "can not be read as UTF-8 text") from error
    return Tables(deadlines, *treaty_texts(folder))


def witnesses_of(home: Home) -> tuple[dict[str, tuple[bytes, ...]], str]:
    """Keys of all witnesses, and why there are none where the directory can not be used."""
    try:
        return witness_keys(home.directory()), ""
    except DirectoryError as error:
        return {}, str(error)


def set_page(page: Page, day: date) -> bytes:
    """A page as PDF.

    Raises:
        FieldError: The extra is not installed.
    """
    try:
        return pdf(page, day)
    except PdfError as error:
        raise FieldError("format", str(error)) from error
