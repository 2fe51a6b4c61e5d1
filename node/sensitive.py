"""Incidents that do not leave because of whom they struck, and what would let them.

Counts do not tell that an affected person was a child, a survivor of sexual violence or a patient: somebody who knows
marks the record. A mark is the organization's own word: no publication of a source takes it off, nor one person alone.

Sexual violence never leaves as a record. In totals for others it counts only where the survivor consented to their
purpose; silence is no consent.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from node.audience import Purpose
from node.model import Incident, Outcome, Sensitive, is_sexual_violence


class Consent(StrEnum):
    """What a survivor answered when asked whether the incident may count in totals for a purpose."""

    YES = "yes"
    NO = "no"
    NOT_ASKED = "not_asked"
    WITHDRAWN = "withdrawn"  # it was given, and is not any more


class Ground(NamedTuple):
    """Why an incident is held: the rule, a sentence for people, and what would release it."""

    rule: str
    reason: str
    release: str


_TAKEN_OFF = "two persons take the mark off again, after looking at what would leave"
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


def needs_consent(incident: Incident) -> bool:
    """Whether an incident concerns survivors of sexual violence, by what it says or by its mark (R14)."""
    told = is_sexual_violence(incident.means, incident.count(Outcome.SEXUALLY_ASSAULTED))
    return told or Sensitive.SURVIVORS in incident.sensitive


def may_count(incident: Incident, consents: Mapping[Purpose, Consent], purpose: Purpose) -> bool:
    """Whether an incident may count in totals for others, for a purpose (R14); own figures count everything."""
    return not needs_consent(incident) or consents.get(purpose) is Consent.YES
