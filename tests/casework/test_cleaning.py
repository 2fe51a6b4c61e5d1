"""The working copy of a picture holds the picture and nothing that was hidden beside it."""

import zlib

from hypothesis import given
from hypothesis import strategies as st

from casework.cleaning import working_copy

HIDDEN = b"canary-hidden-9e02"
SCAN = b"\x11\x22\xff\x00\x33\xff\xd0\x44"  # with a stuffed 0xFF and a restart


def segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


def chunk(kind: bytes, payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + kind + payload + zlib.crc32(kind + payload).to_bytes(4, "big")


def riff(kind: bytes, payload: bytes) -> bytes:
    return kind + len(payload).to_bytes(4, "little") + payload + bytes(len(payload) % 2)


TABLES = segment(0xDB, bytes(65)) + segment(0xC0, bytes(15)) + segment(0xC4, bytes(20))
STAYS = (
    TABLES + segment(0xDA, bytes(10)) + SCAN + segment(0xC4, b"\x01" * 20) + segment(0xDA, bytes(6)) + SCAN
)
JPEG = (
    b"\xff\xd8" + segment(0xE0, b"JFIF\0" + HIDDEN) + segment(0xE1, b"Exif\0\0" + HIDDEN)
    + segment(0xEE, b"Adobe" + bytes((0, 100, 7, 7, 7, 7, 2))) + b"\xff" + segment(0xED, HIDDEN) + segment(0xFE, HIDDEN)
    + STAYS + b"\xff\xd9" + b"\xff\xd8" + HIDDEN
)  # fmt: skip
CLEAN_JPEG = b"\xff\xd8" + segment(0xEE, b"Adobe" + bytes((0, 100, 0, 0, 0, 0, 2))) + STAYS + b"\xff\xd9"
HEAD, DOTS = chunk(b"IHDR", bytes(13)), chunk(b"IDAT", b"\x78\x9c dots")
PNG = (
    b"\x89PNG\r\n\x1a\n" + HEAD + chunk(b"eXIf", HIDDEN) + chunk(b"tEXt", b"Author\0" + HIDDEN)
    + chunk(b"iTXt", HIDDEN) + chunk(b"tIME", bytes(7)) + chunk(b"prVt", HIDDEN) + DOTS + chunk(b"IEND", b"") + HIDDEN
)  # fmt: skip
CLEAN_PNG = b"\x89PNG\r\n\x1a\n" + HEAD + DOTS + chunk(b"IEND", b"")


def webp(*parts: bytes) -> bytes:
    held = b"WEBP" + b"".join(parts)
    return b"RIFF" + len(held).to_bytes(4, "little") + held


WEBP = webp(
    riff(b"VP8X", b"\x3c" + bytes(9)), riff(b"ICCP", HIDDEN), riff(b"ALPH", b"odd"), riff(b"VP8 ", b"dots"),
    riff(b"EXIF", HIDDEN), riff(b"XMP ", HIDDEN),
)  # fmt: skip
CLEAN_WEBP = webp(riff(b"VP8X", b"\x10" + bytes(9)), riff(b"ALPH", b"odd"), riff(b"VP8 ", b"dots"))
PICTURES = ((JPEG, CLEAN_JPEG), (PNG, CLEAN_PNG), (WEBP + HIDDEN, CLEAN_WEBP))


def test_what_holds_the_picture_stays_byte_by_byte_and_nothing_else() -> None:
    for picture, clean in PICTURES:
        assert HIDDEN in picture
        assert working_copy(picture) == clean
        assert working_copy(clean) == clean


def test_of_other_kinds_and_of_damaged_pictures_there_is_no_copy() -> None:
    film = webp(riff(b"VP8X", b"\x02" + bytes(9)), riff(b"ANIM", bytes(6)))
    for file in (
        b"",
        b"%PDF-1.7",
        b"GIF89a" + bytes(9),
        b"PK\x03\x04",
        film,
        b"\xff\xd8\xff\xe1\0\0",
        b"\xff\xd8" + HIDDEN,
    ):
        assert working_copy(file) is None
    for picture, clean in PICTURES:
        assert working_copy(clean[: len(clean) // 2]) is None
        assert working_copy(picture[: len(clean) // 2]) is None


@given(st.sampled_from([b"", JPEG[:9], JPEG[:300], PNG[:40], WEBP[:30], PNG, WEBP]), st.binary(max_size=80))
def test_whatever_comes_there_is_a_copy_or_none(begin: bytes, rest: bytes) -> None:
    found = working_copy(begin + rest)
    assert found is None or working_copy(found) == found
