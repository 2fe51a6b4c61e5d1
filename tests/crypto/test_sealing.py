"""Sealed streams: for one reader, whole and in order or not at all, and of a size that says little."""

import io
import json
from collections.abc import Iterator
from hashlib import blake2b, sha256
from pathlib import Path
from struct import pack, unpack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import (
    crypto_box_easy_afternm,
    crypto_scalarmult_base,
    crypto_secretstream_xchacha20poly1305_init_pull,
    crypto_secretstream_xchacha20poly1305_init_push,
    crypto_secretstream_xchacha20poly1305_keygen,
    crypto_secretstream_xchacha20poly1305_push,
    crypto_secretstream_xchacha20poly1305_state,
)

from crypto.errors import CryptoError, SealCutError, SealError, SealExtendedError, SealKeyError
from crypto.sealing import (
    CHUNK_BYTES,
    FINAL,
    HEAD_BYTES,
    MESSAGE,
    SEALED_CHUNK_BYTES,
    ChunkOpener,
    Sealer,
    SealKey,
    open_sealed,
    rounded,
    seal_box,
    verify_seal_key,
)

KEY = SealKey(bytes(range(32)))
FITS = CHUNK_BYTES - 4  # content of a chunk


def sealed(*parts: bytes, key: SealKey = KEY) -> bytes:
    return b"".join(Sealer(key.public_key).seal(parts))


def opened(wire: bytes, key: SealKey = KEY) -> bytes:
    source = io.BytesIO(wire)
    return b"".join(open_sealed(key, source.read(HEAD_BYTES), source.read))


def forged(*chunks: tuple[bytes, int], context: bytes = b"tocsin-seal/1") -> bytes:
    """A stream that its sender made otherwise than `Sealer` does."""
    content_key = crypto_secretstream_xchacha20poly1305_keygen()
    state = crypto_secretstream_xchacha20poly1305_state()
    head = seal_box(KEY.public_key, content_key) + crypto_secretstream_xchacha20poly1305_init_push(
        state, content_key
    )
    pushed = [crypto_secretstream_xchacha20poly1305_push(state, plain, context, tag) for plain, tag in chunks]
    return b"".join((head, *pushed))


def plain(content: bytes, count: int | None = None, filling: bytes = b"\0") -> bytes:
    size = len(content) if count is None else count
    return size.to_bytes(4, "big") + content.ljust(FITS, filling)


SMALL = sealed(b"a small content")
LARGE = sealed(b"x" * (9 * FITS))  # nine chunks and an empty one


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_what_was_sealed_comes_back_whatever_its_parts(parts: list[bytes]) -> None:
    assert opened(sealed(*parts)) == b"".join(parts)


