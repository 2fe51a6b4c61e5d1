"""The ways in and out while a write fails or the process dies: nobody is shut out by it, and no secret opens twice."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pyotp
import pytest
from sqlalchemy import select, update

from console.web.links import make_link
from console.web.tables import account, account_session
from tests.support.authenticator import Authenticator
from tests.support.browser import Shown
from tests.support.faults import Flavour, failing_at
from tests.support.network import Network
from tests.support.sent_forms import (
    ORIGIN,
    PASSPHRASE,
    SECRET,
    WHO,
    Form,
    Maker,
    Reader,
    Seat,
    a_home,
    add_everybody,
    kept,
    opened,
)

pytestmark = pytest.mark.slow
DOORS = frozenset(  # held by test_fault_tables
    {"/sign-in", "/link", "/second-step", "/passkey", "/account/passkey", "/sign-out", "/leave"}
)
BEFORE = (Flavour.REFUSED, Flavour.KILLED_BEFORE)


@pytest.fixture(scope="module")
def seat(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Seat]:
    """A node of its own with one account."""
    folder = tmp_path_factory.mktemp("doors")
    file = folder / "0.db"
    file.write_bytes(migrated_file.read_bytes())
    network = Network(lambda: f"sqlite:///{file}")
    alpha = network.node("alpha")
    add_everybody(alpha.store)
    alpha.store.close()  # and with that all of it is in the file
    yield Seat(file, a_home(folder, network, alpha), alpha.identity, count())
    network.close()


def code(reader: Reader, secret: str = SECRET) -> str:
    """What the authenticator shows; each code counts once, so somebody waits for the next."""
    reader.clock.now += timedelta(minutes=1)
    return pyotp.TOTP(secret).at(reader.clock.now)


def asked_of(shown: Shown) -> dict[str, Any]:
    """What a page asks the browser's authenticator for."""
    found: dict[str, Any] = json.loads(unescape(re.findall(r'data-asked="([^"]*)"', shown.text)[0]))
    return found


def tries(seat: Seat, make: Maker) -> Iterator[tuple[Reader, Shown | None, Form, bool]]:
    """Send a form while each of its writes goes wrong in each way; the last says whether it is done nevertheless.

    What is shown is `None` where the process died.
    """
    with opened(seat, seat.copy()) as reader:
        form = make(reader)
        with failing_at(reader.works.store, None, Flavour.REFUSED) as writes:
            assert reader.post(form).status == 303
    last = len(writes) - 1
    assert writes[last] == "COMMIT"
    for number in range(len(writes)):
        for flavour in Flavour:
            with opened(seat, seat.copy()) as reader:
                form = make(reader)
                shown = failing(reader, form, number, flavour)
                yield reader, shown, form, number == last and flavour not in BEFORE


def failing(reader: Reader, form: Form, number: int, flavour: Flavour) -> Shown | None:
    def send() -> Shown:
        with failing_at(reader.works.store, number, flavour):
            return reader.post(form)

    if flavour in {Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED}:
        return send()
    reader.works.store.engine.dispose()  # the connection is not shared with the process that dies
    child = get_context("fork").Process(target=send)
    child.start()
    child.join()
    assert child.exitcode == -9
    return None


def enters(reader: Reader, form: Form) -> None:
    """Check that a form lets somebody in."""
    shown = reader.post(form)
    assert (shown.status, bool(reader.given)) == (303, True), shown.words
    reader.token = reader.given
    assert reader.get("/account").status == 200


def fails_clearly(shown: Shown | None, *secrets: str) -> None:
    assert shown is None or shown.status == 500
    assert shown is None or not any(one in shown.text for one in secrets)


def sessions(reader: Reader) -> int:
    with reader.works.store.read() as connection:
        return len(connection.execute(select(account_session.c.id)).all())


def signing_in(reader: Reader) -> Form:
    reader.token = ""
    return reader.filled("/sign-in", "/sign-in", name=WHO, passphrase=PASSPHRASE, code=code(reader))


