"""The working copy of a picture: without what is hidden in it, such as place, camera, hours, names and thumbnails.

What holds the picture itself is copied byte by byte, and everything else is left out, whatever it is; so the list
below names what stays. Nothing is decoded: what a stranger sends meets no decoder, and no dot of the picture changes.
JPEG: ISO/IEC 10918-1; PNG: ISO/IEC 15948; WebP: RFC 9649.
"""

from collections.abc import Iterator

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_STAYS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"IDAT", b"IEND"})
_WEBP_STAYS = frozenset({b"VP8X", b"VP8 ", b"VP8L", b"ALPH"})
_WEBP_ALPHA = 0x10  # of the flags of VP8X: the others announce what is left out
_SOI, _EOI, _SOS, _APP14 = 0xD8, 0xD9, 0xDA, 0xEE
_RESTARTS = frozenset(range(0xD0, 0xD8))
# Tables and frames; 0xC8 is of no use, and 0xCC is of arithmetic coding.
_JPEG_STAYS = frozenset({*range(0xC0, 0xC8), *range(0xC9, 0xD0), 0xDB, 0xDD, _SOS})


def working_copy(file: bytes) -> bytes | None:
    """The copy of a picture with nothing hidden in it; `None` of other kinds of files, and of damaged ones."""
    try:
        if file.startswith(b"\xff\xd8"):
            return b"".join(_jpeg(file))
        if file.startswith(_PNG):
            return b"".join(_png(file))
        if file[:4] == b"RIFF" and file[8:12] == b"WEBP":
            return _webp(file)
    except (IndexError, ValueError):
        return None
    return None


def _jpeg(file: bytes) -> Iterator[bytes]:
    yield file[:2]
    at = 2
    while True:
        if file[at] != 0xFF:
            raise ValueError("no marker")
        marker = file[at + 1]
        if marker == 0xFF:  # filling
            at += 1
            continue
        if marker == _EOI:
            yield file[at : at + 2]
            return
        size = int.from_bytes(_exactly(file, at + 2, 2), "big")
        if size < 2:
            raise ValueError("a segment without its size")
        end = at + 2 + size
        if marker in _JPEG_STAYS:
            yield _exactly(file, at, 2 + size)
        elif marker == _APP14 and file[at + 4 : at + 9] == b"Adobe" and size >= 14:
            # How colours are coded, without what program wrote it.
            yield b"\xff\xee\x00\x0eAdobe" + b"\x00\x64" + bytes(4) + file[at + 15 : at + 16]
        at = end
        if marker == _SOS:
            at = _after_scan(file, end)
            yield file[end:at]


def _after_scan(file: bytes, at: int) -> int:
    """Where the coded dots of a scan end and the next marker begins."""
    while True:
        at = file.index(b"\xff", at)
        if file[at + 1] != 0 and file[at + 1] not in _RESTARTS:
            return at
        at += 2


def _png(file: bytes) -> Iterator[bytes]:
    yield _PNG
    at, kind = len(_PNG), b""
    while kind != b"IEND":
        size = int.from_bytes(_exactly(file, at, 4), "big")
        kind = _exactly(file, at + 4, 4)
        whole = _exactly(file, at, size + 12)
        if kind in _PNG_STAYS:
            yield whole
        at += size + 12


def _webp(file: bytes) -> bytes:
    parts, at = [], 12
    end = 8 + int.from_bytes(file[4:8], "little")
    while at < end:
        kind = _exactly(file, at, 4)
        size = int.from_bytes(_exactly(file, at + 4, 4), "little")
        whole = _exactly(file, at, 8 + size + size % 2)
        if kind == b"VP8X":
            whole = whole[:8] + bytes((whole[8] & _WEBP_ALPHA,)) + whole[9:]
        if kind == b"ANIM":
            raise ValueError("a film")
        if kind in _WEBP_STAYS:
            parts.append(whole)
        at += len(whole)
    held = b"WEBP" + b"".join(parts)
    return b"RIFF" + len(held).to_bytes(4, "little") + held


def _exactly(file: bytes, at: int, size: int) -> bytes:
    found = file[at : at + size]
    if len(found) != size:
        raise ValueError("cut off")
    return found
