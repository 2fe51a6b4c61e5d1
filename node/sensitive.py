"""Incidents that do not leave because of whom they struck, and what would let them.

Counts do not tell that an affected person was a child, a survivor of sexual violence or a patient: somebody who knows
marks the record. A mark is the organization's own word: no publication of a source takes it off.
"""

from types import MappingProxyType
from typing import NamedTuple

from node.model import Incident, Sensitive


class Ground(NamedTuple):
    """Why an incident is held: the rule, a sentence for people, and what would release it."""

    rule: str
    reason: str
    release: str


_TAKEN_OFF = "a person takes the mark off again, after looking at what would leave"
GROUNDS = MappingProxyType(
    {
        Sensitive.SURVIVORS: Ground(
            "R14",
            "it is marked as concerning survivors of sexual violence, which never leaves as a record",
            f"only if the mark is an error: {_TAKEN_OFF}",
        ),
        Sensitive.CHILDREN: Ground(
            "R8", "it is marked as concerning children, whom few facts are enough to recognize", _TAKEN_OFF
        ),
        Sensitive.PATIENTS: Ground(
            "R8", "it is marked as concerning patients, about whom health care keeps silent", _TAKEN_OFF
        ),
    }
)


def grounds(incident: Incident) -> tuple[Ground, ...]:
    """Every ground on which the marks of an incident hold it, the gravest first."""
    return tuple(ground for mark, ground in GROUNDS.items() if mark in incident.sensitive)
