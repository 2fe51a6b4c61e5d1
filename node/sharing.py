"""Answer members about sharing: the audiences that they belong to.

A caller learns of its own memberships and of nobody else's; nothing here holds a value of a record.
"""

import re

import grpc

from node.directory import Member
from node.errors import CallError, PageTokenUnknownError
from node.server import Gatekeeper, Service, Unary, unary_handler
from node.signed import UID_BYTES
from node.store.audiences import copies_of
from node.store.database import Store
from node.wire.sharing import SERVICE, decode_page_call, encode_charters

DEFAULT_PAGE_SIZE = 20  # charters of the largest audiences fill half of what a message may hold
MAX_PAGE_SIZE = 100


class Counter:
    """The answers of the sharing service; plain functions, run in threads beside the event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def service(self, gatekeeper: Gatekeeper) -> Service:
        """The sharing service, for `make_server`."""
        calls: dict[str, Unary] = {"ListCharters": self.list_charters}
        methods = {name: unary_handler(answer, gatekeeper) for name, answer in calls.items()}
        return Service(SERVICE, grpc.method_handlers_generic_handler(SERVICE, methods))

    def list_charters(self, wire: bytes, caller: Member) -> bytes:
        """ListCharters."""
        asked = decode_page_call(wire)
        size = _page_size(asked.page_size)
        after = asked.page_token
        if after and not re.fullmatch(f"[0-9a-f]{{{2 * UID_BYTES}}}", after):
            raise PageTokenUnknownError("page_token: not one of this list")
        with self._store.read() as connection:
            found = copies_of(connection, caller.org_id, bytes.fromhex(after), size + 1)
        token = found[size - 1][0].hex() if len(found) > size else ""
        return encode_charters([envelope for _, envelope in found[:size]], token)


def _page_size(asked: int) -> int:
    if not 0 <= asked <= MAX_PAGE_SIZE:
        raise CallError(f"page_size: {asked} is not between 0 and {MAX_PAGE_SIZE}")
    return asked or DEFAULT_PAGE_SIZE
