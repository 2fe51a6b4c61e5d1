"""Sealed streams: bytes that only the holder of one key can read, and of which others learn a rounded size alone.

    box     80 bytes      a new content key, sealed to the reader's X25519 key (libsodium's crypto_box_seal)
    header  24 bytes      of crypto_secretstream_xchacha20poly1305 under that content key
    chunks  65 553 bytes  each: a count, so many bytes of content, and zeros up to 65 536; the last has the final tag

Content lies in the first chunks without a gap; as many empty ones follow as bring their number to the next of 1, 2, ...
8, 10, 12, 14, 16, 20, 24, 28, 32, 40...: a quarter more at most. Nothing in clear says whose it is or for whom, and
a file that was cut, extended, put together anew or changed in any byte is refused.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Self, TypeAlias

from nacl import bindings as sodium
from nacl.exceptions import CryptoError as SodiumError

from crypto.errors import SealCutError, SealError, SealExtendedError, SealKeyError
from crypto.signing import Signer

SEAL_KEY_BYTES = 32
CHUNK_BYTES = 65_536  # before it is sealed
SEALED_CHUNK_BYTES = CHUNK_BYTES + sodium.crypto_secretstream_xchacha20poly1305_ABYTES
MESSAGE = sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
FINAL = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL

_COUNT_BYTES = 4
_CONTENT_BYTES = CHUNK_BYTES - _COUNT_BYTES
_CONTEXT = b"tocsin-seal/1"  # covered by the tag of every chunk
_BOX_BYTES = SEAL_KEY_BYTES + sodium.crypto_box_SEALBYTES
_FIELD_PRIME = 2**255 - 19
HEAD_BYTES = _BOX_BYTES + sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES

Read: TypeAlias = Callable[[int], bytes]
"""Gives so many bytes, fewer only at the end."""


class SealKey:
    """A private X25519 key (RFC 7748), with which its holder opens what was sealed to the public half."""

    __slots__ = ("_secret", "public_key")

    def __init__(self, secret: bytes) -> None:
        """Take the 32 secret bytes.

        Raises:
            SealKeyError: They have another length.
        """
        if len(secret) != SEAL_KEY_BYTES:
            raise SealKeyError(
                "secret: {count} bytes, a seal key has {needed}", count=len(secret), needed=SEAL_KEY_BYTES
            )
        self._secret = secret
        self.public_key: bytes = sodium.crypto_scalarmult_base(secret)

    @classmethod
    def generate(cls) -> Self:
        """Make a new key from the operating system's randomness."""
        return cls(secrets.token_bytes(SEAL_KEY_BYTES))

    def open_box(self, box: bytes) -> bytes:
        """Return what `seal_box` sealed to this key.

        Raises:
            SealError: It was sealed to another key, or is damaged.
        """
        try:
            opened: bytes = sodium.crypto_box_seal_open(box, self.public_key, self._secret)
        except SodiumError as error:
            raise SealError("it is sealed to another key, or its first bytes are damaged") from error
        return opened

    def __repr__(self) -> str:
        """Name the key by the start of its public half and leave its secret out."""
        return f"SealKey({self.public_key.hex()[:16]})"


def seal_key_from(signer: Signer) -> SealKey:
    """The seal key that libsodium makes from an Ed25519 key, so that its holder can prove to have it."""
    return SealKey(sodium.crypto_sign_ed25519_sk_to_curve25519(signer.seed + signer.public_key))


def seal_public_key_from(public_key: bytes) -> bytes:
    """The public half of `seal_key_from`.

    Raises:
        SealKeyError: It is no public key of Ed25519.
    """
    try:
        converted: bytes = sodium.crypto_sign_ed25519_pk_to_curve25519(public_key)
    except (SodiumError, ValueError) as error:
        raise SealKeyError("public_key: is no key from which a seal key is made") from error
    return converted


def fitting(keys: Sequence[SealKey], head: bytes) -> SealKey:
    """The key to which a stream that begins like this is sealed; the first of them where it is none.

    Args:
        keys: One at least.
        head: The first `HEAD_BYTES` of the stream.
    """
    for key in keys:
        try:
            key.open_box(head[:_BOX_BYTES])
        except SealError:
            continue
        return key
    return keys[0]


def verify_seal_key(public_key: bytes) -> bytes:
    """Return a public key to which one can seal.

    Raises:
        SealKeyError: It has another length, is not in its one form, or is a point whose secrets everybody knows.
    """
    if len(public_key) != SEAL_KEY_BYTES:
        raise SealKeyError(
            "seal key: {count} bytes instead of {needed}", count=len(public_key), needed=SEAL_KEY_BYTES
        )
    # In its other forms one key would look like two.
    if int.from_bytes(public_key, "little") >= _FIELD_PRIME:
        raise SealKeyError("seal key: is not in its canonical form")
    try:
        sodium.crypto_scalarmult(bytes(SEAL_KEY_BYTES), public_key)
    except SodiumError as error:
        raise SealKeyError("seal key: is a point of low order, which keeps no secret") from error
    return public_key


