"""Versioned lists of the codes that describe an incident, and the crosswalk from published spellings.

Each list is a table in `data/`, one code a line, mapped by its header; `|` stands between several spellings
in one cell. Lists are read when first asked for and kept; so are their spellings, which only intake asks for.
"""

import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any

from node.codes.spelling import fold

LIST_NAMES = (
    "means",
    "context",
    "location_type",
    "motive",
    "actor_type",
    "organization_type",
    "source_kind",
    "country",
)
DETAIL_LISTS = (
    "harm",
    "programme",
    "impact",
    "driver",
    "fate",
    "duration",
    "geo_precision",
    "time_precision",
)
SCHEMES = ("hcid", "ssa", "unsms")  # categories of others, which columns of the lists above lead to


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a list; an attribute that its list does not use is empty.

    Attributes:
        code: Stable short name; what is stored, shared and queried.
        label: English words for people.
        group: Coarser code above it (`actor_type`, `hcid`).
        broad: Broad type of organization that may leave a node (`organization_type`).
        sector: Coarser level above the broad type (`organization_type`).
        alpha2: ISO 3166-1 alpha-2 code (`country`).
        m49: UN statistical standard M49, three digits (`country`).
        valid_from: First day on which the sources tell this code apart; `None` since ever.
        valid_to: Last day on which the sources used it; `None` still in use.
        awsd: Further spellings of the Aid Worker Security Database.
        sind: Spellings of Insecurity Insight.
        spellings: Further spellings of any source (`country`).
        resource: What was harmed (`harm`).
        point: Whether coordinates of this precision are a place (`geo_precision`).
        counts: What one of it is: a person, a case or a thing (`unsms`).
        hcid: Category of Health Care in Danger (`harm`).
        ssa: Type of attack of the Surveillance System for Attacks on Health Care (`harm`, `means`).
        unsms: Category of the UN security management system (`harm`, `means`).
    """

    code: str
    label: str
    group: str = ""
    broad: str = ""
    sector: str = ""
    alpha2: str = ""
    m49: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    awsd: tuple[str, ...] = ()
    sind: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()
    resource: str = ""
    point: str = ""
    counts: str = ""
    hcid: str = ""
    ssa: str = ""
    unsms: str = ""


@dataclass(frozen=True, slots=True)
class CodeList:
    """A list by name and version; `codes` keeps the order in which people should see them."""

    name: str
    version: str
    codes: Mapping[str, Code]

    def label(self, code: str) -> str:
        """English words for a code; a code that this version does not know stands for itself."""
        known = self.codes.get(code)
        return known.label if known else code

    def find(self, text: str, words: str = "awsd") -> str | None:
        """Code for a value in any year's spelling of a source, `awsd`, `sind` or our `own`; `None` if it has none."""
        return _spelt(self.name)[words].get(fold(text))


@cache
def code_list(name: str) -> CodeList:
    """Return the list called `name`, one of `LIST_NAMES`, `DETAIL_LISTS` and `SCHEMES`."""
    if name not in {*LIST_NAMES, *DETAIL_LISTS, *SCHEMES}:
        raise RuntimeError(f"there is no code list {name!r}")
    table = pkgutil.get_data("node.codes", f"data/{name}.tsv")
    assert table is not None, "whoever imported this module can read what lies beside it"
    lines = table.decode().splitlines()
    header, *rows = (line.split("\t") for line in lines if not line.startswith("#"))
    codes = tuple(_code(dict(zip(header, row, strict=True))) for row in rows)
    return CodeList(
        name=name,
        version=lines[0].partition("\t")[2],
        codes=MappingProxyType({code.code: code for code in codes}),
    )


@cache
def _spelt(name: str) -> Mapping[str, Mapping[str, str]]:
    """Codes of a list by what they are called, for each kind of words."""
    codes = code_list(name).codes.values()
    return {
        "own": _spellings((code, (code.code, code.label, *code.spellings)) for code in codes),
        "awsd": _spellings((code, (code.label, *code.awsd, *code.spellings)) for code in codes),
        "sind": _spellings((code, (code.label, *code.sind, *code.spellings)) for code in codes),
    }


def _code(cells: Mapping[str, str]) -> Code:
    read: dict[str, Any] = dict(cells)
    read |= {name: _day(cells[name]) for name in ("valid_from", "valid_to") if name in cells}
    read |= {name: _several(cells[name]) for name in ("awsd", "sind", "spellings") if name in cells}
    return Code(**read)


def _day(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None


def _several(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, cell.split("|")))


def _spellings(pairs: Iterable[tuple[Code, tuple[str, ...]]]) -> Mapping[str, str]:
    return MappingProxyType(
        {fold(spelling): code.code for code, spellings in pairs for spelling in spellings}
    )
