"""A byte that somebody flips on the line, in whichever call and direction: the call ends, and nothing is written."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from casework.board import Counting
from casework.client.desk import RemoteDesk
from casework.errors import CaseworkError, OfficeUnavailableError
from console.office import Office
from tests.casework.remote import At, Remote, photograph
from tests.casework.test_cw_11_access import faults
from tests.casework.test_desk import opening, said
from tests.casework.test_remote_secrets import asks_of_a_case

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("new_database_url", ["sqlite"], indirect=True),
]
READ_ONCE = 65_536


class Between:
    """A line to a server, on which somebody flips a bit of everything that goes one way."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.flipped = ""  # `out`, `in` or nothing
        self._sockets = [self._listener]
        self._threads: list[threading.Thread] = []
        self._begin(self._accept)

    def close(self) -> None:
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for one in self._sockets:
            one.close()

    def _begin(self, work: Callable[..., None], *arguments: object) -> None:
        self._threads.append(threading.Thread(target=work, args=arguments))
        self._threads[-1].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                officer, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._sockets += [officer, server]
                for way, source, sink in (("out", officer, server), ("in", server, officer)):
                    self._begin(self._pass_on, way, source, sink)

    def _pass_on(self, way: str, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while wire := source.recv(READ_ONCE):
                at = len(wire) // 2
                sent = wire[:at] + bytes((wire[at] ^ 1,)) + wire[at + 1 :] if self.flipped == way else wire
                sink.sendall(sent)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


@contextmanager
def flipping(at: At, way: str) -> Iterator[RemoteDesk]:
    """An officer who signed in before the line was tampered with."""
    between = Between(at.endpoint)
    desk = At(between.endpoint, at.certificate).desk()
    desk.sign_in("accountability-officer", "")
    between.flipped = way
    try:
        yield desk
    finally:
        desk._channel.close()
        between.close()


def asks(desk: RemoteDesk, folder: Path) -> dict[str, Callable[[str], object]]:
    """Every call, by the name of the method."""
    more: dict[str, Callable[[str], object]] = {
        "board": lambda _: desk.board(),
        "figures": lambda _: desk.figures(Counting()),
        "admit": lambda _: desk.admit("approver", frozenset({"approver"})),
        "check": lambda _: desk.check(),
        "colleagues": lambda _: desk.colleagues(),
        "tips": lambda _: desk.tips(),
        "tip": desk.tip,
        "answer_tip": lambda uid: desk.answer_tip(uid, "x"),
        "open_from_tip": lambda uid: desk.open_from_tip(uid, opening()),
        "propose_tip_erasure": desk.propose_tip_erasure,
        "erase_tip": desk.erase_tip,
        "endings": lambda _: desk.endings(),
        "tables": lambda _: desk.tables,
        "read_all": lambda _: desk.read_all(),
        "import_cases": lambda _: desk.import_cases("nonsense"),
        "open_for": lambda _: desk.open_for(opening()),
        "verify_log": lambda _: desk.verify_log(),
    }
    return {**asks_of_a_case(desk, folder), **more}


@pytest.mark.parametrize("way", ["out", "in"])
def test_a_flipped_byte_ends_any_call_and_writes_nothing(
    office: Office, at: At, remote: Remote, remote_owner: RemoteDesk, tmp_path: Path, way: str
) -> None:
    remote("approver")
    uid = remote_owner.open_for(opening())
    remote_owner.add_evidence(uid, photograph(), [b"found"])
    before = remote_owner.read(uid).events
    names = asks(remote_owner, tmp_path).keys()
    for name in sorted(names):
        with flipping(at, way) as desk, pytest.raises(CaseworkError) as told:
            asks(desk, tmp_path)[name](uid)
        assert isinstance(told.value, OfficeUnavailableError), (name, told.value)
    if way == "out":  # on the way back the server has done what it was asked for
        assert remote_owner.read(uid).events == before
        assert len(remote_owner.read_all()) == 1
    assert faults(office) == []
    assert not (tmp_path / "out").exists()


def test_the_line_itself_is_sound(at: At, remote_owner: RemoteDesk) -> None:
    uid = remote_owner.open_for(opening())
    with flipping(at, "") as desk:
        desk.add_evidence(uid, photograph("E7"), [b"x" * 900_000])
        assert len(b"".join(desk.evidence_content(uid, "E7", "x"))) == 900_000
        desk.say(uid, said("note", text="x"))
