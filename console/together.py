"""Several processes of one node in one folder: where each listens, which of them pulls from whom, and no second story.

listening    where members reach the processes that serve, a line each
"""

import socket
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from console.home import Home, read_file, write_file
from console.place import note_opened
from node.directory import Member
from node.errors import UnreachableError
from node.store.database import Store
from node.store.leading import Leads

ADDRESS_FILE = "listening"  # written when the node listens, removed when it stops
CALL_SECONDS = 3.0


def note_listening(home: Home, address: str) -> None:
    """Write down that this process listens, beside others that answer; those that were killed are forgotten.

    Raises:
        UnreadableError: It can not be written.
    """
    others = [one for one in listening(home) if one != address and answers(one)]
    _write(home.path / ADDRESS_FILE, [*others, address])


def forget_listening(home: Home, address: str) -> None:
    """Write down that it listens no more."""
    _write(home.path / ADDRESS_FILE, [one for one in listening(home) if one != address])


def listening(home: Home) -> tuple[str, ...]:
    """Where processes of this node said that they listen, host:port each.

    Raises:
        UnreadableError: The file can not be read.
    """
    file = home.path / ADDRESS_FILE
    return tuple(read_file(file).decode(errors="replace").split()) if file.exists() else ()


def answers(address: str) -> bool:
    """Whether anybody takes a connection at host:port."""
    host, _, port = address.rpartition(":")
    try:
        with closing(socket.create_connection((host.strip("[]"), int(port)), CALL_SECONDS)):
            return True
    except (OSError, ValueError):
        return False


def lead_of(org_id: str) -> str:
    """The name of the lead of a member."""
    return f"member {org_id}"


def leads(who: Leads, org_id: str) -> bool:
    """Whether it is this process that pulls from a member and listens to it; it is not while nobody knows."""
    try:
        return who.take(lead_of(org_id))
    except UnreachableError:
        return False


def led(who: Leads, members: Iterable[Member], own_id: str) -> frozenset[str]:
    """The other members from which this process pulls."""
    return frozenset(one.org_id for one in members if one.org_id != own_id and leads(who, one.org_id))


def note_grown(home: Home, store: Store) -> None:
    """Compare how long our log is with how long it was in this folder, and write that down.

    A database that went on elsewhere without its last commits is shorter; members are asked then before it is signed.

    Raises:
        UnreadableError: The file can not be read or written.
        StoreError: The database can not be read.
    """
    note_opened(home.path, store, home.settings.org_id, in_network=True)


def _write(file: Path, addresses: list[str]) -> None:
    if addresses:
        write_file(file, "\n".join(addresses).encode())
    else:
        file.unlink(missing_ok=True)