@pytest.mark.parametrize(
    "size", [0, 1, FITS - 1, FITS, FITS + 1, 2 * FITS, 8 * FITS, 8 * FITS + 1, 17 * FITS]
)
def test_content_of_any_number_of_chunks_comes_back(size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    assert opened(sealed(content[: size // 3], content[size // 3 : size])) == content[:size]


FROZEN_BOX = bytes.fromhex(  # of the content key 20 21 ... 3f, to the key 00 01 ... 1f
    "b6734db656b8fd0fe1b3e175d697e08711f83eb962bc6c7a6eff39acbd0dc538ce9802b64e6c03b8"
    "7d3b5c19ed67f0df28e6f00842f742a8414c80272e3914f0a3a2d217602d828bd2a15e9ede3910a0"
)
FROZEN_HEADER = bytes(range(64, 88))
FROZEN_SHA256 = "4fdcd252a1735e0c4ad429a3fefab551c16b73268b2d7900b00f00cb69ae801b"


def test_a_stream_of_the_first_version_is_as_it_was_and_still_opens() -> None:
    content_key = bytes(range(32, 64))
    state = crypto_secretstream_xchacha20poly1305_state()
    crypto_secretstream_xchacha20poly1305_init_pull(state, FROZEN_HEADER, content_key)
    chunk = crypto_secretstream_xchacha20poly1305_push(
        state, plain(b"a small content"), b"tocsin-seal/1", FINAL
    )
    stream = FROZEN_BOX + FROZEN_HEADER + chunk
    assert sha256(stream).hexdigest() == FROZEN_SHA256
    assert opened(stream) == b"a small content"
    assert len(stream) == len(SMALL)


def test_two_seals_of_the_same_content_have_nothing_in_common_but_their_size() -> None:
    one, other = sealed(b"the same"), sealed(b"the same")
    assert len(one) == len(other)
    same = sum(mine == theirs for mine, theirs in zip(one, other, strict=True))
    assert same < len(one) / 128  # one in 256 by chance


def test_nothing_in_clear_names_the_reader() -> None:
    assert KEY.public_key not in SMALL
    assert b"tocsin" not in SMALL
    assert b"content" not in SMALL


def test_sizes_are_those_of_the_ladder() -> None:
    ladder = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48]
    assert sorted({rounded(chunks) for chunks in range(1, 49)}) == ladder
    assert all(chunks <= rounded(chunks) < 1.25 * chunks for chunks in range(1, 5_000))


@given(st.integers(0, 40 * FITS))
def test_a_file_is_as_large_as_its_rounded_content(size: int) -> None:
    chunks = rounded(max(-(-size // FITS), 1))
    length = sum(map(len, Sealer(KEY.public_key).seal([bytes(size)]))) if size < 3 * FITS else None
    assert length in {None, HEAD_BYTES + chunks * SEALED_CHUNK_BYTES}


@given(st.integers(0, 8 * len(SMALL) - 1))
def test_a_flipped_bit_anywhere_is_refused(bit: int) -> None:
    at, mask = bit // 8, 1 << bit % 8
    with pytest.raises(SealError):
        opened(SMALL[:at] + bytes([SMALL[at] ^ mask]) + SMALL[at + 1 :])


@pytest.mark.parametrize("at", range(HEAD_BYTES))
def test_a_flipped_bit_in_any_byte_of_the_head_is_refused(at: int) -> None:
    with pytest.raises(SealError):
        opened(SMALL[:at] + bytes([SMALL[at] ^ 1 << at % 8]) + SMALL[at + 1 :])


@given(st.integers(0, len(LARGE) - 1))
def test_a_cut_anywhere_is_refused_by_name(end: int) -> None:
    with pytest.raises(SealCutError):
        opened(LARGE[:end])


@given(st.binary(min_size=1, max_size=2 * SEALED_CHUNK_BYTES))
def test_whatever_is_added_at_the_end_is_refused_by_name(added: bytes) -> None:
    with pytest.raises(SealExtendedError):
        opened(SMALL + added)


def test_a_stream_behind_another_is_refused() -> None:
    with pytest.raises(SealExtendedError):
        opened(SMALL + SMALL)


@pytest.mark.parametrize(
    "order", [(1, 0, *range(2, 10)), tuple(range(9)), (*range(8), 9), (0, 0, *range(1, 10)), (9, *range(9))]
)
def test_chunks_in_another_order_left_out_or_doubled_are_refused(order: tuple[int, ...]) -> None:
    chunks = [LARGE[at : at + SEALED_CHUNK_BYTES] for at in range(HEAD_BYTES, len(LARGE), SEALED_CHUNK_BYTES)]
    assert len(chunks) == 10
    with pytest.raises(SealError):
        opened(LARGE[:HEAD_BYTES] + b"".join(chunks[at] for at in order))


def test_a_chunk_of_another_stream_for_the_same_reader_is_refused() -> None:
    other = sealed(b"a small content")
    with pytest.raises(SealError):
        opened(SMALL[:HEAD_BYTES] + other[HEAD_BYTES:])


def test_another_reader_can_not_open_it() -> None:
    with pytest.raises(SealError, match="another key"):
        opened(SMALL, SealKey.generate())


@pytest.mark.parametrize(
    "chunks",
    [
        [(plain(b"", FITS + 1), FINAL)],
        [(plain(b"x", filling=b"\1"), FINAL)],
        [(plain(b"x")[:-1] + b"\1", FINAL)],
        [(plain(b"x"), MESSAGE), (plain(b""), FINAL)],
        [(plain(b"x"), MESSAGE), (plain(b"y"), FINAL)],
        [(plain(b""), MESSAGE), (plain(b"y"), FINAL)],
        [(plain(b"x"), 1), (plain(b""), FINAL)],
        [(plain(b"x" * FITS), 2), (plain(b"y"), FINAL)],
    ],
    ids=[
        "a count beyond the chunk",
        "a filling that is not zero",
        "a last byte that is not zero",
        "more empty chunks than needed",
        "a gap between two contents",
        "content behind an empty chunk",
        "a chunk that is pushed",
        "a chunk that changes the key",
    ],
)
def test_a_sender_that_fills_it_otherwise_is_refused(chunks: list[tuple[bytes, int]]) -> None:
    with pytest.raises(SealError):
        opened(forged(*chunks))


def test_a_chunk_of_another_size_is_refused() -> None:
    with pytest.raises(SealCutError):
        opened(forged((plain(b"x")[:-1], FINAL)))
    with pytest.raises(SealError):
        opened(forged((plain(b"x") + b"\0", FINAL)))


def test_a_stream_of_another_context_is_refused() -> None:
    assert opened(forged((plain(b"x"), FINAL))) == b"x"
    with pytest.raises(SealError):
        opened(forged((plain(b"x"), FINAL), context=b"tocsin-seal/2"))


def test_content_comes_piece_by_piece_and_is_sealed_piece_by_piece() -> None:
    asked = 0

    def parts() -> Iterator[bytes]:
        nonlocal asked
        for asked in range(1, 101):  # noqa: B007 - looked at from outside
            yield bytes(FITS)

    pieces = Sealer(KEY.public_key).seal(parts())
    next(pieces)
    next(pieces)
    assert asked < 5
    source = io.BytesIO(LARGE)
    assert len(next(open_sealed(KEY, source.read(HEAD_BYTES), source.read))) == FITS
    assert source.tell() == HEAD_BYTES + SEALED_CHUNK_BYTES


# --- keys -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_key_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(SealKeyError):
        SealKey(bytes(size))
    with pytest.raises(SealKeyError):
        verify_seal_key(b"\x09" * size)
    with pytest.raises(SealKeyError):
        Sealer(b"\x09" * size)


def test_a_key_in_a_second_form_is_refused() -> None:
    assert verify_seal_key(KEY.public_key) == KEY.public_key
    for other in (
        KEY.public_key[:-1] + bytes([KEY.public_key[-1] | 0x80]),
        (2**255 - 10).to_bytes(32, "little"),
    ):
        with pytest.raises(SealKeyError, match="canonical"):
            verify_seal_key(other)


def test_a_key_never_shows_its_secret() -> None:
    assert repr(KEY) == f"SealKey({KEY.public_key.hex()[:16]})"


def test_boxes_open_as_published(shared: Path) -> None:
    lines = (shared / "vectors/libsodium/sealed_box_ref.txt").read_text().splitlines()
    cases = [line.split("\t") for line in lines if line and not line.startswith("#")]
    assert cases
    for secret, public_key, message, box, *_ in cases:
        key = SealKey(bytes.fromhex(secret))
        assert key.public_key.hex() == public_key
        assert key.open_box(bytes.fromhex(box.partition(":")[2])).hex() == message.partition(":")[2]


def test_streams_open_as_published(shared: Path) -> None:
    cases = json.loads((shared / "vectors/libsodium/secretstream-test-vectors.json").read_text())
    assert cases
    for case in cases:
        opener = ChunkOpener(bytes.fromhex(case["key"]), bytes.fromhex(case["header"]))
        for chunk in case["chunks"]:
            context = bytes.fromhex(chunk["ad"] or "")
            found, tag = opener.open(bytes.fromhex(chunk["ciphertext"]), context)
            assert (found.hex(), tag) == (chunk["message"] or "", chunk["tag"])


def _x25519_cases(shared: Path) -> list[dict[str, Any]]:
    groups = json.loads((shared / "vectors/wycheproof/x25519_test.json").read_text())["testGroups"]
    return [test for group in groups for test in group["tests"]]


def test_a_secret_that_everybody_knows_is_refused_on_both_sides(shared: Path) -> None:
    cases = [case for case in _x25519_cases(shared) if "ZeroSharedSecret" in case["flags"]]
    assert len(cases) == 31
    for case in cases:
        public_key, secret = bytes.fromhex(case["public"]), bytes.fromhex(case["private"])
        with pytest.raises(SealKeyError):
            seal_box(public_key, b"x")
        with pytest.raises(CryptoError):
            SealKey(secret).open_box(_box(public_key, secret, bytes(32), b"x"))


def test_every_other_shared_secret_is_as_published(shared: Path) -> None:
    cases = [case for case in _x25519_cases(shared) if "ZeroSharedSecret" not in case["flags"]]
    assert len(cases) > 400
    for case in cases:
        public_key, secret, agreed = (bytes.fromhex(case[name]) for name in ("public", "private", "shared"))
        assert SealKey(secret).open_box(_box(public_key, secret, agreed, b"x")) == b"x"


def _box(ephemeral: bytes, secret: bytes, agreed: bytes, message: bytes) -> bytes:
    """A sealed box made of a shared secret that somebody else computed."""
    nonce = blake2b(ephemeral + crypto_scalarmult_base(secret), digest_size=24).digest()
    return bytes(ephemeral + crypto_box_easy_afternm(message, nonce, _hsalsa20(agreed)))


def _hsalsa20(key: bytes) -> bytes:
    """HSalsa20 of a key and 16 zero bytes, as NaCl's boxes derive their key from the shared secret."""
    constant = unpack("<4I", b"expand 32-byte k")
    words = unpack("<8I", key)
    x = [constant[0], *words[:4], constant[1], 0, 0, 0, 0, constant[2], *words[4:], constant[3]]

    def quarter(a: int, b: int, c: int, d: int) -> None:
        for target, one, other, turn in ((b, a, d, 7), (c, b, a, 9), (d, c, b, 13), (a, d, c, 18)):
            total = (x[one] + x[other]) & 0xFFFFFFFF
            x[target] ^= (total << turn | total >> (32 - turn)) & 0xFFFFFFFF

    for _ in range(10):
        for at in ((0, 4, 8, 12), (5, 9, 13, 1), (10, 14, 2, 6), (15, 3, 7, 11)):
            quarter(*at)
        for at in ((0, 1, 2, 3), (5, 6, 7, 4), (10, 11, 8, 9), (15, 12, 13, 14)):
            quarter(*at)
    return pack("<8I", *(x[at] for at in (0, 5, 10, 15, 6, 7, 8, 9)))
