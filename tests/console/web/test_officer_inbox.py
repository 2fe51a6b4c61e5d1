"""Anonymous reports in the console: read, answered, files taken out, a case opened from one, erased by two persons."""

import json
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest
from sqlalchemy import func, select

from casework.cleaning import working_copy
from casework.reporting import Intake, new_receipt
from casework.retention import retention_rules
from casework.tables import case_audit
from casework.tip import Tip
from console.web.languages import translations
from console.web.visit import Works
from crypto.keyfile import MIN_COST
from tests.casework.test_cleaning import JPEG
from tests.console.web.test_lists import check_taken_away
from tests.console.web.test_officer import Place, office, place
from tests.support.browser import Browser, Shown
from tests.support.faults import Flavour, failing_at

pytestmark = pytest.mark.slow
__all__ = ["office", "place"]
SCRIPT = "<script>alert(1)</script>"
TOLD = Tip("canary-told-91c2 " + SCRIPT, "CMR", "2026-02", ("detention",), ("afraid", "useless"))
FAILING = (Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED)


class Mailbox:
    """A report and the mailbox of its reporter."""

    def __init__(self, place: Place, tip: Tip = TOLD, file: bytes = b"") -> None:
        self.intake: Intake = place.office.office.intake(MIN_COST)
        self.receipt = new_receipt()
        self.intake.tell(self.receipt, tip, file)
        self.name = place.office.desks["focal"].tips()[-1].name
        self.page = f"/cases/report?id={self.name}"

    @property
    def words(self) -> list[str]:
        return [one.text for one in self.intake.read(self.receipt)]


def sent(browser: Browser, box: Mailbox, action: str, **typed: str) -> Shown:
    return browser.send(browser.get(box.page), action, **typed)


def test_a_report_is_read_answered_and_its_files_taken_out_and_nothing_of_it_runs(place: Place) -> None:
    box = Mailbox(place, file=JPEG)
    box.intake.write(box.receipt, "and this", b"%PDF-1.7 a letter")
    browser = place.at("focal")
    listed = browser.get("/cases/reports")
    assert (box.name in listed.text, "waits for an answer" in listed.words) == (True, True)
    assert "canary-told" not in listed.text
    shown = browser.get(box.page)
    assert "canary-told-91c2 " + SCRIPT in shown.words
    assert "<script" not in shown.text
    assert shown.text.count("Take the working copy") == 1

    key = shown.form("/leave")["form_key"]
    page = f"/cases/report/file?id={box.name}"
    copy = browser.post(page, {"form_key": key, "message": "1"})
    assert (copy.content, copy.header("content-disposition")) == (
        working_copy(JPEG),
        f'attachment; filename="{box.name}-1-copy.jpg"',
    )
    assert browser.post(page, {"form_key": key, "message": "1", "original": "yes"}).content == JPEG
    lacking = browser.post(page, {"form_key": key, "message": "2"})
    assert (lacking.status, "no working copy can be made" in lacking.words) == (422, True)
    letter = browser.post(page, {"form_key": key, "message": "2", "original": "yes"})
    assert letter.header("content-disposition").endswith('-2-original.pdf"')
    for number in ("3", "0", "-1", "x", ""):
        assert browser.post(page, {"form_key": key, "message": number}).status == 422

    empty = sent(browser, box, "/cases/report", text=" ")
    assert (empty.status, 'id="text-fault"' in empty.text) == (422, True)
    for _ in range(2):
        again = browser.post(box.page, {**shown.form("/cases/report"), "text": "Are you safe?"})
        assert again.header("location") == f"{box.page}&done=answered"
    assert box.words[2:] == ["Are you safe?"]
    assert "answered" in browser.get("/cases/reports").words
    check_taken_away(browser, "/cases/reports")
    for file in place.works.home.path.rglob("*"):
        assert not file.is_file() or b"canary-told" not in file.read_bytes(), file


