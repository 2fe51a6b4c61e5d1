"""Receipts for logs: keep those that members give us, and make those that we owe.

A member's newest receipt tells which corrections and retractions have reached it. Newest is what it signed last: a node
that was restored from a backup may confirm less than it did before, and then holds less.
"""

from datetime import datetime

from crypto.errors import ProofError
from crypto.merkle import tree_root
from crypto.tiles import Tiles
from node.errors import ReceiptError, StoreError
from node.receipt import Receipt
from node.store.database import Store
from node.store.heads import LogHead, log_head
from node.store.own_log import FullTiles, TileReader
from node.store.receipts import Held, newest_receipt, put_receipt


def keep_receipt(store: Store, receipt: Receipt, envelope: bytes, tiles: FullTiles | None = None) -> None:
    """Keep a receipt for our own log, instead of the one that its giver gave before.

    The one that is held may come again; nothing changes then.

    Args:
        store: Of this node.
        receipt: From `verify_receipt`.
        envelope: The receipt as it was signed.
        tiles: Full tiles of our log that were read before.

    Raises:
        ReceiptError: Our log never was of that size, or had another root then, or a newer receipt is held.
    """
    given = _held(receipt, envelope)
    with store.read() as connection:
        head = log_head(connection, receipt.origin_id)
        size = head.frontier.size if head is not None else 0
        if not 1 <= receipt.log_size <= size:
            raise ReceiptError(f"log_size: {receipt.log_size} is not between 1 and {size}")
        try:
            root = tree_root(Tiles(TileReader(connection, tiles)), receipt.log_size)
        except ProofError as error:
            raise StoreError(str(error)) from error
        if root != receipt.root_hash:
            raise ReceiptError(f"root_hash: not that of our log of {receipt.log_size} entries")
        before = newest_receipt(connection, receipt.origin_id, receipt.receiver_id)
    if before == given:
        return
    with store.write() as connection:
        before = newest_receipt(connection, receipt.origin_id, receipt.receiver_id)
        if before is not None and (given.issued_at, given.log_size) < (before.issued_at, before.log_size):
            raise ReceiptError("issue_time: a newer receipt of this member is held")
        put_receipt(connection, given)


def due_receipt(store: Store, head: LogHead, org_id: str, now: datetime) -> Receipt | None:
    """The receipt that we owe for a peer's log, or `None` if it has ours for all that we hold.

    Args:
        store: Of this node.
        head: The peer's log as it is held here.
        org_id: Of this node.
        now: Aware UTC.
    """
    size = head.frontier.size
    with store.read() as connection:
        given = newest_receipt(connection, head.origin_id, org_id)
    if size == 0 or (given is not None and given.log_size == size):
        return None
    return Receipt(org_id, head.origin_id, size, head.frontier.root, now.replace(microsecond=0))


def note_given(store: Store, receipt: Receipt, envelope: bytes) -> None:
    """Note that a peer has our receipt."""
    with store.write() as connection:
        put_receipt(connection, _held(receipt, envelope))


def _held(receipt: Receipt, envelope: bytes) -> Held:
    issued_at = int(receipt.issued.timestamp())
    return Held(receipt.origin_id, receipt.receiver_id, receipt.log_size, issued_at, envelope)
