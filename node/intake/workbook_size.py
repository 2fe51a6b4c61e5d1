"""Measure the parts of a workbook before any reader spends memory on them."""

import re
from xml.parsers import expat

from node.errors import NotATableError, TooLargeError

MAX_ROWS = 200_000
MAX_COLUMNS = 256
MAX_AREA = 4_000_000  # cells of the rectangle around a sheet: 128 MB in the reader
MAX_CHARACTERS = 64 << 20  # of all cells, each shared text counted as often as it is used

_TEXTS = {"si", "v", "is"}  # a shared text, a value, a text in its cell
_REFERENCE = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")


class WorkbookSize:
    """Adds up what the parts of one workbook will take; the part with the shared texts must come first."""

    def __init__(self) -> None:
        self._shared: list[int] = []
        self._characters = 0

    def add(self, part: bytes) -> None:
        """Measure one part.

        Raises:
            NotATableError: The part is not plain XML, or uses a shared text that is not there.
            TooLargeError: A sheet is too wide or too long, or all texts together are too long.
        """
        measure = _Part(self._shared)
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = measure.start
        parser.EndElementHandler = measure.end
        parser.CharacterDataHandler = measure.text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        try:
            parser.Parse(part, True)
        except (expat.ExpatError, ValueError, IndexError) as error:
            raise NotATableError("The workbook is damaged.") from error
        if measure.texts and self._shared:
            raise NotATableError("The workbook has two lists of texts.")
        self._shared += measure.texts
        self._characters += measure.characters
        if self._characters > MAX_CHARACTERS:
            raise TooLargeError(
                "The cells of the workbook hold more than {most} Mi characters.", most=MAX_CHARACTERS >> 20
            )


class _Part:
    """Handlers of one part: where its cells are and how long their texts will be."""

    def __init__(self, shared: list[int]) -> None:
        self.texts: list[int] = []
        self.characters = 0
        self._shared = shared
        self._is_shared = False
        self._row = self._column = self._last_row = self._last_column = 0
        self._text: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "c":
            self._place(attributes.get("r"))
            self._is_shared = attributes.get("t") == "s"
        elif tag == "row":
            self._row = int(attributes.get("r", self._row + 1))
            self._column = 0
        elif tag in _TEXTS:
            self._text.clear()

    def text(self, text: str) -> None:
        self._text.append(text)

    def end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        if tag not in _TEXTS:
            return
        text = "".join(self._text)
        if tag == "si":
            self.texts.append(len(text))
        else:
            self.characters += self._shared[int(text)] if self._is_shared else len(text)
            self._bound()

    def _place(self, reference: str | None) -> None:
        if reference is None:
            self._column += 1
            return
        place = _REFERENCE.fullmatch(reference)
        if place is None:
            raise ValueError(reference)
        self._row = int(place[2])
        self._column = 0
        for letter in place[1].upper():
            self._column = self._column * 26 + ord(letter) - ord("A") + 1

    def _bound(self) -> None:
        self._last_row = max(self._last_row, self._row)
        self._last_column = max(self._last_column, self._column)
        if self._last_row > MAX_ROWS or self._last_column > MAX_COLUMNS:
            raise TooLargeError(
                "A sheet has more than {most} rows or {max_columns} columns.",
                most=MAX_ROWS,
                max_columns=MAX_COLUMNS,
            )
        if self._last_row * self._last_column > MAX_AREA:
            raise TooLargeError("A sheet has more than {most} cells.", most=MAX_AREA)


def _refuse_doctype(*_: object) -> None:
    raise NotATableError("The workbook defines entities of its own, which no spreadsheet program does.")
