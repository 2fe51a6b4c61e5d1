"""Alerts and audiences from the console: seen before they are sent, sent as they were seen, by the same rules."""

from collections.abc import Callable

import pytest

from console.alerts import shown_alerts, state
from console.selection import select_records
from console.web.roles import Role
from console.web.visit import Works
from node.store.own_log import records_released
from tests.support.browser import Browser, Shown
from tests.support.faults import Flavour, failing_at

pytestmark = pytest.mark.slow  # together they take seconds
SCRIPT = '"><script>alert(1)</script>'


@pytest.fixture
def browser(signed_in: Callable[[Role], Browser]) -> Browser:
    return signed_in(Role.FOCAL_POINT)


def report(browser: Browser) -> str:
    typed = {"when": "2026-03", "country": "SSD", "means": "shooting"}
    sent = browser.send(browser.get("/report"), "/report", **typed)
    return sent.header("location").partition("id=")[2].replace("%3A", ":")


def look(browser: Browser, name: str, **typed: str) -> Shown:
    return browser.send(browser.get(f"/alert/new?id={name}"), "/alert/new", **typed)


def alerts(works: Works) -> list[str]:
    return [state(one.alert, works.clock()) for one in shown_alerts(works.store)]


def is_out(works: Works, name: str) -> bool:
    (record_id,) = select_records(works.store, "id", [name])
    with works.store.read() as connection:
        return record_id in records_released(connection)


def test_an_alert_is_sent_as_it_was_seen_then_again_and_ends(works: Works, browser: Browser) -> None:
    before = len(alerts(works))
    name = report(browser)
    shown = look(browser, name, advice="Stay away from the road.", reviewed="1")
    for words in ("Stay away from the road.", "Peers", "What we hold", "2026-03"):
        assert words in shown.words
    assert (len(alerts(works)), is_out(works, name)) == (before, False)

    one = browser.follow(browser.send(shown, "/alert/send"))

    assert "in force" in one.words
    assert is_out(works, name)
    again = browser.get(_again(one))
    sent = browser.send(browser.send(again, "/alert/new", advice=""), "/alert/send")
    assert "updated" in browser.follow(sent).words
    over = browser.follow(browser.send(browser.follow(sent), "/alert/cancel"))
    assert "over" in over.words
    assert 'action="/alert/cancel"' not in over.text
    assert len(alerts(works)) == before + 1


def _again(one: Shown) -> str:
    return "/alert/new" + one.text.partition('href="/alert/new')[2].partition('"')[0]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"advice": "Stay off the road."}, "second person has reviewed"),
        ({"advice": "Call +254 712 345678", "reviewed": "1"}, "could tell who or where"),
        ({"advice": "x" * 281, "reviewed": "1"}, "at most 280"),
        ({"lasts": "0"}, "more than nothing"),
        ({"lasts": "soon"}, "whole number"),
        ({"tier": "king"}, "is none of"),
        ({"id": "no:such"}, "no record"),
    ],
)
def test_what_may_not_be_sent_is_told_and_kept(
    works: Works, browser: Browser, typed: dict[str, str], told: str
) -> None:
    before = alerts(works)
    sent = look(browser, "awsd:a", **typed)
    assert sent.status == 422
    assert told in sent.words
    if "advice" in typed:
        assert sent.form("/alert/new")["advice"] == typed["advice"]
    assert alerts(works) == before


def test_what_is_held_is_not_sent(browser: Browser) -> None:
    shown = look(browser, "awsd:d")
    assert "It is held and can not be sent" in shown.words
    assert 'action="/alert/send"' not in shown.text


def test_an_alert_that_changed_or_is_cut_short_does_not_leave(works: Works, browser: Browser) -> None:
    name = report(browser)
    shown = look(browser, name)
    before = len(alerts(works))
    page = browser.get(f"/incident/complete?id={name}&group=place")
    browser.send(page, "/incident/complete", admin1="Jonglei")
    sent = browser.send(shown, "/alert/send")
    assert (sent.status, "has changed since you looked" in sent.words) == (409, True)
    with failing_at(works.store, 3, Flavour.REFUSED):
        assert browser.send(sent, "/alert/send").status in {500, 503}
    assert (len(alerts(works)), is_out(works, name)) == (before, False)
    assert browser.send(sent, "/alert/send").status == 303


def test_what_people_type_stays_text(browser: Browser) -> None:
    for sent in (
        look(browser, "awsd:a", advice=SCRIPT, reviewed="1"),
        browser.send(browser.get("/audience/new"), "/audience/new", name=SCRIPT),
        browser.post("/request/new", {**browser.get("/audience/new").form("/audience/new"), "note": SCRIPT}),
    ):
        assert "<script" not in sent.text


def test_an_audience_is_made_and_changed(browser: Browser) -> None:
    made = browser.send(browser.get("/audience/new"), "/audience/new", name="corridor", country="SSD")
    shown = browser.follow(made)
    assert "Nobody belongs to it" in shown.words
    assert "South Sudan" in shown.words
    again = browser.send(browser.get("/audience/new"), "/audience/new", name="corridor")
    assert (again.status, "corridor already" in again.words) == (422, True)
    fields = {**shown.form("/audience/preview"), "what": "hide"}
    preview = browser.post("/audience/preview", fields)
    assert "0 would leave" in preview.words
    hidden = browser.follow(browser.send(preview, "/audience/change"))
    assert "Members see each other no" in hidden.words
    assert browser.post("/audience/preview", {**fields, "what": "add", "member": "nobody"}).status == 422
    assert "corridor" in browser.get("/audiences.csv").text
