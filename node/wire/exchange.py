"""Requests and responses of the exchange service as bytes."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from node.verify import Page
from node.wire.parsing import HASH_BYTES, parse, parse_exactly, sized, verify_exact
from tocsin.node.v1 import exchange_service_pb2 as messages

SERVICE = messages.DESCRIPTOR.services_by_name["ExchangeService"].full_name


class Call(NamedTuple):
    """What every request says: a UUID for the logs of both sides, and whose log it is about."""

    request_id: str
    origin_id: str


class ListCall(NamedTuple):
    """A request for a page."""

    call: Call
    page_size: int
    page_token: str


class ProofCall(NamedTuple):
    """A request for a consistency proof."""

    call: Call
    old_size: int
    new_size: int


def encode_checkpoint_call(call: Call) -> bytes:
    """Request for GetCheckpoint; WatchCheckpoints has the same form."""
    return messages.GetCheckpointRequest(
        request_id=call.request_id, origin_id=call.origin_id
    ).SerializeToString()


def decode_checkpoint_call(wire: bytes) -> Call:
    """Read a request for GetCheckpoint or WatchCheckpoints.

    Raises:
        PayloadError: It is not one.
    """
    message = parse(messages.GetCheckpointRequest(), wire)
    return Call(message.request_id, message.origin_id)


def encode_list_call(asked: ListCall) -> bytes:
    """Request for ListEntries."""
    return messages.ListEntriesRequest(
        request_id=asked.call.request_id,
        origin_id=asked.call.origin_id,
        page_size=asked.page_size,
        page_token=asked.page_token,
    ).SerializeToString()


def decode_list_call(wire: bytes) -> ListCall:
    """Read a request for ListEntries.

    Raises:
        PayloadError: It is not one.
    """
    message = parse(messages.ListEntriesRequest(), wire)
    return ListCall(Call(message.request_id, message.origin_id), message.page_size, message.page_token)


def encode_proof_call(asked: ProofCall) -> bytes:
    """Request for GetConsistencyProof."""
    return messages.GetConsistencyProofRequest(
        request_id=asked.call.request_id,
        origin_id=asked.call.origin_id,
        old_size=asked.old_size,
        new_size=asked.new_size,
    ).SerializeToString()


def decode_proof_call(wire: bytes) -> ProofCall:
    """Read a request for GetConsistencyProof.

    Raises:
        PayloadError: It is not one.
    """
    message = parse(messages.GetConsistencyProofRequest(), wire)
    return ProofCall(Call(message.request_id, message.origin_id), message.old_size, message.new_size)


def encode_checkpoint(note: bytes) -> bytes:
    """Response to GetCheckpoint, and each message of WatchCheckpoints."""
    return messages.GetCheckpointResponse(checkpoint=note).SerializeToString()


def decode_checkpoint(wire: bytes) -> bytes:
    """Read the signed note out of a response to GetCheckpoint or WatchCheckpoints.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    return parse_exactly(messages.GetCheckpointResponse(), wire).checkpoint


def encode_proof(hashes: Iterable[bytes]) -> bytes:
    """Response to GetConsistencyProof."""
    return messages.GetConsistencyProofResponse(hashes=hashes).SerializeToString()


def decode_proof(wire: bytes) -> tuple[bytes, ...]:
    """Read the response to GetConsistencyProof.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    message = parse_exactly(messages.GetConsistencyProofResponse(), wire)
    return tuple(sized("hashes", node, HASH_BYTES) for node in message.hashes)


def encode_page(entries: Sequence[bytes], proof: Iterable[bytes], next_token: str) -> bytes:
    """Response to ListEntries; the entries are joined as they are.

    Messages that are concatenated are merged, so the entries, which come first, need no message object around them.
    """
    rest = messages.ListEntriesResponse(consistency_proof=proof, next_page_token=next_token)
    parts = [rest.SerializeToString()] * (2 * len(entries) + 1)
    parts[:-1:2] = map(_entry_prefix, map(len, entries))
    parts[1::2] = entries
    return b"".join(parts)


@cache
def _entry_prefix(size: int) -> bytes:
    """Tag of the field `entries`, and the size of one entry as a varint."""
    digits = [size & 0x7F]
    while size := size >> 7:
        digits[-1] |= 0x80
        digits.append(size & 0x7F)
    return bytes((messages.ListEntriesResponse.ENTRIES_FIELD_NUMBER << 3 | 2, *digits))


def decode_page(wire: bytes) -> Page:
    """Read the response to ListEntries.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    message = parse(messages.ListEntriesResponse(), wire)
    page = Page(tuple(message.entries), tuple(message.consistency_proof), message.next_page_token)
    del message  # one copy less of what is large
    # Writing it this way takes a fifth of what having the library write it would.
    verify_exact("ListEntriesResponse", encode_page(*page), wire)
    for node in page.proof:
        sized("consistency_proof", node, HASH_BYTES)
    return page
