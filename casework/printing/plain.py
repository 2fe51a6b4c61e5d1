"""A page as plain text: for a letter that goes into a mail, and for a screen without a browser."""

from unicodedata import east_asian_width

from casework.report.page import Page, Picture, Prose


def plain(page: Page) -> bytes:
    """The bytes of the text, UTF-8."""
    lines = [page.title, "=" * _width(page.title), *page.marks]
    for section in page.sections:
        if isinstance(section, Picture):
            continue  # the list beside it says the same
        lines += ["", *([section.title, "-" * _width(section.title)] if section.title else [])]
        if isinstance(section, Prose):
            lines += (
                section.lines if section.plain else [part for one in section.lines for part in (one, "")][:-1]
            )
            continue
        rows = [*([section.header] if section.header else []), *section.rows]
        wide = [max(map(_width, column)) for column in zip(*rows, strict=True)]
        lines += ["  ".join(_padded(cell, wide[at]) for at, cell in enumerate(row)).rstrip() for row in rows]
    return ("\n".join(lines) + "\n").encode()


def _width(text: str) -> int:
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _padded(cell: str, wide: int) -> str:
    return cell + " " * (wide - _width(cell))
