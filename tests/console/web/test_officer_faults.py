"""Writes of officers' pages that fail: before, nothing is left and typed text comes back; after, nothing is twice."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from casework.casefile import CaseFile
from tests.console.web.test_officer import CANARY, Place, office, place
from tests.support.browser import Browser, Shown
from tests.support.faults import Flavour, failing_at
from tests.support.offices import statement

pytestmark = pytest.mark.slow
__all__ = ["office", "place"]
FAILING = (Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED)


class Write(NamedTuple):
    """Something that is written with a form of an officer's page.

    Attributes:
        page: The page, with {uid} for the case.
        action: Where its form goes.
        typed: What somebody fills in.
        file: Content that is sent with it.
        shown: What of it comes back after a failure; nothing where nothing is typed.
        times: How often it was done, as the case or its grants tell.
    """

    page: str
    action: str
    typed: dict[str, str]
    shown: str
    times: Callable[[Place, CaseFile], int]
    file: bytes = b""


def _acts(act: str) -> Callable[[Place, CaseFile], int]:
    return lambda _place, case: sum(one.text("act") == act for one in case.of("custody"))


def _grants(place: Place, case: CaseFile) -> int:
    return sum(one.officer_id == "care" for one in place.office.desks["ops"].grants(case.uid))


WRITES = {
    "note": Write(
        "/case/do?id={uid}&step=note",
        "/case/do",
        {"text": CANARY},
        CANARY,
        lambda _place, case: sum(one.text("text") == CANARY for one in case.of("note")),
    ),
    "reminder": Write(
        "/case/do?id={uid}&step=demarche-remind",
        "/case/do",
        {},
        "L2",
        lambda _place, case: len([one for one in case.of("letter_sent") if one.text("kind") == "reminder"]),
        b"dear minister",
    ),
    "evidence": Write(
        "/case/evidence?id={uid}",
        "/case/evidence",
        {"kind": "photograph", "method": CANARY},
        CANARY,
        lambda _place, case: len(list(case.of("evidence_added"))),
        b"a photograph",
    ),
    "verify": Write(
        "/case/evidence?id={uid}", "/case/evidence", {"item": "E0", "act": "verify"}, "", _acts("verify")
    ),
    "transfer": Write(
        "/case/evidence?id={uid}",
        "/case/evidence",
        {"item": "E0", "act": "transfer", "by": "a", "to": CANARY},
        "",
        _acts("transfer"),
    ),
    "let in": Write(
        "/case/access?id={uid}",
        "/case/access",
        {"officer": "care", "reason": CANARY, "act": "let_in"},
        CANARY,
        _grants,
    ),
}


def _filled(place: Place, browser: Browser, write: Write) -> dict[str, str]:
    """The form as somebody fills it in."""
    shown = browser.get(write.page.format(uid=place.uid))
    if "act" in write.typed:  # there are several forms on the page
        key = shown.form("/leave")["form_key"]
        number = re.findall(r'name="request_id" value="([^"]+)"', shown.text)
        return {"form_key": key, **({"request_id": number[0]} if number else {}), **write.typed}
    return {**shown.form(write.action), **write.typed}


def _sent(place: Place, browser: Browser, write: Write, fields: dict[str, str]) -> Shown:
    page = write.page.format(uid=place.uid)
    if not write.file:
        return browser.post(page, fields)
    fields = {name: text for name, text in fields.items() if name not in {"file", "document"}}
    name = "file" if write.action == "/case/evidence" else "document"
    return browser.upload(page, fields, [(name, "a.jpg", write.file)])


def _made(place: Place) -> int:
    """Number of items of evidence that there are; the first is verified and handed on here."""
    desk = place.office.desks["ops"]
    if desk.read(place.uid).last("evidence_added") is None:
        added = statement(
            "evidence_added", desk.today, evidence="E0", kind="photograph", copy="original", name="x"
        )
        desk.add_evidence(place.uid, added, [b"what was found"])
    return len(list(desk.read(place.uid).of("evidence_added")))


@pytest.mark.parametrize("flavour", FAILING)
@pytest.mark.parametrize("name", WRITES)
def test_a_write_that_fails_leaves_nothing_or_all_of_it_and_nothing_typed_is_lost(
    name: str, flavour: Flavour, place: Place
) -> None:
    write, browser, desk = WRITES[name], place.at("ops"), place.office.desks["ops"]
    store = place.office.office.database.store
    _made(place)
    before = write.times(place, desk.read(place.uid))
    with failing_at(store, None, flavour) as writes:
        assert _sent(place, browser, write, _filled(place, browser, write)).status == 303
    done = write.times(place, desk.read(place.uid)) - before
    assert done == 1 or name == "let in"
    page = write.page.format(uid=place.uid)
    commits = [number for number, kind in enumerate(writes) if kind == "COMMIT"]
    # Of the first a page is written down as read, and of the last but one or two something of the case.
    for number in {commits[0], *commits[-3:]}:
        fields = _filled(place, browser, write)
        before = write.times(place, desk.read(place.uid))
        with failing_at(store, number, flavour):
            failed = _sent(place, browser, write, fields)
        if failed.status != 303:
            assert failed.status in {422, 503}, failed.words
            back = failed if "Open the page again" not in failed.words else browser.get(page)
            assert write.shown in back.text, (number, back.words)
            assert back.status in {200, 422}
        if flavour is Flavour.REFUSED and number == commits[0]:
            assert write.times(place, desk.read(place.uid)) == before
        again = _sent(place, browser, write, fields)
        assert again.status == 303, again.words
        assert write.times(place, desk.read(place.uid)) == before + (name != "let in"), number


def wrong(place: Place, send: Callable[[], Shown], flavour: Flavour, most: int = 6) -> Iterator[Shown]:
    """What is shown while one of the last writes of sending a form goes wrong, after it went well once."""
    store = place.office.office.database.store
    with failing_at(store, None, flavour) as writes:
        assert send().status in {200, 303}
    for number in range(max(0, len(writes) - most), len(writes)):
        with failing_at(store, number, flavour):
            shown = send()
        yield shown


def fails_clearly(shown: Shown) -> bool:
    """Whether it failed, and then it is said."""
    assert shown.status in {200, 303, 403, 422, 503}, shown.words
    return shown.status >= 400


@pytest.mark.parametrize("flavour", FAILING)
def test_a_case_is_opened_once_and_its_title_is_not_lost(place: Place, flavour: Flavour) -> None:
    browser, desk = place.at("ops"), place.office.desks["ops"]
    typed = {"categories": "detention", "host_state": "CMR", "no_incident": "not_recorded"}

    def filled(title: str) -> dict[str, str]:
        return {**browser.get("/cases/open").form("/cases/open"), **typed, "title": title}

    form = filled(f"{CANARY} 0 {flavour}")
    tries = wrong(place, lambda: browser.post("/cases/open", form), flavour)
    for at, shown in enumerate(tries, 1):
        if fails_clearly(shown):
            back = shown if shown.status == 422 else browser.get("/cases/open")
            assert form["title"] in back.text, at
        for _ in range(2):
            assert browser.post("/cases/open", form).status == 303
        assert [desk.read(one.uid).about.text("title") for one in desk.board()].count(form["title"]) == 1
        form = filled(f"{CANARY} {at} {flavour}")


@pytest.mark.parametrize("flavour", FAILING)
def test_who_is_shut_out_is_out_whatever_failed_before(place: Place, flavour: Flavour) -> None:
    browser, desk, law = place.at("ops"), place.office.desks["ops"], place.office.desks["law"]
    page = f"/case/access?id={place.uid}"
    key = browser.get(page).form("/leave")["form_key"]
    form = {"form_key": key, "officer": "law", "reason": CANARY, "act": "shut_out"}
    try:
        for shown in wrong(place, lambda: browser.post(page, form), flavour):
            if fails_clearly(shown):
                back = shown if shown.status == 422 else browser.get(page)
                assert CANARY in back.text or place.uid not in {one.uid for one in law.board()}
            browser.post(page, form)
            assert place.uid not in {one.uid for one in law.board()}
            desk.let_in(place.uid, "law", frozenset({"read", "write"}), "works on it")
    finally:
        desk.let_in(place.uid, "law", frozenset({"read", "write"}), "works on it")


@pytest.mark.parametrize("flavour", FAILING)
def test_what_is_taken_out_is_written_down_first_or_not_given(place: Place, flavour: Flavour) -> None:
    browser, desk = place.at("ops"), place.office.desks["ops"]
    _made(place)
    key = browser.get("/cases").form("/leave")["form_key"]
    taken, letter = (
        {"item": "E0", "purpose": CANARY},
        {"report": "timeline", "style": "html", "language": "en"},
    )
    for page, form in (
        (f"/case/evidence/content?id={place.uid}", taken),
        (f"/cases/papers?id={place.uid}", letter),
    ):
        whole = browser.post(page, {"form_key": key, **form}).content
        given = before = _acts("extract")(place, desk.read(place.uid))
        for shown in wrong(place, lambda: browser.post(page, {"form_key": key, **form}), flavour):  # noqa: B023
            given += 1
            if not fails_clearly(shown):
                assert len(shown.content) == len(whole)
                assert "evidence" not in page or _acts("extract")(place, desk.read(place.uid)) > before
            assert browser.post(page, {"form_key": key, **form}).status == 200


def test_a_desk_opens_after_it_could_not_and_closing_it_writes_nothing(place: Place) -> None:
    store = place.office.office.database.store
    browser = place.at("ops")
    form = browser.get("/cases/unlock").form("/cases/unlock") | {"officer": "ops"}
    for shown in wrong(place, lambda: browser.post("/cases/unlock", form), Flavour.REFUSED):
        fails_clearly(shown)
        assert browser.post("/cases/unlock", form).status == 303
        assert browser.get("/cases").status == 200
    form = browser.get("/cases").form("/cases/lock")
    with failing_at(store, None, Flavour.REFUSED) as writes:
        assert browser.post("/cases/lock", form).status == 303
    assert writes == []
