"""Officers' pages at an open desk: what somebody plants in a link or a field stays text, on every page and for ever."""

import csv
import re
from html import unescape
from io import StringIO
from urllib.parse import urlencode

import pytest

from casework.reporting import new_receipt
from casework.tip import Tip
from console.web.languages import LANGUAGES
from console.web.routes import ROUTES
from crypto.keyfile import MIN_COST
from tests.console.web.test_hostile_everywhere import FORMS, SCRIPT, SPLIT, assert_inert, forms_of, names_on
from tests.console.web.test_officer import Place, office, place

pytestmark = pytest.mark.slow
__all__ = ["office", "place"]
FORMULA = '=HYPERLINK("http://x";"y")'
VALUES = re.compile(r'<input(?![^>]*type="(?:checkbox|file)")[^>]* name="([^"]+)"[^>]* value="([^"]*)"')
AREAS = re.compile(r'<textarea[^>]* name="([^"]+)"')
LINES = re.compile(r'<input(?=[^>]*dir="auto")(?![^>]*class="short")(?![^>]*list=)[^>]* name="([^"]+)"')
SELECTS = re.compile(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', re.DOTALL)
OPTIONS = re.compile(r'<option value="([^"]*)"')
BOXES = re.compile(r'<input type="checkbox" name="([^"]+)" value="([^"]*)"')
LEAVING = {"/sign-out", "/leave", "/cases/lock"}


@pytest.fixture
def planted(place: Place) -> str:
    """Name of a report in which somebody planted what they could."""
    intake = place.office.office.intake(MIN_COST)
    intake.tell(new_receipt(), Tip(SCRIPT + SPLIT, "CMR", "2026-02", ("detention",)), SCRIPT.encode())
    return place.office.desks["focal"].tips()[-1].name


def pages(place: Place, report: str) -> list[str]:
    """Every page that an officer sees, of the case or the report where it is of one."""
    of = {"/case": place.uid, "/cases/report": report, "/cases/report/case": report}
    shown = [path for path, route in ROUTES.items() if path.startswith("/case") and route.shows is not None]
    return [
        f"{path}?id={of.get(path, place.uid)}{'&step=note' if path == '/case/do' else ''}"
        for path in shown
        if not path.endswith((".csv", ".xlsx", ".json")) and path != "/cases/unlock"
    ]


def filled(inside: str) -> dict[str, str]:
    """A form as somebody fills it in who plants what they can: words everywhere, and elsewhere the first that goes."""
    found = {name: unescape(value) for name, value in VALUES.findall(inside)}
    found |= dict.fromkeys((*AREAS.findall(inside), *LINES.findall(inside)), SCRIPT)
    for name, options in SELECTS.findall(inside):
        found[name] = next((one for one in OPTIONS.findall(options) if one), "")
    for name, value in BOXES.findall(inside):
        found.setdefault(name, value)
    return found


def test_what_a_link_says_stays_text(place: Place, planted: str) -> None:
    browser = place.at("focal")
    for page in pages(place, planted):
        path = page.partition("?")[0]
        names = {"id", "done", "file", "step", "case", "officer", "next", *names_on(browser.get(page))}
        for name in sorted(names):  # the others as they are
            assert_inert(browser.get(f"{page}&{urlencode({name: SCRIPT})}"), f"{page} {name}")
        for evil in (SCRIPT, SPLIT):
            assert_inert(browser.get(f"{path}?{urlencode(dict.fromkeys(sorted(names), evil))}"), page)


def test_what_is_typed_into_any_form_stays_text_on_every_page(place: Place, planted: str) -> None:
    browser, sent, stored = place.at("focal"), 0, 0
    steps = re.findall(r"step=([a-z_-]+)", browser.get(f"/case?id={place.uid}").text)
    forms = [*pages(place, planted), *(place.page(step) for step in dict.fromkeys(steps))]
    for page in forms:
        shown = browser.get(page)
        as_they_go = [(unescape(action), filled(inside)) for action, inside in FORMS.findall(shown.text)]
        for action, fields in (*forms_of(shown), *as_they_go):
            if action.partition("?")[0] in LEAVING or "erase" in action:
                continue
            answer = browser.post(action, fields)
            assert_inert(answer, f"{page}: {action}")
            if answer.status == 303:
                stored += 1
                assert_inert(browser.follow(answer), f"{page}: {action}, next")
            sent += 1
    assert sent > 40
    assert stored > 10
    for page in pages(place, planted):
        assert_inert(browser.get(page), page)


def test_what_is_stored_of_a_case_is_no_formula_in_any_file(place: Place) -> None:
    browser = place.at("ops")
    page = f"/case/evidence?id={place.uid}"
    form = {**browser.get(page).form("/case/evidence"), "kind": "photograph", "method": FORMULA}
    form.pop("file", None)
    assert browser.upload(page, form, [("file", FORMULA.replace('"', ""), b"x")]).status == 303
    key = browser.get("/cases").form("/leave")["form_key"]
    given = {"form_key": key, "officer": "other", "reason": FORMULA, "act": "let_in"}
    assert browser.post(f"/case/access?id={place.uid}", given).status == 303
    found = 0
    for path in ("/case/evidence", "/case/access"):
        text = browser.get(f"{path}.csv?id={place.uid}").text.removeprefix("\ufeff")
        for row in csv.reader(StringIO(text, newline="")):
            assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for cell in row), row
            found += sum("=HYPERLINK" in cell for cell in row)
    assert found == 2
    assert browser.post(f"/case/access?id={place.uid}", {**given, "act": "shut_out"}).status == 303


def test_a_name_with_line_ends_bends_no_header(place: Place) -> None:
    browser, page = place.at("ops"), f"/case/evidence?id={place.uid}"
    form = {**browser.get(page).form("/case/evidence"), "kind": "photograph"}
    form.pop("file", None)
    assert browser.upload(page, form, [("file", "a.p%0d%0aX-Planted: 1;.jpg%22", b"x")]).status == 303
    item = next(
        reversed(
            [one.text("evidence") for one in place.office.desks["ops"].read(place.uid).of("evidence_added")]
        )
    )
    key = {"form_key": browser.get(page).form("/leave")["form_key"], "item": item, "purpose": SPLIT}
    taken = browser.post(f"/case/evidence/content?id={place.uid}", key)
    assert_inert(taken, "content")
    assert (taken.status, taken.content) == (200, b"x")
    assert re.fullmatch(
        r'attachment; filename="[A-Z0-9]{4}-[A-Z0-9]{4}-E\d+(\.\w{1,5})?"',
        taken.header("content-disposition"),
    )
    for language in LANGUAGES:
        asked = {**key, "report": "dossier" + SPLIT, "language": language, "level": SPLIT, "style": SPLIT}
        assert_inert(browser.post(f"/cases/papers?id={place.uid}", asked), language)
