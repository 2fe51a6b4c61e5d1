"""A page of this node's own log as one member may see it: over the line and in a bundle the same."""

from itertools import accumulate
from typing import NamedTuple

from crypto.errors import ProofError
from crypto.merkle import consistency_path
from node.directory import Member
from node.errors import StoreError
from node.store.database import Transaction
from node.store.heads import LogHead
from node.store.own_log import own_page
from node.store.tiles import FullTiles, OwnTiles
from node.verify import Page, page_token

MAX_PAGE_BYTES = 4 * 1024 * 1024


class Span(NamedTuple):
    """Which entries are asked for: at most `limit` from `start` on, below the checkpoint of `size`."""

    start: int
    limit: int
    size: int


def own_log_page(
    connection: Transaction, head: LogHead, reader: Member, span: Span, tiles: FullTiles | None = None
) -> Page:
    """Read a page of our own log, fewer entries than asked for when they are large.

    Raises:
        StoreError: The log lacks an entry, or its tree does not reach so far.
    """
    stop = min(span.start + span.limit, span.size)
    page = own_page(connection, head.log_id, span.start, stop, reader.tier, reader.org_id)
    entries = fitting(page)
    stop = span.start + len(entries)
    try:
        proof = consistency_path(OwnTiles(connection, tiles), stop, span.size)
    except ProofError as error:
        raise StoreError(str(error)) from error
    return Page(tuple(entries), tuple(proof), page_token(span.size, stop))


def fitting(entries: list[bytes]) -> list[bytes]:
    """As many of these entries as a page may hold, one at the least."""
    if sum(map(len, entries)) <= MAX_PAGE_BYTES:
        return entries
    count = sum(total <= MAX_PAGE_BYTES for total in accumulate(map(len, entries)))
    return entries[: max(count, 1)]
