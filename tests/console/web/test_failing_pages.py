"""Forms of focal points and coordinators while a write fails or the process dies: one table, by where they go."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path
from types import MappingProxyType

import pytest
from sqlalchemy import delete

from console.web.tables import account_passkey
from console.web.tokens import make_token
from node.alert import Order, send_alert
from node.alert_life import Sender
from node.audience import ALL_CLOSED, Purpose, Tier
from node.audiences import Author, Scope, new_audience
from node.inbox import receive_alert
from node.intake import Publication, Row
from node.record import import_publication
from node.releasing import build, declare, publish
from node.said import Teller
from node.share_request import ShareRequest, Wish
from node.store.database import insert_many
from node.store.own_log import own_page, released
from node.store.records import record_ids_by_key
from node.store.requests import add_request
from node.tables.matches import likely_pair
from node.urgent import Pushed
from node.wire import charters, records
from tests.support.alerts import held, ring
from tests.support.bundles import written
from tests.support.cubes import yearly
from tests.support.faults import Flavour
from tests.support.incidents import LOOTING, ROBBERY, SHOOTING
from tests.support.matches import exchange, pairs_of
from tests.support.network import NOW, SOURCE, TODAY, Network, Node
from tests.support.pages import MemberHome
from tests.support.sent_forms import (
    Form,
    Maker,
    Reader,
    Seat,
    a_home,
    add_everybody,
    dies_whole,
    fails_whole,
    writes_nothing,
)

pytestmark = pytest.mark.slow
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
NUMBERS = """
name = "asked"
version = 1
purpose = "statistics"
period = "year"
by = ["country"]
measures = ["incidents"]
aggregates = true
"""
CSV = (
    b"Reference,Date,Country,Violence or safety,What was done,"
    b"Killed: national staff,Killed: international staff,In your own words\n"
    b"k1,2026-02-01,SSD,violence,shooting,0,0,first\n"
)


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
    shown = reader.get(reader.post(send_file(reader)).header("location"))
    return reader.form_of(shown, "/import/confirm")


def alert(reader: Reader) -> Form:
    return reader.form_of(reader.post(look_at_alert(reader)), "/alert/send")


def alert_over(reader: Reader) -> Form:
    links = (part.partition('"')[0] for part in reader.get("/alerts").text.split("/alert?id=")[1:])
    ours = next(one for one in links if "/alert/cancel" in reader.get(f"/alert?id={one}").text)
    return reader.filled(f"/alert?id={ours}", "/alert/cancel")


def audience(reader: Reader) -> Form:
    return reader.filled("/audience/new", "/audience/new", name="valley", member="beta")


def audience_grows(reader: Reader) -> Form:
    return reader.form_of(reader.post(look_at_audience(reader)), "/audience/change")


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


def note(reader: Reader) -> Form:
    return reader.filled("/alerts", "/alert/note")


def cancel_request(reader: Reader) -> Form:
    reader.post(ask(reader))
    return reader.filled("/requests", "/request/cancel")


def publish_release(reader: Reader) -> Form:
    build(reader.works.store, CUBE.title, "alpha", TODAY, Teller("kb", NOW))
    return reader.filled("/release/audit?cube=yearly/1", "/release/publish")


def look_for_pairs(reader: Reader) -> Form:
    with reader.works.store.write() as connection:
        connection.execute(delete(likely_pair))
    return reader.filled("/matches", "/matches/look")


def compare(reader: Reader) -> Form:
    link = reader.get("/matches").text.partition("/match?id=")[2].partition('"')[0]
    return reader.filled(f"/match/compare?id={link}", "/match/compare", steps="one")


def stop_comparing(reader: Reader) -> Form:
    begins = compare(reader)
    reader.post(begins)
    return reader.filled(begins.page, "/match/stop")


def read_bundle(reader: Reader) -> Form:
    return reader.filled("/bundle", "/bundle")._replace(file=reader.files["bundle"])


def look_at_numbers(reader: Reader) -> Form:
    typed = {"of": "ocha", "declaration": NUMBERS}
    return reader.filled("/numbers", "/numbers/preview", **typed)


def give_numbers(reader: Reader) -> Form:
    shown = reader.post(look_at_numbers(reader))
    return reader.form_of(shown, "/numbers/send", way="file")


def end_session(reader: Reader) -> Form:
    return reader.filled("/account", "/account/session")


def language(reader: Reader) -> Form:
    return reader.filled("/account", "/account/language", language="fr")


def end_passkey(reader: Reader) -> Form:
    return reader.filled("/account/keys", "/account/passkey/end")


def look_at_alert(reader: Reader) -> Form:
    typed = {"tier": "peer", "advice": "Stay off that road for now.", "reviewed": "1"}
    return reader.filled(f"/alert/new?id={SOURCE}:b", "/alert/new", **typed)


def look_at_audience(reader: Reader) -> Form:
    page = reader.get("/audience?name=corridor")
    fields = {**page.form("/audience/preview"), "what": "add", "member": "beta"}
    return Form("/audience/preview", {"back_fill": "none", **fields})


def send_file(reader: Reader) -> Form:
    return reader.filled("/import", "/import")._replace(file=CSV)


def bring_file(reader: Reader) -> Form:
    return reader.filled("/ceremonies", "/ceremonies")._replace(file=CSV)


def forget_brought_file(reader: Reader) -> Form:
    assert reader.post(bring_file(reader)).status == 303
    return bring_file(reader)._replace(page="/ceremonies/cancel", file=b"")


def write_bundle(reader: Reader) -> Form:
    return reader.filled("/bundle", "/bundle/write", first="0")


def forget_file(reader: Reader) -> Form:
    shown = reader.get(reader.post(send_file(reader)).header("location"))
    return reader.form_of(shown, "/import/cancel")


# By where a form goes; what stands behind a space tells two forms apart that go to one page.
FORMS: Mapping[str, Maker] = MappingProxyType(
    {
        "/report": report,
        "/incident/complete": complete,
        "/share/send": share,
        "/recall/send": recall,
        "/import/confirm": take_in,
        "/alert/send": alert,
        "/alert/cancel": alert_over,
        "/alert/note": note,
        "/audience/new": audience,
        "/audience/change": audience_grows,
        "/request/new": ask,
        "/request/decide": reject,
        "/request/cancel": cancel_request,
        "/numbers/send": give_numbers,
        "/bundle": read_bundle,
        "/bundle/write": write_bundle,
        "/release/declare": declare_cube,
        "/release/build": build_release,
        "/release/publish": publish_release,
        "/release/correct": notice,
        "/matches/look": look_for_pairs,
        "/match/compare": compare,
        "/match/stop": stop_comparing,
        "/match/decide": verdict,
        "/account/token": token,
        "/account/token/end": end_token,
        "/account/session": end_session,
        "/account/language": language,
        "/account/passkey/end": end_passkey,
    }
)
# They show something, or let a file wait in the tray of the session, which is gone with the process.
LOOKS: Mapping[str, Maker] = MappingProxyType(
    {
        "/alert/new": look_at_alert,
        "/audience/preview": look_at_audience,
        "/import": send_file,
        "/import/cancel": forget_file,
        "/ceremonies": bring_file,
        "/ceremonies/cancel": forget_brought_file,
        "/numbers/preview": look_at_numbers,
    }
)
# The member is not reached here: what was written stays, and the page says that it goes on when it is sent again.
UNREACHED = frozenset({"/match/compare", "/match/stop"})


def statuses(where: str) -> frozenset[int]:
    return frozenset({422} if where in UNREACHED else {200, 303})


@pytest.fixture(scope="module")
def seat(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Seat]:
    """Alpha in a network with beta, with which it reports one event."""
    folder, numbers = tmp_path_factory.mktemp("failing"), count()

    def new_url() -> str:
        file = folder / f"{next(numbers)}.db"
        shutil.copy(migrated_file, file)
        return f"sqlite:///{file}"

    network = Network(new_url)
    alpha, beta = network.node("alpha"), network.node("beta")
    alpha.holds(on=TODAY, a=SHOOTING, b=ROBBERY)
    beta.holds(on=TODAY, c=replace(SHOOTING, source_kind="media"), d=LOOTING)
    for one, key in ((alpha, "a"), (beta, "c")):
        one.shares(key, tiers=frozenset({Tier.PEER}))
    exchange(network, alpha, beta)
    network.node("ocha", Tier.COORDINATOR)
    pairs_of(network, alpha)
    ring(beta, "c")
    with beta.store.read() as connection:
        entry = own_page(connection, 1, 0, 1, Tier.PEER)[0]
    receive_alert(alpha.store, Pushed(held(beta)[-1].envelope, entry), beta.origin, records, NOW)
    beta.shares("d", tiers=frozenset({Tier.PEER}))
    files = {"bundle": written(network, beta, "alpha")}
    home = a_home(folder, network, alpha)
    _add_things(alpha, home)
    alpha.store.close()
    yield Seat(folder / "0.db", home, alpha.identity, numbers, files=files)
    network.close()


def _add_things(alpha: Node, home: MemberHome) -> None:
    """Accounts, an incident of our own, an alert, an audience, a request, a published release and a token."""
    store = alpha.store
    add_everybody(store)
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
    with store.write() as connection:
        insert_many(connection, account_passkey, [(1, b"id", 1, b"key", 0, "a telephone", 0, None)])
    declare(store, CUBE, Teller("kb", NOW))
    build(store, CUBE.title, "alpha", TODAY, Teller("kb", NOW))
    publish(store, CUBE.title, alpha.identity, Teller("mo", NOW))


@pytest.mark.parametrize("where", FORMS)
def test_what_fails_leaves_nothing_or_the_whole_and_is_never_written_twice(seat: Seat, where: str) -> None:
    fails_whole(seat, FORMS[where], statuses(where))


@pytest.mark.parametrize("where", FORMS)
@pytest.mark.parametrize("flavour", [Flavour.KILLED_BEFORE, Flavour.KILLED_AFTER])
def test_a_process_that_dies_leaves_nothing_or_the_whole(seat: Seat, where: str, flavour: Flavour) -> None:
    dies_whole(seat, FORMS[where], flavour, statuses(where))


@pytest.mark.parametrize("where", LOOKS)
def test_what_only_shows_something_writes_nothing(seat: Seat, where: str) -> None:
    writes_nothing(seat, LOOKS[where])
