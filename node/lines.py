"""What is wrong with a TOML file that somebody wrote, told with the line on which it stands."""

import re
from collections.abc import Iterable

from pydantic import ValidationError


def faults_of(error: ValidationError) -> list[tuple[list[str], str]]:
    """Where and what; what is misspelt comes before what is missing, perhaps because of it."""
    found = sorted(error.errors(), key=lambda one: one["type"] == "missing")  # keeps the order otherwise
    return [
        (
            [str(part) for part in one["loc"] if part != "[key]"],
            str(one["ctx"]["error"]) if one["type"] == "value_error" else one["msg"].lower(),
        )
        for one in found
    ]


def told(text: str, faults: Iterable[tuple[list[str], str]]) -> str:
    """Every fault on a line of its own, with the line of the file that it leads to."""
    lines = []
    for path, why in faults:
        line, where = _line_of(text, path), ".".join(path)
        lines.append(f"line {line}: {where}: {why}" if line else f"{where}: {why}")
    return "\n".join(lines)


def _line_of(text: str, path: list[str]) -> int:
    """The line that a path of the document leads to, or of the nearest part above it; 0 when there is none."""
    best, found = 0, 0
    table: list[str] = []
    entries: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([\w.\-]+)\s*\]?\]", line)
        key = re.match(r'\s*(?:([\w\-]+)|"([^"]*)")\s*=', line)
        if header is None and key is None:
            continue
        if header is not None:
            table = header[1].split(".")
            if line.lstrip().startswith("[["):
                entries[header[1]] = entries.get(header[1], -1) + 1
            if table[0] in entries:
                table.insert(1, str(entries[table[0]]))
            here = table
        else:
            here = [*table, key[1] or key[2]] if key else table
        same = len(here) if path[: len(here)] == here else 0
        if same > best:
            best, found = same, number
    return found
