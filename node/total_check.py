"""Verify again what servers signed of private totals."""

from collections.abc import Iterator, Mapping

from crypto.envelope import Envelope, Signature
from node.errors import StoreError, TotalError
from node.store.database import Store
from node.store.totals import papers, totals
from node.totals.declaration import TOTAL_TYPE, total_id
from node.totals.papers import is_signed, read_paper
from node.verify import Origin


def total_faults(store: Store, members: Mapping[str, Origin]) -> Iterator[tuple[str, str]]:
    """(where, what does not hold) of declarations and of what came of them.

    Args:
        store: Of this node.
        members: Keys of this node and of every member, whether they are still valid or not.
    """
    with store.read() as connection:
        try:
            declared, signed = totals(connection), papers(connection)
        except StoreError as error:
            yield "totals", str(error)
            return
    by_key = {one.key: one for one in declared}
    for held in declared:
        if total_id(held.payload) != held.digest:
            yield f"total {held.total.name}", "it is not the one that it is called"
        for server, signature in zip(held.total.servers, held.signatures, strict=True):
            if signature and not _holds(members.get(server), TOTAL_TYPE, held.payload, signature):
                yield f"total {held.total.name}", f"{server} has not signed it like this"
    for one in signed:
        held = by_key[one.total_key]
        where = f"what {one.signer} signed of total {held.total.name}"
        try:
            if read_paper(one.kind, one.payload).total != held.digest:
                yield where, "it is of another total"
        except TotalError as error:
            yield where, str(error)
        if not _holds(members.get(one.signer), one.kind, one.payload, one.signature):
            yield where, "it is not what was signed"


def _holds(signer: Origin | None, kind: str, payload: bytes, signature: bytes) -> bool:
    keys = () if signer is None else signer.signing_keys
    return is_signed(Envelope(payload, kind, (Signature(signature, ""),)), kind, keys)
