"""Answer members about sharing: the audiences that they belong to, and what they ask to see more finely.

A caller learns of its own memberships and requests and of nobody else's; nothing here holds a value of a record.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import grpc

from node.directory import Member
from node.errors import CallError, PageTokenUnknownError
from node.gate import Gatekeeper
from node.requests import answers_for, cancel_request, take_request
from node.server import Service, Unary, unary_handler
from node.signed import UID_BYTES
from node.store.audiences import copies_of
from node.store.database import Store
from node.wire.sharing import (
    SERVICE,
    decode_cancel_call,
    decode_create_call,
    decode_page_call,
    decode_request_id,
    encode_cancelled,
    encode_charters,
    encode_created,
    encode_requests,
)

DEFAULT_PAGE_SIZE = 20  # charters of the largest audiences fill half of what a message may hold
MAX_PAGE_SIZE = 100


class Counter:
    """The answers of the sharing service; plain functions, run in threads beside the event loop."""

    def __init__(self, store: Store, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._clock = clock

    def service(self, gatekeeper: Gatekeeper) -> Service:
        """The sharing service, for `make_server`."""
        calls: dict[str, Unary] = {
            "ListCharters": self.list_charters,
            "CreateShareRequest": self.create_share_request,
            "ListShareRequests": self.list_share_requests,
            "CancelShareRequest": self.cancel_share_request,
        }
        methods = {
            name: unary_handler(answer, gatekeeper, decode_request_id) for name, answer in calls.items()
        }
        return Service(SERVICE, grpc.method_handlers_generic_handler(SERVICE, methods))

    def list_charters(self, wire: bytes, caller: Member) -> bytes:
        """ListCharters."""
        asked = decode_page_call(wire)
        size = _page_size(asked.page_size)
        after = asked.page_token
        if after and not re.fullmatch(f"[0-9a-f]{{{2 * UID_BYTES}}}", after):
            raise PageTokenUnknownError("page_token: not one of this list")
        with self._store.glance() as connection:
            found = copies_of(connection, caller.org_id, bytes.fromhex(after), size + 1)
        token = found[size - 1][0].hex() if len(found) > size else ""
        return encode_charters([envelope for _, envelope in found[:size]], token)

    def create_share_request(self, wire: bytes, caller: Member) -> bytes:
        """CreateShareRequest."""
        wish = decode_create_call(wire).wish
        return encode_created(take_request(self._store, wish, caller, self._clock()))

    def list_share_requests(self, wire: bytes, caller: Member) -> bytes:
        """ListShareRequests."""
        asked = decode_page_call(wire)
        size = _page_size(asked.page_size)
        if not re.fullmatch("[0-9]{0,18}", asked.page_token):
            raise PageTokenUnknownError("page_token: not one of this list")
        found = answers_for(self._store, caller.org_id, int(asked.page_token or 0), size + 1)
        token = str(found[size - 1][0]) if len(found) > size else ""
        return encode_requests([answer for _, answer in found[:size]], token)

    def cancel_share_request(self, wire: bytes, caller: Member) -> bytes:
        """CancelShareRequest."""
        call = decode_cancel_call(wire)
        return encode_cancelled(
            cancel_request(self._store, caller.org_id, call.share_request_id, self._clock())
        )


def _page_size(asked: int) -> int:
    if not 0 <= asked <= MAX_PAGE_SIZE:
        raise CallError("page_size: {asked} is not between 0 and {most}", asked=asked, most=MAX_PAGE_SIZE)
    return asked or DEFAULT_PAGE_SIZE
