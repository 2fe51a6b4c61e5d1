"""A file is sent, looked at, and taken in as it was shown or not at all; what is too much or broken is refused."""

import http.client
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
from python_calamine import CalamineWorkbook

from console.web.focal.waiting import ONE_FILE_BYTES
from console.web.roles import Role
from console.web.visit import Works
from node.store.records import record_count, record_ids_by_key
from tests.support.browser import Browser, Clock, Shown
from tests.support.faults import Flavour, failing_at

HEADER = (
    b"Reference,Date,Country,Violence or safety,What was done,"
    b"Killed: national staff,Killed: international staff,In your own words\n"
)
ROWS = (
    HEADER
    + b'k1,2026-02-01,SSD,violence,shooting,0,0,"=HYPERLINK(1) <script>alert(1)</script>"\n'
    + b"k2,2026-02-02,SDN,violence,looting,1,0,second\n"
    + b"k3,2026-02-40,SDN,violence,looting,0,0,=1+1\n"
)


@pytest.fixture
def browser(signed_in: Callable[[Role], Browser]) -> Browser:
    return signed_in(Role.FOCAL_POINT)


def send(browser: Browser, content: bytes = ROWS, name: str = "own.csv") -> Shown:
    form = browser.get("/import").form("/import")
    return browser.upload("/import", form, [("file", name, content)])


def known(works: Works, key: str) -> bool:
    with works.store.read() as connection:
        return bool(record_ids_by_key(connection, "own", [key]))


def test_a_file_is_looked_at_and_then_taken_in(works: Works, browser: Browser) -> None:
    shown = browser.follow(send(browser))

    for words in ("own.csv", "2 new", "0 withdrawn", "1 rows not taken in", "own:k1", "day 40"):
        assert words in shown.words
    assert "<script>alert" not in shown.text
    assert sha256(ROWS).hexdigest() in shown.words
    assert not known(works, "k1")
    refused = browser.get(_link(shown))
    assert refused.header("content-disposition") == 'attachment; filename="refused-rows.xlsx"'
    _, row = CalamineWorkbook.from_filelike(BytesIO(refused.content)).get_sheet_by_index(0).to_python()
    assert row[0] == "4"
    assert row[-1] == "=1+1"
    done = browser.send(shown, "/import/confirm")
    assert "2 new" in done.words
    assert known(works, "k1")
    assert known(works, "k2")
    assert "gone=1" in browser.send(shown, "/import/confirm").header("location")  # it is forgotten
    again = browser.follow(send(browser))
    assert "2 as they were" in again.words
    assert "Taking it in changes nothing" in again.words


def _link(shown: Shown) -> str:
    return "/import/refused" + shown.text.partition("/import/refused")[2].partition('"')[0].replace(
        "&amp;", "&"
    )


def test_what_changed_since_somebody_looked_is_shown_again(works: Works, browser: Browser) -> None:
    rows = ROWS.replace(b"k1", b"c1").replace(b"k2", b"c2")
    mine = browser.follow(send(browser, rows))
    form = mine.form("/import/confirm")

    sent = browser.post("/import/confirm", {**form, "seen": "0" * 64})

    assert sent.status == 409
    assert "something else than you saw" in sent.words
    assert not known(works, "c1")
    assert browser.send(sent, "/import/confirm").status == 200
    assert known(works, "c1")


def test_a_cancelled_file_is_gone(works: Works, browser: Browser) -> None:
    shown = browser.follow(send(browser, ROWS.replace(b"k", b"x")))
    assert browser.send(shown, "/import/cancel").header("location") == "/import"
    assert "gone=1" in browser.send(shown, "/import/confirm").header("location")
    assert not known(works, "x1")


def test_a_file_waits_half_an_hour_for_its_own_session_alone(
    works: Works, browser: Browser, signed_in: Callable[[Role], Browser], clock: Clock
) -> None:
    where = send(browser).header("location")
    assert browser.get(where).status == 200
    assert "gone=1" in signed_in(Role.FOCAL_POINT).get(where).header("location")
    clock.now += timedelta(minutes=20)
    assert browser.get("/import").status == 200  # the session goes on
    clock.now += timedelta(minutes=11)
    assert "gone=1" in browser.get(where).header("location")
    assert not [path for path in works.home.path.iterdir() if path.name.startswith("tmp")]


def test_a_second_file_takes_the_place_of_the_first(browser: Browser) -> None:
    first, second = (send(browser, name=name).header("location") for name in ("one.csv", "two.csv"))
    assert "gone=1" in browser.get(first).header("location")
    assert "two.csv" in browser.get(second).words


def test_signing_out_forgets_the_file(works: Works, browser: Browser) -> None:
    where = send(browser).header("location")
    token = parse_qs(urlsplit(where).query)["file"][0]
    (session,) = (key for key, kept in works.tray._kept.items() if kept.token == token)
    browser.send(browser.get("/import"), "/leave")
    assert works.tray.find(session, token, works.clock()) == {}


