"""Files on their way: pieces of bounded size, then the SHA-256 of all of them; what ends otherwise is nothing."""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Any

from casework.errors import TransferError
from crypto.sentence import Sentence

PIECE_BYTES = 256 * 1024
_BROKEN = Sentence("the file did not arrive whole; nothing of it was kept")


def cut(content: Iterable[bytes]) -> Iterator[bytes]:
    """Cut content into pieces of at most `PIECE_BYTES`."""
    for part in content:
        for start in range(0, len(part), PIECE_BYTES):
            yield part[start : start + PIECE_BYTES]


def send(content: Iterable[bytes], message: Callable[..., Any]) -> Iterator[Any]:
    """Messages that carry content, and the last one with its digest."""
    digest = sha256()
    for piece in cut(content):
        digest.update(piece)
        yield message(content=piece)
    yield message(sha256=digest.digest())


def receive(messages: Iterator[Any], most: int) -> Iterator[bytes]:
    """The content that messages carry, up to and with the one that holds its digest.

    Raises:
        TransferError: It was cut, changed, or is longer than `most` bytes. Then nothing of it may be kept.
    """
    digest, size = sha256(), 0
    for message in messages:
        match message.WhichOneof("part"):
            case "content" if len(message.content) <= PIECE_BYTES:
                size += len(message.content)
                if size > most:
                    raise TransferError(
                        "the file is longer than {most} bytes; nothing of it was kept", most=most
                    )
                digest.update(message.content)
                yield message.content
            case "sha256" if message.sha256 == digest.digest():
                return
            case _:
                raise TransferError(_BROKEN)
    raise TransferError(_BROKEN)
