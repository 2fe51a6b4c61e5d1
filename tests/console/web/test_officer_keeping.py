"""Keeping, erasing by two persons, and importing old cases in the console; each whatever fails."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest.mock import PropertyMock, patch

import pytest

from casework.client.cases import CaseCalls
from casework.intake.rows import write_rows
from casework.retention import retention_rules
from console.web.roles import Role
from tests.casework.test_cw_23_import import INCIDENT, VERDICT, row
from tests.console.web.test_lists import check_taken_away
from tests.console.web.test_officer import Place, office, place
from tests.support.browser import Browser, Shown
from tests.support.faults import Flavour, failing_at
from tests.support.offices import ABOUT, say, statement

pytestmark = pytest.mark.slow
__all__ = ["office", "place"]
FAILING = (Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED)
OTHER = {**INCIDENT, "case_id": "OLD-2"}
BAD = row(1, "2011-05", "no_such_event", case_id="BAD-1", note="=HYPERLINK(1)")
FORMULA = row(
    1, "2010-05", "incident", case_id="OLD-3", subjects="P1 nurse (BBB) killed", note="=1+1<script>x"
)


@contextmanager
def later(place: Place, days: int = retention_rules().grace_days + 1) -> Iterator[None]:
    """So many days on, at the office and at the desks: usually what was proposed can be done by then."""
    real = place.office.desks["ops"].clock

    def now() -> datetime:
        return real() + timedelta(days=days)

    day = PropertyMock(side_effect=lambda: now().date())
    with patch.object(place.office.office, "clock", now), patch.object(CaseCalls, "today", day):
        yield


def a_case(place: Place) -> str:
    """A case of somebody who agreed to be recorded, which the approver sees too."""
    ops = place.office.desks["ops"]
    opened = statement("opened", ops.today, categories="detention", host_state="CMR", title="X", **ABOUT)
    uid = ops.open_for(opened)
    say(ops, uid, "person_added", person="P1", harm="detained", cause="violence", name="Canary Namewell")
    ops.let_in(uid, "boss", frozenset({"read", "write"}), "second person")
    return uid


def proposed(place: Place, uid: str, *groups: str) -> str:
    """Id of a proposal that was made with the form of the step."""
    browser = place.at("ops")
    shown = browser.get(place.page("erasure_proposed", uid))
    assert 'type="checkbox" name="groups" value="identity"' in shown.text
    fields = {**shown.form("/case/do"), "reason": "asked for <script>"}
    sent = browser.post(place.page("erasure_proposed", uid), fields | {"groups": groups[0]})
    assert sent.status == 303, sent.words
    last = place.office.desks["ops"].read(uid).last("erasure_proposed")
    assert last is not None
    return last.event_id


def erasing(browser: Browser, uid: str, proposal: str, **more: str) -> Shown:
    key = browser.get("/cases/keeping").form("/leave")["form_key"]
    asked = {"form_key": key, "case": uid, "proposal": proposal, **more}
    return browser.post("/cases/keeping/erase", asked)


def last_write(place: Place, browser: Browser, uid: str, proposal: str) -> int:
    """Number of the commit with which keys are destroyed, by doing it once."""
    key = browser.get("/cases/keeping").form("/leave")["form_key"]
    with failing_at(place.office.office.database.store, None, Flavour.REFUSED) as writes:
        asked = {"form_key": key, "case": uid, "proposal": proposal, "sure": "yes"}
        assert browser.post("/cases/keeping/erase", asked).header("location").endswith("done=yes")
    return len(writes) - 1 - writes[::-1].index("COMMIT")


@pytest.mark.parametrize("flavour", FAILING)
def test_a_case_is_erased_by_two_and_who_asked_and_who_did_it_stays(place: Place, flavour: Flavour) -> None:
    uid, other = a_case(place), a_case(place)
    name = place.office.desks["ops"].read(uid).name
    proposal, another = proposed(place, uid, "all"), proposed(place, other, "all")
    ops = place.at("ops")
    shown = ops.get("/cases/keeping")
    assert (name in shown.words, "You proposed it" in shown.words) == (True, True)
    assert "asked for <script>" in shown.words
    assert "<script" not in shown.text
    assert erasing(ops, uid, proposal, sure="yes").status == 422
    boss = place.at("boss")
    early = erasing(boss, uid, proposal, sure="yes")
    assert (early.status, "the grace period lasts until" in early.words) == (422, True)
    with later(place):
        boss = place.at("boss")
        assert erasing(boss, uid, proposal).status == 422  # nobody is sure yet
        number = last_write(place, boss, other, another)
        key = boss.get("/cases/keeping").form("/leave")["form_key"]
        asked = {"form_key": key, "case": uid, "proposal": proposal, "sure": "yes"}
        with failing_at(place.office.office.database.store, number, flavour):
            assert boss.post("/cases/keeping/erase", asked).status == 422
        assert boss.post("/cases/keeping/erase", asked).status == 303
        assert boss.get(f"/case?id={uid}").status == 404
        gone = boss.get("/cases/keeping").words
    assert name in gone
    after = gone.partition("What was erased")[2]
    assert after.count("ops boss") >= 2  # by whom it was proposed and done
    ears = place.sign_in(Role.AUDITOR)
    ears.send(ears.get("/cases/unlock"), "/cases/unlock", officer="ears")
    assert name in ears.get("/cases/keeping").words
    assert name not in place.at("other").get("/cases/keeping").words


def test_identities_alone_are_erased_once_and_the_case_says_so(place: Place) -> None:
    uid = a_case(place)
    proposal = proposed(place, uid, "identity")
    with later(place):
        boss = place.at("boss")
        for _ in range(2):
            assert erasing(boss, uid, proposal, sure="yes").status == 303
        shown = boss.get("/cases/keeping").words.partition("What was erased")[2]
        case = place.office.office.desk("ops", None).read(uid)
    assert "Of the case this was erased: Identities ops boss" in shown
    assert len(list(case.of("erased"))) == 1
    check_taken_away(place.at("ops"), "/cases/keeping")


def test_what_is_due_is_on_the_list_and_a_legal_hold_blocks_it(place: Place) -> None:
    uid = a_case(place)
    with later(place, 2 * 366):
        ops = place.at("ops")
        rows = json.loads(ops.get("/cases/keeping.json").text)["rows"]
        shown = ops.get("/cases/keeping")
    name = place.office.desks["ops"].read(uid).name
    assert (name, "review") in {(one["case"], one["what"]) for one in rows}
    assert "See whether identities are still needed" in shown.words
    assert f"/case/do?id={uid}&amp;step=identities_reviewed" in shown.text


def sent(browser: Browser, text: str) -> Shown:
    page = browser.get("/cases/import?new=yes").form("/cases/import")
    return browser.upload("/cases/import", page, [("file", "old.csv", text.encode("utf-8-sig"))])


def done(browser: Browser) -> Shown:
    """The page of an import that is over."""
    for _ in range(600):
        shown = browser.get("/cases/import/progress")
        if not shown.header("refresh"):
            return shown
        time.sleep(0.05)
    raise AssertionError("it does not end")


def test_old_cases_are_looked_at_first_and_then_come_in_once(place: Place) -> None:
    browser, desk = place.at("focal"), place.office.desks["focal"]
    before = len(desk.board())
    asked = sent(browser, write_rows([INCIDENT, VERDICT, OTHER, BAD, FORMULA]))
    preview = browser.follow(asked)
    assert "3 come in as new cases" in preview.words
    assert "1 are not taken in" in preview.words
    assert "BAD-1" in preview.words
    assert len(desk.board()) == before
    token = asked.header("location").partition("=")[2]
    check_taken_away(browser, "/cases/import/preview", f"?file={token}")
    for file in place.works.home.path.rglob("*"):
        assert not file.is_file() or b"OLD-1" not in file.read_bytes(), file
    form = preview.form("/cases/import/start")
    for _ in range(2):
        assert browser.post("/cases/import/start", form).header("location") == "/cases/import/progress"
    over = done(browser)
    assert "3 come in as new cases" in over.words
    assert "Imported cases are drafts" in over.words
    assert len(desk.board()) == before + 3
    check_taken_away(browser, "/cases/import/progress")
    again = browser.follow(sent(browser, write_rows([INCIDENT, VERDICT, OTHER])))
    assert "3 " not in again.words.partition("stay as they are")[0][-5:]
    assert "2 stay as they are" in again.words
    assert "There is nothing to take in." in again.words
    imported = next(
        one.uid for one in desk.board() if desk.read(one.uid).about.text("imported_as") == "OLD-3"
    )
    assert "<script" not in browser.get(f"/case?id={imported}").text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the first row has to be"),
        ("a,b\n1,2\n", "the first row has to be"),
        ('"x', "is no CSV"),
    ],
)
def test_what_is_no_file_of_cases_is_refused_with_its_reason(place: Place, text: str, said: str) -> None:
    shown = sent(place.at("focal"), text)
    assert (shown.status, said in shown.words) == (422, True), shown.words


def test_a_file_waits_for_its_session_alone_and_is_gone_with_the_desk(place: Place) -> None:
    browser = place.at("focal")
    asked = sent(browser, write_rows([{**INCIDENT, "case_id": "OLD-9"}]))
    page = asked.header("location")
    other = place.at("ops")
    assert other.get(page).header("location") == "/cases/import?gone=1"
    browser.send(browser.get("/cases"), "/cases/lock")
    place.at("focal", browser)
    assert browser.get(page).header("location") == "/cases/import?gone=1"
    key = browser.get("/cases").form("/leave")["form_key"]
    start = browser.post("/cases/import/start", {"form_key": key, "file": page.partition("=")[2]})
    assert start.header("location") == "/cases/import?gone=1"
    assert place.at("law").get("/cases/import").status == 404
    page_of = browser.get("/cases/import").form("/cases/import")
    assert browser.upload("/cases/import", page_of, []).status == 422
    broken = browser.upload("/cases/import", page_of, [("file", "x.csv", b"\xff\xfe\x00")])
    assert (broken.status, "is not UTF-8 text" in broken.words) == (422, True)


@pytest.mark.parametrize("flavour", FAILING)
def test_a_file_waits_once_the_look_at_it_is_written_down_and_is_forgotten_without_a_write(
    place: Place, flavour: Flavour
) -> None:
    browser, store = place.at("focal"), place.office.office.database.store
    form = browser.get("/cases/import?new=yes").form("/cases/import")
    file = [("file", "old.csv", write_rows([INCIDENT, VERDICT]).encode("utf-8-sig"))]
    before = len(place.office.desks["focal"].board())
    with failing_at(store, None, flavour) as writes:
        assert browser.upload("/cases/import", form, file).status == 303
    assert writes[-1] == "COMMIT"
    waits = ""
    for number in range(len(writes)):
        with failing_at(store, number, flavour):
            shown = browser.upload("/cases/import", form, file)
        assert shown.status in {422, 503} or flavour is not Flavour.REFUSED, shown.words
        assert len(place.office.desks["focal"].board()) == before
        waits = browser.upload("/cases/import", form, file).header("location")
        assert "/cases/import/preview?file=" in waits
    with failing_at(store, None, flavour) as ours, failing_at(place.works.store, None, flavour) as other:
        assert browser.post("/cases/import/cancel", form).header("location") == "/cases/import"
    assert (ours, other) == ([], [])
    assert browser.get(waits).header("location") == "/cases/import?gone=1"


@pytest.mark.parametrize("flavour", FAILING)
def test_an_import_that_fails_half_way_leaves_whole_cases_and_goes_on(place: Place, flavour: Flavour) -> None:
    browser, desk = place.at("focal"), place.office.desks["focal"]
    names = [f"{flavour.name}-{at}" for at in range(3)]
    text = write_rows([{**INCIDENT, "case_id": name} for name in names])
    form = browser.follow(sent(browser, text)).form("/cases/import/start")
    with failing_at(place.office.office.database.store, 25, flavour):
        browser.post("/cases/import/start", form)
        stopped = done(browser)
    assert "It stopped" in stopped.words
    partly = [one for one in desk.board() if desk.read(one.uid).about.text("imported_as") in names]
    assert len(partly) < 3
    form = browser.follow(sent(browser, text)).form("/cases/import/start")
    browser.post("/cases/import/start", form)
    assert "It stopped" not in done(browser).words
    whole = [desk.read(one.uid) for one in desk.board()]
    found = [case for case in whole if case.about.text("imported_as") in names]
    assert sorted(case.about.text("imported_as") for case in found) == names
    assert len({len(case.events) for case in found}) == 1
