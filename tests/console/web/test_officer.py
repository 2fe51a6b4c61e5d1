"""An officer's pages: unlocked with a key's passphrase, nothing on disk, and of a case only what grants let out."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from unittest.mock import patch

import pytest
from sqlalchemy import update

from casework.client.desk import RemoteDesk
from casework.errors import RefusedError
from casework.lifecycle import actions
from casework.vocabulary.words import words
from console.office_server import desk_beside
from console.web.languages import LANGUAGES
from console.web.officer.steps import ELSEWHERE, steps_of
from console.web.roles import Role
from console.web.tables import account
from console.web.visit import Works
from tests.console.test_case_serve import serving
from tests.console.web.test_lists import SEALED, check_taken_away
from tests.support.browser import Browser, Clock, Shown
from tests.support.offices import Staffed, staffed

pytestmark = pytest.mark.slow
ROLES = {
    "ops": Role.ACCOUNTABILITY_OFFICER,
    "other": Role.ACCOUNTABILITY_OFFICER,
    "boss": Role.APPROVER,
    "law": Role.LEGAL_ADVISER,
    "focal": Role.FOCAL_POINT,
    "care": Role.SURVIVOR_ADVOCATE,
}
CANARY = "words that only officers read"


@dataclass
class Place:
    """An office with one case, the console before it, and who sits at it."""

    works: Works
    office: Staffed
    uid: str
    sign_in: Callable[[Role], Browser]

    def at(self, officer: str, browser: Browser | None = None) -> Browser:
        """A browser in which an officer has unlocked their cases."""
        browser = browser or self.sign_in(ROLES[officer])
        asked = browser.get("/cases/unlock")
        assert browser.send(asked, "/cases/unlock", officer=officer).header("location") == "/cases"
        return browser

    def step(self, officer: str, step: str, **typed: str) -> Shown:
        """Fill in the form of a step and send it."""
        browser = self.at(officer)
        return browser.send(browser.get(self.page(step)), "/case/do", **typed)

    def page(self, step: str, uid: str = "") -> str:
        return f"/case/do?id={uid or self.uid}&step={step}"

    def desks(self) -> list[RemoteDesk]:
        """Desks that are open in the console."""
        return [one.desk for one in self.works.desks._open.values()]


@pytest.fixture(scope="module")
def office(works: Works) -> Iterator[tuple[Staffed, str]]:
    with staffed(works) as made:
        yield made, made.detention()


@pytest.fixture
def place(
    works: Works, office: tuple[Staffed, str], signed_in: Callable[[Role], Browser], clock: Clock
) -> Iterator[Place]:
    del clock  # it is set back afterwards
    yield Place(works, *office, signed_in)
    works.desks.clear()


def test_a_desk_opens_with_the_passphrase_alone_and_is_forgotten_with_the_session(place: Place) -> None:
    browser = place.sign_in(Role.ACCOUNTABILITY_OFFICER)
    asked = browser.get("/cases/due")
    assert asked.header("location") == "/cases/unlock?next=%2Fcases%2Fdue"
    form = browser.follow(asked)
    wrong = browser.send(form, "/cases/unlock", officer="ops", passphrase="wrong")
    assert (wrong.status, place.desks()) == (403, [])
    nobody = browser.send(form, "/cases/unlock", officer="nobody", passphrase="")
    assert nobody.words == wrong.words
    opened = browser.send(form, "/cases/unlock", officer="ops", passphrase="")
    assert "D4:L1" in browser.follow(opened).words
    (desk,) = place.desks()
    token = desk._token

    for path in ("/cases/lock", "/sign-out", "/leave"):
        browser = place.at("ops")
        desk = place.desks()[-1]
        token = desk._token
        browser.send(browser.get("/cases"), path)
        assert desk not in place.desks()
        again = place.works.desks.dial(place.works.home)
        again._token = token
        with pytest.raises(RefusedError) as refused:
            again.board()
        assert refused.value.reason == "NOT_SIGNED_IN"
        again._token = ""
        again.close()

    place.at("ops")
    left = place.desks()
    assert isinstance(place.works.clock, Clock)
    place.works.clock.now += timedelta(minutes=31)  # nobody signed out
    place.at("other")
    (desk,) = place.desks()
    assert desk not in left


def test_what_is_typed_of_a_case_never_reaches_a_disk_and_comes_back_to_the_same_officer(
    place: Place,
) -> None:
    browser = place.at("ops")
    form = browser.get(place.page("note"))
    (desk,) = place.desks()
    desk._token = ""  # the case server has forgotten the key meanwhile
    sent = browser.send(form, "/case/do", text=CANARY)
    assert sent.header("location").startswith("/cases/unlock?next=%2Fcase%2Fdo")
    place.at("boss", browser)  # who sees the case too, in the same browser
    assert CANARY not in browser.get(place.page("note")).text
    place.at("ops", browser)
    assert CANARY in browser.get(place.page("note")).text
    assert CANARY not in browser.get(place.page("note")).text  # once

    form = browser.get(place.page("note"))
    assert isinstance(place.works.clock, Clock)
    place.works.clock.now = place.works.clock.now.replace(hour=12)  # the session of the console is over
    assert browser.send(form, "/case/do", text=CANARY).header("location").startswith("/sign-in")
    again = place.at("ops")
    assert CANARY in again.get(place.page("note")).text
    for file in place.works.home.path.rglob("*"):
        assert not file.is_file() or CANARY.encode() not in file.read_bytes(), file


def test_a_case_that_is_not_for_an_officer_is_a_page_that_does_not_exist(place: Place) -> None:
    browser = place.at("other")
    nowhere = browser.get(f"/case?id={'0' * 32}")
    key = nowhere.form("/leave")["form_key"]
    assert nowhere.status == 404
    others = ("access", "evidence", "evidence/content", "joint")
    for page in (
        f"/case?id={place.uid}",
        f"/case?id={place.uid[:8]}",
        "/case?id=",
        place.page("note"),
        f"/cases/papers?id={place.uid}",
        *(f"/case/{name}?id={place.uid}" for name in others),
    ):
        for shown in (browser.get(page), browser.post(page, {"form_key": key, "text": "x"})):
            assert shown.status in {404, 405}
            assert place.uid not in shown.words.replace(page, "")
        if browser.get(page).status == 404:
            assert browser.get(page).words == nowhere.words
    assert browser.get(place.page("no-such-step")).words == nowhere.words
    assert "You were let into no case yet." in browser.get("/cases").words
    for path in SEALED:
        taken = browser.get(f"{path}.json{behind(path, place.uid)}")
        rows = [] if taken.status == 404 else json.loads(taken.text)["rows"]
        assert rows == [] or (path == "/cases/figures" and json.loads(taken.text)["cases"] == "0")
    assert place.uid in place.at("ops").get("/cases").text


def behind(path: str, uid: str) -> str:
    """What is asked of a page of one case."""
    return f"?id={uid}" if path.startswith("/case/") else f"?case={uid[:8]}" if path == "/cases/log" else ""


# Asking for the log adds to it; a file that is imported is looked at in test_officer_keeping.
@pytest.mark.parametrize("path", [one for one in SEALED if one != "/cases/log" and "import" not in one])
def test_lists_of_cases_are_taken_away(path: str, place: Place) -> None:
    check_taken_away(place.at("ops"), path, behind(path, place.uid))


def test_what_can_be_done_is_what_the_table_says_and_each_has_a_form(place: Place) -> None:
    browser = place.at("ops")
    case = place.office.desks["ops"].read(place.uid)
    officer = place.desks()[-1].officer
    steps = steps_of(case, officer, words("en"))
    kinds = {one.kind.name for one in actions(case, officer.officer_id, officer.roles)}
    shown = browser.get(f"/case?id={place.uid}")
    assert kinds - ELSEWHERE
    assert len({step.key for step in steps}) == len(steps) >= len(kinds - ELSEWHERE)
    for step in steps:
        assert f"step={step.key}" in shown.text
        assert browser.get(place.page(step.key)).status == 200, step.key
    assert "demarche-release" not in shown.text  # the advocate's


def test_a_form_shows_what_is_wrong_beside_its_field_and_is_done_once(place: Place) -> None:
    browser = place.at("ops")
    form = browser.get(place.page("person-add"))
    assert form.form("/case/do")["person"] == "P2"  # the next
    wrong = browser.send(form, "/case/do", harm="", cause="violence", nationalities="France")
    assert wrong.status == 422
    assert 'id="harm-fault"' in wrong.text
    assert 'id="nationalities-fault"' in wrong.text
    assert wrong.form("/case/do")["cause"] == "violence"  # what was typed is there
    typed = {**wrong.form("/case/do"), "harm": "injured", "nationalities": "FRA", "when": "2026-01"}
    for _ in range(2):
        sent = browser.post(place.page("person-add"), typed)
        assert sent.header("location") == f"/case?id={place.uid}&done=person_added"
    added = place.office.desks["ops"].read(place.uid).of("person_added")
    assert [one.text("person") for one in added] == ["P1", "P2"]
    refused = browser.send(
        browser.get(place.page("hold-set")), "/case/do", reason="safety", review_on="2031-01-01"
    )
    assert (refused.status, "review_on at most 30 days later" in refused.words) == (422, True)


def test_a_letter_is_written_down_with_the_hash_of_its_document(place: Place) -> None:
    browser = place.at("ops")
    form = browser.get(place.page("demarche-remind")).form("/case/do")
    assert (form["letter"], form["reminder_of"], form.get("document", "")) == ("L2", "L1", "")
    sent = browser.upload(place.page("demarche-remind"), form, [("document", "note.pdf", b"dear minister")])
    assert sent.status == 303, sent.words
    case = place.office.desks["ops"].read(place.uid)
    last = case.last("letter_sent")
    assert last is not None
    assert last.text("document") == sha256(b"dear minister").hexdigest()


def test_a_case_is_opened_followed_and_closed_by_two_people(place: Place) -> None:
    browser = place.at("ops")
    form = browser.get("/cases/open")
    assert browser.send(form, "/cases/open", categories="detention").status == 422
    sent = browser.send(
        form, "/cases/open", categories="detention", host_state="CMR", title="<script>x</script>"
    )
    uid = sent.header("location").removeprefix("/case?id=").partition("&")[0]
    shown = browser.follow(sent)
    assert "&lt;script&gt;x" in shown.text
    assert "<script" not in shown.text
    for name in ("boss", "focal"):
        place.office.desks["ops"].let_in(uid, name, frozenset({"read", "write"}), "works on it")

    def step(officer: str, name: str, **typed: str) -> Shown:
        at = place.at(officer)
        return at.send(at.get(place.page(name, uid)), "/case/do", **typed)

    assert step("focal", "register").status == 422
    assert step("ops", "person-add", harm="detained", cause="violence").status == 303
    assert step("ops", "detention-start", persons="P1", when="2026-03-01").status == 303
    assert step("ops", "note", text="no incident record").status == 303
    assert step("ops", "describe", title="Driver").status == 303
    assert step("focal", "link", incident="own:x", relation="same").status == 303
    assert step("focal", "register").status == 303
    assert step("ops", "detention-end", persons="P1", outcome="released").status == 303
    assert step("ops", "close-propose", reason="released", proof="seen").status == 303
    own = place.at("ops")
    assert own.get(place.page("close-agree", uid)).words.count("This can not be done now") == 1
    agreeing = place.at("boss").get(place.page("close-agree", uid))
    assert "Proposed by ops" in agreeing.words
    assert "seen" in agreeing.words
    assert step("boss", "close-agree").status == 422  # nobody was informed
    assert step("boss", "close-agree", informed="family").status == 303
    assert "Closed" in place.at("ops").get(f"/case?id={uid}").words


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_of_a_case_are_small_and_in_every_language(language: str, place: Place) -> None:
    with place.works.store.write() as connection:
        connection.execute(update(account).values(language=language))
    browser = place.at("ops")
    for page in (
        "/cases",
        "/cases/due",
        f"/case?id={place.uid}",
        place.page("demarche-send"),
        "/cases/open",
        f"/case/access?id={place.uid}",
        f"/case/evidence?id={place.uid}",
        f"/cases/papers?id={place.uid}",
        f"/cases/log?case={place.uid[:8]}",
    ):
        shown = browser.get(page)
        assert shown.status == 200
        assert shown.size < 50_000
        assert f'<html lang="{language}"' in shown.text
        if language != "en":
            assert "Written down" not in shown.words
            said = words(language)
            assert said.word("report", "worklist") in shown.words or said.say("case") in shown.words
    with place.works.store.write() as connection:
        connection.execute(update(account).values(language=""))


def test_a_case_server_that_is_killed_loses_nothing_that_was_typed(place: Place) -> None:
    """A process of its own: not there, killed while somebody types, and started again."""
    before, place.works.desks.dial = place.works.desks.dial, desk_beside
    home = place.works.home.path
    try:
        browser = place.sign_in(Role.ACCOUNTABILITY_OFFICER)
        sent = browser.send(browser.get("/cases/unlock"), "/cases/unlock", officer="ops")
        assert (sent.status, "casework does not run here" in sent.words) == (503, True)
        with serving(home) as server:
            place.at("ops", browser)
            form = browser.get(place.page("note"))
            server.kill()
            server.wait()
            assert browser.send(form, "/case/do", text=CANARY).status == 503
        with serving(home):
            assert browser.get(place.page("note")).header("location").startswith("/cases/unlock")
            place.at("ops", browser)
            again = browser.get(place.page("note"))
            assert CANARY in again.text
            assert browser.send(again, "/case/do").status == 303
            browser.send(browser.get("/cases"), "/cases/lock")
    finally:
        place.works.desks.clear()
        place.works.desks.dial = before
    said = [one.text("text") for one in place.office.desks["ops"].read(place.uid).of("note")]
    assert said.count(CANARY) == 1


def test_a_file_is_sealed_verified_and_taken_out_with_its_chain_and_touches_no_disk(place: Place) -> None:
    browser, page = place.at("ops"), f"/case/evidence?id={place.uid}"
    form = browser.get(page).form("/case/evidence")
    assert form["evidence"] == "E1"
    photograph = CANARY.encode() * 60_000  # more than what a form usually has in memory
    lacking = browser.upload(page, form, [("file", "gate.jpg", photograph)])
    assert (lacking.status, 'id="kind-fault"' in lacking.text) == (422, True)
    with patch("tempfile.TemporaryFile", side_effect=AssertionError("a disk")):
        sent = browser.upload(page, form | {"kind": "photograph"}, [("file", "gate.jpg", photograph)])
    assert sent.header("location") == f"{page}&done=collect"
    digest = sha256(photograph).hexdigest()
    assert digest in browser.get(page).words

    key = {"form_key": form["form_key"], "item": "E1"}
    assert browser.post(page, {**key, "act": "verify"}).header("location") == f"{page}&done=verify"
    assert browser.post(page, {**key, "act": "transfer", "by": "a", "to": "b"}).status == 303
    refused = browser.post(f"/case/evidence/content?id={place.uid}", {**key, "purpose": " "})
    assert (refused.status, "say what for" in refused.words) == (422, True)
    out = browser.post(f"/case/evidence/content?id={place.uid}", {**key, "purpose": "complaint"})
    name = place.office.desks["ops"].read(place.uid).name
    assert sha256(out.text.encode()).hexdigest() == digest
    assert out.header("content-disposition") == f'attachment; filename="{name}-E1.jpg"'
    acts = [one.text("act") for one in place.office.desks["ops"].read(place.uid).of("custody")]
    assert acts == ["collect", "verify", "transfer", "access"]
    assert browser.post(page, {**key, "act": "destroy"}).status == 422
    boss = place.at("boss")  # who was let in without the key of evidence
    shown = boss.get(page)
    assert digest not in shown.words
    assert "gate.jpg" not in shown.words
    form_key = boss.get(page).form("/leave")["form_key"]
    asked = {"form_key": form_key, "item": "E1", "purpose": "x"}
    taken = boss.post(f"/case/evidence/content?id={place.uid}", asked)
    assert taken.status in {404, 422}
    for file in place.works.home.path.rglob("*"):
        assert not file.is_file() or CANARY.encode() not in file.read_bytes(), file


def test_somebody_is_let_in_and_shut_out_and_the_log_says_who_read(place: Place) -> None:
    browser, page = place.at("ops"), f"/case/access?id={place.uid}"
    form = browser.get(page)
    key = form.form("/leave")["form_key"]
    assert place.at("other").get(f"/case?id={place.uid}").status == 404
    assert browser.post(page, {"form_key": key, "officer": "other", "act": "let_in"}).status == 422
    given = {
        "form_key": key,
        "officer": "other",
        "reason": "<b>stands in</b>",
        "rights": "write",
        "until": "2099-01-01",
    }
    assert browser.post(page, {**given, "act": "let_in", "until": "soon"}).status == 422
    assert browser.post(page, {**given, "act": "let_in"}).status == 303
    assert "&lt;b&gt;stands in" in browser.get(page).text
    assert place.at("other").get(f"/case?id={place.uid}").status == 200
    assert browser.post(page, {**given, "act": "shut_out"}).status == 303
    assert place.at("other").get(f"/case?id={place.uid}").status == 404

    log = f"/cases/log?case={place.uid[:8]}"
    assert "read a case" in browser.get(log).words
    assert "Say which case" in browser.get("/cases/log").words
    auditor = place.sign_in(Role.AUDITOR)
    opened = auditor.send(auditor.get("/cases/unlock"), "/cases/unlock", officer="ears")
    assert opened.header("location") == "/cases/log"
    shown = auditor.follow(opened)
    assert "was refused" in shown.words
    assert "Two drivers" not in shown.words
    assert auditor.get(f"/case?id={place.uid}").status == 404


def test_reports_and_letters_are_written_in_a_language_of_their_own(place: Place) -> None:
    browser, page = place.at("ops"), f"/cases/papers?id={place.uid}"
    form = browser.get(page)
    key = form.form("/leave")["form_key"]
    asked = {"form_key": key, "report": "dossier", "level": "internal", "language": "fr", "style": "html"}
    dossier = browser.post(page, asked)
    name = place.office.desks["ops"].read(place.uid).name
    assert dossier.header("content-disposition") == f'attachment; filename="dossier-{name}-fr.html"'
    assert "Ministère des affaires étrangères" in dossier.words
    assert '<html lang="fr"' in dossier.text
    for what, more in (
        ("yearly", {}),
        ("state", {"state": "CMR"}),
        ("detention", {}),
        ("ageing", {}),
        ("worklist", {}),
    ):
        sheet = browser.post("/cases/papers", {**asked, "report": what, "style": "csv", **more})
        assert (sheet.status, sheet.header("content-type").partition(";")[0]) == (200, "text/csv"), what
    letter = browser.post(
        page, {"form_key": key, "letter": "note_verbale", "language": "fr", "text": "<script>x"}
    )
    assert letter.status == 200
    assert "<script" not in letter.text
    refused = browser.post("/cases/papers", {**asked, "report": "state", "state": ""})
    assert (refused.status, "say which host State" in refused.words) == (422, True)
    assert browser.post(page, {**asked, "level": "public"}).status == 422  # nobody released it
    assert "This is no joint case yet." in browser.get(f"/case/joint?id={place.uid}").words
