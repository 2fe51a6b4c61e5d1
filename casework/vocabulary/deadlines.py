"""The rules by which clocks run, D1 to D14, as one table; an organization's own file changes what it may change.

The file `deadlines.toml` in a node's folder holds tables of the same names and, beside them, `[appeal_days]` (country =
days until a judgment can no longer be appealed) and `[delivery.COUNTRY]` (when a reminder may reach somebody there).
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from casework.errors import FieldError
from casework.vocabulary import codes
from crypto.sentence import Sentence

FILE = "deadlines.toml"
ORGANIZATION_DEFAULT = "organization default"
PLANNING = "planning date, not legal advice"
_UNITS = ("days", "months", "percent")
_MAX = {"days": 3660, "months": 120, "percent": 99}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_STATE = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: D1 to D14, `task` for what somebody planned, or `escalation`.
        text: What is to be done.
        trigger: What starts the clock.
        anchor: What the time rests on, or `organization default`.
        owner: Whose task it is: a code of the list `role`.
        pauses: Whether it stands still while the case is on hold.
        planning: Whether the date is for planning only, and not legal advice.
        days: How many, by name.
        months: Likewise.
        percent: Likewise, of the whole time.
    """

    id: str
    text: str
    trigger: str
    anchor: str
    owner: str
    pauses: bool
    planning: bool
    days: Mapping[str, int]
    months: Mapping[str, int]
    percent: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Window:
    """When a reminder may reach somebody in a country; the count of days does not know it.

    Attributes:
        first: Hour of the day, HH:MM, local time there.
        last: Likewise.
        days: mon to sun.
    """

    first: str
    last: str
    days: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one organization.

    Attributes:
        by_id: Every rule by its id, in the order of the table.
        appeal_days: Days to appeal by country, where the organization knows them.
        delivery: When reminders may be delivered, by country.
    """

    by_id: Mapping[str, Rule]
    appeal_days: Mapping[str, int]
    delivery: Mapping[str, Window]

    def __getitem__(self, rule: str) -> Rule:
        """One rule; asking for one that does not exist is a programmer's mistake."""
        return self.by_id[rule]


@cache
def usual_rules() -> Rules:
    """The rules as they stand where an organization says nothing else."""
    table = tomllib.loads((files(__package__) / FILE).read_text("utf-8"))
    empty: Mapping[str, int] = MappingProxyType({})
    rules = {
        name: Rule(
            name,
            one["text"],
            one["trigger"],
            one["anchor"] or ORGANIZATION_DEFAULT,
            one["owner"],
            one.get("pauses", True),
            one.get("planning", False),
            *(MappingProxyType(one.get(unit, {})) for unit in _UNITS),
        )
        for name, one in table.items()
    }
    return Rules(MappingProxyType(rules), empty, MappingProxyType({}))


def read_rules(text: str) -> Rules:
    """Read an organization's own file and lay it over the usual rules.

    Raises:
        FieldError: It is no TOML, names something that there is not, or a value is out of its range.
    """
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FieldError(FILE, "is no TOML: {error}", error=error) from error
    usual = usual_rules()
    rules = dict(usual.by_id)
    appeal, delivery = _table(table.pop("appeal_days", {}), "appeal_days"), table.pop("delivery", {})
    for name, changes in table.items():
        if name not in rules:
            raise FieldError(
                f"{FILE}: {name[:40]}",
                "is none of {known}",
                known=", ".join((*rules, "appeal_days", "delivery")),
            )
        rules[name] = _changed(rules[name], _table(changes, name))
    return Rules(
        MappingProxyType(rules),
        MappingProxyType(
            {
                _state("appeal_days", state): _number("appeal_days", state, "days", n)
                for state, n in appeal.items()
            }
        ),
        MappingProxyType(
            {
                _state("delivery", state): _window(f"delivery.{state}", one)
                for state, one in _table(delivery, "delivery").items()
            }
        ),
    )


def _changed(rule: Rule, changes: Mapping[str, Any]) -> Rule:
    for name, value in changes.items():
        where = f"{FILE}: {rule.id}.{name}"
        if name in _UNITS:
            known: Mapping[str, int] = getattr(rule, name)
            numbers = {
                key: _number(f"{rule.id}.{name}", key, name, n) for key, n in _table(value, where).items()
            }
            unknown = sorted(numbers.keys() - known.keys())
            if unknown:
                raise FieldError(
                    f"{where}.{unknown[0]}",
                    "is none of {known}",
                    known=", ".join(known) or Sentence("nothing"),
                )
            rule = _counting(rule, name, MappingProxyType({**known, **numbers}))
        elif name == "owner":
            if value not in codes("role"):
                raise FieldError(where, "is none of {roles}", roles=", ".join(codes("role")))
            rule = replace(rule, owner=value)
        elif name == "anchor":
            if not isinstance(value, str) or not value.strip():
                raise FieldError(where, "write what the time rests on")
            rule = replace(rule, anchor=value.strip())
        else:
            raise FieldError(
                where, "can not be changed; {known} can", known=", ".join((*_UNITS, "owner", "anchor"))
            )
    return rule


def _counting(rule: Rule, unit: str, numbers: Mapping[str, int]) -> Rule:
    if unit == "days":
        return replace(rule, days=numbers)
    return replace(rule, months=numbers) if unit == "months" else replace(rule, percent=numbers)


def _table(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise FieldError(f"{FILE}: {name.removeprefix(FILE + ': ')}", "must be a table")
    return value


def _number(table: str, name: str, unit: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _MAX[unit]:
        raise FieldError(
            f"{FILE}: {table}.{name}",
            "write a whole number from 1 to {most} ({unit})",
            most=_MAX[unit],
            unit=unit,
        )
    return value


def _state(table: str, state: str) -> str:
    if not _STATE.fullmatch(state):
        raise FieldError(f"{FILE}: {table}.{state[:40]}", "write a country code of three letters, like SSD")
    return state


def _window(where: str, value: Any) -> Window:
    table = _table(value, where)
    first, last = (str(table.get(name, "")) for name in ("from", "until"))
    days = table.get("days", list(_WEEKDAYS[:5]))
    if table.keys() - {"from", "until", "days"}:
        raise FieldError(f"{FILE}: {where}", "holds from, until and days only")
    if not (_HOUR.fullmatch(first) and _HOUR.fullmatch(last) and first < last):
        raise FieldError(
            f"{FILE}: {where}", 'write from and until like "08:00" and "17:00", from before until'
        )
    if not isinstance(days, list) or not days or any(day not in _WEEKDAYS for day in days):
        raise FieldError(f"{FILE}: {where}.days", "choose some of {weekdays}", weekdays=", ".join(_WEEKDAYS))
    return Window(first, last, tuple(days))
