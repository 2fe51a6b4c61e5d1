"""A page as CSV: each table under its title, with an empty row between; no cell is taken for a formula."""

import csv

from casework.report.page import Page, Picture, Prose

_FORMULA = ("=", "+", "-", "@", "\t", "\n")


def sheet(page: Page) -> bytes:
    """The bytes of the file, UTF-8 with the mark that spreadsheets look for."""
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow([_harmless(page.title)])
    writer.writerows([_harmless(mark)] for mark in page.marks)
    for section in page.sections:
        if isinstance(section, Picture):
            continue  # the list beside it says the same
        writer.writerow([])
        writer.writerow([_harmless(section.title)])
        if isinstance(section, Prose):
            writer.writerows([_harmless(line)] for line in section.lines)
        else:
            if section.header:
                writer.writerow([_harmless(cell) for cell in section.header])
            writer.writerows([_harmless(cell) for cell in row] for row in section.rows)
    return "".join(lines.written).encode("utf-8-sig")


class _Lines:
    """Takes what a writer writes."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, text: str) -> None:
        self.written.append(text)


def _harmless(cell: str) -> str:
    text = cell.replace("\r", " ")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
