"""The audit log: what an entry says of a read or a write, without a word of what was read or written.

An officer stands under their id, as in the header of every event; a case under its number in this office, so that one
read of ten thousand cases is still a short entry and everybody who knows a case can be told who read it. An entry that
goes with a write carries what was written as digests: the new head of each case, grants, officers, files. So whoever
drops the end of a case, a whole case or a grant contradicts the log, whose head other members have signed (trust 8).
"""

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from casework.errors import FieldError, TamperedError
from casework.vocabulary import codes

HOUR = 3600
ACTS: Mapping[str, str] = MappingProxyType(  # what can be done, in words
    {
        "open": "opened a case",
        "read": "read a case",
        "list": "read several cases",
        "write": "wrote to a case",
        "denied": "was refused",
        "admit": "admitted an officer",
        "grant": "let somebody in",
        "revoke": "took rights back",
        "expire": "keys were taken away at expiry",
        "evidence": "added or handled evidence",
        "export": "exported evidence",
        "destroy": "destroyed evidence",
        "break_glass": "opened with the recovery key",
        "recovery_keys": "sealed cases to the recovery key",
        "erase": "destroyed keys",
        "audit": "read the audit log",
        "check": "verified everything",
        "tip_read": "read anonymous reports",
        "tip_answer": "answered an anonymous report",
        "tip_keys": "gave or took the keys of anonymous reports",
        "tip_open": "opened a case from an anonymous report",
        "tip_propose": "proposed to erase an anonymous report",
        "tip_erase": "erased an anonymous report",
    }
)
NONE: Mapping[Any, Any] = MappingProxyType({})


class Head(NamedTuple):
    """Where a case ends: how many events it has, and the link of the last."""

    sequence: int
    link: str


class AuditEntry(NamedTuple):
    """One entry.

    Attributes:
        at: Hour in which it was done, seconds since 1970, UTC.
        officer: Id of who did it.
        act: One of `ACTS`.
        purpose: Code of the list `read_purpose`.
        cases: Numbers of the cases that it was about, in order.
        asked: Start of the SHA-256 of what was asked for and not given, whether there is such a case or not.
        groups: Field groups that were opened.
        heads: Where each case ends after a write, by its number.
        digests: SHA-256 of what else was written or destroyed, by kind: officers, grants, files, destroyed, tombstones,
            tips, erased_tips, tip_tombstones.
        erased: Field groups of which the keys were destroyed, by number of the case.
    """

    at: int
    officer: str
    act: str
    purpose: str
    cases: tuple[int, ...] = ()
    asked: str = ""
    groups: tuple[str, ...] = ()
    heads: Mapping[int, Head] = NONE
    digests: Mapping[str, tuple[str, ...]] = NONE
    erased: Mapping[int, tuple[str, ...]] = NONE


def check_purpose(purpose: str) -> str:
    """Return a purpose that a read can have; it is a code, as words could say what was read.

    Raises:
        FieldError: There is no such purpose.
    """
    if purpose not in codes("read_purpose"):
        raise FieldError(
            "purpose",
            "{purpose!r} is none of {purposes}",
            purpose=purpose[:40],
            purposes=", ".join(codes("read_purpose")),
        )
    return purpose


def write_entry(entry: AuditEntry) -> bytes:
    """Write an entry; what it does not say takes no room."""
    fields: dict[str, Any] = {
        "at": entry.at // HOUR * HOUR,
        "officer": entry.officer,
        "act": entry.act,
        "purpose": entry.purpose,
        "cases": _ranges(entry.cases),
        "asked": entry.asked,
        "groups": sorted(entry.groups),
        "heads": {str(number): list(head) for number, head in sorted(entry.heads.items())},
        "digests": {kind: list(found) for kind, found in sorted(entry.digests.items()) if found},
        "erased": {str(number): sorted(groups) for number, groups in sorted(entry.erased.items())},
    }
    return json.dumps({name: said for name, said in fields.items() if said}, separators=(",", ":")).encode()


def read_entry(wire: bytes) -> AuditEntry:
    """Read what `write_entry` wrote.

    Raises:
        TamperedError: It is something else.
    """
    try:
        fields = json.loads(wire)
        entry = AuditEntry(
            int(fields["at"]),
            fields["officer"],
            fields["act"],
            fields["purpose"],
            tuple(_numbers(fields.get("cases", ""))),
            fields.get("asked", ""),
            tuple(fields.get("groups", ())),
            {int(number): Head(*head) for number, head in fields.get("heads", {}).items()},
            {kind: tuple(found) for kind, found in fields.get("digests", {}).items()},
            {int(number): tuple(groups) for number, groups in fields.get("erased", {}).items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise TamperedError("an entry of the audit log can not be read") from error
    if write_entry(entry) != wire:
        raise TamperedError("an entry of the audit log is not in its form")
    return entry


def audit_log_name(org_id: str) -> str:
    """Origin line of the checkpoints of an organization's audit log."""
    return f"tocsin/{org_id}/casework-audit"


def _ranges(numbers: Iterable[int]) -> str:
    """Write numbers as 1-3,7."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def _numbers(text: str) -> Iterable[int]:
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)
