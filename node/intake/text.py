"""Bytes of a text file to text, when nobody says in which encoding they are."""

import codecs

from charset_normalizer import from_bytes

from node.errors import NotATableError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LATIN = "cp1252"  # what spreadsheets on Windows write where English is spoken
_OTHER_SCRIPT = 0.1  # share of bytes outside ASCII above which a text is not in Latin script
_SAMPLE_BYTES = 1 << 18


def decode(data: bytes) -> tuple[str, str]:
    """Return the text and the name of its encoding.

    Text without a byte order mark is UTF-8 if it can be. Else it is Windows-1252, unless so much of it is
    outside ASCII that its script can be told from statistics: a few accents can not tell one Latin code page
    from another.

    Raises:
        NotATableError: The bytes are not text in any of these.
    """
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", _likely(data), _LATIN):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text, encoding
    raise NotATableError(
        "The file is not text. Save the table as CSV (UTF-8) or as an Excel workbook (.xlsx)."
    )


def _likely(data: bytes) -> str:
    sample = data[:_SAMPLE_BYTES]
    if sum(byte > 0x7F for byte in sample) < _OTHER_SCRIPT * len(sample):
        return _LATIN
    best = from_bytes(sample).best()
    return best.encoding if best else _LATIN
