"""One row of a table by field, and everything that is wrong with it at once."""

import re

from node.codes import code_list
from node.intake.columns import Layout
from node.model import MAX_COUNT, MAX_NAME, NOT_IN_NAMES

_WHOLE = re.compile(r"([0-9]{1,9})(\.0+)?")  # spreadsheets write 3 as 3.0 where a column has empty cells
_NEGATIVE = re.compile(r"-[0-9.]+")


class Cells:
    """The cells of one row; reading a bad one adds a reason or a warning and gives a harmless value.

    Attributes:
        reasons: Why the row can not be taken in.
        warnings: What was left open or left out of a row that can.
    """

    def __init__(self, layout: Layout, cells: tuple[str, ...]) -> None:
        self.reasons: list[str] = []
        self.warnings: list[str] = []
        self._layout = layout
        self._cells = cells

    def has(self, field: str) -> bool:
        """Whether the table has the column at all."""
        return field in self._layout.places

    def title(self, field: str) -> str:
        """The column's header as the file spells it."""
        return self._layout.header[self._layout.places[field]]

    def text(self, field: str, longest: int | None = None) -> str:
        """The cell without surrounding blanks; empty when there is no such column or it is too long."""
        place = self._layout.places.get(field)
        text = self._cells[place].strip() if place is not None and place < len(self._cells) else ""
        if longest is not None and len(text) > longest:
            self.reasons.append(f"{self.title(field)} is longer than {longest} characters.")
            return ""
        return text

    def name(self, field: str) -> str:
        """The name in the cell; empty when it is too long or can not be one."""
        text = self.text(field, longest=MAX_NAME)
        if NOT_IN_NAMES.search(text):
            self.reasons.append(f"{self.title(field)} holds a character that can not stand in a name.")
            return ""
        return text

    def number(self, field: str) -> int | None:
        """Whole number of zero or more; `None` when the cell is empty or bad."""
        text = self.text(field)
        if not text:
            return None
        whole = _WHOLE.fullmatch(text)
        if whole is None:
            why = "is negative" if _NEGATIVE.fullmatch(text) else "is not a whole number"
            self.reasons.append(f"{self.title(field)}: {text[:40]!r} {why}.")
            return None
        number = int(whole[1])
        if number > MAX_COUNT:
            self.reasons.append(f"{self.title(field)}: {number} is more than {MAX_COUNT}.")
            return None
        return number

    def count(self, field: str) -> int:
        """Number of persons; nobody when the cell is empty or bad."""
        return self.number(field) or 0

    def code(self, field: str, list_name: str, otherwise: str = "unknown") -> str:
        """Code of the AWSD spelling in the cell; `unknown` when it is empty.

        Args:
            field: Our name of the column.
            list_name: Code list to look it up in.
            otherwise: Code for a text that the list does not have.
        """
        text = self.text(field)
        code = code_list(list_name).from_awsd(text) if text else "unknown"
        if code is None and otherwise == "unknown":
            self.doubt(field, text)
        return code or otherwise

    def doubt(self, field: str, text: str) -> None:
        """Warn of a value that no list has; the row counts all the same, and its own words are kept.

        A later publication may bring new codes. To refuse its rows would falsify every total.
        """
        self.warnings.append(
            f"{self.title(field)}: {text[:40]!r} is not a known value; it counts as unknown."
        )
