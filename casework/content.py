"""The content of sealed evidence: hashed as it comes in, sealed, opened piece by piece, hashed again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from casework.errors import CaseworkError, TamperedError
from casework.evidence import Item
from casework.keyholder import Holding
from casework.vault import Vault
from casework.vocabulary import Group
from crypto.cell import derive_key
from crypto.errors import CryptoError
from crypto.sealing import HEAD_BYTES, Sealer, SealKey, open_sealed

_FILES = "evidence-files"  # what the key that files are sealed to is derived for


@dataclass(slots=True)
class Hashed:
    """Bytes on their way, counted and hashed."""

    parts: Iterable[bytes]
    size: int = 0
    digest: str = ""

    def __iter__(self) -> Iterator[bytes]:
        found = sha256()
        for part in self.parts:
            found.update(part)
            self.size += len(part)
            yield part
        self.digest = found.hexdigest()


def seal(held: Holding, content: Iterable[bytes]) -> Iterator[bytes]:
    """Seal content to the key of evidence of a case, piece by piece."""
    return Sealer(_seal_key(held).public_key).seal(content)


def _seal_key(held: Holding) -> SealKey:
    return SealKey(derive_key(held.keys[Group.EVIDENCE], _FILES))


def opened(held: Holding, vault: Vault, item: Item) -> Iterator[bytes]:
    """Give the content of an item.

    Raises:
        VaultError: Its sealed file can not be read.
        TamperedError: It does not open.
    """
    waiting = _Reader(vault.read(item.file))
    try:
        yield from open_sealed(_seal_key(held), waiting.read(HEAD_BYTES), waiting.read)
    except CryptoError as error:
        raise TamperedError("the sealed file of {id} does not open", id=item.id) from error


def rehash(held: Holding, vault: Vault, item: Item) -> str:
    """SHA-256 of the content as it is now; empty where it does not open."""
    found = sha256()
    try:
        for part in opened(held, vault, item):
            found.update(part)
    except CaseworkError:
        return ""
    return found.hexdigest()


class _Reader:
    """Pieces of any size, read as so many bytes at a time."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._waiting = bytearray()

    def read(self, size: int) -> bytes:
        while len(self._waiting) < size:
            part = next(self._parts, b"")
            if not part:
                break
            self._waiting += part
        found = bytes(self._waiting[:size])
        del self._waiting[:size]
        return found
