"""A list of JSON objects as a table: one row each, a column for every name, nested objects as `group/name`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from node.errors import NotATableError

# How KoboToolbox and Open Data Kit wrap their list: its name, what stands beside it, and what says that it goes on.
_WRAPPED = (("results", "count", "next"), ("value", "@odata.context", "@odata.nextLink"))
_MAX_DEPTH = 20


def is_json(data: bytes) -> bool:
    """Whether the bytes begin as a JSON list or object does."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"[", b"{"}


def read_json(data: bytes) -> Iterator[tuple[str, ...]] | None:
    """Yield the names, then the texts of each object; `None` if the bytes are no JSON after all.

    A number comes as it stands in the file; a list of plain values, with blanks between them; other lists are left out.

    Raises:
        NotATableError: It is JSON of another form.
    """
    try:
        said = json.loads(data.decode("utf-8-sig"), parse_float=str, parse_int=str, object_pairs_hook=_object)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        return None
    if isinstance(said, dict):
        said = _unwrapped(said)
    if not all(isinstance(one, dict) for one in said):
        raise NotATableError("The JSON is not a list of objects, one for each incident.")
    rows = [dict(_flat(one)) for one in said]
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    return iter([names, *(tuple(row.get(name, "") for name in names) for row in rows)])


def _unwrapped(said: Mapping[str, Any]) -> list[Any]:
    for name, beside, more in _WRAPPED:
        if beside in said and isinstance(said.get(name), list):
            if said.get(more):
                raise NotATableError("The JSON is one page of several; fetch all of them into one file.")
            return list(said[name])
    return [said]


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotATableError("The JSON says one name twice in one object.")
    return found


def _flat(said: Mapping[str, Any], above: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    if depth > _MAX_DEPTH:
        raise NotATableError("The JSON is nested more than {most} deep.", most=_MAX_DEPTH)
    for name, value in said.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{name}/", depth + 1)
        elif isinstance(value, list):
            if not any(isinstance(one, dict | list) for one in value):
                yield above + name, " ".join(map(_text, value))
        else:
            yield above + name, _text(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value).upper() if isinstance(value, bool) else str(value)
