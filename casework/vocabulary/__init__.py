"""Codes and kinds of events of casework, read from the tables beside this file when first asked for.

Everything that server, command line, help and documentation say of them comes from here.
"""

import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, NamedTuple

_FIELD = re.compile(r"(?P<form>[a-z]+)(:(?P<codes>[a-z_]+))?(?P<required>!)?(@(?P<group>[a-z]+))?")
_USUAL_ROLES = ("accountability_officer", "country_focal_point")


class Group(StrEnum):
    """Which key seals a field: the case's own, or one of those that open more than the case."""

    CASE = "case"
    IDENTITY = "identity"
    MEDICAL = "medical"
    SOURCE = "source"
    EVIDENCE = "evidence"


class Form(StrEnum):
    """How the value of a field looks."""

    TEXT = "text"
    CODE = "code"
    CODES = "codes"
    ID = "id"
    IDS = "ids"
    DAY = "day"
    SPAN = "span"
    COUNT = "count"
    STATE = "state"
    STATES = "states"
    DIGEST = "digest"


class Code(NamedTuple):
    """One code of a list: its English words, and what other vocabularies call it."""

    code: str
    label: str
    references: tuple[str, ...]


class Field(NamedTuple):
    """One field of a kind of event; `codes` names its list of codes."""

    name: str
    form: Form
    group: Group
    required: bool
    codes: str


class Kind(NamedTuple):
    """One kind of event: what it says, where it stands in the timeline, who may say it, and when.

    `states` holds follow-up states, or `open` for every open one, or `none` for a case that does not exist yet.
    """

    name: str
    text: str
    lane: str
    roles: frozenset[str]
    states: frozenset[str]
    fields: Mapping[str, Field]


@cache
def code_lists() -> Mapping[str, Mapping[str, Code]]:
    """Every list of codes by its name, each in the order of its table."""
    return MappingProxyType(
        {
            name: MappingProxyType(
                {code: Code(code, words[0], tuple(words[1:])) for code, words in table.items()}
            )
            for name, table in _table("codes").items()
        }
    )


def codes(name: str) -> Mapping[str, Code]:
    """One list of codes; asking for a list that does not exist is a programmer's mistake."""
    return code_lists()[name]


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind of event by its name, in the order of the table."""
    return MappingProxyType({name: _kind(name, table) for name, table in _table("kinds").items()})


def _kind(name: str, table: Mapping[str, object]) -> Kind:
    fields, roles, states = (table.get(part) for part in ("fields", "roles", "states"))
    assert isinstance(fields, dict)
    return Kind(
        name,
        str(table["text"]),
        str(table["lane"]),
        frozenset(roles if isinstance(roles, list) else _USUAL_ROLES),
        frozenset(states if isinstance(states, list) else ("open",)),
        MappingProxyType({field: _field(field, text) for field, text in fields.items()}),
    )


def _field(name: str, text: str) -> Field:
    found = _FIELD.fullmatch(text)
    assert found is not None, f"{name}: {text}"
    return Field(
        name,
        Form(found["form"]),
        Group(found["group"] or Group.CASE),
        required=bool(found["required"]),
        codes=found["codes"] or "",
    )


@cache
def imports() -> Mapping[str, Any]:
    """How rows of old cases are said in our kinds; what its tables mean stands at its head."""
    return MappingProxyType(_table("imports"))


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((files(__package__) / f"{name}.toml").read_text("utf-8"))
