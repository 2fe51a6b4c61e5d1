"""The date of a row, from one column or from three, as precise as it stands there."""

import re
from collections.abc import Mapping

from crypto.sentence import Sentence
from node.errors import IncidentError
from node.intake.cells import Cells
from node.intake.profile import Column
from node.model import PartialDate

_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ].*)?)?)?")
_SPOKEN = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4})")


def read_date(row: Cells, columns: Mapping[str, Column], *, day_first: bool | None) -> PartialDate | None:
    """Read the date of a row; a reason is added to it where there is none.

    Args:
        row: The row.
        columns: Columns by what they say: `date`, or `year`, `month` and `day`.
        day_first: Which part of 03/10/2016 is the day; `None` refuses it, as nobody can tell.
    """
    before = len(row.reasons)
    if "date" in columns:
        year, month, day = _parts(row, columns["date"], day_first=day_first)
    else:
        year, month, day = (row.number(columns.get(name)) for name in ("year", "month", "day"))
        if year is None and len(row.reasons) == before:
            row.reasons.append(Sentence("{title} is empty.", title=row.title(columns["year"])))
    if year is None or len(row.reasons) > before:
        return None
    try:
        when = PartialDate(year, month, day)
    except IncidentError as error:
        row.reasons.append(Sentence("The date is impossible: {why}.", why=error.why))
        return None
    if day is None:
        row.warnings.append(Sentence("The day is not known." if month else "The month is not known."))
    return when


def _parts(
    row: Cells, column: Column, *, day_first: bool | None
) -> tuple[int | None, int | None, int | None]:
    text = row.text(column)
    iso, spoken = _ISO.fullmatch(text), _SPOKEN.fullmatch(text)
    if iso is not None:
        year, month, day = (int(part) if part else None for part in iso.groups())
        return year, month, day
    if spoken is not None and day_first is not None:
        first, second, year = map(int, spoken.groups())
        return (year, second, first) if day_first else (year, first, second)
    title = row.title(column)
    if text:
        row.reasons.append(
            Sentence("{title}: {text!r} is not a date such as 2016-10-03.", title=title, text=text[:40])
        )
    else:
        row.reasons.append(Sentence("{title} is empty.", title=title))
    return None, None, None
