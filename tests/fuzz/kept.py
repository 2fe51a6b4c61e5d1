"""Bytes that are worth being tried each time: what found a fault once, and what reached code that others did not."""

import base64
from itertools import accumulate
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
MOST = 60  # for a target
MOST_LETTERS = 12_000  # of them all: a corpus is read by every checkout

# What somebody tries first against any reader.
NASTY = (
    b"",
    b"\0",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"9" * 6_000,
    b'{"a":NaN}',
    b'"\\ud800"',
    b"null",
    b"[]",
    b"{}",
    b"1e999",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"a=" + b"[" * 5_000,
    b"1" * 400 + b"-01-01",
    b"2025-13-45",
    "\u0663".encode(),
    b'{"payload":"","payloadType":"","signatures":[]}',
)


def kept(name: str) -> list[bytes]:
    """What is kept for a target."""
    file = _file(name)
    return [base64.b64decode(line) for line in file.read_text().splitlines()] if file.exists() else []


def keep(name: str, some: list[bytes]) -> None:
    """Keep these for a target, the shortest first; they reached something new when they were found."""
    if not some:
        return
    lines = [base64.b64encode(one).decode() + "\n" for one in sorted(some, key=lambda one: (len(one), one))]
    sizes = accumulate(map(len, lines))
    small = [line for line, size in zip(lines, sizes, strict=True) if size <= MOST_LETTERS]
    _file(name).write_text("".join(small[:MOST]))


def _file(name: str) -> Path:
    return FOLDER / f"{name.replace(' ', '-')}.txt"
