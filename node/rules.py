"""Whether a record may leave, and how finely: the part of Saving Lives Together that every release must pass.

Nothing leaves by default (R1). A release names tiers; each tier opens each dimension down to a fixed level
(R10, R11). Some incidents are held whatever the release says.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from enum import IntEnum
from types import MappingProxyType
from typing import NamedTuple

from node.ladders import ACTOR, CERTAINTY, DIMENSIONS, TARGET, VICTIMS, WHAT, WHEN, WHERE, Dimension
from node.model import Custody, Incident, Outcome
from node.sensitive import grounds
from node.signed import Label

# Sources often report a capture and never its end. After a year we take it for over, before that we do not (R15).
CUSTODY_PRESUMED_OVER = timedelta(days=365)
SEXUAL_VIOLENCE = "rape_sexual_assault"


class Tier(IntEnum):
    """How finely an audience may see, from coarse to fine; what a tier sees, every finer tier sees too."""

    PUBLIC = 1
    PEER = 2
    COORDINATOR = 3


class Hold(NamedTuple):
    """Why an incident does not leave, whatever was asked: the rule, a sentence for people, what would release it."""

    rule: str
    reason: str
    release: str


def _levels(tier: Mapping[Dimension, str]) -> tuple[int, ...]:
    """Finest opened level of each dimension in schema order; -1 is not opened at all."""
    return tuple(
        dimension.levels.index(tier[dimension]) if dimension in tier else -1 for dimension in DIMENSIONS
    )


LEVELS: Mapping[Tier, tuple[int, ...]] = MappingProxyType(
    {
        Tier.PUBLIC: _levels(
            {WHEN: "year", WHERE: "country", WHAT: "means", VICTIMS: "outcome", CERTAINTY: "level"},
        ),
        Tier.PEER: _levels(
            {
                WHEN: "month",
                WHERE: "admin1",
                WHAT: "means",
                VICTIMS: "outcome",
                TARGET: "sector",
                ACTOR: "group",
                CERTAINTY: "source",
            }
        ),
        Tier.COORDINATOR: _levels(
            {
                WHEN: "day",
                WHERE: "admin2",
                WHAT: "location",
                VICTIMS: "sex",
                TARGET: "type",
                ACTOR: "motive",
                CERTAINTY: "source",
            }
        ),
    }
)
_LABELS = {Tier.PUBLIC: Label.CLEAR, Tier.PEER: Label.GREEN, Tier.COORDINATOR: Label.AMBER}


def label(tiers: frozenset[Tier]) -> Label:
    """Label of a record released to these tiers: that of the finest view, as the narrowest label wins (R3, R4)."""
    return _LABELS[max(tiers)]


def is_sexual_violence(means: str | None, sexually_assaulted: int) -> bool:
    """Whether an incident falls under the rule that sexual violence never travels as a record (R14)."""
    return means == SEXUAL_VIOLENCE or sexually_assaulted > 0


def hold(incident: Incident, today: date) -> Hold | None:
    """Reason why the incident must not leave, or `None`.

    Args:
        incident: As the organization holds it.
        today: UTC day of the decision; a capture whose end nobody reported counts as over a year after it.
    """
    if is_sexual_violence(incident.means, incident.count(Outcome.SEXUALLY_ASSAULTED)):
        return Hold(
            "R14",
            "sexual violence never leaves as a record, only inside totals",
            "nothing; with the survivor's consent it counts in totals",
        )
    captured = incident.count(Outcome.ABDUCTED) + incident.count(Outcome.DETAINED)
    if incident.custody is Custody.ONGOING:
        return Hold("R15", "somebody is still abducted or detained", "news of the end of captivity")
    if (
        captured
        and incident.custody is Custody.UNKNOWN
        and today - incident.when.latest < CUSTODY_PRESUMED_OVER
    ):
        return Hold(
            "R15",
            "somebody was abducted or detained less than a year ago and no release is known",
            f"news of the release, or {incident.when.latest + CUSTODY_PRESUMED_OVER}",
        )
    return next((Hold(*ground) for ground in grounds(incident)), None)