def test_a_sign_in_that_fails_shows_no_secret_and_the_next_code_lets_in(seat: Seat) -> None:
    for reader, shown, form, _ in tries(seat, signing_in):
        fails_clearly(shown, PASSPHRASE, form.fields["code"])
        assert reader.given == ""
        enters(reader, signing_in(reader))


def following(reader: Reader) -> Form:
    reader.token = ""
    token = make_link(reader.works.store, WHO, reader.clock.now)
    return reader.filled(f"/link?token={token}", "/link")


def test_a_link_is_used_up_only_by_letting_somebody_in(seat: Seat) -> None:
    for reader, shown, form, done in tries(seat, following):
        fails_clearly(shown)
        assert sessions(reader) == (3 if done else 2)  # of `opened`, of the link, and who was let in by it
        if not done:
            enters(reader, form)
        reader.token = ""
        assert reader.post(form).status == 403
        enters(reader, following(reader))


def setting_up(reader: Reader) -> Form:
    with reader.works.store.write() as connection:
        connection.execute(update(account).values(second_step="", last_step=0))
    page = reader.get("/second-step")
    return reader.form_of(page, "/second-step", code=code(reader, offered(page)))


def offered(page: Shown) -> str:
    found = re.search(r"(?:[A-Z2-7]{4} ){7}[A-Z2-7]{4}", page.words)
    assert found is not None, page.words
    return found[0].replace(" ", "")


def test_who_sets_up_an_authenticator_stays_signed_in_until_it_counts(seat: Seat) -> None:
    for reader, shown, form, done in tries(seat, setting_up):
        fails_clearly(shown, form.fields["code"])
        if done:
            with reader.works.store.read() as connection:
                secret = connection.execute(select(account.c.second_step)).scalar_one()
            reader.token = ""
            typed = {"name": WHO, "passphrase": PASSPHRASE, "code": code(reader, secret)}
            enters(reader, reader.filled("/sign-in", "/sign-in", **typed))
        else:
            page = reader.get("/second-step")
            enters(reader, reader.form_of(page, "/second-step", code=code(reader, offered(page))))


def test_a_passkey_is_added_once_and_signs_in_after_whatever_failed(seat: Seat) -> None:
    passkey = Authenticator(ORIGIN)

    def adding(reader: Reader) -> Form:
        page = reader.get("/account/passkey")
        typed = {"name": "my own telephone", "credential": passkey.make(asked_of(page))}
        return reader.form_of(page, "/account/passkey", code=code(reader), **typed)

    def showing(reader: Reader) -> Form:
        reader.token = ""
        page = reader.get("/passkey")
        return reader.form_of(page, "/passkey", credential=passkey.show(asked_of(page)))

    for reader, shown, form, _ in tries(seat, adding):
        fails_clearly(shown, form.fields["code"], form.fields["credential"][:40])
        if not kept(reader)["passkey"]:
            assert reader.post(adding(reader)).status == 303
        assert reader.post(adding(reader)).status == 422  # it is known already
        assert kept(reader)["passkey"] == [("my own telephone",)]
        enters(reader, showing(reader))

    with opened(seat, seat.copy()) as reader:
        assert reader.post(adding(reader)).status == 303
        reader.works.store.close()
        with_passkey = seat._replace(file=Path(str(reader.works.store.engine.url.database)))
    for reader, shown, form, _ in tries(with_passkey, showing):
        fails_clearly(shown, form.fields["credential"][:40])
        assert reader.given == ""
        enters(reader, showing(reader))


@pytest.mark.parametrize("page", ["/sign-out", "/leave"])
def test_who_leaves_is_gone_whatever_fails(seat: Seat, page: str) -> None:
    def leaving(reader: Reader) -> Form:
        form = reader.filled("/account", page)
        reader.clock.now += timedelta(minutes=2)  # the use of the session is noted first
        return form

    for reader, shown, form, done in tries(seat, leaving):
        if page == "/leave" and shown is not None:  # nothing of the console is shown
            assert (shown.status, shown.header("location")) == (303, "/blank")
        else:
            fails_clearly(shown)
        last = reader.get("/account").status == 303
        assert not last or done
        assert reader.post(form).status == 303
        assert reader.get("/account").header("location").startswith("/sign-in")
