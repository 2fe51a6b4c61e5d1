"""Requests and responses of the release service as bytes."""

import json
import zlib
from collections.abc import Iterable

from crypto.envelope import Envelope
from node.cubes.declaration import Cube, cube_from, plain_cube
from node.errors import CubeError, PayloadError
from node.wire.parsing import parse, parse_exactly
from node.wire.records import decode_envelope, encode_envelope
from tocsin.node.v1 import release_service_pb2 as messages

SERVICE = messages.DESCRIPTOR.services_by_name["ReleaseService"].full_name
MAX_UNPACKED = 32 * 1024 * 1024  # bytes


def pack(envelope: Envelope) -> bytes:
    """An envelope as it is sealed."""
    return zlib.compress(encode_envelope(envelope), 9)


def unpack(packed: bytes) -> Envelope:
    """Read what `pack` made.

    Raises:
        PayloadError: It is something else, or too large.
    """
    reader = zlib.decompressobj()
    try:
        wire = reader.decompress(packed, MAX_UNPACKED)
    except zlib.error as error:
        raise PayloadError("box: holds nothing that was packed") from error
    if not reader.eof or reader.unused_data:
        raise PayloadError("box: more than {most} bytes, or not whole", most=MAX_UNPACKED)
    return decode_envelope(wire)


def decode_request_id(wire: bytes) -> str:
    """The id of any request of the service: all have it in the same place.

    Raises:
        PayloadError: It is no request.
    """
    return parse(messages.ListCubesRequest(), wire).request_id


def encode_cubes_call(request_id: str) -> bytes:
    """Request for ListCubes."""
    return messages.ListCubesRequest(request_id=request_id).SerializeToString()


def encode_cubes(cubes: Iterable[Cube]) -> bytes:
    """Response to ListCubes."""
    return messages.ListCubesResponse(cubes=map(_encode_cube, cubes)).SerializeToString()


def decode_cubes(wire: bytes) -> tuple[Cube, ...]:
    """Read the response to ListCubes.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    return tuple(map(_decode_cube, parse_exactly(messages.ListCubesResponse(), wire).cubes))


def encode_give_call(request_id: str, box: bytes) -> bytes:
    """Request for GiveAggregate."""
    return messages.GiveAggregateRequest(request_id=request_id, box=box).SerializeToString()


def decode_give_call(wire: bytes) -> bytes:
    """Read what is sealed in a request for GiveAggregate.

    Raises:
        PayloadError: It is not one, or holds anything else.
    """
    return parse_exactly(messages.GiveAggregateRequest(), wire).box


def encode_given() -> bytes:
    """Response to GiveAggregate."""
    return messages.GiveAggregateResponse().SerializeToString()


def decode_given(wire: bytes) -> None:
    """Read the response to GiveAggregate.

    Raises:
        PayloadError: It is not one, or holds anything.
    """
    parse_exactly(messages.GiveAggregateResponse(), wire)


def _encode_cube(cube: Cube) -> bytes:
    return json.dumps(plain_cube(cube), separators=(",", ":")).encode()


def _decode_cube(wire: bytes) -> Cube:
    try:
        cube = cube_from(json.loads(wire))
    except (ValueError, CubeError, AttributeError, RecursionError) as error:
        raise PayloadError("cubes: holds no declaration") from error
    if _encode_cube(cube) != wire or not cube.aggregates:
        raise PayloadError("cubes: not in its one form, or asks for nothing")
    return cube
