"""Forms of focal points, coordinators and the doors while a write fails or the process dies.

What failed before it was written leaves nothing, and what was typed comes back to be sent again. What failed after it
was written is there, and the same form sent again writes nothing twice.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from html import unescape
from io import BytesIO
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch
from urllib.parse import urlencode

import pytest
from sqlalchemy import select, update

from console.database import open_store
from console.home import make_home
from console.web.accounts import add_account, find_account
from console.web.desk import Asked, Sent, answer
from console.web.pages import write_page
from console.web.roles import Role
from console.web.sessions import open_session
from console.web.tables import account, account_token
from console.web.tokens import make_token
from console.web.visit import Elsewhere, Page, Upload, Works
from node.alert import Order, send_alert
from node.alert_life import Sender
from node.audience import ALL_CLOSED, Purpose, Tier
from node.audiences import Author, Scope, new_audience
from node.config import new_settings
from node.intake import Publication, Row
from node.record import import_publication
from node.releasing import build, declare, publish
from node.said import Teller
from node.share_request import ShareRequest, Wish
from node.store.own_log import released
from node.store.records import record_ids_by_key
from node.store.requests import add_request
from node.wire import charters, records
from tests.console.command_line import machine
from tests.support.browser import Shown
from tests.support.cubes import yearly
from tests.support.faults import Flavour, failing_at
from tests.support.incidents import LOOTING, ROBBERY, SHOOTING
from tests.support.matches import exchange, pairs_of
from tests.support.network import NOW, SOURCE, TODAY, Network, Node, rows_of, seal_of
from tests.support.pages import MemberHome

pytestmark = pytest.mark.slow
PASSPHRASE = "several words that nobody says"
SECRET = "JBSWY3DPEHPK3PXP" * 2
ORIGIN = "http://127.0.0.1:1"
WORDS = "what somebody typed, in a sentence of their own"
REQUEST = "00000000-0000-4000-8000-000000000001"
CUBE = yearly(by=["country"], public=[], purpose="staff_safety")
DECLARATION = """
name = "other"
version = 1
purpose = "statistics"
period = "year"
by = ["country"]
measures = ["incidents"]
"""
CSV = (
    b"Reference,Date,Country,Violence or safety,What was done,"
    b"Killed: national staff,Killed: international staff,In your own words\n"
    b"k1,2026-02-01,SSD,violence,shooting,0,0,first\n"
)
Browse = Callable[..., Shown]


class Form(NamedTuple):
    """A form that is to be sent: where to, its fields, its file, and what somebody typed into it."""

    page: str
    fields: dict[str, str]
    file: bytes = b""
    typed: str = ""


@dataclass
class Reader:
    """Somebody with all roles, whose browser asks the pages without a line between."""

    works: Works
    token: str

    def get(self, page: str) -> Shown:
        return self._ask("GET", page, b"")

    def post(self, form: Form) -> Shown:
        if form.file:
            upload = Upload("own.csv", len(form.file), BytesIO(form.file))
            fields = {name: (value,) for name, value in form.fields.items()}
            return self._ask("POST", form.page, Sent(fields, {"file": (upload,)}))
        return self._ask("POST", form.page, urlencode(form.fields).encode())

    def filled(self, page: str, action: str, /, **typed: str) -> Form:
        """The form of a page, filled in."""
        shown = self.get(page)
        assert shown.status == 200, (page, shown.words)
        return self.form_of(shown, action, **typed)

    def form_of(self, shown: Shown, action: str, /, **typed: str) -> Form:
        targets = [part.partition('"')[0] for part in shown.text.split('action="')[1:]]
        target = next(unescape(one) for one in targets if one.partition("?")[0] == action)
        told = max(typed.values(), key=len, default="")
        return Form(target, {**shown.form(action), **typed}, typed=told if " " in told else "")

    def _ask(self, method: str, page: str, body: bytes | Sent) -> Shown:
        path, _, query = page.partition("?")
        asked = Asked(method, path, query, body, self.token, ORIGIN, "en")
        visit, found = answer(self.works, frozenset({ORIGIN}), asked)
        if isinstance(found, Page):
            text = write_page(visit, found)
            return Shown(found.status, [], text, len(text))
        if isinstance(found, Elsewhere):
            return Shown(303, [("location", found.page)], "", 0)
        return Shown(200, [], "", 0, found.content)


def report(reader: Reader) -> Form:
    return reader.filled("/report", "/report", when="2026-05-01", country="SSD", means="looting")


def complete(reader: Reader) -> Form:
    page = "/incident/complete?id=own:x&group=words"
    return reader.filled(page, "/incident/complete", narrative=WORDS)


def share(reader: Reader) -> Form:
    return reader.filled(f"/share/preview?id={SOURCE}:b&tier=peer", "/share/send")


def recall(reader: Reader) -> Form:
    return reader.filled(f"/recall/preview?id={SOURCE}:a&because=withdrawn", "/recall/send")


def take_in(reader: Reader) -> Form:
    asked = reader.filled("/import", "/import")
    shown = reader.get(reader.post(asked._replace(file=CSV)).header("location"))
    return reader.form_of(shown, "/import/confirm")


def alert(reader: Reader) -> Form:
    typed = {"tier": "peer", "advice": "Stay off that road for now.", "reviewed": "1"}
    asked = reader.filled(f"/alert/new?id={SOURCE}:b", "/alert/new", **typed)
    return reader.form_of(reader.post(asked), "/alert/send")


def alert_over(reader: Reader) -> Form:
    link = reader.get("/alerts").text.partition("/alert?id=")[2].partition('"')[0]
    return reader.filled(f"/alert?id={link}", "/alert/cancel")


def audience(reader: Reader) -> Form:
    return reader.filled("/audience/new", "/audience/new", name="valley", member="beta")


def audience_grows(reader: Reader) -> Form:
    page = reader.get("/audience?name=corridor")
    asked = Form("/audience/preview", {**page.form("/audience/preview"), "what": "add", "member": "beta"})
    asked.fields.setdefault("back_fill", "none")
    return reader.form_of(reader.post(asked), "/audience/change")


def ask(reader: Reader) -> Form:
    typed = {"entry": "beta:0", "for": "analysis", "note": "to see how it began", "reviewed": "1"}
    return reader.filled("/request/new?entry=beta:0", "/request/new", **typed)


def reject(reader: Reader) -> Form:
    return reader.filled(f"/request?id={REQUEST}", "/request/decide", action="reject", because="not_needed")


def declare_cube(reader: Reader) -> Form:
    return reader.filled("/releases", "/release/declare", declaration=DECLARATION)


def build_release(reader: Reader) -> Form:
    return reader.filled("/release/plan?cube=yearly/1", "/release/build")


def notice(reader: Reader) -> Form:
    page = "/release?cube=yearly/1&number=1"
    return reader.filled(page, "/release/correct", reason=WORDS, period="2024")


def verdict(reader: Reader) -> Form:
    link = reader.get("/matches").text.partition("/match?id=")[2].partition('"')[0]
    return reader.filled(f"/match?id={link}", "/match/decide", verdict="same", ground="own_staff")


def token(reader: Reader) -> Form:
    return reader.filled("/account/keys", "/account/token", name="a sheet of ours")


def end_token(reader: Reader) -> Form:
    return reader.filled("/account/keys", "/account/token/end")


FORMS: tuple[Callable[[Reader], Form], ...] = (
    report,
    complete,
    share,
    recall,
    take_in,
    alert,
    alert_over,
    audience,
    audience_grows,
    ask,
    reject,
    declare_cube,
    build_release,
    notice,
    verdict,
    token,
    end_token,
)


class Template(NamedTuple):
    """A node with something of everything, to be copied for each try."""

    folder: Path
    home: MemberHome
    node: Node
    numbers: Iterator[int]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Template]:
    """Alpha in a network with beta, with which it reports one event."""
    folder, numbers = tmp_path_factory.mktemp("failing"), count()

    def new_url() -> str:
        file = folder / f"{next(numbers)}.db"
        shutil.copy(migrated_file, file)
        return f"sqlite:///{file}"

    network = Network(new_url)
    alpha, beta = network.node("alpha"), network.node("beta")
    alpha.holds(on=TODAY, a=SHOOTING, b=ROBBERY)
    beta.holds(on=TODAY, c=replace(SHOOTING, source_kind="media"))
    for one, key in ((alpha, "a"), (beta, "c")):
        one.shares(key, tiers=frozenset({Tier.PEER}))
    exchange(network, alpha, beta)
    pairs_of(network, alpha)
    with patch.dict(os.environ, machine(), clear=True):
        settings = new_settings(org_id="alpha", org_type="INGO", log_slot_seconds=0)
        made = make_home(folder / "home", settings, None)
    made.network_file.parent.mkdir(exist_ok=True)
    made.network_file.touch()
    home = MemberHome(made.path, made.settings, network, alpha)
    _add_things(alpha, home)
    alpha.store.close()
    yield Template(folder, home, alpha, numbers)
    network.close()


def _add_things(alpha: Node, home: MemberHome) -> None:
    """Accounts, an incident of our own, an alert, an audience, a request, a published release and a token."""
    store = alpha.store
    with patch("console.web.proofs.argon2id.MEMLIMIT_INTERACTIVE", 8192):
        add_account(store, "everybody", tuple(Role), PASSPHRASE, NOW)
    with store.write() as connection:
        connection.execute(update(account).values(second_step=SECRET))
    own = Publication("own", date(2026, 1, 2), "today", (), (Row(1, "x", LOOTING, ()),), (), (), whole=False)
    import_publication(store, own, b"e" * 32, NOW)
    order = Order(NOW, home.bounds(), frozenset({Tier.PEER}))
    with store.read() as connection:
        ids = record_ids_by_key(connection, SOURCE, ["a"])
        past = released(connection, list(ids.values()))[ids["a"]]
    send_alert(store, past.revision_id, order, Sender(alpha.identity, records))
    new_audience(
        store,
        "corridor",
        frozenset(),
        Scope(),
        Author("kb", alpha.identity, home.bounds(), NOW, records, charters),
    )
    with store.write() as connection:
        past = released(connection, list(ids.values()))[ids["a"]]
        wish = Wish(
            REQUEST, past.uid, past.log_index, Purpose.STAFF_SAFETY, ALL_CLOSED, "", note_reviewed=False
        )
        add_request(connection, ids["a"], ShareRequest("beta", wish, 1))
    make_token(store, 1, "an old sheet", NOW)
    declare(store, CUBE, Teller("kb", NOW))
    build(store, CUBE.title, "alpha", TODAY, Teller("kb", NOW))
    publish(store, CUBE.title, alpha.identity, Teller("mo", NOW))


@contextmanager
def opened(template: Template, file: Path) -> Iterator[Reader]:
    """Somebody at a copy of the node."""
    store = open_store(f"sqlite:///{file}")
    keys = (seal_of(template.node.identity),)
    works = Works(template.home, store, template.node.identity, lambda: NOW, lambda: keys)
    with store.write() as connection:
        found = find_account(connection, "everybody")
        assert found is not None
        session = open_session(connection, found.key, NOW)
    yield Reader(works, session)
    works.tray.clear()
    store.close()


def copy_of(template: Template) -> Path:
    file = template.folder / f"{next(template.numbers)}.db"
    shutil.copy(template.folder / "0.db", file)
    return file


def kept(reader: Reader) -> dict[str, int]:
    """How many rows there are, by table."""
    found = {name: len(rows) for name, rows in rows_of(reader.works.store).items()}
    with reader.works.store.read() as connection:
        found["token"] = len(connection.execute(select(account_token.c.id)).all())
    return found


def again(reader: Reader, form: Form, make: Callable[[Reader], Form]) -> Shown:
    """Send a form a second time; a file that does not wait any more is chosen once more."""
    shown = reader.post(form)
    if "gone=1" in dict(shown.headers).get("location", ""):
        shown = reader.post(make(reader))
    return shown


def went_well(
    template: Template, make: Callable[[Reader], Form]
) -> tuple[dict[str, int], list[str], dict[str, int]]:
    """What there is before and after a form was sent, and the writes in between."""
    with opened(template, copy_of(template)) as reader:
        form = make(reader)
        before = kept(reader)
        with failing_at(reader.works.store, None, Flavour.REFUSED) as writes:
            shown = reader.post(form)
        assert shown.status in {200, 303}, shown.words
        return before, writes, kept(reader)


@pytest.mark.parametrize("make", FORMS, ids=lambda one: one.__name__)
def test_what_fails_leaves_nothing_or_the_whole_and_is_never_written_twice(
    template: Template, make: Callable[[Reader], Form]
) -> None:
    before, writes, after = went_well(template, make)
    assert before != after
    commit = max(at for at, kind in enumerate(writes) if kind == "COMMIT")
    tries = [(0, Flavour.REFUSED), (commit, Flavour.REFUSED), (commit, Flavour.DONE_BUT_REPORTED_AS_FAILED)]
    for number, flavour in tries:
        with opened(template, copy_of(template)) as reader:
            form = make(reader)
            with failing_at(reader.works.store, number, flavour):
                shown = reader.post(form)
            assert shown.status == 500, (number, flavour)
            assert kept(reader) == (before if flavour is Flavour.REFUSED else after)
            assert form.typed in unescape(shown.text)
            if not form.file:
                action = form.page.partition("?")[0]
                assert {**shown.form(action), "form_key": ""} == {**form.fields, "form_key": ""}
            again(reader, form, make)
            assert kept(reader) == after, flavour


@pytest.mark.parametrize("make", FORMS, ids=lambda one: one.__name__)
@pytest.mark.parametrize("flavour", [Flavour.KILLED_BEFORE, Flavour.KILLED_AFTER])
def test_a_process_that_dies_leaves_nothing_or_the_whole(
    template: Template, make: Callable[[Reader], Form], flavour: Flavour
) -> None:
    before, writes, after = went_well(template, make)
    commit = max(at for at, kind in enumerate(writes) if kind == "COMMIT")
    file = copy_of(template)

    with opened(template, file) as reader:
        form = make(reader)
        reader.works.store.engine.dispose()  # the connection is not shared with the process that dies

        def die() -> None:
            with failing_at(reader.works.store, commit, flavour):
                reader.post(form)

        child = get_context("fork").Process(target=die)
        child.start()
        child.join()
        assert child.exitcode == -9
        assert kept(reader) == (before if flavour is Flavour.KILLED_BEFORE else after)
        again(reader, form, make)
        assert kept(reader) == after
