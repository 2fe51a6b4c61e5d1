"""Every list of the console is taken away in the same ways, at the same place, and no cell of it is a formula."""

import csv
import json
import re
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
from python_calamine import CalamineWorkbook

from console.sheets import Sheet, write_csv, write_json, write_xlsx
from console.web.languages import LANGUAGES, SOURCE, translations
from console.web.lists import KINDS, MOST_PRINTED, take_away
from console.web.pages import write_page
from console.web.roles import Role
from console.web.routes import ROUTES
from console.web.visit import Document, Page, Table, Visit, Works
from console.web.words import label
from node.cubes.declaration import read_cube
from node.releasing import build, declare, publish
from node.said import Teller
from node.store.totals import add_total
from node.totals.declaration import total_id, write_payload
from tests.console.web.test_routes import QUERIES
from tests.support.browser import Browser
from tests.support.totals import KILLED

LISTS = sorted(path for path, route in ROUTES.items() if route.lists is not None)
SEALED = [path for path in LISTS if path.startswith("/case")]  # an officer's: tried in test_officer
FORMULA = '=HYPERLINK("http://x";"y")'
SHEET = Sheet(
    ("a", "b"), ((FORMULA, 1), ("\t@x\ry", None)), ("#x", "#y"), {"as_of": "today", "n": ["1", "2"]}
)


CUBE = read_cube(
    'name = "yearly"\nversion = 1\npurpose = "statistics"\nperiod = "year"\nby = ["country"]\n'
    'measures = ["incidents"]\n'
)


@pytest.fixture(scope="module")
def released(works: Works) -> None:
    """Figures of which two releases were published, and a private total."""
    declare(works.store, CUBE, Teller("ann", works.clock()))
    for _ in range(2):
        build(works.store, CUBE.title, "alpha", works.clock().date(), Teller("ann", works.clock()))
        publish(works.store, CUBE.title, works.identity, Teller("bo", works.clock()))
    payload = write_payload(KILLED)
    with works.store.write() as connection:
        add_total(connection, total_id(payload), payload, (b"", b""), "ann", works.clock())


def one_who_reaches(path: str) -> Role:
    return next(role for role in Role if role in (ROUTES[path].roles or ()))


@pytest.mark.parametrize("path", sorted({*LISTS} - {*SEALED}))
@pytest.mark.slow
@pytest.mark.usefixtures("released")
def test_a_list_is_taken_away_in_every_way_as_it_is_shown(
    path: str, signed_in: Callable[[Role], Browser]
) -> None:
    check_taken_away(signed_in(one_who_reaches(path)), path, QUERIES.get(path, ""))


def check_taken_away(browser: Browser, path: str, behind: str = "") -> None:
    """See that a list is a file of each kind, and as long in each."""
    shown = browser.get(path + behind)
    names = {kind: f"{path}.{kind}{behind}" for kind in KINDS}

    assert all(f'href="{name}"'.replace("&", "&amp;") in shown.text for name in names.values())
    header, *rows = csv.reader(StringIO(browser.get(names["csv"]).text.removeprefix("\ufeff"), newline=""))
    plain = json.loads(browser.get(names["json"]).text)["rows"]
    printed = browser.get(names["print"])
    tags = 1 if rows and all(not cell or cell.startswith("#") for cell in rows[0]) else 0
    assert len(plain) == len(rows) - tags
    assert not plain or list(plain[0]) == header
    assert printed.text.count("<tr>") == 1 + len(plain)
    for name in names.values():
        assert browser.get(name).status == 200


def test_what_filters_a_list_filters_what_is_taken_away(signed_in: Callable[[Role], Browser]) -> None:
    browser = signed_in(Role.COORDINATOR)
    shown = browser.get("/incidents?means=looting&country=&page=1")
    assert 'href="/incidents.json?means=looting"' in shown.text
    found = json.loads(browser.get("/incidents.json?means=looting").text)["rows"]
    assert {one["means"] for one in found} == {"looting"}
    assert browser.get("/incidents.print?nonsense=1").status == 422
    assert browser.get("/held.csv?nonsense=1").status == 422


def test_no_file_holds_a_formula_and_each_says_what_stands_beside_the_rows() -> None:
    head, tags, *rows = csv.reader(StringIO(write_csv(SHEET).decode("utf-8-sig"), newline=""))
    book = CalamineWorkbook.from_filelike(BytesIO(write_xlsx(SHEET)))
    assert (head, tags) == (["a", "b"], ["#x", "#y"])
    assert rows == [[f"'{FORMULA}", "1"], ["'\t@x y", ""]]
    assert book.get_sheet_by_name("list").to_python()[2] == [FORMULA, 1]
    assert b"<f>" not in write_xlsx(SHEET._replace(rows=()))
    assert book.get_sheet_by_name("about").to_python() == [["as of", "today"], ["n", "1; 2"]]
    assert json.loads(write_json(SHEET))["as_of"] == "today"


