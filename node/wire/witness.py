"""The request and the response of the witness service, as bytes."""

from typing import NamedTuple

from node.errors import PayloadError
from node.wire.parsing import HASH_BYTES, parse, parse_exactly, sized
from node.witness import Growth
from tocsin.node.v1 import witness_service_pb2 as messages

SERVICE = messages.DESCRIPTOR.services_by_name["WitnessService"].full_name
MAX_PROOF = 64  # hashes; a log has no more levels


class AddCheckpointCall(NamedTuple):
    """A request to cosign."""

    request_id: str
    growth: Growth


def encode_add_checkpoint_call(asked: AddCheckpointCall) -> bytes:
    """Request for AddCheckpoint."""
    return messages.AddCheckpointRequest(
        request_id=asked.request_id,
        old_size=asked.growth.old_size,
        consistency_proof=asked.growth.proof,
        checkpoint=asked.growth.note,
    ).SerializeToString()


def decode_add_checkpoint_call(wire: bytes) -> AddCheckpointCall:
    """Read a request for AddCheckpoint.

    Raises:
        PayloadError: It is not one, or its proof is longer than any.
    """
    message = parse(messages.AddCheckpointRequest(), wire)
    if len(message.consistency_proof) > MAX_PROOF:
        raise PayloadError(f"consistency_proof: {len(message.consistency_proof)} hashes, at most {MAX_PROOF}")
    proof = tuple(sized("consistency_proof", one, HASH_BYTES) for one in message.consistency_proof)
    return AddCheckpointCall(message.request_id, Growth(message.old_size, proof, message.checkpoint))


def encode_cosignature(line: bytes) -> bytes:
    """Response to AddCheckpoint."""
    return messages.AddCheckpointResponse(cosignature=line).SerializeToString()


def decode_cosignature(wire: bytes) -> bytes:
    """Read the response to AddCheckpoint.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    return parse_exactly(messages.AddCheckpointResponse(), wire).cosignature
