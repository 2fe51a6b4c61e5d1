"""Forms of the console that are sent while a write fails or the process dies, without a line between.

What failed before it was written leaves nothing, and what was typed comes back to be sent again. What failed after it
was written is there, and the same form sent again writes nothing twice.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from io import BytesIO
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeAlias
from unittest.mock import patch
from urllib.parse import urlencode

from sqlalchemy import select, update

from console.database import open_store
from console.home import make_home
from console.web.accounts import add_account, find_account
from console.web.desk import Asked, Sent, answer
from console.web.line import Line
from console.web.pages import write_page
from console.web.roles import Role
from console.web.sessions import open_session
from console.web.tables import account, account_passkey, account_session, account_token
from console.web.visit import Elsewhere, Page, Upload, Works
from node.config import new_settings
from node.logbook import Identity
from node.store.database import Store
from tests.console.command_line import machine
from tests.support.browser import Clock, Shown
from tests.support.faults import Flavour, failing_at
from tests.support.network import NOW, Network, Node, rows_of, seal_of
from tests.support.pages import MemberHome

PASSPHRASE = "several words that nobody says"
SECRET = "JBSWY3DPEHPK3PXP" * 2
ORIGIN = "http://127.0.0.1:1"
WHO = "everybody"
SMALL = 1_000


class Form(NamedTuple):
    """A form that is to be sent: where to, its fields, its file, and what somebody typed into it."""

    page: str
    fields: dict[str, str]
    file: bytes = b""
    typed: str = ""

    @property
    def action(self) -> str:
        return self.page.partition("?")[0]


@dataclass
class Reader:
    """Somebody whose browser asks the pages without a line between.

    Attributes:
        works: The node.
        token: Of the session.
        clock: Of the node.
        files: That somebody brings, by what they are.
        given: The last token that the browser was given.
    """

    works: Works
    token: str
    clock: Clock
    files: Mapping[str, bytes]
    given: str = ""

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
        found = [unescape(one) for one in targets if one.partition("?")[0] == action]
        assert found, (action, shown.words)
        told = max(typed.values(), key=len, default="")
        return Form(found[0], {**shown.form(action), **typed}, typed=told if " " in told else "")

    def _ask(self, method: str, page: str, body: bytes | Sent) -> Shown:
        path, _, query = page.partition("?")
        asked = Asked(method, path, query, body, self.token, ORIGIN, "en")
        visit, found = answer(self.works, frozenset({ORIGIN}), asked)
        if isinstance(found, Page):
            text = write_page(visit, found)
            return Shown(found.status, [], text, len(text))
        if isinstance(found, Elsewhere):
            self.given = found.token
            return Shown(303, [("location", found.page)], "", 0)
        return Shown(200, [], "", 0, found.content)


Maker: TypeAlias = Callable[[Reader], Form]
Kept: TypeAlias = dict[str, object]


class Seat(NamedTuple):
    """A node to sit at, to be copied for each try.

    Attributes:
        file: Its database.
        home: Its folder.
        identity: Its keys.
        numbers: Of copies.
        line: To the members, where there is one.
        files: That somebody brings, by what they are.
    """

    file: Path
    home: MemberHome
    identity: Identity
    numbers: Iterator[int]
    line: Line | None = None
    files: Mapping[str, bytes] = MappingProxyType({})

    def copy(self) -> Path:
        file = self.file.with_name(f"{self.file.stem}-{next(self.numbers)}.db")
        shutil.copy(self.file, file)
        return file


def a_home(folder: Path, network: Network, node: Node) -> MemberHome:
    """The folder of a node beside its database."""
    kind = network.directory.member(node.org_id).type.name
    with patch.dict(os.environ, machine(), clear=True):
        settings = new_settings(org_id=node.org_id, org_type=kind, log_slot_seconds=0)
        made = make_home(folder / f"home-{node.org_id}", settings, None)
    made.network_file.parent.mkdir(exist_ok=True)
    made.network_file.touch()
    return MemberHome(made.path, made.settings, network, node)


def add_everybody(store: Store) -> None:
    """An account with all roles and a second step."""
    with patch("console.web.proofs.argon2id.MEMLIMIT_INTERACTIVE", 8192):
        add_account(store, WHO, tuple(Role), PASSPHRASE, NOW)
    with store.write() as connection:
        connection.execute(update(account).values(second_step=SECRET))


@contextmanager
def opened(seat: Seat, file: Path) -> Iterator[Reader]:
    """Somebody at a copy of the node, signed in."""
    store, clock = open_store(f"sqlite:///{file}"), Clock(NOW)
    keys = (seal_of(seat.identity),)
    works = Works(seat.home, store, seat.identity, clock, lambda: keys, line=seat.line)
    with store.write() as connection:
        found = find_account(connection, WHO)
        assert found is not None
        session = open_session(connection, found.key, NOW)
    yield Reader(works, session, clock, seat.files)
    works.tray.clear()
    store.close()


def kept(reader: Reader) -> Kept:
    """What there is without what is made by chance or by the clock; and of an account what its owner decides about.

    Of each table how many rows and filled cells there are, and the sum of its small numbers: states are such.
    """
    found: Kept = {
        name: (len(rows), sum(map(bool, chain(*rows))), sum(filter(_is_small, chain(*rows))))
        for name, rows in rows_of(reader.works.store).items()
    }
    of_account = (account.c.second_step, account.c.language)
    of_session = (account_session.c.id, account_session.c.ended_at)
    with reader.works.store.read() as connection:
        found["account"] = connection.execute(select(*of_account)).all()
        found["session"] = connection.execute(select(*of_session)).all()
        found["token"] = connection.execute(select(account_token.c.name)).all()
        found["passkey"] = connection.execute(select(account_passkey.c.name)).all()
    return found


def _is_small(cell: object) -> bool:
    return isinstance(cell, int) and abs(cell) < SMALL


def again(reader: Reader, form: Form, make: Maker) -> Shown:
    """Send a form a second time; a file that does not wait any more is chosen once more."""
    shown = reader.post(form)
    if "gone=1" in dict(shown.headers).get("location", ""):
        shown = reader.post(make(reader))
    return shown


def went_well(seat: Seat, make: Maker, statuses: frozenset[int]) -> tuple[Kept, list[str], Kept]:
    """What there is before and after a form was sent, and the writes in between."""
    with opened(seat, seat.copy()) as reader:
        form = make(reader)
        before = kept(reader)
        with failing_at(reader.works.store, None, Flavour.REFUSED) as writes:
            shown = reader.post(form)
        assert shown.status in statuses, shown.words
        return before, writes, kept(reader)


def fails_whole(seat: Seat, make: Maker, statuses: frozenset[int] = frozenset({200, 303})) -> None:
    """Check a form whose write is refused at its first row, refused at the end, or done but reported as failed."""
    before, writes, after = went_well(seat, make, statuses)
    assert before != after
    commit = max(at for at, kind in enumerate(writes) if kind == "COMMIT")
    tries = [(0, Flavour.REFUSED), (commit, Flavour.REFUSED), (commit, Flavour.DONE_BUT_REPORTED_AS_FAILED)]
    for number, flavour in tries:
        with opened(seat, seat.copy()) as reader:
            form = make(reader)
            with failing_at(reader.works.store, number, flavour):
                shown = reader.post(form)
            assert shown.status == 500, (number, flavour)
            assert kept(reader) == (before if flavour is Flavour.REFUSED else after)
            assert form.typed in unescape(shown.text)
            if not form.file:
                assert {**shown.form(form.action), "form_key": ""} == {**form.fields, "form_key": ""}
            again(reader, form, make)
            assert kept(reader) == after, flavour


def dies_whole(
    seat: Seat, make: Maker, flavour: Flavour, statuses: frozenset[int] = frozenset({200, 303})
) -> None:
    """Check a form whose process dies just before or just after its last commit."""
    before, writes, after = went_well(seat, make, statuses)
    commit = max(at for at, kind in enumerate(writes) if kind == "COMMIT")
    with opened(seat, seat.copy()) as reader:
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


def writes_nothing(seat: Seat, make: Maker, statuses: frozenset[int] = frozenset({200, 303})) -> None:
    """Check a form that only shows something or lets a file wait: no row is written, so nothing can be half."""
    before, writes, after = went_well(seat, make, statuses)
    assert (writes, before) == ([], after)