def seal_box(public_key: bytes, message: bytes) -> bytes:
    """Seal a short message to a public key, 48 bytes longer; each time another box.

    Raises:
        SealKeyError: Nothing can be sealed to this key.
    """
    try:
        return bytes(sodium.crypto_box_seal(message, verify_seal_key(public_key)))
    except SodiumError as error:
        raise SealKeyError("seal key: nothing can be sealed to it") from error


class Sealer:
    """Seals one stream to one key; `head` is how the sealed stream begins."""

    def __init__(self, public_key: bytes) -> None:
        """Choose the content key.

        Raises:
            SealKeyError: Nothing can be sealed to this key.
        """
        content_key = sodium.crypto_secretstream_xchacha20poly1305_keygen()
        self._state = sodium.crypto_secretstream_xchacha20poly1305_state()
        box = seal_box(public_key, content_key)
        self.head = box + sodium.crypto_secretstream_xchacha20poly1305_init_push(self._state, content_key)

    def seal(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        """Give the sealed stream piece by piece, the head first; only once."""
        yield self.head
        chunks, waiting = 0, b""
        for content in _portions(parts):
            if chunks:
                yield self._push(waiting, MESSAGE)
            waiting = content
            chunks += 1
        for _ in range(rounded(chunks) - chunks):
            yield self._push(waiting, MESSAGE)
            waiting = b""
        yield self._push(waiting, FINAL)

    def _push(self, content: bytes, tag: int) -> bytes:
        plain = len(content).to_bytes(_COUNT_BYTES, "big") + content.ljust(_CONTENT_BYTES, b"\0")
        chunk: bytes = sodium.crypto_secretstream_xchacha20poly1305_push(self._state, plain, _CONTEXT, tag)
        return chunk


class ChunkOpener:
    """Opens the chunks of one secret stream in their order."""

    def __init__(self, content_key: bytes, header: bytes) -> None:
        """Take the 32-byte key and the 24-byte header.

        Raises:
            SealError: One of them has another length.
        """
        self._state = sodium.crypto_secretstream_xchacha20poly1305_state()
        try:
            sodium.crypto_secretstream_xchacha20poly1305_init_pull(self._state, header, content_key)
        except SodiumError as error:
            raise SealError("the key or the header of the stream has a wrong length") from error

    def open(self, chunk: bytes, context: bytes) -> tuple[bytes, int]:
        """Return content and tag of the next chunk.

        Raises:
            SealError: It is not the chunk that stood here.
        """
        try:
            plain, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(self._state, chunk, context)
        except SodiumError as error:
            raise SealError("it is damaged, or its parts are in another order") from error
        return plain, tag


def open_sealed(key: SealKey, head: bytes, read: Read) -> Iterator[bytes]:
    """Give the content of a sealed stream, piece by piece, each checked; only at the end is it known to be whole.

    Args:
        key: To which it was sealed.
        head: Its first `HEAD_BYTES` bytes.
        read: Gives the bytes after them.

    Raises:
        SealCutError: It ends too early.
        SealExtendedError: It goes on behind its end.
        SealError: It is sealed to another key, or not as it was sealed.
    """
    if len(head) < HEAD_BYTES:
        raise SealCutError("it is no sealed file, or its beginning is cut off")
    opener = ChunkOpener(key.open_box(head[:_BOX_BYTES]), head[_BOX_BYTES:])
    chunks, filled, tag = 0, 0, MESSAGE
    content = b""
    while tag != FINAL:
        chunk = read(SEALED_CHUNK_BYTES)
        if len(chunk) < SEALED_CHUNK_BYTES:
            raise SealCutError("it ends too early")
        plain, tag = opener.open(chunk, _CONTEXT)
        if tag not in {MESSAGE, FINAL}:
            raise SealError("it has a chunk of another kind")
        full = chunks == filled and len(content) == _CONTENT_BYTES
        content = _content(plain)
        if content:
            if chunks and not full:
                raise SealError("it has a gap")
            filled += 1
            yield content
        chunks += 1
    if read(1):
        raise SealExtendedError("something was added at its end")
    if chunks != rounded(max(filled, 1)):
        raise SealError("it is not filled up as it should be")


def seal_hash(head: bytes) -> bytes:
    """SHA-256 of the head of a sealed stream, which names the stream: the head holds its content key."""
    return sha256(head).digest()


def rounded(chunks: int) -> int:
    """The next number of chunks that a sealed stream may have: three binary digits and zeros."""
    step = 1 << max(chunks.bit_length() - 3, 0)
    return -(-chunks // step) * step


def _content(plain: bytes) -> bytes:
    count = int.from_bytes(plain[:_COUNT_BYTES], "big")
    filling = plain[_COUNT_BYTES + count :]
    if count > _CONTENT_BYTES or len(plain) != CHUNK_BYTES or filling.count(0) != len(filling):
        raise SealError("it is not filled up as it should be")
    return plain[_COUNT_BYTES : _COUNT_BYTES + count]


def _portions(parts: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, as much as fits into a chunk at a time; at least one portion, the last perhaps shorter."""
    gathered = bytearray()
    for part in parts:
        gathered += part
        while len(gathered) > _CONTENT_BYTES:
            yield bytes(gathered[:_CONTENT_BYTES])
            del gathered[:_CONTENT_BYTES]
    yield bytes(gathered)
