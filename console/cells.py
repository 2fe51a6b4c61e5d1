"""Cells of lists as text: harmless in a spreadsheet, readable for people."""

from collections.abc import Iterable, Mapping

Cell = str | int | float | None
DASH = "\u2013"  # what is not known; it is no zero
_FORMULA = ("=", "+", "-", "@", "\t", "\n")


def sentence(remark: object) -> str:
    """A remark as a person reads it."""
    if isinstance(remark, Mapping):
        return ", ".join(f"{name} {value}" for name, value in remark.items()) or "none"
    if isinstance(remark, str) or not isinstance(remark, Iterable):
        return str(remark)
    return "; ".join(map(str, remark)) or "none"


def harmless(cell: Cell) -> Cell:
    """A cell that no spreadsheet takes for a formula."""
    if not isinstance(cell, str):
        return cell
    text = cell.replace("\r", " ")  # the writer would not quote it, and it would end the row
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
