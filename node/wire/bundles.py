"""What a bundle says of itself as bytes; with envelopes and pages the `BundleCodec` that `node.bundle` asks for."""

from node.bundle import Bundle
from node.wire.exchange import decode_page, encode_page
from node.wire.parsing import HASH_BYTES, from_stamp, parse, sized, to_stamp
from node.wire.records import decode_envelope, encode_envelope
from tocsin.node.v1 import bundle_pb2

__all__ = [
    "decode_bundle",
    "decode_envelope",
    "decode_page",
    "encode_bundle",
    "encode_envelope",
    "encode_page",
]


def encode_bundle(bundle: Bundle) -> bytes:
    """Payload of the envelope at the beginning of a bundle."""
    return bundle_pb2.Bundle(
        network=bundle.network,
        directory_version=bundle.directory_version,
        origin_id=bundle.origin_id,
        recipient_id=bundle.recipient_id,
        seal_hash=bundle.seal_hash,
        issue_time=to_stamp(bundle.issued),
        first_index=bundle.first_index,
        log_size=bundle.log_size,
        checkpoint=bundle.checkpoint,
    ).SerializeToString()


def decode_bundle(payload: bytes) -> Bundle:
    """Read the payload of the envelope at the beginning of a bundle.

    Raises:
        PayloadError: It is not one, or a field is missing or of the wrong size.
    """
    message = parse(bundle_pb2.Bundle(), payload)
    return Bundle(
        message.network,
        message.directory_version,
        message.origin_id,
        message.recipient_id,
        sized("seal_hash", message.seal_hash, HASH_BYTES),
        from_stamp("issue_time", message.issue_time),
        message.first_index,
        message.log_size,
        message.checkpoint,
    )
