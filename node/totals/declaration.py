"""What a private total is: one measure of one period in some areas, of a group that is named before anybody gives.

The owners of both servers sign the declaration; nothing of it changes afterwards. Two totals that touch would tell, one
less the other, of the few by which their groups differ, so no number is ever added up twice.
"""

import json
import re
import tomllib
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from node.codes import code_list
from node.directory import Directory, OrganizationType, verify_active
from node.errors import FewForTotalError, TotalError, TotalOverlapError
from node.model import Outcome

TOTAL_TYPE = "application/vnd.tocsin.total.v1+json"
EVERYWHERE = "all"
STAFF = "staff"
# Survivors of sexual violence never count where nobody can see whether they agreed (R14), and the sum of all outcomes
# would tell of one of them where its group is another.
TOTAL_MEASURES = (*(str(one) for one in Outcome if one is not Outcome.SEXUALLY_ASSAULTED), STAFF)
FEWEST_CONTRIBUTORS = 5
MOST_MEMBERS = 1_000
MAX_AREAS = 300
LARGEST = 2**40  # so that no sum of members comes near to the room of the shares
MAX_DECLARATION = 65_536  # bytes
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_PERIOD = re.compile(r"([0-9]{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?")
_NGO_SIDE = frozenset({OrganizationType.INGO, OrganizationType.NNGO})


@dataclass(frozen=True, slots=True)
class Total:
    """One declaration.

    Attributes:
        name: Lower-case letters, digits and hyphens.
        measure: One of `TOTAL_MEASURES`.
        period: `2025`, `2025-Q1` or `2025-03`; over before the total closes.
        areas: Countries, or `EVERYWHERE` alone.
        group: Who may give; neither of the servers.
        closes: When nothing is taken any more; aware UTC, whole seconds.
        servers: Who adds up: one on the side of the United Nations, one on that of NGOs.
        contributors: Fewest organizations that are added up.
        smallest: No figure below this is shown, but zero.
        largest: Most that one organization may give for one area.
    """

    name: str
    measure: str
    period: str
    areas: tuple[str, ...]
    group: tuple[str, ...]
    closes: datetime
    servers: tuple[str, str]
    contributors: int = FEWEST_CONTRIBUTORS
    smallest: int = 5
    largest: int = 1_000_000

    @property
    def months(self) -> tuple[int, int]:
        """First and last month of the period, counted from year 0."""
        found = _PERIOD.fullmatch(self.period)
        assert found is not None, "it was checked"
        year = 12 * int(found[1])
        if found[3]:
            return year + int(found[3]) - 1, year + int(found[3]) - 1
        if found[2]:
            return year + 3 * int(found[2]) - 3, year + 3 * int(found[2]) - 1
        return year, year + 11

    @property
    def last_day(self) -> date:
        """Of the period."""
        year, month = divmod(self.months[1], 12)
        return date(year, month + 1, monthrange(year, month + 1)[1])

    def other(self, server: str) -> str:
        """The other one of the two servers."""
        return self.servers[server == self.servers[0]]


