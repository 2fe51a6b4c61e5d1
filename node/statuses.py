"""The case status service of this node: hands out signed documents, of which it knows nothing but the reader."""

from collections.abc import Callable
from typing import TypeAlias

import grpc

from node.directory import Member
from node.errors import CallError
from node.gate import Gatekeeper
from node.server import Service, unary_handler
from node.wire.statuses import SERVICE, Documents, decode_documents_call, encode_documents

MAX_PAGE_SIZE = 100  # of 16 KiB at the most, far below what a message may hold

Shelf: TypeAlias = Callable[[str, int, int], Documents]
"""Documents for a reader (empty: for all), or of a signer, behind a place of a list, so many at the most; `console`
plugs both in.

Raises:
    StoreError: The database can not be read.
"""


def case_status_service(shelf: Shelf, held: Shelf, gatekeeper: Gatekeeper) -> Service:
    """The case status service, for `make_server`: what we signed for readers, and what we hold of who asks."""

    def list_case_documents(wire: bytes, caller: Member) -> bytes:
        asked = decode_documents_call(wire)
        if not 0 <= asked.page_size <= MAX_PAGE_SIZE:
            raise CallError(
                "page_size: {page_size} is not between 0 and {most}",
                page_size=asked.page_size,
                most=MAX_PAGE_SIZE,
            )
        most = asked.page_size or MAX_PAGE_SIZE
        if asked.of_caller:
            return encode_documents(held(caller.org_id, asked.after, most)._replace(of_caller=True))
        reader = caller.org_id if asked.to_caller else ""
        return encode_documents(shelf(reader, asked.after, most))

    handler = unary_handler(
        list_case_documents, gatekeeper, lambda wire: decode_documents_call(wire).request_id
    )
    return Service(SERVICE, grpc.method_handlers_generic_handler(SERVICE, {"ListCaseDocuments": handler}))
