"""Target 8: what a message costs on its way in, step by step, beside one bare signature check."""

from collections.abc import Callable, Iterator, Sequence
from statistics import median

from nacl.signing import VerifyKey

from benchmarks.clock import Timings, in_turns
from benchmarks.lab import Lab
from benchmarks.nodes import first_page
from benchmarks.syncing import VIEWS
from benchmarks.table import Line, at_most
from crypto.envelope import leaf, pae
from crypto.merkle import leaf_hash
from node.disclose import verify_view
from node.facts import fact
from node.wire import records
from node.wire.parsing import parse, parse_exactly
from tocsin.node.v1 import record_pb2

ROUNDS = 15
MAX_VALIDATION = 0.3  # of one signature check
MAX_STEP = 50 / 58  # of one signature check: 50 us on a machine on which that takes 58 us


def lines(lab: Lab) -> Iterator[Line]:
    """Take one page of each view through every step."""
    network = lab.network(lab.sizes[0])
    (key,) = network.origin.origin().signing_keys
    for tier, view in VIEWS.items():
        wires = first_page(network.origin, tier)
        yield from _compare(view, len(wires), in_turns(ROUNDS, **_steps(wires, key)))


def _steps(wires: Sequence[bytes], key: bytes) -> dict[str, Callable[[], object]]:
    entries = [records.decode_entry(wire) for wire in wires]
    envelopes = [entry.envelope for entry in entries if entry.envelope is not None]
    payloads = [records.decode_incident(envelope.payload) for envelope in envelopes]
    views = [
        verify_view(one.record_uid, one.heads, entry.openings)
        for one, entry in zip(payloads, entries, strict=True)
    ]
    signed = [(pae(one.payload_type, one.payload), one.signatures[0].sig) for one in envelopes]
    bare = VerifyKey(key)
    return {
        "signature": lambda: [bare.verify(message, signature) for message, signature in signed],
        "parse": lambda: [parse(record_pb2.Entry(), wire) for wire in wires],
        "exact": lambda: [parse_exactly(record_pb2.Entry(), wire) for wire in wires],
        "read": lambda: [records.decode_entry(wire) for wire in wires],
        "leaf": lambda: [leaf_hash(leaf(envelope, key)) for envelope in envelopes],
        "payload": lambda: [records.decode_incident(envelope.payload) for envelope in envelopes],
        "openings": lambda: [
            verify_view(one.record_uid, one.heads, entry.openings)
            for one, entry in zip(payloads, entries, strict=True)
        ],
        "values": lambda: [fact(chains) for chains in views],
    }


def _compare(view: str, records_in_page: int, times: Timings) -> Iterator[Line]:
    us = {name: median(values) / records_in_page * 1e6 for name, values in times.items()}
    check = f"signature: {us['signature']:.1f} us"
    validation = us["exact"] - us["parse"] + us["values"]
    yield Line(
        "8",
        f"validate form and values: {view}",
        f"{validation:.1f} us",
        check,
        validation / us["signature"],
        at_most(MAX_VALIDATION),
    )
    dearest = max(("read", "leaf", "payload", "openings", "values"), key=lambda name: us[name])
    yield Line(
        "8",
        f"dearest other step, {dearest}: {view}",
        f"{us[dearest]:.1f} us",
        check,
        us[dearest] / us["signature"],
        at_most(round(MAX_STEP, 2)),
    )
