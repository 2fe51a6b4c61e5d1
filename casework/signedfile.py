"""Signed documents in a file: one DSSE envelope a line, in its JSON form, readable by every DSSE tool.

The same bytes go by e-mail, on a stick or over the line. Nothing of a payload is looked at here.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable

from casework.errors import SummaryError
from crypto.envelope import Envelope, Signature

MAX_LINES = 10_000
_MAX_LINE = 16_384  # bytes


def write_line(envelope: Envelope) -> bytes:
    """One envelope, without the end of the line."""
    plain = {
        "payload": b64encode(envelope.payload).decode(),
        "payloadType": envelope.payload_type,
        "signatures": [
            {"keyid": one.keyid, "sig": b64encode(one.sig).decode()} for one in envelope.signatures
        ],
    }
    return json.dumps(plain, separators=(",", ":")).encode()


def write_file(lines: Iterable[bytes]) -> bytes:
    """The content of a file."""
    return b"".join(line + b"\n" for line in lines)


def read_file(content: bytes) -> tuple[Envelope, ...]:
    """Every envelope of a file, in order.

    Raises:
        SummaryError: A line is no envelope, or there are too many; the line is named.
    """
    lines = content.splitlines()
    if len(lines) > MAX_LINES:
        raise SummaryError("the file has more than {most} lines", most=MAX_LINES)
    return tuple(read_line(line, number) for number, line in enumerate(lines, 1))


def read_line(line: bytes, number: int = 1, most: int = _MAX_LINE) -> Envelope:
    """One envelope, of so many bytes at the most.

    Raises:
        SummaryError: It is none; the number of the line is named.
    """
    try:
        plain = json.loads(line[:most])  # a longer one no longer ends as it should
        signatures = tuple(
            Signature(b64decode(one["sig"], validate=True), str(one["keyid"])) for one in plain["signatures"]
        )
        return Envelope(b64decode(plain["payload"], validate=True), str(plain["payloadType"]), signatures)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SummaryError("line {number} is no signed document", number=number) from error
