"""The tombstone: what stays of a case or report whose keys are destroyed, so that figures stay true (casework 5.8)."""

import json
from typing import Any, NamedTuple

from casework.casefile import CaseFile
from casework.errors import TamperedError
from casework.lifecycle import State, follow

TOMBSTONE_TYPE = "application/vnd.tocsin.case-tombstone.v1+json"
TIP_TOMBSTONE_TYPE = "application/vnd.tocsin.case-tip-tombstone.v1+json"


class Tombstone(NamedTuple):
    """What stays of a case.

    Attributes:
        case: 32 hexadecimal digits.
        categories: Codes of the list `category`.
        host_state: Country code of three letters.
        incident_year: 0 where it is not known.
        opened_year: In which it was opened.
        closed_year: In which it was closed; 0 where it was not.
        status: Follow-up state in which it ended.
        persons: How many persons were affected.
        head: Link of its last event.
        erased_by: Id of the approver who signed this.
        erased_at: Seconds since 1970, UTC.
        proposed_by: Id of the officer who proposed it; empty in those of before this was kept.
    """

    case: str
    categories: tuple[str, ...]
    host_state: str
    incident_year: int
    opened_year: int
    closed_year: int
    status: str
    persons: int
    head: str
    erased_by: str
    erased_at: int
    proposed_by: str = ""


class TipTombstone(NamedTuple):
    """What stays of an anonymous report; which one it was is not said.

    Attributes:
        country: ISO 3166-1 alpha-3.
        year: In which it happened.
        what: Codes of the list `category`.
        not_reported: Codes of the list of that name.
        messages: How many there were.
        had_case: Whether a case was opened from it.
        erased_by: Id of the officer who signed this.
        erased_at: Seconds since 1970, UTC.
        proposed_by: Id of the officer who proposed it; empty in those of before this was kept.
    """

    country: str
    year: int
    what: tuple[str, ...]
    not_reported: tuple[str, ...]
    messages: int
    had_case: bool
    erased_by: str
    erased_at: int
    proposed_by: str = ""


def tombstone_of(case: CaseFile, head: str, erased_by: str, erased_at: int, proposed_by: str) -> Tombstone:
    """Say what is to stay of a case."""
    followed = follow(case)
    closed = [move.on.year for move in followed.moves if move.to is State.CLOSED]
    incident = case.incident
    return Tombstone(
        case.uid,
        tuple(sorted(case.categories)),
        case.host_state,
        incident.earliest.year if incident else 0,
        case.events[0].recorded_at.year if case.events else 0,
        closed[-1] if closed else 0,
        str(followed.state),
        len(case.persons),
        head,
        erased_by,
        erased_at,
        proposed_by,
    )


def write_tombstone(stone: Tombstone) -> bytes:
    """Write what is signed of a tombstone."""
    return json.dumps(stone._asdict(), separators=(",", ":")).encode()


def read_tombstone(payload: bytes) -> Tombstone:
    """Read what `write_tombstone` wrote.

    Raises:
        TamperedError: It is something else.
    """
    try:
        fields = _known(Tombstone._fields, payload)
        return Tombstone(**{**fields, "categories": tuple(fields["categories"])})
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TamperedError("a tombstone can not be read") from error


def write_tip_tombstone(stone: TipTombstone) -> bytes:
    """Write what is signed of a report's tombstone."""
    return json.dumps(stone._asdict(), separators=(",", ":")).encode()


def read_tip_tombstone(payload: bytes) -> TipTombstone:
    """Read what `write_tip_tombstone` wrote.

    Raises:
        TamperedError: It is something else.
    """
    try:
        fields = _known(TipTombstone._fields, payload)
        lists = {name: tuple(fields[name]) for name in ("what", "not_reported")}
        return TipTombstone(**{**fields, **lists})
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TamperedError("a tombstone of a report can not be read") from error


def _known(names: tuple[str, ...], payload: bytes) -> dict[str, Any]:
    """The fields of a tombstone that this version knows; a newer one may have signed more."""
    fields = json.loads(payload)
    return {name: fields[name] for name in names if name in fields}