def taken(works: Works, kind: str, language: str, table: Table) -> bytes:
    found = take_away(Visit(works, f"/incidents.{kind}", "", {}, {}, language), table)
    assert isinstance(found, Document)
    return found.content


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != SOURCE])
def test_people_read_headings_in_their_language_and_programs_find_the_names_of_before(
    works: Works, language: str
) -> None:
    table = Table(
        "incidents", ("country", "means", FORMULA), (("SSD", FORMULA, 1),), ("#a", "#b", "#c"), {"as_of": "x"}
    )
    names = [label(language, "", one) for one in table.header]
    head, tags, row = csv.reader(
        StringIO(taken(works, "csv", language, table).decode("utf-8-sig"), newline="")
    )
    assert head[:2] == names[:2] != ["country", "means"]
    assert (head[2], tags, row) == (f"'{FORMULA}", ["#a", "#b", "#c"], ["SSD", f"'{FORMULA}", "1"])
    content = taken(works, "xlsx", language, table)
    book = CalamineWorkbook.from_filelike(BytesIO(content))
    assert book.get_sheet_by_name("list").to_python()[0] == names
    assert book.get_sheet_by_name("about").to_python() == [[label(language, "", "as_of"), "x"]]
    sheets = [ZipFile(BytesIO(content)).read(f"xl/worksheets/sheet{at}.xml") for at in (1, 2)]
    assert all((b'rightToLeft="1"' in one) == (language == "ar") for one in sheets)
    assert not any(b"<f>" in one for one in sheets)
    plain = json.loads(taken(works, "json", language, table))
    assert plain == json.loads(taken(works, "json", SOURCE, table))
    assert set(plain["rows"][0]) == set(table.header)


def test_a_list_taken_away_from_a_page_in_arabic_is_headed_in_arabic(
    signed_in: Callable[[Role], Browser],
) -> None:
    browser = signed_in(Role.FOCAL_POINT)
    english, *rows = browser.get("/incidents.csv").text.splitlines()
    browser.send(browser.get("/account"), "/account/language", language="ar")
    try:
        arabic, *same = browser.get("/incidents.csv").text.splitlines()
    finally:
        browser.send(browser.get("/account"), "/account/language", language="en")
    assert (same, len(arabic.split(","))) == (rows, len(english.split(",")))
    assert not re.search("[a-z]", arabic)


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != SOURCE])
def test_a_printed_list_says_in_the_language_of_the_page_what_the_program_says(
    works: Works, language: str
) -> None:
    said = translations(language).gettext
    header = ("record", "state", "why")
    why = "sexual violence never leaves as a record, only inside totals"
    table = Table("holders", header, (("stands", "stands", why),))
    visit = Visit(works, "/holders.print", "", {}, {}, language)
    page = take_away(visit, table)
    assert isinstance(page, Page)
    shown = write_page(visit, page)
    heads, cells = (re.findall(f"<{tag}[^>]*>([^<]*)</{tag}>", shown) for tag in ("th", "td"))
    assert heads[1] == said("State") != said("state")  # which is an actor's
    assert cells == ["stands", said("stands"), said(why)]
    assert cells[1:] != ["stands", why]
    empty = take_away(visit, replace(table, rows=()))
    assert isinstance(empty, Page)
    assert said("Nothing stands in this list.") in write_page(visit, empty)


@pytest.mark.slow
@pytest.mark.usefixtures("released")
def test_every_printed_list_is_headed_in_the_language_of_the_page(
    signed_in: Callable[[Role], Browser],
) -> None:
    english = {}
    for path in sorted({*LISTS} - {*SEALED}):
        browser = signed_in(one_who_reaches(path))
        browser.send(browser.get("/account"), "/account/language", language="ar")
        try:
            shown = browser.get(f"{path}.print{QUERIES.get(path, '')}")
        finally:
            browser.send(browser.get("/account"), "/account/language", language="en")
        heads = re.findall(r"<(?:th|h1)[^>]*>([^<]*)</(?:th|h1)>", shown.text)
        english[path] = [one for one in heads if re.search("[a-z]{3}", one)]
    assert {path: heads for path, heads in english.items() if heads} == {}


def test_a_long_list_prints_its_first_rows_and_says_so(works: Works) -> None:
    table = Table("incidents", ("record",), tuple((str(at),) for at in range(MOST_PRINTED + 5)))
    visit = Visit(works, "/incidents.print", "", {}, {}, "en")
    page = take_away(visit, table)
    assert isinstance(page, Page)
    assert page.facts["rows"] == table.rows[:MOST_PRINTED]
    taken = take_away(Visit(works, "/incidents.csv", "", {}, {}, "en"), table)
    assert isinstance(taken, Document)
    assert taken.content.count(b"\r\n") == len(table.rows) + 1
