"""A page as PDF, set by typst from a fixed template; comes with the optional extra `pdf`.

The page reaches the typesetter as data and stays text there. Fonts for the scripts of all six languages lie packed in
this package (SIL Open Font License), so the same page is the same file on every machine.
"""

import json
import lzma
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, time
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from casework.printing.svg import svg_of
from casework.report.page import Page, Picture, Prose
from node.errors import NodeError

PACKED = Path(__file__).with_name("fonts")
# Families that a script is set in; Latin and Cyrillic stand in the first.
_FAMILIES = {"": "Noto Sans", "ar": "Noto Sans Arabic", "zh": "Noto Sans SC"}


class PdfError(NodeError):
    """A PDF can not be made here: the extra is missing, or there is no room for fonts."""

    reason = "PDF_NOT_POSSIBLE"


def pdf(page: Page, day: date) -> bytes:
    """Set a page; the same bytes for the same page and day.

    Raises:
        PdfError: The extra is not installed, or the fonts can not be unpacked.
    """
    try:
        import typst  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise PdfError(
            "PDF needs the extra: pip install 'tocsin[pdf]'; HTML prints well without it"
        ) from error
    script = page.language if page.language in _FAMILIES else ""
    used = [
        _FAMILIES[one] for one in dict.fromkeys((script, *_FAMILIES))
    ]  # a name in a letter may be in any script
    content = json.dumps(_plain(page) | {"fonts": used}, ensure_ascii=False)
    template = (files("console") / "page.typ").read_bytes()
    with unpacked() as folder:
        fonts: list[Any] = [folder]  # a list of anything that may be an input, to the library's own types
        return bytes(
            typst.compile(
                template,
                font_paths=fonts,
                ignore_system_fonts=True,
                format="pdf",
                sys_inputs={"page": content},
                timestamp=int(datetime.combine(day, time(), UTC).timestamp()),
            )
        )


@contextmanager
def unpacked() -> Iterator[Path]:
    """A folder with the fonts as they are used, for as long as somebody stays in it.

    Raises:
        PdfError: They can not be unpacked.
    """
    with ExitStack() as kept:
        try:
            folder = Path(kept.enter_context(TemporaryDirectory(prefix="tocsin-fonts-")))
            for font in PACKED.glob("*.xz"):
                (folder / font.stem).write_bytes(lzma.decompress(font.read_bytes()))
        except OSError as error:
            raise PdfError("the fonts of a PDF can not be unpacked: {why}", why=error.strerror) from error
        yield folder


def _plain(page: Page) -> dict[str, Any]:
    sections: list[dict[str, Any]] = []
    for section in page.sections:
        if isinstance(section, Picture):
            sections.append({"kind": "picture", "title": section.title, "svg": svg_of(page).decode()})
        elif isinstance(section, Prose):
            kind = "address" if section.plain else "prose"
            sections.append({"kind": kind, "title": section.title, "lines": list(section.lines)})
        else:
            table = {"header": list(section.header), "rows": [list(row) for row in section.rows]}
            sections.append({"kind": "table", "title": section.title, **table})
    return {
        "language": page.language,
        "dir": "rtl" if page.right_to_left else "ltr",
        "title": page.title,
        "marks": list(page.marks),
        "sections": sections,
    }
