"""A focal point and two nodes that have talked: who holds what, alerts, requests, members and bundles, as they are."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import update

from console.alerts import shown_alerts
from console.demo_nodes import free_ports
from console.doctor import examine
from console.home import open_home
from console.keyring import seal_keys
from console.web.accounts import add_account, find_account
from console.web.roles import Role
from console.web.sessions import open_session
from console.web.tables import account
from console.web.visit import Works
from node.wire.network import decode_document, encode_document
from tests.console.command_line import copied, joins, machine, tocsin
from tests.support.browser import Browser, Shown, console
from tests.support.network import rows_of

PASSPHRASE = "several words that nobody says"
SECRET = "JBSWY3DPEHPK3PXP" * 2


@contextmanager
def serving(home: Path, *words: str) -> Iterator[None]:
    child = subprocess.Popen(
        [sys.executable, "-m", "console.cli.main", "serve", *words, "--home", str(home)],
        env=machine(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until((home / "listening").exists)
        yield
    finally:
        child.terminate()
        child.wait(20)


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def rows(home: Path, *words: str) -> list[dict[str, Any]]:
    return tocsin(*words, "--home", home, "--format", "json").rows


@pytest.fixture(scope="module")
def pair(
    _networked: tuple[Path, Path], publication: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """Alpha and beta, which share with each other and have talked.

    Beta rang and asked for more of a record. Alpha called one back, and beta has not confirmed that.
    """
    folder = tmp_path_factory.mktemp("pair")
    alpha, beta = (copied(home, folder / home.name) for home in _networked)
    place, request = f"127.0.0.1:{free_ports(1)[0]}", folder / "beta.req"
    settings = beta / "tocsin.toml"
    settings.write_text(settings.read_text().replace("127.0.0.1:7443", place))
    everything = ("share", "--all", "--tier", "peer")
    done = [
        tocsin("peer", "request", "--out", request, "--endpoint", place, "--home", beta),
        tocsin("peer", "admit", request, "--yes", "--home", alpha),
        joins(alpha, beta),
        tocsin("import", publication, "--home", beta),
        *(tocsin(*everything, "--yes", "--home", home) for home in (alpha, beta)),
    ]
    alert = (
        "alert",
        "send",
        "--id",
        "awsd:1",
        "--tier",
        "peer",
        "--advice",
        "Keep away.",
        "--reviewed",
        "--yes",
    )
    with serving(beta), serving(alpha, "--alerts"):
        done.append(tocsin(*alert, "--home", beta))
        # With the last sync beta confirms what came with the first.
        done += [tocsin("sync", "--home", home) for home in (beta, alpha, beta)]
        entry = rows(beta, "peer", "records", "alpha")[0]["entry"]
        done.append(tocsin("request", "send", entry, "--by", "bb", "--level", "when=day", "--home", beta))
        until(lambda: [one for one in rows(alpha, "alert", "list") if one["from"] == "beta"])
    record = rows(alpha, "holders")[-1]["record"]
    back = ("share", "--call-back", record, "--because", "withdrawn", "--yes")
    done.append(tocsin(*back, "--home", alpha))
    assert [ran.err for ran in done if ran.code] == []
    return alpha, beta


@pytest.fixture(scope="module")
def works(pair: tuple[Path, Path]) -> Iterator[Works]:
    """Alpha, opened by its console."""
    with patch.dict("os.environ", machine(), clear=True):
        home = open_home(pair[0])
        store = home.store()
        with patch("console.web.proofs.argon2id.MEMLIMIT_INTERACTIVE", 8192):
            add_account(store, "amina", [Role.FOCAL_POINT, Role.OPERATOR], PASSPHRASE, datetime.now(UTC))
        with store.write() as connection:
            connection.execute(update(account).values(second_step=SECRET))
        yield Works(
            home,
            store,
            home.identity(None),
            lambda: datetime.now(UTC),
            lambda: seal_keys(home, None, datetime.now(UTC)),
            lambda: [(str(one.state), *one[1:]) for one in examine(home, datetime.now(UTC))],
        )
        store.close()


@pytest.fixture(scope="module")
def browser(works: Works) -> Iterator[Browser]:
    """Of a focal point who runs the node, too."""
    with works.store.write() as connection:
        found = find_account(connection, "amina")
        assert found is not None
        token = open_session(connection, found.key, works.clock())
    with console(works) as port:
        yield Browser(port, {"tocsin": token})


@pytest.mark.slow
def test_who_holds_what_is_what_the_command_says(pair: tuple[Path, Path], browser: Browser) -> None:
    found = rows(pair[0], "holders")
    back = next(row for row in found if row["state"] == "called back")

    shown = browser.get("/holders")
    one = browser.get(f"/holders?id={back['record']}")
    waiting = browser.get("/holders?waiting=1")

    assert shown.words.count("Peers") == min(50, len(found))
    assert "called back" in one.words
    assert "not yet" in one.words
    assert "taken back" in one.words  # what became of it with beta
    owed = rows(pair[0], "holders", "--waiting")
    assert waiting.words.count("not yet") == len(owed) > 0
    taken = browser.get("/holders.json")
    assert taken.status == 200
    assert taken.text.count('"member": "beta"') == len(found)


@pytest.mark.slow
def test_what_was_sent_to_whom_and_what_became_of_it(pair: tuple[Path, Path], browser: Browser) -> None:
    sent = rows(pair[0], "disclosures")
    assert browser.get("/disclosures.csv").text.count("\n") == len(sent) + 1
    assert "Nothing was sent like this" in browser.get("/disclosures?to=2020-01-01").words
    assert browser.get("/disclosures?member=beta").words.count("revision") == min(50, len(sent))
    became = rows(pair[0], "outcomes", "--only", "sent")
    assert browser.get("/outcomes.csv?only=sent").text.count("\n") == len(became) + 1


@pytest.mark.slow
def test_whoever_holds_a_record_is_named_before_it_is_called_back(
    pair: tuple[Path, Path], browser: Browser
) -> None:
    found = rows(pair[0], "holders")
    name = [row["record"] for row in found if row["state"] == "stands"][-1]
    shown = browser.get(f"/recall/preview?id={name}&because=shared_in_error")
    assert "Who is told beta" in shown.words
    assert "1 are called back" in browser.send(shown, "/recall/send").words
    assert "called back" in browser.get(f"/holders?id={name}&waiting=1").words


@pytest.mark.slow
def test_an_alert_of_a_peer_is_noted_and_the_peer_is_told_later(works: Works, browser: Browser) -> None:
    shown = browser.get("/alerts")
    assert "Keep away." in shown.words
    assert "beta" in shown.words
    assert browser.send(shown, "/alert/note").header("location") == "/alerts"
    (alert,) = [one for one in shown_alerts(works.store) if one.alert.origin_id == "beta"]
    assert [one.org_id for one in alert.receipts if one.acknowledged_at] == ["alpha"]
    assert 'action="/alert/note"' not in browser.get("/alerts").text
    assert "beta" in browser.get(f"/alert?id={alert.alert.uid.hex()}").words


@pytest.mark.slow
def test_a_request_is_granted_by_two_and_closed_again(works: Works, browser: Browser) -> None:
    waits = "Requests of members that wait for a decision: 1"
    assert waits in browser.get("/").words
    shown = browser.get("/requests")
    link = shown.text.partition('href="/request?id=')[2].partition('"')[0]
    one = browser.get(f"/request?id={link}")
    assert "It takes two people" in one.words
    assert "When: day" in one.words
    fields = one.form("/request/decide")
    proposed = browser.follow(browser.post("/request/decide", {**fields, "action": "grant"}))
    assert "waits for a second person" in proposed.words
    fields = proposed.form("/request/decide")
    alone = browser.post("/request/decide", {**fields, "action": "agree"})
    assert (alone.status, "can not be the second person" in alone.words) == (422, True)
    stale = browser.post("/request/decide", {**fields, "action": "agree", "seen": "0"})
    assert stale.status == 409
    with works.store.write() as connection:
        connection.execute(update(account).values(name="bisrat"))
    try:
        agreed = browser.follow(browser.post("/request/decide", {**fields, "action": "agree"}))
    finally:
        with works.store.write() as connection:
            connection.execute(update(account).values(name="amina"))
    assert "granted" in agreed.words
    closing = {**agreed.form("/request/decide"), "because": "no_longer_needed"}
    closed = browser.follow(browser.post("/request/decide", closing))
    assert waits not in browser.get("/").words
    assert "closed again" in closed.words
    assert "no longer needed" in closed.words


@pytest.mark.slow
def test_we_ask_for_more_and_take_it_back_before_its_owner_knows(browser: Browser) -> None:
    shown = browser.get("/request/new?entry=beta:0")
    unread = browser.send(shown, "/request/new", note="For the convoy")
    assert (unread.status, "second person has read it" in unread.words) == (422, True)
    sent = browser.send(shown, "/request/new", note="For the convoy", reviewed="1", level_when="day")
    listed = browser.follow(sent)
    assert "not told yet" in listed.words
    back = browser.send(listed, "/request/cancel")
    assert "taken back by who asked" in browser.follow(back).words
    assert browser.get("/request/new?entry=beta:99999").status == 422


@pytest.mark.slow
def test_who_joins_an_audience_gets_what_was_decided(browser: Browser) -> None:
    browser.send(browser.get("/audience/new"), "/audience/new", name="road")
    shown = browser.get("/audience?name=road")
    key = shown.form("/audience/preview")["form_key"]
    wanted = {"form_key": key, "name": "road", "what": "add", "member": "beta", "back_fill": "none"}
    preview = browser.post("/audience/preview", wanted)
    assert "Joined beta" in preview.words
    joined = browser.follow(browser.send(preview, "/audience/change"))
    assert "beta belongs" in joined.words.replace("  ", " ")
    late = browser.post("/audience/preview", {**wanted, "back_fill": "day", "day": "soon"})
    assert late.status == 422


@pytest.mark.slow
def test_a_member_is_shown_with_its_keys_and_what_it_shared(
    pair: tuple[Path, Path], browser: Browser
) -> None:
    shown = browser.get("/member?id=beta")
    for words in ("National NGO", "Its keys", "bundles for it", "What it shared"):
        assert words in shown.words
    shared = rows(pair[0], "peer", "records", "beta")
    assert shared
    assert browser.get("/records.csv?member=beta").text.count("\n") == len(shared) + 1
    assert "Ask for more" in browser.get("/records?member=beta").words
    assert "Nothing of it is here" in browser.get("/records?member=beta&country=ISL").words
    assert browser.get("/member?id=nobody").status == 404
    listed = browser.get("/network").words
    assert "Confirmed of ours" in listed
    assert "told two stories" not in listed


@pytest.mark.slow
def test_a_bundle_goes_out_and_comes_in(pair: tuple[Path, Path], browser: Browser, tmp_path: Path) -> None:
    _, beta = pair
    shown = browser.get("/bundle")
    key = shown.form("/bundle")["form_key"]
    out = browser.post("/bundle/write", {"form_key": key, "id": "beta", "first": "0"})
    assert out.header("content-disposition").startswith('attachment; filename="alpha-beta-0-')
    file = tmp_path / "out.bundle"
    file.write_bytes(out.content)
    assert tocsin("bundle", "read", file, "--home", beta).code == 0
    assert browser.post("/bundle/write", {"form_key": key, "id": "nobody"}).status == 422

    back = tmp_path / "back.bundle"
    assert tocsin("bundle", "write", back, "--to", "alpha", "--home", beta).code == 0
    content = back.read_bytes()
    read = browser.upload("/bundle", {"form_key": key}, [("file", "back.bundle", content)])
    assert (read.status, "entries verified" in read.words) == (200, True)
    for wrong in (content[:-1], content[:200] + b"x" + content[201:], b"nothing", out.content):
        refused = browser.upload("/bundle", {"form_key": key}, [("file", "x", wrong)])
        assert refused.status == 422
        assert "Nothing was taken in" in refused.words
    assert browser.upload("/bundle", {"form_key": key}, []).status == 422


@pytest.mark.slow
def test_health_says_what_asks_for_attention(pair: tuple[Path, Path], browser: Browser) -> None:
    shown = browser.get("/health")
    for words in ("MiB free", "backup", "not sealed", "beta", "in force"):
        assert words in shown.words
    assert "ends soon" not in shown.words
    assert len(rows(pair[0], "keys", "show")) == browser.get("/health.csv").text.count("\n") - 1
    assert "PRIVATE" not in shown.text


def brought(browser: Browser, content: bytes) -> Shown:
    form = browser.get("/ceremonies").form("/ceremonies")
    return browser.follow(browser.upload("/ceremonies", form, [("file", "brought", content)]))


@pytest.mark.slow
def test_a_request_is_sponsored_by_whoever_heard_its_words(
    pair: tuple[Path, Path], works: Works, browser: Browser, tmp_path: Path
) -> None:
    alpha, beta = pair
    request = tmp_path / "beta.req"
    words = tocsin("peer", "request", "--out", request, "--home", beta).out.strip()

    shown = brought(browser, request.read_bytes())

    assert words in shown.words
    silent = browser.send(shown, "/ceremonies/sponsor")
    assert (silent.status, "say that you have heard" in silent.words) == (422, True)
    before = rows_of(works.store)
    signed = browser.send(shown, "/ceremonies/sponsor", heard="1")
    assert rows_of(works.store) == before, "it hands a file out"
    assert signed.header("content-disposition") == 'attachment; filename="beta.req"'
    request.write_bytes(signed.content)
    admitted = tocsin("peer", "admit", request, "--sponsors", "1", "--yes", "--home", alpha)
    assert "Sponsored by alpha." in admitted.err


@pytest.mark.slow
def test_a_file_of_the_network_is_taken_over_once_enough_have_signed(
    pair: tuple[Path, Path], works: Works, browser: Browser, tmp_path: Path
) -> None:
    alpha, _ = pair
    before = works.home.directory().version
    other = copied(alpha, tmp_path / "keeper")
    assert tocsin("peer", "renew", "--home", other).code == 0
    whole = (other / "network" / "network.pb").read_bytes()
    document = decode_document(whole)
    assert document.directory is not None
    unsigned = encode_document(document._replace(directory=document.directory._replace(signatures=())))

    shown = brought(browser, whole)
    draft = brought(browser, unsigned)

    assert f"directory {before + 1} of testnet" in shown.words
    assert "It is a draft. Signatures that it lacks: of the directory 1" in draft.words
    assert 'action="/ceremonies/join"' not in draft.text
    (kept,) = works.tray._kept.values()
    forced = browser.post("/ceremonies/join", {**draft.form("/ceremonies/cancel"), "file": kept.token})
    assert (forced.status, works.home.directory().version) == (422, before)
    assert "gone=1" in browser.send(shown, "/ceremonies/join").header(
        "location"
    )  # the other file took its place
    shown = brought(browser, whole)
    with patch("pathlib.Path.replace", side_effect=OSError(28, "No space left on device")):
        failed = browser.send(shown, "/ceremonies/join")
    assert (failed.status, "can not be written" in failed.words) == (422, True)
    assert works.home.directory().version == before
    taken = browser.send(shown, "/ceremonies/join")
    assert "Taken over" in taken.words
    assert works.home.directory().version == before + 1
    again = browser.send(brought(browser, whole), "/ceremonies/join")
    assert again.status in {200, 422}
    nothing = browser.upload(
        "/ceremonies", browser.get("/ceremonies").form("/ceremonies"), [("file", "x", b"x")]
    )
    assert browser.follow(nothing).status == 422
