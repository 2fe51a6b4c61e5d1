"""A page as JSON, for programs and for whoever shows it: every part by the names of `report.page`."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from casework.errors import TransferError
from casework.report.page import Bar, Lane, Page, Picture, Prose, Section, Table

_KINDS: Mapping[str, type[Section]] = {"table": Table, "prose": Prose, "picture": Picture}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def write_page(page: Page) -> bytes:
    """The bytes of the file, UTF-8."""
    sections = [{"kind": _NAMES[type(one)], **asdict(one)} for one in page.sections]
    return json.dumps({**asdict(page), "sections": sections}, ensure_ascii=False, indent=1).encode() + b"\n"


def read_page(content: bytes) -> Page:
    """Read it.

    Raises:
        TransferError: It is no page.
    """
    try:
        plain = json.loads(content)
        return Page(
            plain["language"],
            plain["right_to_left"],
            plain["title"],
            tuple(plain["marks"]),
            tuple(map(_section, plain["sections"])),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise TransferError("the answer did not arrive whole") from error


def _section(plain: dict[str, Any]) -> Section:
    kind = _KINDS[plain.pop("kind")]
    if kind is Picture:
        plain["lanes"] = tuple(
            Lane(lane["name"], tuple(Bar(**bar) for bar in lane["bars"])) for lane in plain["lanes"]
        )
        plain["ticks"] = tuple((day, text) for day, text in plain["ticks"])
    elif kind is Table:
        plain |= {"header": tuple(plain["header"]), "rows": tuple(map(tuple, plain["rows"]))}
    else:
        plain["lines"] = tuple(plain["lines"])
    return kind(**plain)
