"""Small tables in the published shapes, made by the tests."""

import csv
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from io import BytesIO, StringIO

from node.intake import Publication, read_publication

TODAY = date(2026, 11, 23)

_PLACE = ("Region", "District", "City")
_COUNTED = ("killed", "wounded", "kidnapped")
_GENDER = ("Gender Male", "Gender Female", "Gender Unknown")
_CODED = ("Means of attack", "Attack context", "Location", "Latitude", "Longitude")
_ACTOR = ("Motive", "Actor type", "Actor name", "Details", "Verified", "Source")


def _counts(outcomes: Sequence[str]) -> tuple[str, ...]:
    by_staff = (
        title
        for staff in ("Nationals", "Internationals")
        for title in (*(f"{staff} {outcome}" for outcome in outcomes), f"Total {staff.lower()}")
    )
    return *by_staff, *(f"Total {outcome}" for outcome in outcomes), "Total affected"


_DATED = ("Incident ID", "Year", "Month", "Day")
SHAPES = {
    "2016": (
        *(*_DATED, "Country", *_PLACE, "UN", "INGO", "LNGO/NRCS", "ICRC", "IFRC", "Other"),
        *(*_counts(_COUNTED), *_GENDER, *_CODED, "Details"),
    ),
    "2020": (
        *(*_DATED, "Country", *_PLACE, "UN", "INGO", "LNGO/NRCS", "ICRC", "IFRC", "Other"),
        *(*_counts(_COUNTED), *_GENDER, *_CODED, *_ACTOR[1:]),
    ),
    "2025-04": (
        *(
            *_DATED,
            "Country Code",
            "Country",
            *_PLACE,
            "UN",
            "INGO",
            "ICRC",
            "NRCS and IFRC",
            "NNGO",
            "Other",
        ),
        *(*_counts(_COUNTED), *_GENDER, *_CODED, *_ACTOR),
    ),
    "2025-12": (
        *(
            *_DATED,
            "Country Code",
            "Country",
            *_PLACE,
            "UN",
            "INGO",
            "ICRC",
            "NRCS and IFRC",
            "NNGO",
            "Other",
        ),
        *(*_counts((*_COUNTED, "detained")), *_GENDER, *_CODED, *_ACTOR),
    ),
}
HEADER = SHAPES["2025-12"]


def row(**cells: str) -> dict[str, str]:
    """Cells of one sound incident, a national of an INGO shot dead; keywords are titles, `_` a blank."""
    sound = {
        "Incident ID": "7",
        "Year": "2015",
        "Month": "3",
        "Day": "14",
        "Country": "South Sudan",
        "INGO": "1",
        "Nationals killed": "1",
        "Total nationals": "1",
        "Total killed": "1",
        "Total affected": "1",
        "Gender Male": "1",
        "Means of attack": "Shooting",
        "Verified": "Yes",
        "Source": "Focal Point",
    }
    titles = {title.lower(): title for shape in SHAPES.values() for title in shape}
    return sound | {titles[name.replace("_", " ").lower()]: text for name, text in cells.items()}


def csv_text(rows: Sequence[Mapping[str, str]], header: Sequence[str] = HEADER, separator: str = ",") -> str:
    """A separated table; numbers that a row does not name are 0, other cells empty."""
    text = StringIO(newline="")
    writer = csv.writer(text, delimiter=separator)
    writer.writerow(header)
    writer.writerows([one.get(title, _empty(title)) for title in header] for one in rows)
    return text.getvalue()


def read(
    *rows: Mapping[str, str], header: Sequence[str] = HEADER, published: date | None = None
) -> Publication:
    """Read a table of these rows."""
    return read_publication(csv_text(rows, header).encode(), "table.csv", published, TODAY)


def reasons(*rows: Mapping[str, str], header: Sequence[str] = HEADER) -> tuple[str, ...]:
    """Reasons against the one row of a table that is rejected."""
    (reject,) = read(*rows, header=header).rejects
    return reject.reasons


def workbook(rows: Sequence[Sequence[str | int | float]], sheet: str | None = None) -> bytes:
    """An Excel workbook with the rows in its only sheet, or with the given XML as that sheet."""
    return package({"xl/worksheets/sheet1.xml": sheet or _sheet(rows)})


def package(parts: Mapping[str, str]) -> bytes:
    """A workbook of one sheet with these parts in it."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (_FRAME | dict(parts)).items():
            archive.writestr(name, text)
    return packed.getvalue()


def _empty(title: str) -> str:
    person = title in {"UN", "INGO", "LNGO/NRCS", "ICRC", "IFRC", "NRCS and IFRC", "NNGO", "Other"}
    return "0" if person or title.startswith(("Nationals", "Internationals", "Total", "Gender")) else ""


def _sheet(rows: Sequence[Sequence[str | int | float]]) -> str:
    lines = (f"<row>{''.join(map(_cell, cells))}</row>" for cells in rows)
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"


_OPEN = "http://schemas.openxmlformats.org"
_MAIN = f"{_OPEN}/spreadsheetml/2006/main"
_OFFICE = f"{_OPEN}/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_FRAME = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_OPEN}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_OPEN}/package/2006/relationships">'
        f'<Relationship Id="a" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        '<sheets><sheet name="Data" sheetId="1" r:id="b"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_OPEN}/package/2006/relationships">'
        f'<Relationship Id="b" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}
