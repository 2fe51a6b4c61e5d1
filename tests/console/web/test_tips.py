"""Somebody reports anonymously: nothing of them stays, nothing typed is lost, and a flood keeps nobody out."""

import logging
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from shutil import copy2, copytree
from urllib.request import urlopen

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.cleaning import working_copy
from casework.mailbox import make_receipt
from casework.tip import COPIED, LOST, NO_COPY, REPORTER
from console.archive import read_archive
from console.home import Home, open_home
from console.metrics import measuring
from console.office import Office
from console.web.languages import LANGUAGES, translations
from console.web.tips import reception
from console.web.tips.edge import ADDRESS_FILE, make_tips_app
from console.web.tips.reception import NEW, QUICK_SECONDS, Reception
from console.web.tips.stamps import GOOD_FOR, Stamps
from console.web.tips.turns import Pace, Turns
from crypto.keyfile import MIN_COST
from node.config import new_settings
from tests.casework.test_cleaning import JPEG
from tests.console.command_line import machine, tocsin
from tests.support.backups import KEY, backed_up
from tests.support.browser import Browser, Shown, running
from tests.support.faults import Flavour, failing_at

SCRIPT = "<script>alert(1)</script>{{7*7}}"
WORDS = {
    "account": "canary-account-77b1e09d: they took the vehicle", "country": "CMR", "month": "03", "year": "2026",
    "what": "detention", "not_reported": "afraid",
}  # fmt: skip
SENDER = {
    "User-Agent": "canary-agent-77b1e09d", "X-Forwarded-For": "192.0.2.77", "From": "canary-from-77b1e09d",
    "Referer": "http://canary-referer-77b1e09d/", "Accept-Language": "canary-language-77b1e09d",
    "Cookie": "tocsin=canary-cookie-77b1e09d",
}  # fmt: skip


