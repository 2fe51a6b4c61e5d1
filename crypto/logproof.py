"""Proofs that an entry is in a log, as one file that anybody checks off-line: C2SP tlog-proof.

    c2sp.org/tlog-proof@v1
    extra <base64: what the entry's leaf is made from>
    index <number of the entry>
    <base64 of a hash of the inclusion path>
    ...

    <the signed checkpoint, with the cosignatures that there are>

There is one form of each proof: no byte can be another without a reader noticing it.
"""

import base64
import re
from collections.abc import Iterable
from typing import NamedTuple

from crypto.errors import ProofError

MAX_PROOF_BYTES = 131_072  # an entry of 16 KiB, 63 hashes and a note of 64 KiB

_FORM = re.compile(
    rb"c2sp\.org/tlog-proof@v1\n"
    rb"extra (?P<extra>[A-Za-z0-9+/]+=*)\n"
    rb"index (?P<index>[0-9]{1,19})\n"
    rb"(?P<path>(?:[A-Za-z0-9+/]+=*\n)*)"
    rb"\n(?P<note>.+)",
    re.DOTALL,
)


class LogProof(NamedTuple):
    """An entry and its way into a log: `extra` gives the leaf, `path` leads from there to the root in `note`."""

    extra: bytes
    log_index: int
    path: tuple[bytes, ...]
    note: bytes


def write_log_proof(proof: LogProof) -> bytes:
    """The file."""
    head = [
        b"c2sp.org/tlog-proof@v1",
        b"extra " + base64.b64encode(proof.extra),
        b"index %d" % proof.log_index,
    ]
    return _lines((*head, *map(base64.b64encode, proof.path))) + b"\n" + proof.note


def read_log_proof(file: bytes) -> LogProof:
    """Read what `write_log_proof` wrote; nothing of it has been verified then.

    Raises:
        ProofError: It is no such file, or not in its one form.
    """
    form = _FORM.fullmatch(file) if len(file) <= MAX_PROOF_BYTES else None
    if form is None:
        raise ProofError("file: is no proof of an entry in a log")
    try:
        extra, *path = (base64.b64decode(text) for text in (form["extra"], *form["path"].splitlines()))
    except ValueError as error:
        raise ProofError("file: a part of it is not base64") from error
    proof = LogProof(extra, int(form["index"]), tuple(path), form["note"])
    if write_log_proof(proof) != file:
        raise ProofError("file: is not in the one form that a proof has")
    return proof


def _lines(lines: Iterable[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)
