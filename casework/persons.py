"""Persons affected as they stand: harm that changes, who counts among the dead, whom each organization lost.

A person in two incidents of one case is one person. Perpetrators are no persons affected, whatever happened to them.
Who is presumed dead, or of whom the sources differ, is in the upper bound of the dead and not in the lower.
"""

from dataclasses import dataclass

from casework.abduction import abductions
from casework.captivity import episodes, ids_of
from casework.casefile import CaseFile, Thing
from casework.detention import WORDS as DETENTION
from casework.span import Range
from casework.values import Gap
from casework.vocabulary import codes

_LOCAL = frozenset({"national", "locally_recruited"})
_FATES = ("dead", "presumed_dead", "missing")  # whoever is one of these is no longer only injured


@dataclass(frozen=True, slots=True)
class Affected:
    """One person affected, as of the days of the case.

    Attributes:
        id: Pseudonym.
        harm: Codes of the list `harm`, in its order; empty where nobody knows.
        cause: Code of the list `cause`.
        local: Whether nationally or locally recruited; None where nobody knows.
        organization: Whom the person worked for; empty where nothing is said.
    """

    id: str
    harm: tuple[str, ...]
    cause: str
    local: bool | None
    organization: str


@dataclass(frozen=True, slots=True)
class Toll:
    """How many persons, each counted once, as bounds."""

    affected: int
    dead: Range
    injured: Range
    harm_unknown: int


def affected(case: CaseFile) -> tuple[Affected, ...]:
    """Everybody affected, in the order in which they were added; nobody who is an alleged party as well."""
    parties = {party.id for party in case.parties}
    dead = {
        person
        for event in case.of("died", "remains_found")
        for person in event.many("persons")
        if event.text("established") != "not_met"
    }
    fates = {
        person: "presumed_dead"
        for event in case.of("died")
        for person in event.many("persons")
        if event.text("established") == "not_met"
    }
    fates |= {
        person: episode.outcome
        for abduction in abductions(case)
        for episode in abduction.episodes
        if len(episode.who) == 1 and episode.outcome in _FATES
        for person in episode.who
    }
    held = ids_of(episodes(case, DETENTION))
    taken = ids_of(one for abduction in abductions(case) for one in abduction.episodes)
    return tuple(
        Affected(
            person.id,
            _harm(
                {
                    *person.many("harm"),
                    *(["dead"] if person.id in dead else []),
                    *(["detained"] if person.id in held else []),
                    *(["abducted"] if person.id in taken else []),
                    *([fates[person.id]] if person.id in fates else []),
                }
            ),
            person.text("cause") or "unknown",
            _local(case, person),
            person.text("organization"),
        )
        for person in case.persons
        if person.id not in parties
    )


def toll(persons: tuple[Affected, ...]) -> Toll:
    """Count them: dead are those who are, and at most also those presumed dead, missing or of unknown harm."""
    dead = sum("dead" in one.harm for one in persons)
    perhaps = sum(
        "dead" not in one.harm and (not one.harm or {"presumed_dead", "missing"} & set(one.harm) != set())
        for one in persons
    )
    injured = sum("injured" in one.harm for one in persons)
    unknown = sum(not one.harm for one in persons)
    return Toll(len(persons), Range(dead, dead + perhaps), Range(injured, injured + unknown), unknown)


def by_organization(persons: tuple[Affected, ...]) -> dict[str, tuple[Affected, ...]]:
    """The same persons by whom they worked for; empty for those of whom nothing is said."""
    found: dict[str, tuple[Affected, ...]] = {}
    for one in persons:
        found[one.organization] = (*found.get(one.organization, ()), one)
    return found


def _harm(codes_: set[str]) -> tuple[str, ...]:
    """Harm in the order of its gravity: who died is no longer injured, missing or presumed dead."""
    if "dead" in codes_:
        codes_ -= {"injured", "missing", "presumed_dead", "none"}
    elif "presumed_dead" in codes_:
        codes_ -= {"injured", "missing", "none"}
    return tuple(code for code in codes("harm") if code in codes_)


def _local(case: CaseFile, person: Thing) -> bool | None:
    staff = person.text("staff")
    if staff and not isinstance(person.values.get("staff"), Gap):
        return True if staff in _LOCAL else False if staff == "international" else None
    nationalities = person.many("nationalities")
    return case.host_state in nationalities if nationalities and case.host_state else None