def test_an_import_that_is_cut_short_takes_in_nothing(works: Works, browser: Browser) -> None:
    with works.store.read() as connection:
        before = record_count(connection)
    shown = browser.follow(send(browser, ROWS.replace(b"k", b"f")))
    with failing_at(works.store, 2, Flavour.REFUSED):
        failed = browser.send(shown, "/import/confirm")
    assert failed.status in {500, 503}
    with works.store.read() as connection:
        assert record_count(connection) == before
    assert "2 new" in browser.send(shown, "/import/confirm").words  # it still waits


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "Choose a file"),
        (b"\x00\x01\x02", "can not be taken in"),
        (b"a,b\n1,2\n", "can not be taken in"),
    ],
)
def test_what_is_no_table_is_told(browser: Browser, content: bytes, told: str) -> None:
    sent = send(browser, content)
    shown = browser.follow(sent) if sent.status == 303 else sent
    assert shown.status == 422
    assert told in shown.words


def test_day_and_kind_can_be_said(browser: Browser) -> None:
    where = send(browser, ROWS.replace(b"k", b"d")).header("location")
    assert "all that its source knows" in browser.get(f"{where}&whole=whole").words
    assert "later than 2026-02-01" in browser.get(f"{where}&published=2026-02-01").words
    assert browser.get(f"{where}&published=soon").status == 422


def test_a_profile_of_ones_own_is_used(browser: Browser) -> None:
    profile = (
        b'name = "ours"\ntitle = "Ours"\nwhole = false\n[columns."Day"]\nis = "date"\nrequired = true\n'
        b'[columns."Land"]\nis = "country"\n[columns."No"]\nis = "id"\n'
    )
    form = browser.get("/import").form("/import")
    files = [("file", "x.csv", b"No,Day,Land\n1,2026-01-05,SSD\n"), ("profile", "p.toml", profile)]
    assert "ours:1" in browser.follow(browser.upload("/import", form, files)).words
    files[1] = ("profile", "p.toml", b"\xff\xfe")
    assert "not text in UTF-8" in browser.follow(browser.upload("/import", form, files)).words


def test_too_much_is_refused_before_it_is_read(browser: Browser) -> None:
    form = browser.get("/import").form("/import")
    many = browser.upload("/import", form, [("file", f"{at}.csv", ROWS) for at in range(21)])
    assert (many.status, "larger than this page takes" in many.words) == (413, True)
    line = http.client.HTTPConnection("127.0.0.1", browser.port)
    line.putrequest("POST", "/import")
    for name, value in {
        "Origin": browser.origin,
        "Cookie": f"tocsin={browser.cookies['tocsin']}",
        "Content-Type": "multipart/form-data; boundary=x",
        "Content-Length": str(ONE_FILE_BYTES * 2),
    }.items():
        line.putheader(name, value)
    line.endheaders()  # nothing of the body is waited for
    assert line.getresponse().status == 413
    line.close()


@pytest.mark.parametrize(
    "headers",
    [{"Content-Type": "multipart/form-data"}, {"Content-Type": "multipart/form-data; boundary=other"}],
)
def test_a_broken_form_is_refused(browser: Browser, headers: dict[str, str]) -> None:
    form = browser.get("/import").form("/import")
    sent = browser.upload("/import", form, [("file", "a.csv", ROWS)], **headers)
    assert sent.status in {403, 413, 303}
    assert "/import/preview" not in sent.header("location")


def test_a_form_that_does_not_say_how_long_it_is_is_refused(browser: Browser) -> None:
    line = http.client.HTTPConnection("127.0.0.1", browser.port)
    headers = {
        "Origin": browser.origin,
        "Cookie": f"tocsin={browser.cookies['tocsin']}",
        "Content-Type": "multipart/form-data; boundary=x",
    }
    line.request("POST", "/import", iter([b"--x\r\n", b"--x--\r\n"]), headers, encode_chunked=True)
    assert line.getresponse().status == 413
    line.close()


def test_nobody_else_sends_files(port: int, signed_in: Callable[[Role], Browser]) -> None:
    files = [("file", "a.csv", ROWS)]
    sent = Browser(port).upload("/import", {}, files)
    assert sent.header("location") == "/sign-in?next=%2Fimport"
    assert signed_in(Role.REPORTER).upload("/import", {}, files).status == 404
    focal = signed_in(Role.FOCAL_POINT)
    assert focal.upload("/import", {"form_key": "x"}, files).status == 403
    assert (
        focal.upload("/report", focal.get("/report").form("/report"), files).status == 303
    )  # nothing was read


@pytest.mark.parametrize("name", ["../../etc/passwd", 'a";x="b.csv', "<b>.csv", "x" * 400 + ".csv"])
def test_the_name_of_a_file_stays_text(browser: Browser, name: str) -> None:
    sent = send(browser, name=name.replace('"', "%22"))
    shown = browser.follow(sent)
    assert "<b>.csv" not in shown.text
    assert shown.size < 50_000