def read_total(text: str) -> Total:
    """Read a declaration as people write it, TOML.

    Raises:
        TotalError: It is none.
    """
    try:
        return _total(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise TotalError("the declaration is no TOML: {error}", error=error) from error


def write_payload(total: Total) -> bytes:
    """What both owners sign."""
    plain = {name: getattr(total, name) for name in Total.__slots__} | {"closes": total.closes.isoformat()}
    return json.dumps(plain, separators=(",", ":")).encode()


def read_payload(payload: bytes) -> Total:
    """Read what `write_payload` wrote.

    Raises:
        TotalError: It is anything else.
    """
    try:
        total = _total(json.loads(payload[: MAX_DECLARATION + 1]))
    except (ValueError, RecursionError) as error:
        raise TotalError("this is no declaration of a total") from error
    if write_payload(total) != payload:
        raise TotalError("the declaration is not in its one form")
    return total


def total_id(payload: bytes) -> str:
    """By what everybody names a declaration: its SHA-256, hexadecimal."""
    return sha256(payload).hexdigest()


def verify_parties(total: Total, directory: Directory) -> None:
    """Check that those who are named may add up and give.

    Raises:
        TotalError: A server is not on its side.
        MemberError: Somebody who is named is no active member.
    """
    united, other = (directory.member(one) for one in total.servers)
    if united.type is not OrganizationType.UN or other.type not in _NGO_SIDE:
        raise TotalError("servers: one of the United Nations, then one of NGOs")
    for member in (united, other, *(directory.member(one) for one in total.group)):
        verify_active(member)


def verify_budget(total: Total, others: Iterable[Total]) -> None:
    """Check that nobody's number is added up twice: what it was less what it is would tell on few.

    Args:
        total: The one that is to be.
        others: Declared before, without those that came to nothing.

    Raises:
        TotalOverlapError: Another one counts the same of some of the same members.
    """
    for other in others:
        if other != total and touches(total, other) and set(total.group) & set(other.group):
            raise TotalOverlapError("{name} adds up the same of some of the same members", name=other.name)


def touches(one: Total, other: Total) -> bool:
    """Whether two totals count the same anywhere, at any time."""
    areas = {*one.areas} & {*other.areas} or EVERYWHERE in {*one.areas, *other.areas}
    (first, last), (start, end) = one.months, other.months
    return bool(one.measure == other.measure and areas and first <= end and start <= last)


def _total(fields: Mapping[str, Any]) -> Total:
    if not isinstance(fields, dict) or not fields.keys() <= set(Total.__slots__):
        raise TotalError(
            "a declaration has the fields {slots}, and no others", slots=", ".join(Total.__slots__)
        )
    given: dict[str, Any] = {
        name: tuple(one) if isinstance(one, list) else one for name, one in fields.items()
    }
    try:
        closes = given["closes"]
        given["closes"] = datetime.fromisoformat(closes) if isinstance(closes, str) else closes
        total = Total(**given)
        _check_words(total)
        _check_numbers(total)
        given["closes"] = total.closes.astimezone(UTC)
        return Total(**given)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise TotalError(
            "a declaration needs name, measure, period, areas, group, closes (with its time zone) and servers"
        ) from error


def _check_words(total: Total) -> None:
    lists: tuple[Any, ...] = (total.areas, total.group, total.servers)
    if not all(isinstance(one, tuple) and all(isinstance(word, str) for word in one) for one in lists):
        raise TotalError("areas, group and servers are lists of words")
    if not _NAME.fullmatch(total.name):
        raise TotalError("name: use lower-case letters, digits and hyphens")
    if total.measure not in TOTAL_MEASURES:
        raise TotalError("measure: is none of {total_measures}", total_measures=", ".join(TOTAL_MEASURES))
    if not _PERIOD.fullmatch(total.period) or total.period < "0001":
        raise TotalError("period: write a year, a quarter or a month, as 2025, 2025-Q1 or 2025-03")
    if total.measure == STAFF and "-" in total.period:
        raise TotalError("period: numbers of staff are of years")
    _check_list("areas", total.areas, MAX_AREAS)
    if total.areas != (EVERYWHERE,) and not all(one in code_list("country").codes for one in total.areas):
        raise TotalError("areas: use codes of countries, or {everywhere} alone", everywhere=EVERYWHERE)
    _check_list("group", total.group, MOST_MEMBERS)
    if len({*lists[2]}) != len(lists[2]) or len(lists[2]) != 2:
        raise TotalError("servers: name two")
    if {*total.servers} & {*total.group}:
        raise TotalError("group: who adds up gives nothing; its own number would tell it more of the others'")


def _check_list(field: str, words: tuple[str, ...], most: int) -> None:
    if not 0 < len(words) <= most or list(words) != sorted(set(words)):
        raise TotalError(
            "{field}: name 1 to {most}, in alphabetical order, none twice", field=field, most=most
        )


def _check_numbers(total: Total) -> None:
    numbers = (total.contributors, total.smallest, total.largest)
    if any(type(one) is not int for one in numbers):
        raise TotalError("contributors, smallest and largest are whole numbers")
    if total.contributors < FEWEST_CONTRIBUTORS:
        raise FewForTotalError("contributors: never fewer than {least}", least=FEWEST_CONTRIBUTORS)
    if len(total.group) < total.contributors:
        raise FewForTotalError(
            "group: {count} members where {contributors} are needed",
            count=len(total.group),
            contributors=total.contributors,
        )
    if not (1 <= total.smallest <= LARGEST and 1 <= total.largest <= LARGEST):
        raise TotalError("smallest, largest: use 1 to {most}", most=LARGEST)
    if total.closes.tzinfo is None or total.closes.microsecond:
        raise TotalError("closes: say a time with its time zone, in whole seconds")
    if total.closes.astimezone(UTC).date() <= total.last_day:
        raise TotalError("closes: the period has to be over by then")
