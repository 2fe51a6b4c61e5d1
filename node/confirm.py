"""Receipts for logs: keep those that members give us, and make those that we owe.

A member's newest receipt tells which corrections and retractions have reached it. Newest is what it signed last: a node
that was restored from a backup may confirm less than it did before, and then holds less.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from crypto.envelope import Envelope
from crypto.errors import ProofError
from crypto.merkle import tree_root
from node.errors import PayloadError, ReceiptError
from node.receipt import MAX_TOLD, Receipt, Refused, verify_signed
from node.store.database import Store, Transaction
from node.store.heads import LogHead, log_head
from node.store.peer_log import refused_entries
from node.store.receipts import Held, Told, all_receipts, newest_receipt, passed_on_of, put_receipt
from node.store.tiles import FullTiles, OwnTiles
from node.verify import Origin


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
        size = head.committed if head is not None else 0
        if not 1 <= receipt.log_size <= size:
            raise ReceiptError(
                "log_size: {log_size} is not between 1 and {size}", log_size=receipt.log_size, size=size
            )
        if not _is_ours(connection, receipt, tiles):
            raise ReceiptError(
                "root_hash: not that of our log of {log_size} entries", log_size=receipt.log_size
            )
        before = newest_receipt(connection, receipt.origin_id, receipt.receiver_id)
    if before == given:
        return
    with store.write() as connection:
        before = newest_receipt(connection, receipt.origin_id, receipt.receiver_id)
        if before is not None and (given.issued_at, given.log_size) < (before.issued_at, before.log_size):
            raise ReceiptError("issue_time: a newer receipt of this member is held")
        put_receipt(connection, given)


def is_due(told: Told, head: LogHead, now: datetime) -> bool:
    """Whether we owe a peer a receipt for its log as it is held here, and for what people have passed on since.

    Each month it is given anew: the peer may have been put back to a copy that is older than it.
    """
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    is_new = told.issued_at > told.passed_on_at and told.issued_at >= int(month.timestamp())
    return head.frontier.size > 0 and not (told.log_size == head.frontier.size and is_new)


def make_receipt(store: Store, head: LogHead, org_id: str, now: datetime) -> Receipt:
    """The receipt for a peer's log.

    Args:
        store: Of this node.
        head: The peer's log as it is held here.
        org_id: Of this node.
        now: Aware UTC.
    """
    with store.read() as connection:
        refused = refused_entries(connection, head.log_id, MAX_TOLD)
        passed_on = passed_on_of(connection, head.origin_id, MAX_TOLD)
    told = tuple(Refused(*one) for one in refused), tuple(passed_on)
    frontier = head.frontier
    return Receipt(org_id, head.origin_id, frontier.size, frontier.root, now.replace(microsecond=0), *told)


def note_given(store: Store, receipt: Receipt, envelope: bytes) -> None:
    """Note that a peer has our receipt."""
    with store.write() as connection:
        put_receipt(connection, _held(receipt, envelope))


def receipt_faults(
    store: Store,
    org_id: str,
    members: Mapping[str, Origin],
    decode_envelope: Callable[[bytes], Envelope],
    decode: Callable[[bytes], Receipt],
) -> Iterator[tuple[str, str]]:
    """(where, what does not hold) of the receipts that are kept, given to us and by us.

    Args:
        store: Of this node.
        org_id: Of this node.
        members: Keys of this node and of every member, whether they are still valid or not.
        decode_envelope: Reads an envelope.
        decode: Reads the payload of a receipt.

    """
    with store.read() as connection:
        for held in all_receipts(connection):
            where = f"receipt of {held.receiver_id} for the log of {held.origin_id}"
            origin = members.get(held.receiver_id)
            if origin is None:
                yield where, "its keys are not in the directory"
                continue
            try:
                receipt = verify_signed(decode_envelope(held.envelope), origin.signing_keys, decode)
            except (PayloadError, ReceiptError):
                yield where, "it is not signed by its giver"
                continue
            if _held(receipt, held.envelope) != held:
                yield where, "it does not say what is held of it"
            elif receipt.origin_id == org_id and not _is_ours(connection, receipt):
                yield where, "it is for another log"


def _is_ours(connection: Transaction, receipt: Receipt, tiles: FullTiles | None = None) -> bool:
    """Whether a receipt is for our own log as it was at that size."""
    try:
        return tree_root(OwnTiles(connection, tiles), receipt.log_size) == receipt.root_hash
    except ProofError:  # we have no tiles for so many
        return False


def _held(receipt: Receipt, envelope: bytes) -> Held:
    issued_at = int(receipt.issued.timestamp())
    return Held(receipt.origin_id, receipt.receiver_id, receipt.log_size, issued_at, envelope)