class Seconds:
    """A clock that a test moves; forms are filled in slowly unless it says otherwise."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.step = QUICK_SECONDS

    def __call__(self) -> float:
        self.now += self.step
        return self.now


class Reporter(Browser):
    """A browser that fills in forms with files, as those of reporters are."""

    def fill(self, shown: Shown, typed: dict[str, str] | None = None, file: bytes = b"") -> Shown:
        action = shown.text.partition('action="')[2].partition('"')[0]
        fields = {**shown.form(action), **(typed or {})}
        fields.pop("file", None)
        files = [("file", "canary-name-77b1e09d.jpg", file)] if file else []
        return self.upload(action, fields, files, **SENDER)

    def send_body(self, page: str, body: bytes, media_type: str) -> Shown:
        return self._ask("POST", page, body, {**SENDER, "Content-Type": media_type})

    def tell(self, language: str = "en", file: bytes = b"", **typed: str) -> Shown:
        return self.fill(self.get(f"/{language}/tell"), {**WORDS, **typed}, file)

    def mailbox(self, receipt: str, language: str = "en") -> Shown:
        return self.post(f"/{language}/mailbox", {"receipt": receipt})


def receipt_of(shown: Shown) -> str:
    assert shown.status == 200, shown.words
    return shown.text.partition('class="receipt"')[2].partition("<b>")[2].partition("</b>")[0]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = Path(tmp_path_factory.mktemp("tips"))
    (folder / "keys").mkdir(mode=0o700)
    url = f"sqlite:///{folder / 'node.db'}"
    opened = Office(Home(folder, new_settings(org_id="first-aid", org_type="INGO", database_url=url)))
    roles = frozenset({"approver", "country_focal_point"})
    opened.found("focal", roles, opened.enrol("focal", None))
    yield opened
    opened.database.store.close()


@pytest.fixture(scope="module")
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture(scope="module")
def port(office: Office, seconds: Seconds) -> Iterator[int]:
    """Of the running form; all tests of this file share it."""
    taking = Reception(office.intake(MIN_COST), seconds)
    with running(lambda _port: make_tips_app(taking, "first-aid", lambda: date(2026, 5, 4))) as found:
        yield found


@pytest.fixture
def reporter(port: int) -> Reporter:
    return Reporter(port)


def test_somebody_tells_and_talks_with_the_office_in_their_language(
    office: Office, reporter: Reporter
) -> None:
    told = reporter.tell("ar", JPEG)
    arabic = translations("ar").gettext
    assert arabic(COPIED) in told.words
    desk = office.desk("focal", None)
    report = desk.tips()[-1]
    assert (report.tip.what, report.tip.not_reported, report.tip.month) == (
        ("detention",),
        ("afraid",),
        "2026-03",
    )
    assert report.messages[0].file == JPEG
    assert working_copy(report.messages[0].file) not in {None, JPEG}
    desk.answer_tip(report.uid, "Are you safe? " + SCRIPT)
    box = reporter.mailbox(receipt_of(told), "ar")
    assert "Are you safe? " + SCRIPT in box.words
    assert "<script" not in box.text
    more = reporter.fill(box, {"text": "I am. " + SCRIPT}, b"%PDF-1.7")
    assert "I am. " + SCRIPT in more.words
    assert "<script" not in more.text
    assert arabic(NO_COPY) in more.words
    assert [one.author == REPORTER for one in desk.tip(report.uid).messages] == [True, False, True]


def test_the_same_page_sent_twice_is_one_report_with_one_receipt(office: Office, reporter: Reporter) -> None:
    desk = office.desk("focal", None)
    before, form = len(desk.tips()), reporter.get("/en/tell")
    first, again = (reporter.fill(form, WORDS) for _ in range(2))
    changed = reporter.fill(form, {**WORDS, "account": "other words"})
    assert receipt_of(first) == receipt_of(again) == receipt_of(changed)
    assert "had arrived before" in changed.words
    assert len(desk.tips()) == before + 1
    box = reporter.mailbox(receipt_of(first))
    reporter.fill(box, {"text": "more"})
    box_after = reporter.fill(box, {"text": "more"})
    assert box_after.words.count("more") == reporter.mailbox(receipt_of(first)).words.count("more")


def test_nothing_of_who_asks_stays(
    office: Office, reporter: Reporter, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in the database, its write-ahead log, a copy of it as backups hold one, in log lines or on the disk."""

    def no_file(*_: object, **__: object) -> None:
        pytest.fail("what was sent in was laid on the disk")

    monkeypatch.setattr(tempfile, "TemporaryFile", no_file)
    caplog.set_level(logging.DEBUG)
    reporter.headers = dict(SENDER)
    shown = [reporter.get("/"), reporter.get("/en/"), reporter.get("/en/tell")]
    shown.append(reporter.fill(shown[-1], WORDS, JPEG + bytes(3 << 20)))
    receipt = receipt_of(shown[-1])
    shown += [
        reporter.mailbox(receipt),
        reporter.mailbox("1" * 20),
        reporter.get("/en/leave"),
        reporter.get("/nowhere"),
    ]
    shown.append(
        reporter.send_body(
            "/en/tell", b"canary-broken-77b1e09d", "multipart/form-data; boundary=canary-edge-77b1e09d"
        )
    )

    for one in shown:
        assert not one.header("set-cookie")
        assert not one.header("date") or one.header("server") == ""
        assert "script" not in one.text.replace("holds no script", "")
        assert one.header("content-security-policy").startswith("default-src 'none'; style-src 'self'")
        assert (one.header("referrer-policy"), one.header("cache-control")) == ("no-referrer", "no-store")
        assert one.size < 50_000
    assert '"cookies"' in shown[6].header("clear-site-data")
    # pytest listens to loggers that nobody else hears; the real process is looked at below.
    assert [one for one in caplog.records if one.name not in {"asyncio", "uvicorn.access"}] == []
    with closing(sqlite3.connect(str(office.database.store.engine.url.database))) as copied:
        held = "\n".join(copied.iterdump()).encode()
    for file in office.home.path.rglob("*"):
        held += file.read_bytes() if file.is_file() else b""
    digits = receipt.replace(" ", "")
    for canary in ("77b1e09d", "192.0.2.77", "127.0.0.1", receipt, digits, "Exif\0\0", "'CMR'", '"CMR"'):
        for form in (canary.encode(), canary.encode().hex().encode(), canary.encode("utf-16-le")):
            assert form not in held, canary
    assert b"canary-account" in str(office.desk("focal", None).tips()[-1].messages).encode()


@pytest.mark.slow
@pytest.mark.parametrize(("missing", "said"), [
    ("account", "in your own words"), ("country", "choose the country"), ("month", "month and year"),
    ("year", "month and year"), ("what", "what kind of thing"),
])  # fmt: skip
def test_what_is_missing_is_named_and_what_was_typed_stays(
    reporter: Reporter, missing: str, said: str
) -> None:
    shown = reporter.tell(**{missing: ""}, file=JPEG)
    assert shown.status == 422
    assert said in shown.words
    assert "choose it again" in shown.words
    kept = shown.form("/en/tell")
    assert all(kept[name] == value for name, value in WORDS.items() if name != missing)
    assert receipt_of(reporter.fill(shown, WORDS))


