"""One row of a table by column, and everything that is wrong with it at once."""

import re

from crypto.sentence import Sentence
from node.codes import fold
from node.intake.columns import Layout
from node.intake.profile import Column, Profile
from node.model import MAX_COUNT, MAX_NAME, NOT_IN_NAMES

_WHOLE = re.compile(r"([0-9]{1,9})(\.0+)?")  # spreadsheets write 3 as 3.0 where a column has empty cells
_NEGATIVE = re.compile(r"-[0-9.]+")
_NO = {"", "false", "no", "0", "notapplicable", "not applicable"}
_YES = {"true", "yes", "1"}


class Cells:
    """The cells of one row; reading a bad one adds a reason or a warning and gives a harmless value.

    Attributes:
        reasons: Why the row can not be taken in.
        warnings: What was left open or left out of a row that can.
    """

    def __init__(self, profile: Profile, layout: Layout, cells: tuple[str, ...]) -> None:
        self.reasons: list[str] = []
        self.warnings: list[str] = []
        self._profile = profile
        self._layout = layout
        self._cells = cells
        for title, place in layout.twice.items():
            if self._at(place) != self._at(layout.places[title]):
                self.warnings.append(
                    Sentence(
                        "{title} stands twice and says different things; the second was believed."
                        if place < layout.places[title]
                        else "{title} stands twice and says different things; the first was believed.",
                        title=title,
                    )
                )

    def title(self, column: Column) -> str:
        """The column's header as the file spells it."""
        return self._layout.header[self._layout.places[column.title]]

    def text(self, column: Column | None, longest: int | None = None) -> str:
        """The cell without surrounding blanks; empty when there is no such column, it says nothing or is too long."""
        place = self._layout.places.get(column.title) if column else None
        if column is None or place is None:
            return ""
        text = self._at(place)
        if longest is not None and len(text) > longest:
            self.reasons.append(
                Sentence(
                    "{title} is longer than {longest} characters.", title=self.title(column), longest=longest
                )
            )
            return ""
        return "" if column.nothing and fold(text) in column.nothing else text

    def name(self, column: Column | None) -> str:
        """The name in the cell; empty when it is too long or can not be one."""
        text = self.text(column, longest=MAX_NAME)
        if column is not None and NOT_IN_NAMES.search(text):
            self.reasons.append(
                Sentence("{title} holds a character that can not stand in a name.", title=self.title(column))
            )
            return ""
        return text

    def number(self, column: Column | None) -> int | None:
        """Whole number of zero or more; `None` when the cell is empty or bad."""
        text = self.text(column)
        if column is None or not text:
            return None
        whole = _WHOLE.fullmatch(text)
        if whole is None:
            self.reasons.append(
                Sentence(
                    "{title}: {text!r} is negative."
                    if _NEGATIVE.fullmatch(text)
                    else "{title}: {text!r} is not a whole number.",
                    title=self.title(column),
                    text=text[:40],
                )
            )
            return None
        number = int(whole[1])
        if number > MAX_COUNT:
            self.reasons.append(
                Sentence(
                    "{title}: {number} is more than {most}.",
                    title=self.title(column),
                    number=number,
                    most=MAX_COUNT,
                )
            )
            return None
        return number

    def count(self, column: Column) -> int:
        """Number of persons or things; none when the cell is empty or bad."""
        return self.number(column) or 0

    def flag(self, column: Column) -> bool:
        """Whether the cell says yes, in the words of its column or of a spreadsheet."""
        text = self.text(column)
        said = fold(text)
        if said in column.yes or (not column.yes and said in _YES):
            return True
        if said not in column.no and said not in _NO:
            self.doubt(column, text)
        return False

    def code(self, column: Column | None, list_name: str, unknown: str = "unknown") -> str:
        """Code of the text in the cell, by the profile's words and the list's; `unknown` when it is empty.

        A cell of several values counts as `several` of its column where they are of several codes.
        """
        text = self.text(column)
        if column is None or not text:
            return unknown
        code = self._profile.code(list_name, text)
        if code is None and column.separator:
            found = {one for one in self.codes(column, list_name) if one != "unknown"}
            return found.pop() if len(found) == 1 else column.several if found and column.several else unknown
        if code is None and not column.otherwise:
            self.doubt(column, text)
        return code or column.otherwise or unknown

    def codes(self, column: Column, list_name: str) -> list[str]:
        """Codes of a cell that may hold several values, each once; a value may hold the separator itself."""
        text = self.text(column)
        parts = [text] if not column.separator else text.split(column.separator)
        found: dict[str, None] = {}
        while any(map(str.strip, parts)):
            longest = (column.separator.join(parts[:size]) for size in range(len(parts), 0, -1))
            codes = [self._profile.code(list_name, text) for text in longest]
            at = next((at for at, code in enumerate(codes) if code is not None), len(codes) - 1)
            code = codes[at]
            if code is not None:
                found[code] = None
            elif parts[0].strip():
                self.doubt(column, parts[0].strip())
            parts = parts[len(parts) - at :]
        return list(found)

    def doubt(self, column: Column, text: str) -> None:
        """Warn of a value that no list has; the row counts all the same, and its own words are kept.

        A later publication may bring new codes. To refuse its rows would falsify every total.
        """
        self.warnings.append(
            Sentence(
                "{title}: {text!r} is not a known value; it counts as unknown.",
                title=self.title(column),
                text=text[:40],
            )
        )

    def _at(self, place: int) -> str:
        return self._cells[place].strip() if place < len(self._cells) else ""
