"""A page as PDF, set by typst from a fixed template; comes with the optional extra `pdf`.

The page reaches the typesetter as data and stays text there. Fonts come from the system and from the folders that are
named; a page whose script no font covers is refused, since it would print boxes.
"""

import json
from datetime import UTC, date, datetime, time
from importlib.resources import files
from pathlib import Path
from typing import Any

from casework.printing.svg import svg_of
from casework.report.page import Page, Picture, Prose
from node.errors import NodeError

# Families that a script is set in, best first; Latin and Cyrillic stand in every one of the first row.
_FAMILIES = {
    "": ("Noto Sans", "DejaVu Sans", "Liberation Sans"),
    "ar": ("Noto Sans Arabic", "Noto Naskh Arabic", "DejaVu Sans"),
    "zh": ("Noto Sans SC", "Noto Sans CJK SC", "WenQuanYi Zen Hei"),
}


class PdfError(NodeError):
    """A PDF can not be made here: the extra or a font is missing."""

    reason = "PDF_NOT_POSSIBLE"


def pdf(page: Page, day: date, fonts: tuple[Path, ...] = ()) -> bytes:
    """Set a page; the same bytes for the same page, day and fonts.

    Raises:
        PdfError: The extra is not installed, or no font has the script of the page.
    """
    try:
        import typst  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise PdfError(
            "PDF needs the extra: pip install 'tocsin[pdf]'; HTML prints well without it"
        ) from error
    folders: list[Any] = list(fonts)
    known = set(typst.Fonts(font_paths=folders).families())
    script = page.language if page.language in _FAMILIES else ""
    used = [one for name in dict.fromkeys((script, "")) for one in _FAMILIES[name] if one in known]
    if not any(one in known for one in _FAMILIES[script]):
        wanted = " or ".join(_FAMILIES[script])
        raise PdfError(
            f"no font for this language was found: install {wanted}, or name its folder with --fonts"
        )
    content = json.dumps(_plain(page) | {"fonts": used}, ensure_ascii=False)
    return bytes(
        typst.compile(
            (files("console") / "page.typ").read_bytes(),
            font_paths=folders,
            format="pdf",
            sys_inputs={"page": content},
            timestamp=int(datetime.combine(day, time(), UTC).timestamp()),
        )
    )


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
