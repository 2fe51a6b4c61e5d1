"""The same incidents for everybody: Tocsin's own log as it is on the line, and as many bytes in what others carry."""

import json
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from benchmarks.nodes import ORIGIN
from console.home import Home
from node.audience import Tier
from node.store.heads import log_head
from node.store.own_log import own_page
from node.verify import MAX_PAGE_ENTRIES

LENGTH_BYTES = 4
WHEN = "2026-01-01T00:00:00.000Z"


def wires(origin: Home, size: int) -> list[bytes]:
    """The first so many entries of a log as coordinators get them: signature and all openings included."""
    store = origin.store()
    with store.read() as connection:
        head = log_head(connection, ORIGIN)
        assert head is not None, "the origin has no log"
        found: list[bytes] = []
        for start in range(0, size, MAX_PAGE_ENTRIES):
            stop = min(start + MAX_PAGE_ENTRIES, size)
            found += own_page(connection, head.log_id, start, stop, Tier.COORDINATOR)
    store.close()
    return found


def write_wires(file: Path, found: Sequence[bytes]) -> None:
    """Write records one after the other, each behind its length."""
    file.write_bytes(b"".join(len(one).to_bytes(LENGTH_BYTES, "big") + one for one in found))


def stix_object(wire: bytes) -> str:
    """An incident of STIX 2.1 with as many bytes as Tocsin's own record; only its text is cut to fit."""
    fields = {
        "type": "incident",
        "spec_version": "2.1",
        "id": f"incident--{uuid5(NAMESPACE_URL, b64encode(wire).decode())}",
        "created": WHEN,
        "modified": WHEN,
        "name": "incident",
        "description": "",
    }
    return _filled(fields, "description", wire)


def message(wire: bytes) -> str:
    """A message of a room, with as many bytes as Tocsin's own record."""
    return _filled({"msgtype": "org.example.incident", "body": ""}, "body", wire)


def _filled(fields: dict[str, str], name: str, wire: bytes) -> str:
    room = len(wire) - len(json.dumps(fields))
    return json.dumps(fields | {name: b64encode(wire).decode()[: max(room, 0)]})
