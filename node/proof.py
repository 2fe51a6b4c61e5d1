"""What a proof of a record must hold up to, by whoever is handed the file; nothing is asked of anybody.

Beside the keys of the log it needs those of the witnesses that have cosigned: a line of somebody unknown would say
nothing, and could be anything.
"""

from collections.abc import Mapping
from typing import NamedTuple

from crypto.checkpoint import Checkpoint
from crypto.cosignature import Cosignature, cosignatures
from crypto.errors import CryptoError
from crypto.logproof import LogProof
from crypto.merkle import Frontier, verify_inclusion
from node.disclose import verify_view
from node.errors import DisclosureError, LogKeyError, PayloadError, RootMismatchError
from node.ladders import Chains
from node.quorum import NO_QUORUM
from node.signed import INCIDENT_TYPE, Codec, IncidentRecord, Position
from node.verify import Fate, Origin, first_line, owner_of, verify_head, verify_stored


class Proven(NamedTuple):
    """What a proof shows: whose record, where it stands, what was signed, what is opened of it, and who cosigned."""

    origin_id: str
    position: Position
    record: IncidentRecord
    chains: Chains
    checkpoint: Checkpoint
    cosigned: tuple[Cosignature, ...]


def origin_in(proof: LogProof) -> str:
    """Id of the organization whose log a proof says that it is of; nothing is verified yet.

    Raises:
        PayloadError: It names no log of an organization.
    """
    name = first_line(proof.note)
    org_id = owner_of(name)
    if not org_id:
        raise PayloadError("checkpoint: {name!r} is not the log of an organization", name=name[:80])
    return org_id


def verify_proof(
    proof: LogProof, origin: Origin, witnesses: Mapping[str, tuple[bytes, ...]], codec: Codec
) -> Proven:
    """Check all of a proof.

    Args:
        proof: As read.
        origin: Keys of the organization whose log it is of.
        witnesses: Log keys of those who may have cosigned, by `witness_name`.
        codec: Reads messages.

    Raises:
        PeerError: The check that failed, as the subclass.
        CryptoError: A cosignature does not hold.
    """
    checkpoint = verify_head(proof.note, origin, Frontier(), NO_QUORUM)
    cosigned = cosignatures(proof.note, witnesses)
    _verify_signers(proof.note, [first_line(proof.note), *(one.name for one in cosigned)])
    (entry,) = verify_stored((proof.extra,), origin, proof.log_index, codec)
    try:
        verify_inclusion(
            entry.position.leaf_hash, proof.log_index, checkpoint.size, proof.path, checkpoint.root
        )
    except CryptoError as error:
        raise RootMismatchError("the entry is not one that the checkpoint commits to") from error
    envelope = codec.decode_entry(proof.extra).envelope
    if entry.fate is not Fate.ACCEPTED or envelope is None or envelope.payload_type != INCIDENT_TYPE:
        raise DisclosureError("it shows no record: {fate}", fate=entry.reason or entry.fate)
    record = codec.decode_incident(envelope.payload)
    chains = verify_view(record.record_uid, record.heads, codec.decode_entry(proof.extra).openings)
    return Proven(origin.org_id, entry.position, record, chains, checkpoint, cosigned)


def _verify_signers(note: bytes, known: list[str]) -> None:
    """Refuse a checkpoint with a line that nobody has verified."""
    lines = note.decode().rpartition("\n\n")[2].splitlines()
    names = [line.split(" ")[1] for line in lines]
    if len(set(names)) != len(names) or set(names) != set(known):
        raise LogKeyError("checkpoint: a signature is of nobody who is known, or stands there twice")