def test_for_who_takes_no_reports_in_there_are_none(place: Place) -> None:
    box = Mailbox(place)
    browser = place.at("ops")
    assert "There are none for you." in browser.get("/cases/reports").words
    assert json.loads(browser.get("/cases/reports.json").text)["rows"] == []
    nowhere = browser.get("/cases/report?id=T-00000000")
    key = nowhere.form("/leave")["form_key"]
    for page in ("/cases/report", "/cases/report/case"):
        for name in (box.name, "T-00000000"):
            for shown in (
                browser.get(f"{page}?id={name}"),
                browser.post(f"{page}?id={name}", {"form_key": key, "text": "x"}),
            ):
                assert (shown.status, shown.words) == (404, nowhere.words)
    for name in (box.name, "T-00000000"):
        asked = {"form_key": key, "message": "1"}
        shown = browser.post(f"/cases/report/file?id={name}", asked)
        assert (shown.status, shown.words) == (404, nowhere.words)
        erased = browser.post(f"/cases/report/erase?id={name}", {**asked, "act": "erase", "sure": "yes"})
        assert erased.header("location") == "/cases/reports"
    assert len(box.words) == 1


@pytest.mark.parametrize("flavour", FAILING)
def test_a_file_is_taken_out_once_it_is_written_down_or_not_given(place: Place, flavour: Flavour) -> None:
    box, browser = Mailbox(place, file=JPEG), place.at("focal")
    store, page = place.office.office.database.store, f"/cases/report/file?id={box.name}"
    form = {"form_key": browser.get(box.page).form("/leave")["form_key"], "message": "1", "original": "yes"}

    def written_down() -> int:
        with store.read() as connection:
            return connection.execute(select(func.count()).select_from(case_audit)).scalar_one()

    before = written_down()
    with failing_at(store, None, flavour) as writes:
        assert browser.post(page, form).content == JPEG
    assert (written_down() - before, writes[-1]) == (1, "COMMIT")
    for number in range(len(writes)):
        before = written_down()
        with failing_at(store, number, flavour):
            shown = browser.post(page, form)
        assert shown.content == JPEG or JPEG not in shown.content
        assert (shown.content == JPEG) <= (written_down() == before + 1)
        if flavour is Flavour.REFUSED:
            assert shown.status in {422, 503}, shown.words
            assert written_down() == before
        assert browser.post(page, form).content == JPEG


@pytest.mark.parametrize("flavour", FAILING)
def test_an_answer_that_could_not_be_written_comes_back_and_is_written_once(
    place: Place, flavour: Flavour
) -> None:
    box, browser = Mailbox(place), place.at("focal")
    store = place.office.office.database.store
    form = {**browser.get(box.page).form("/cases/report"), "text": "typed with care"}
    with failing_at(store, _last_write(place, box, browser), flavour):
        failed = browser.post(box.page, form)
    assert failed.status == 422
    again = failed.form("/cases/report")
    assert (again["text"], again["request_id"]) == ("typed with care", form["request_id"])
    assert browser.post(box.page, again).status == 303
    assert box.words.count("typed with care") == 1


def _last_write(place: Place, box: Mailbox, browser: Browser) -> int:
    """Number of the commit that stores an answer."""
    form = {**browser.get(box.page).form("/cases/report"), "text": "all went well"}
    with failing_at(place.office.office.database.store, None, Flavour.REFUSED) as writes:
        assert browser.post(box.page, form).status == 303
    return len(writes) - 1


