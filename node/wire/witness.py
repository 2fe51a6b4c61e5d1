"""Requests and responses of the witness service, and proofs of forks, as bytes."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from node.errors import PayloadError
from node.fork import MAX_FORK_BYTES, Common, Fork
from node.gossip import DIGEST_BYTES, MAX_KNOWN, MAX_TOLD_BYTES, Told
from node.wire.parsing import HASH_BYTES, counted, parse, parse_exactly, sized
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
        raise PayloadError(
            "consistency_proof: {count} hashes, at most {most}",
            count=len(message.consistency_proof),
            most=MAX_PROOF,
        )
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


class CheckpointsCall(NamedTuple):
    """A request for what the other node knows of all logs."""

    request_id: str
    known: frozenset[bytes]


def encode_checkpoints_call(request_id: str, known: Collection[bytes]) -> bytes:
    """Request for ListCheckpoints."""
    return messages.ListCheckpointsRequest(request_id=request_id, known=known).SerializeToString()


def decode_checkpoints_call(wire: bytes) -> CheckpointsCall:
    """Read a request for ListCheckpoints.

    Raises:
        PayloadError: It is not one, or names more than anybody knows.
    """
    message = parse(messages.ListCheckpointsRequest(), wire)
    if len(message.known) > MAX_KNOWN:
        raise PayloadError("known: {count} digests, at most {most}", count=len(message.known), most=MAX_KNOWN)
    return CheckpointsCall(
        message.request_id, frozenset(sized("known", one, DIGEST_BYTES) for one in message.known)
    )


def encode_told(told: Told) -> bytes:
    """Response to ListCheckpoints."""
    return messages.ListCheckpointsResponse(
        checkpoints=told.checkpoints, forks=told.forks, more=told.more
    ).SerializeToString()


def decode_told(wire: bytes) -> Told:
    """Read the response to ListCheckpoints.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    if len(wire) > 2 * MAX_TOLD_BYTES:
        raise PayloadError("checkpoints: {count} bytes, more than anybody may tell at once", count=len(wire))
    message = parse_exactly(messages.ListCheckpointsResponse(), wire)
    return Told(tuple(message.checkpoints), tuple(message.forks), message.more)


class NetworkCall(NamedTuple):
    """A request for the network's documents, with the digest of the directory that is held."""

    request_id: str
    known: bytes


def encode_network_call(asked: NetworkCall) -> bytes:
    """Request for GetNetwork."""
    return messages.GetNetworkRequest(request_id=asked.request_id, known=asked.known).SerializeToString()


def decode_network_call(wire: bytes) -> NetworkCall:
    """Read a request for GetNetwork.

    Raises:
        PayloadError: It is not one.
    """
    message = parse(messages.GetNetworkRequest(), wire)
    return NetworkCall(message.request_id, sized("known", message.known, HASH_BYTES))


def encode_network(document: bytes) -> bytes:
    """Response to GetNetwork."""
    return messages.GetNetworkResponse(document=document).SerializeToString()


def decode_network(wire: bytes) -> bytes:
    """Read the response to GetNetwork.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    return parse_exactly(messages.GetNetworkResponse(), wire).document


def encode_fork(fork: Fork) -> bytes:
    """A proof of a fork, as it is stored, sent and compared."""
    common = None
    if fork.common is not None:
        size, root, to_first, to_second = fork.common
        common = messages.CommonBeginning(size=size, root=root, to_first=to_first, to_second=to_second)
    return messages.Fork(
        first=fork.first, second=fork.second, root=fork.root, path=fork.path, common=common
    ).SerializeToString()


def decode_fork(wire: bytes) -> Fork:
    """Read a proof of a fork; whether it proves anything is another question.

    Raises:
        PayloadError: It is none, is in another form, or is too large.
    """
    if len(wire) > MAX_FORK_BYTES:
        raise PayloadError("fork: {count} bytes, at most {most}", count=len(wire), most=MAX_FORK_BYTES)
    message = parse_exactly(messages.Fork(), wire)
    common = None
    if message.HasField("common"):
        common = Common(
            counted("common.size", message.common.size),
            sized("common.root", message.common.root, HASH_BYTES),
            _hashes("common.to_first", message.common.to_first),
            _hashes("common.to_second", message.common.to_second),
        )
    root = sized("root", message.root, HASH_BYTES)
    return Fork(message.first, message.second, root, _hashes("path", message.path), common)


def _hashes(field: str, hashes: Iterable[bytes]) -> tuple[bytes, ...]:
    return tuple(sized(field, one, HASH_BYTES) for one in hashes)
