"""An office with officers in every role, on a real database, with a clock that tests move."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from casework.client.desk import RemoteDesk
from casework.desk import Desk
from casework.officer import Officer, Unlocked
from casework.sessions import Sessions
from casework.vocabulary import codes
from console.home import SIGNING, Home
from console.office import Office
from crypto.keyfile import save_key
from crypto.signing import Signer
from node.config import new_settings
from tests.casework.remote import At, Remote, opens, serving

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    """Time as a test sets it."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(tmp_path: Path, database_url: str, clock: Clock) -> Iterator[Office]:
    (tmp_path / "keys").mkdir(mode=0o700)
    settings = new_settings(org_id="first-aid", org_type="INGO", database_url=database_url)
    home = Home(tmp_path, settings)
    save_key(home.key_file(SIGNING), SIGNING, Signer.generate().seed, None)
    opened = Office(home, clock)
    yield opened
    opened.database.store.close()


@pytest.fixture
def desk(office: Office) -> Callable[[str], Desk]:
    """Sign in an officer with the role of that name, enrolling them when first asked for."""
    admin = office.enrol("approver", None)
    office.found("approver", frozenset({"approver"}), admin)
    approver = office.desk("approver", None)
    desks = {"approver": approver}

    def sign_in(role: str) -> Desk:
        assert role in codes("role")
        name = role.replace("_", "-")
        if role not in desks:
            unlocked: Unlocked = office.enrol(name, None)
            office.admit(
                approver, name, frozenset({role}), (unlocked.signer.public_key, unlocked.seal.public_key)
            )
            desks[role] = office.desk(name, None)
        return desks[role]

    return sign_in


@pytest.fixture
def owner(desk: Callable[[str], Desk]) -> Officer:
    return desk("accountability_officer").officer


@pytest.fixture
def at(office: Office) -> Iterator[At]:
    """A server of the office."""
    with serving(Sessions(opens(office), time.monotonic, lambda _seconds: None)) as where:
        yield where


@pytest.fixture
def remote(at: At, desk: Callable[[str], Desk]) -> Iterator[Remote]:
    """Sign the officer with the role of that name in at the server."""
    opened: dict[str, RemoteDesk] = {}

    def sign_in(role: str) -> RemoteDesk:
        if role not in opened:
            desk(role)
            opened[role] = at.desk()
            opened[role].sign_in(role.replace("_", "-"), "")
        return opened[role]

    yield sign_in
    for one in opened.values():
        one.close()


@pytest.fixture
def public_halves(office: Office) -> None:
    """The public halves of the node's keys, which whoever verifies looks for."""
    for name in ("signing", "log"):
        (office.home.path / "keys" / f"{name}.pub.hex").write_text("00" * 32)


@pytest.fixture
def remote_owner(remote: Remote, public_halves: None) -> RemoteDesk:  # noqa: ARG001 - it only has to be there
    """The accountability officer at the server."""
    return remote("accountability_officer")
