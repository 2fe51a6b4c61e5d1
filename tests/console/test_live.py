"""A running node takes over new files of its own as a whole or not at all."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.home import TLS, Home, open_home
from console.live import LiveCredentials
from crypto.certificates import make_member_certificate
from crypto.errors import CryptoError
from crypto.keyfile import save_key
from node.errors import UnreadableError
from node.peer_line import Credentials


@pytest.fixture
def home(empty_node: Path) -> Home:
    return open_home(empty_node)


def new_pair(home: Home) -> Credentials:
    now = datetime.now(UTC)
    return Credentials(*make_member_certificate(home.settings.org_id, now, now + timedelta(days=1)))


def replace_key(home: Home, key: bytes) -> None:
    draft = home.path / "keys" / "draft.key"
    save_key(draft, TLS, key, None)
    draft.replace(home.key_file(TLS))


def test_a_new_pair_is_taken_over_when_both_files_are_there(home: Home) -> None:
    live, pair = LiveCredentials(home, None), new_pair(home)
    first = live()
    assert live() is first

    home.certificate_file.write_bytes(pair.certificate)
    assert live() == first
    replace_key(home, pair.key)

    assert live() == pair


@pytest.mark.parametrize("damage", ["gone", "empty", "not of the key"])
def test_what_is_no_pair_is_not_taken_over_and_no_node_starts_with_it(home: Home, damage: str) -> None:
    live = LiveCredentials(home, None)
    first = live()
    if damage == "gone":
        home.certificate_file.unlink()
    else:
        home.certificate_file.write_bytes(b"" if damage == "empty" else new_pair(home).certificate)

    assert live() == first
    with pytest.raises((UnreadableError, CryptoError)):
        LiveCredentials(home, None)()


def test_a_key_that_others_may_read_now_is_not_taken_over(home: Home) -> None:
    live, pair = LiveCredentials(home, None), new_pair(home)
    first = live()
    home.certificate_file.write_bytes(pair.certificate)
    replace_key(home, pair.key)
    home.key_file(TLS).chmod(0o644)

    assert live() == first
