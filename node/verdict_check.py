"""Verify every verdict again, ours and those of members, and that comparisons are what was kept of them."""

from collections.abc import Iterator, Mapping

from node.check import Fault
from node.errors import PayloadError, StoreError, VerdictError
from node.judging import VerdictCodec
from node.store.comparisons import changed_comparisons
from node.store.database import Store
from node.store.matched import all_places
from node.store.verdicts import all_verdicts
from node.verdict import Verdict, verify_signed
from node.verify import Origin


def check_verdicts(store: Store, origins: Mapping[str, Origin], codec: VerdictCodec) -> Iterator[Fault | int]:
    """Verify verdicts and comparisons; yields faults, and how many verdicts were verified.

    Args:
        store: Of this node.
        origins: Keys of this node and of every member, whether they are still valid or not.
        codec: Reads verdicts.
    """
    with store.read() as connection:
        faults = [Fault(where, "it is not what was kept of it") for where in changed_comparisons(connection)]
        places = {one.name for one in all_places(connection)}
        try:
            held = all_verdicts(connection)
        except StoreError as error:
            yield from (*faults, Fault("verdicts", str(error)))
            return
    yield from faults
    for one in held:
        where = f"verdict {one.verdict.number} of {one.verdict.signer_id}"
        if not {one.verdict.own, one.verdict.other} <= places:
            yield Fault(where, "it is about a record that nobody knows")
        origin = origins.get(one.verdict.signer_id)
        if origin is None:
            yield Fault(where, "the keys of its signer are not in the directory")
        elif _read(one.envelope, origin, codec) != one.verdict:
            yield Fault(where, "it is not what was signed")
    yield len(held)


def _read(wire: bytes, signer: Origin, codec: VerdictCodec) -> Verdict | None:
    try:
        return verify_signed(codec.decode_envelope(wire), signer.signing_keys, codec.decode_verdict)
    except (PayloadError, VerdictError):
        return None
