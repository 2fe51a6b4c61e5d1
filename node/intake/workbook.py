"""Rows of an Excel workbook, without trusting the file to be as small as it looks.

A workbook is a ZIP archive of XML. A few kilobytes of it can unpack to gigabytes, name a cell a billion cells
away, or repeat one long text in every cell, and a reader would take the memory for it. So the archive is
unpacked and measured first, and the reader gets a copy that holds only the parts that were measured.
"""

import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, time, timedelta
from io import BytesIO
from typing import TypeAlias

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from node.errors import IntakeError, NotATableError, TooLargeError
from node.intake.workbook_size import WorkbookSize

MAX_UNPACKED_BYTES = 64 << 20
MAX_PARTS = 1000

_Cell: TypeAlias = int | float | str | bool | time | date | timedelta
_BAD_ARCHIVE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)


def is_workbook(data: bytes) -> bool:
    """Whether the bytes begin as a ZIP archive does."""
    return data.startswith(b"PK\x03\x04")


def read_workbook(data: bytes) -> Iterator[list[str]]:
    """Yield the rows of the first visible sheet from its first row on, each as wide as the widest.

    Numbers come as a person would type them, `3` and not `3.0`.

    Raises:
        NotATableError: The archive is damaged, protected, or not a workbook.
        TooLargeError: It unpacks to more than we read.
    """
    sheet = _first_sheet(_measured_copy(data))
    return ([_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False))


def _first_sheet(archive: BytesIO) -> CalamineSheet:
    try:
        workbook = CalamineWorkbook.from_filelike(archive)
        for sheet in workbook.sheets_metadata:
            if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible:
                return workbook.get_sheet_by_name(sheet.name)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic inside the reader is no Exception
        raise NotATableError("The workbook is damaged.") from error
    raise NotATableError("The workbook has no sheet that can be seen.")


def _measured_copy(data: bytes) -> BytesIO:
    copy = BytesIO()
    size = WorkbookSize()
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive, zipfile.ZipFile(copy, "w") as target:
            for name, part in _parts(archive):
                size.add(part)
                target.writestr(name, part)
    except IntakeError:
        raise
    except _BAD_ARCHIVE as error:
        raise NotATableError("The file is a damaged or protected workbook.") from error
    copy.seek(0)
    return copy


def _parts(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """Unpack the XML parts, shared texts first; pictures and the like are left behind."""
    members = sorted(archive.infolist(), key=lambda member: "sharedstrings" not in member.filename.lower())
    if len(members) > MAX_PARTS:
        raise TooLargeError("The workbook has more than {most} parts.", most=MAX_PARTS)
    left = MAX_UNPACKED_BYTES
    for member in members:
        if not member.filename.lower().endswith((".xml", ".rels")):
            continue
        if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise NotATableError("The workbook is packed in a way that no spreadsheet program uses.")
        with archive.open(member) as stream:
            part = stream.read(left + 1)
        left -= len(part)
        if left < 0:
            raise TooLargeError(
                "The workbook unpacks to more than {most} MiB.", most=MAX_UNPACKED_BYTES >> 20
            )
        yield member.filename, part


def _text(cell: _Cell) -> str:
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)