@pytest.mark.parametrize("flavour", FAILING)
def test_a_case_is_opened_from_a_report_once_whatever_fails(place: Place, flavour: Flavour) -> None:
    box, browser = Mailbox(place), place.at("focal")
    store, page = place.office.office.database.store, f"/cases/report/case?id={box.name}"
    form = browser.get(page).form("/cases/report/case")
    assert (form["host_state"], form["owner"], form["sensitivity"]) == ("CMR", "focal", "normal")
    form |= {"categories": "detention", "title": "typed with care", "no_incident": "not_recorded"}
    assert browser.post(page, form | {"host_state": ""}).status == 422
    before = len(place.office.desks["focal"].board())
    other = Mailbox(place)
    with failing_at(store, None, flavour) as writes:
        opened = browser.post(f"/cases/report/case?id={other.name}", {**form, "request_id": ""})
    uid = opened.header("location").removeprefix("/case?id=").partition("&")[0]
    assert next(place.office.desks["focal"].read(uid).of("opened")).sources == (other.name,)
    with failing_at(store, len(writes) - 1, flavour):
        failed = browser.post(page, form)
    assert (failed.status, failed.form("/cases/report/case")["title"]) == (422, "typed with care")
    assert browser.post(page, failed.form("/cases/report/case") | {"categories": "detention"}).status == 303
    assert len(place.office.desks["focal"].board()) == before + 2
    assert len(box.words) == 2
    assert "A case was opened from it." in browser.get(box.page).words
    assert browser.post(page, {**form, "request_id": ""}).status == 422  # a second one is refused


@pytest.mark.parametrize("flavour", FAILING)
def test_a_report_is_erased_by_two_whatever_fails(place: Place, flavour: Flavour) -> None:
    box, focal = Mailbox(place), place.at("focal")
    store = place.office.office.database.store
    other = Mailbox(place)
    forms = [focal.get(one.page).form("/cases/report/erase") | {"act": "propose"} for one in (other, box)]
    with failing_at(store, None, flavour) as writes:
        assert focal.post(f"/cases/report/erase?id={other.name}", forms[0]).status == 303
    with failing_at(store, len(writes) - 1, flavour):
        assert focal.post(f"/cases/report/erase?id={box.name}", forms[1]).status == 422
    if flavour is Flavour.REFUSED:
        assert sent(focal, box, "/cases/report/erase", act="propose").status == 303
    assert len(box.words) == 2  # told once
    shown = focal.get(box.page)
    assert "You proposed it, so another person erases it." in shown.words
    key = shown.form("/leave")["form_key"]
    page, sure = f"/cases/report/erase?id={box.name}", {"act": "erase", "sure": "yes"}
    assert "another person than who proposed it" in focal.post(page, {"form_key": key, **sure}).words
    care = place.at("care")
    early = care.post(page, {"form_key": care.get(box.page).form("/leave")["form_key"], **sure})
    assert (early.status, "the reporter may object until" in early.words) == (422, True)
    later = timedelta(days=retention_rules().grace_days + 8)
    with patch.object(place.office.office, "clock", lambda: place.office.desks["ops"].clock() + later):
        care = place.at("care")
        with patch("console.web.officer.inbox.first_day", lambda _week: place.office.desks["ops"].today):
            form = care.get(box.page)
        assert care.send(form, "/cases/report/erase", act="erase").status == 422  # nobody is sure yet
        asked = {**form.form("/cases/report/erase"), **sure}
        with failing_at(store, None, flavour) as writes:
            gone = care.post(f"/cases/report/erase?id={other.name}", asked)
        assert gone.header("location") == "/cases/reports?done=erased"
        with failing_at(store, len(writes) - 1, flavour):
            assert care.post(page, asked).status == 422
        assert care.post(page, asked).header("location").startswith("/cases/reports")
    assert box.name not in focal.get("/cases/reports").text


def test_a_report_in_arabic_is_read_as_it_was_written(place: Place, works: Works) -> None:
    arabic = translations("ar").gettext
    box, browser = Mailbox(place, replace(TOLD, account="أخذوا السيارة")), place.at("focal")
    key = browser.get("/account").form("/account/language")["form_key"]
    assert browser.post("/account/language", {"form_key": key, "language": "ar"}).status == 303
    shown = browser.get(box.page)
    assert "أخذوا السيارة" in shown.words
    assert arabic("Send the answer") in shown.words
    assert browser.post("/account/language", {"form_key": key, "language": "en"}).status == 303
    assert works.home.path.exists()
