"""Sheets to print and the yearly table: in a language of their own, the same as the files, and no dash is a zero."""

import json
from collections.abc import Callable

import pytest

from casework.printing.data import read_page, write_page
from casework.reports import Wanted
from casework.vocabulary.words import words
from console.cells import DASH
from console.web.roles import Role
from console.web.visit import Works
from tests.console.web.test_officer import Place, office, place
from tests.support.browser import Browser, Shown
from tests.support.faults import Flavour, failing_at

pytestmark = pytest.mark.slow
__all__ = ["office", "place"]
COUNTS = b"""year,of,what,number
2015,UNSMS,affected,1819
2015,UNSMS,deaths_violence,23
2015,UNSMS,deaths_safety,16
2015,UNSMS,abducted,21
2023,UNSMS,affected,1915
2023,UNSMS,deaths_violence,13
2023,UNSMS,deaths_safety,0
2023,UNRWA,affected,141
2023,UNRWA,detained,39
"""


@pytest.fixture
def browser(place: Place) -> Browser:
    return place.at("ops")


def test_the_sheet_of_a_state_is_a_page_in_a_language_of_its_own_and_the_file_of_the_command_line(
    place: Place, browser: Browser
) -> None:
    empty = browser.get("/cases/state")
    assert (empty.status, "Choose a State to see its cases" in empty.words) == (200, True)
    shown = browser.get("/cases/state?state=CMR&language=ar")
    assert '<html lang="en" dir="ltr">' in shown.text
    assert 'lang="ar" dir="rtl"' in shown.text
    assert words("ar").word("report", "state") in shown.words
    name = place.office.desks["ops"].read(place.uid).name
    assert name in shown.words
    for style, behind in (("html", ""), ("csv", "&level=partner")):
        taken = browser.get(f"/cases/state.{style}?state=CMR&language=ar{behind}")
        level = "partner" if behind else "internal"
        wanted = Wanted("state", level=level, language="ar", state="CMR")
        assert taken.content == place.office.desks["ops"].report(wanted, style)
        assert taken.header("content-disposition") == f'attachment; filename="state-CMR-ar.{style}"'
    assert "/cases/state.pdf?state=CMR&amp;language=ar" in shown.text


def test_a_period_leaves_out_what_was_surely_outside(place: Place, browser: Browser) -> None:
    case = place.office.desks["ops"].read(place.uid)
    assert case.incident is not None
    day = case.incident.latest
    page = "/cases/state?state=CMR"
    assert case.name in browser.get(f"{page}&first={day}&last={day}").words
    past = browser.get(f"{page}&last=2001-01-01").words
    assert case.name not in past
    assert "Date of the incident: … \N{EN DASH} 1 January 2001" in past
    assert case.name not in browser.get(f"{page}&first=2099-01-01").words
    turned = browser.get(f"{page}&first=2026-02-01&last=2026-01-01")
    assert (turned.status, "it is before the first day" in turned.words) == (422, True)
    assert browser.get(f"{page}&first=soon").status == 422
    assert browser.get("/cases/state?state=XXX").status == 422
    assert browser.get("/cases/state.csv?state=CMR&first=soon").status == 422
    assert browser.get("/cases/state.csv").status == 422


def test_a_dossier_stands_on_a_page_as_its_reader_may_see_it(place: Place, browser: Browser) -> None:
    page = f"/case/dossier?id={place.uid}"
    inside = browser.get(f"{page}&language=zh")
    assert words("zh").word("report", "dossier") in inside.words
    assert "<svg" in inside.text
    assert 'class="paper' in inside.text
    name = place.office.desks["ops"].read(place.uid).name
    pdf = browser.get(f"/case/dossier.pdf?id={place.uid}&language=zh")
    assert pdf.content.startswith(b"%PDF") or pdf.status in {409, 422, 501}
    assert browser.get(f"{page}&level=public").status == 422  # nobody released it
    assert name in browser.get(f"/case?id={place.uid}").words
    assert f"/case/dossier?id={place.uid}" in browser.get(f"/case?id={place.uid}").text
    assert place.at("other").get(page).status == 404


def brought(browser: Browser, content: bytes = COUNTS) -> Shown:
    fields = {"form_key": browser.get("/cases/yearly").form("/leave")["form_key"]}
    return browser.upload("/cases/yearly", fields, [("file", "counts.csv", content)])


def test_the_yearly_table_puts_years_side_by_side_and_adds_nothing_up(browser: Browser) -> None:
    alone = browser.get("/cases/yearly")
    assert "Cases of this organization" in alone.words
    assert "Area staff of UNRWA" not in alone.words
    page = brought(browser).header("location")
    shown = browser.get(f"{page}&year=2023&before=2015")
    assert "Area staff of UNRWA" in shown.words
    assert "Persons affected 1,915 1,819 +96" in shown.words
    assert "Deaths (safety) 0 16 -16" in shown.words.replace("\u2212", "-")
    assert f"Abducted {DASH} 21 {DASH}" in shown.words
    assert f"Persons affected 141 {DASH} {DASH}" in shown.words
    assert "2,056" not in shown.words  # 1,915 and 141
    token = page.partition("=")[2]
    found = json.loads(browser.get(f"/cases/yearly.json?file={token}&year=2023&before=2015").text)
    rows = {(one["of"], one["what"]): one for one in found["rows"]}
    assert rows["UNSMS", "deaths_safety"]["2023"] == 0
    assert rows["UNSMS", "abducted"]["2023"] is None
    assert rows["UNRWA", "affected"]["2015"] is None
    csv = browser.get(f"/cases/yearly.csv?file={token}&year=2023&before=2015").text
    assert f"UNSMS,abducted,{DASH},21,{DASH}" in csv
    assert "UNSMS,deaths_safety,0,16,-16" in csv.replace("'-", "-")


def test_a_file_of_counts_waits_and_nothing_is_written(place: Place, browser: Browser) -> None:
    form = {"form_key": browser.get("/cases/yearly").form("/leave")["form_key"]}
    stores = (place.office.office.database.store, place.works.store)
    with (
        failing_at(stores[0], 0, Flavour.REFUSED) as ours,
        failing_at(stores[1], 0, Flavour.REFUSED) as other,
    ):
        waits = browser.upload("/cases/yearly", form, [("file", "counts.csv", COUNTS)])
    assert (waits.status, ours, other) == (303, [], [])
    assert browser.follow(waits).status == 200


def test_a_file_that_is_none_or_gone_is_told(works: Works, browser: Browser) -> None:
    assert "Choose a file." in brought(browser, b"").words
    wrong = brought(browser, b"year,of,what,number\n2015,UNSMS,affected,many\n")
    assert (wrong.status, "year and number are whole numbers" in wrong.words) == (422, True)
    page = brought(browser).header("location")
    works.tray.clear()
    gone = browser.get(page)
    assert (gone.status, "does not wait here any more" in gone.words) == (200, True)
    assert "UNRWA" not in gone.words


def test_a_page_as_data_is_read_back_as_it_was(place: Place) -> None:
    desk = place.office.desks["ops"]
    for report, uid in (("dossier", place.uid), ("yearly", ""), ("timeline", place.uid)):
        content = desk.report(Wanted(report, uid), "json")
        assert write_page(read_page(content)) == content


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.COORDINATOR])
def test_sheets_are_for_officers(role: Role, signed_in: Callable[[Role], Browser]) -> None:
    for page in ("/cases/state", "/cases/yearly", "/case/dossier", "/cases/state.pdf"):
        assert signed_in(role).get(page).status == 404
