"""Statements that a log begins another epoch, as bytes; the codec of `node.newepoch`."""

from node.newepoch import LogEpoch
from node.wire.parsing import HASH_BYTES, from_stamp, parse_exactly, sized, to_stamp
from node.wire.records import decode_envelope, encode_envelope
from tocsin.node.v1 import epoch_pb2

__all__ = ["decode_envelope", "decode_epoch", "encode_envelope", "encode_epoch"]


def encode_epoch(said: LogEpoch) -> bytes:
    """Payload of a statement."""
    return epoch_pb2.LogEpoch(
        org_id=said.org_id,
        epoch=said.epoch,
        common_size=said.common_size,
        common_root=said.common_root,
        checkpoint=said.checkpoint,
        issue_time=to_stamp(said.issued),
    ).SerializeToString()


def decode_epoch(payload: bytes) -> LogEpoch:
    """Read the payload of a statement.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    message = parse_exactly(epoch_pb2.LogEpoch(), payload)
    return LogEpoch(
        message.org_id,
        message.epoch,
        message.common_size,
        sized("common_root", message.common_root, HASH_BYTES),
        message.checkpoint,
        from_stamp("issue_time", message.issue_time),
    )
