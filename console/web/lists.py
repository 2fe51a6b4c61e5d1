"""Every list is taken away in the same ways: as CSV, workbook and JSON, and whole on one page to print.

A page of the table of pages that has `lists` has pages of the same name beside it that end in `.csv`, `.xlsx`, `.json`
and `.print`, for the same people; links to them stand above every such page.

What people read of a file, the first row of a table and the names of what stands beside it, is in the language of the
page; cells are codes, the row of HXL tags is for programs, and JSON has the names of its columns in every language.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode

from console.sheets import Sheet, write_csv, write_json, write_xlsx
from console.web.languages import SOURCE, is_right_to_left, translations
from console.web.route import Route
from console.web.visit import Document, Page, Table, Visit
from console.web.words import heading

PRINT, JSON = "print", "json"
MOST_PRINTED = 1_000  # rows on one page
_WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILES: Mapping[str, tuple[str, Callable[[Sheet], bytes]]] = MappingProxyType(
    {
        "csv": ("text/csv", write_csv),
        "xlsx": (_WORKBOOK, write_xlsx),
        JSON: ("application/json", write_json),
    }
)
KINDS = (*_FILES, PRINT)
_PLACES = frozenset({"page", "after", "before"})  # parts of a link that say where in a list one is


def with_lists(routes: Mapping[str, Route]) -> Iterable[tuple[str, Route]]:
    """The pages, and beside each that is a list those that take it away."""
    for path, route in routes.items():
        yield path, route
        if route.lists is not None:
            yield from ((f"{path}.{kind}", Route(route.roles, route.lists)) for kind in KINDS)


def links(visit: Visit) -> tuple[tuple[str, str], ...]:
    """(kind, page) of all ways to take a list away as it is filtered, all of its pages."""
    asked = [(name, value) for name, value in parse_qsl(visit.query) if value and name not in _PLACES]
    behind = f"?{urlencode(asked, safe=',')}" if asked else ""
    return tuple((kind, f"{visit.path}.{kind}{behind}") for kind in KINDS)


def said_in(visit: Visit) -> Callable[[str], str]:
    """How what stands beside a list is said: on paper in the language of the page, in files as programs know it."""
    if not visit.path.endswith(f".{PRINT}"):
        return str
    return lambda text: str(translations(visit.language).gettext(text))


def take_away(visit: Visit, table: Table) -> Page | Document:
    """A list in the way that the page's name says."""
    back, _, kind = visit.path.rpartition(".")
    if kind == PRINT:
        facts = {"table": table, "back": f"{back}?{visit.query}", "rows": table.rows[:MOST_PRINTED]}
        return Page("printed.html", facts)
    media_type, write = _FILES[kind]
    sheet = table.sheet if kind == JSON else _headed(table.sheet, visit.language)
    return Document(f"{table.name}.{kind}", media_type, write(sheet))


def _headed(sheet: Sheet, language: str) -> Sheet:
    """A table with its columns named as the page names them; in English they have the names that JSON has."""
    if language == SOURCE:
        return sheet
    return sheet._replace(
        header=tuple(heading(language, name) for name in sheet.header),
        notes={heading(language, name): note for name, note in sheet.notes.items()},
        right_to_left=is_right_to_left(language),
    )
