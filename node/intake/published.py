"""The day of a publication, read from the name of its file."""

import re
from datetime import date

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NUMERIC = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_. ]?)(\d\d)\2(\d\d)(?!\d)")  # 2016-10-03, 20161003
_WORDED = re.compile(  # 03Oct2016, 3 October 2016
    rf"(?<!\d)(\d{{1,2}})[-_. ]?({'|'.join(_MONTHS)})[a-z]*[-_. ]?((?:19|20)\d\d)(?!\d)", re.IGNORECASE
)


def day_in_name(file_name: str, today: date) -> date | None:
    """Return the latest day named in a file name, today at most; `None` if it names none.

    A day is read only where its order is beyond doubt: 03-10-2016 may be March or October and is none.
    """
    numeric = [(int(m[1]), int(m[3]), int(m[4])) for m in _NUMERIC.finditer(file_name)]
    worded = [(int(m[3]), _MONTHS.index(m[2].lower()) + 1, int(m[1])) for m in _WORDED.finditer(file_name)]
    days = filter(None, map(_day, numeric + worded))
    return max((day for day in days if day <= today), default=None)


def _day(parts: tuple[int, int, int]) -> date | None:
    try:
        return date(*parts)
    except ValueError:
        return None