def test_a_lost_receipt_is_told_politely_and_a_mistyped_one_before_anything_is_looked_up(
    reporter: Reporter,
) -> None:
    lost, mistyped = reporter.mailbox(make_receipt(7)), reporter.mailbox("12345 67890")
    assert (lost.status, mistyped.status) == (404, 422)
    assert LOST in lost.words
    assert "Nothing was looked up" in mistyped.words
    assert "report again" in reporter.get("/en/mailbox").words


def test_forms_that_are_not_of_now_are_shown_again_with_what_was_typed(
    reporter: Reporter, seconds: Seconds
) -> None:
    form = reporter.get("/en/tell")
    seconds.now += GOOD_FOR
    old = reporter.fill(form, WORDS)
    forged = reporter.fill(form, {**WORDS, "stamp": "A" * 120})
    for shown in (old, forged):
        assert shown.status == 422
        assert WORDS["account"] in shown.words
        assert receipt_of(reporter.fill(shown, WORDS))
    seconds.step = 0.0
    quick = reporter.tell()
    seconds.step = QUICK_SECONDS
    assert "very quick" in quick.words
    assert receipt_of(reporter.fill(quick, WORDS))


@pytest.mark.slow
def test_a_flood_keeps_nobody_out(
    reporter: Reporter, seconds: Seconds, monkeypatch: pytest.MonkeyPatch, office: Office
) -> None:
    mine = receipt_of(reporter.tell())
    seconds.now += NEW.each * NEW.at_once
    seconds.step = QUICK_SECONDS / 1000
    taken, before = 0, len(office.desk("focal", None).tips())
    monkeypatch.setattr(reception, "QUICK_SECONDS", 0.0)
    while (shown := reporter.tell(account=f"flood {taken}")).status == 200:
        taken += 1
    assert NEW.at_once <= taken <= NEW.at_once + 1
    assert shown.status == 503
    assert "Your turn is in 1 minute" in shown.words
    waiting = [reporter.tell(account=f"flood {number}") for number in range(20)]
    assert {one.status for one in waiting} == {503}
    assert reporter.fill(shown).status == 503
    assert reporter.mailbox(mine).status == 200
    assert "still there" in reporter.fill(reporter.mailbox(mine), {"text": "still there"}).words
    seconds.now += NEW.each + 1
    assert receipt_of(reporter.fill(shown))  # its turn, whatever the others do
    assert reporter.fill(waiting[-1]).status == 503
    assert len(office.desk("focal", None).tips()) == before + taken + 1
    seconds.step, seconds.now = QUICK_SECONDS, seconds.now + NEW.each * (NEW.at_once + 40)


def test_too_many_at_once_are_asked_to_come_again_with_their_words(
    reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reception, "WAITING", 0)
    shown = reporter.tell()
    monkeypatch.undo()
    assert (shown.status, WORDS["account"] in shown.words) == (503, True)
    assert receipt_of(reporter.fill(shown))


@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_a_failing_store_loses_nothing_and_keeps_nothing_twice(
    office: Office, reporter: Reporter, flavour: Flavour
) -> None:
    before = len(office.desk("focal", None).tips())
    form = reporter.get("/en/tell")
    with failing_at(office.database.store, None, flavour) as writes:
        reporter.tell()
    with failing_at(office.database.store, len(writes) - 1, flavour):
        failed = reporter.fill(form, WORDS)
    assert (failed.status, WORDS["account"] in failed.words) == (503, True)
    assert receipt_of(reporter.fill(failed))
    assert len(office.desk("focal", None).tips()) == before + 2


def test_what_is_too_large_or_broken_is_refused_before_it_is_read(reporter: Reporter) -> None:
    assert (
        reporter.send_body("/en/tell", b"x" * (11 << 20), "multipart/form-data; boundary=edge").status == 413
    )
    assert reporter.send_body("/en/tell", b"--edge\r\nx", "multipart/form-data; boundary=edge").status in {
        400,
        422,
    }
    assert reporter.send_body("/en/tell", b"--edge\r\nx", "multipart/form-data").status == 400


