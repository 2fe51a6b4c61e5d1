"""The tombstone: what stays of a case when its keys are destroyed, so that figures stay true (casework 5.8)."""

import json
from typing import NamedTuple

from casework.casefile import CaseFile
from casework.errors import TamperedError
from casework.lifecycle import State, follow

TOMBSTONE_TYPE = "application/vnd.tocsin.case-tombstone.v1+json"


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


def tombstone_of(case: CaseFile, head: str, erased_by: str, erased_at: int) -> Tombstone:
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
        fields = json.loads(payload)
        return Tombstone(**{**fields, "categories": tuple(fields["categories"])})
    except (ValueError, KeyError, TypeError) as error:
        raise TamperedError("a tombstone can not be read") from error
