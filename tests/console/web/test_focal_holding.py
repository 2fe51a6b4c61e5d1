"""Calling back what left: seen first, sent as it was seen, and told to whoever holds it."""

from collections.abc import Callable

import pytest

from console.selection import select_records
from console.web.roles import Role
from console.web.visit import Works
from node.store.own_log import released
from tests.support.browser import Browser
from tests.support.faults import Flavour, failing_at


@pytest.fixture
def browser(signed_in: Callable[[Role], Browser]) -> Browser:
    return signed_in(Role.FOCAL_POINT)


def report_and_share(browser: Browser) -> str:
    sent = browser.send(
        browser.get("/report"), "/report", when="2026-03", country="SSD", means="shooting"
    ).header("location")
    name = sent.partition("id=")[2].replace("%3A", ":")
    browser.send(browser.get(f"/share/preview?id={name}&tier=peer"), "/share/send")
    return name


def is_out(works: Works, name: str) -> bool:
    (record_id,) = select_records(works.store, "id", [name])
    with works.store.read() as connection:
        return bool(released(connection, [record_id])[record_id].terms.views)


def test_what_was_shown_is_called_back_and_nothing_by_looking(works: Works, browser: Browser) -> None:
    name = report_and_share(browser)
    assert "shared in error" in browser.get(f"/recall?id={name}").words

    shown = browser.get(f"/recall/preview?id={name}&because=shared_in_error&purge=1")

    assert "destroy what was opened" in shown.words
    assert name in shown.words
    assert is_out(works, name)
    done = browser.send(shown, "/recall/send")
    assert "1 are called back" in done.words
    assert not is_out(works, name)
    again = browser.send(shown, "/recall/send")
    assert again.status == 409
    assert "it is called back already" in again.words


def test_a_call_back_that_is_cut_short_calls_nothing_back(works: Works, browser: Browser) -> None:
    name = report_and_share(browser)
    shown = browser.get(f"/recall/preview?id={name}&because=withdrawn")
    for flavour in (Flavour.REFUSED,):
        with failing_at(works.store, 1, flavour):
            assert browser.send(shown, "/recall/send").status in {500, 503}
    assert is_out(works, name)
    assert browser.send(shown, "/recall/send").status == 200
    assert not is_out(works, name)


@pytest.mark.parametrize(
    ("page", "status"),
    [
        ("/recall", 404),
        ("/recall?id=no:such", 404),
        ("/recall/preview?id=awsd:a", 422),
        ("/recall/preview?id=awsd:a&because=superseded", 422),
        ("/holders?id=no:such", 404),
        ("/disclosures?from=yesterday", 422),
        ("/disclosures.csv?from=yesterday", 422),
        ("/holders?page=9999999", 200),
        ("/outcomes?member=%3Cscript%3E&only=x", 200),
    ],
)
def test_what_can_not_be_asked_is_told(browser: Browser, page: str, status: int) -> None:
    shown = browser.get(page)
    assert shown.status == status
    assert "<script>" not in shown.text


def test_nothing_is_called_back_that_never_left(browser: Browser) -> None:
    shown = browser.get("/recall/preview?id=awsd:b&because=withdrawn")
    assert "Nothing of this is with anybody now" in shown.words
    assert 'action="/recall/send"' not in shown.text