@pytest.mark.slow
def test_every_page_stands_in_six_languages_under_its_own_address(reporter: Reporter) -> None:
    for language in LANGUAGES:
        for page in ("", "tell", "mailbox", "leave"):
            shown = reporter.get(f"/{language}/{page}")
            assert shown.status == 200
            assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in shown.text
            assert all(f'href="/{other}/' in shown.text for other in LANGUAGES)
    assert [reporter.get(page).status for page in ("/xx/", "/en/no", "/en/tell/x")] == [404] * 3


@pytest.mark.slow
def test_it_is_a_process_of_its_own_that_needs_no_passphrase_and_says_nothing_of_who_asks(
    node: Path, tmp_path: Path
) -> None:
    words = (
        "case",
        "officer",
        "new",
        "focal",
        "--role",
        "country_focal_point",
        "--role",
        "approver",
        "--home",
        node,
    )
    assert tocsin(*words, TOCSIN_OFFICER_PASSPHRASE="several words nobody says").code == 0
    copytree(node / "keys", tmp_path / "keys")
    for key in (node / "keys").glob("*.key"):
        key.unlink()  # none of them is its business
    running_form = subprocess.Popen(
        [sys.executable, "-m", "console.cli.main", "report", "serve", "--listen", "127.0.0.1:0", "--home", str(node)],
        env={**machine(), "PYTHONPATH": os.pathsep.join(sys.path), "TOCSIN_PASSPHRASE": "another one"},
        stderr=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        while not (node / ADDRESS_FILE).exists():
            assert running_form.poll() is None
            time.sleep(0.05)
        reporter = Reporter(int((node / ADDRESS_FILE).read_text().rpartition(":")[2]), headers=dict(SENDER))
        form = reporter.get("/en/tell")
        assert not form.header("date")
        time.sleep(QUICK_SECONDS)
        assert receipt_of(reporter.fill(form, WORDS))
        assert reporter.get("/canary-path-77b1e09d").status == 404
        line = socket.create_connection(("127.0.0.1", reporter.port))
        line.sendall(b"canary-77b1e09d no request\r\n\r\n")
        assert b"77b1e09d" not in line.recv(999)
        line.close()
        running_form.send_signal(signal.SIGTERM)
        out, err = running_form.communicate(timeout=20)
    finally:
        running_form.kill()
        running_form.wait()
    assert running_form.returncode == 0
    assert not (node / ADDRESS_FILE).exists()
    said = (out + err).decode()
    assert "77b1e09d" not in said
    assert re.findall("127.0.0.1:[0-9]+", said) == [f"127.0.0.1:{reporter.port}"]

    for key in (tmp_path / "keys").iterdir():
        copy2(key, node / "keys" / key.name)
    lines = b"\n".join(read_archive(backed_up(node, tmp_path / "whole.backup").path, KEY))
    opened = b"".join(map(b64decode, re.findall(rb"[A-Za-z0-9+/]{40,}={0,2}(?=\W)", lines)))
    addresses: list[str] = []
    with measuring(open_home(node), "127.0.0.1:0", addresses.append), urlopen(addresses[0]) as numbers:  # noqa: S310 - our own
        told = numbers.read()
    assert b"tip_message" in lines  # it holds the report, sealed
    assert b"tocsin_" in told
    for canary in (b"77b1e09d", b"192.0.2.77", b"canary"):
        for held in (lines, opened, told):
            assert canary not in held
            assert canary.hex().encode() not in held


def test_a_stamp_is_read_by_the_process_that_made_it_alone() -> None:
    ours, others = Stamps(), Stamps()
    stamp = ours.new(5.0, "1" * 20)
    text = ours.write(stamp)
    assert ours.read(text, 6.0) == stamp
    assert "1111" not in text
    assert others.read(text, 6.0) is None
    assert ours.read(text[:-4], 6.0) is None
    assert ours.receipt(stamp) == ours.receipt(stamp) != ours.receipt(ours.new(5.0))


@given(st.lists(st.floats(0, 50), min_size=1, max_size=60), st.integers(1, 5))
def test_never_more_come_in_than_the_pace_says_and_whoever_has_a_turn_keeps_it(
    gaps: list[float], at_once: int
) -> None:
    turns, now, given_turns = Turns(Pace(at_once, 10.0, 60.0)), 0.0, []
    for gap in gaps:
        now += gap
        turn = turns.take(now)
        if turn is not None:
            assert now <= turn <= now + 60.0
            given_turns.append(turn)
    for number, turn in enumerate(given_turns):
        within = sum(turn <= other < turn + 100.0 for other in given_turns[number:])
        assert within <= at_once + 11
