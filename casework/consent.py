"""Consent per purpose: the last word of each person counts, a withdrawal stops outgoing use at once (casework 5.3)."""

from casework.casefile import CaseFile

_REFUSALS = frozenset({"no", "withdrawn"})


def consent(case: CaseFile, person: str, purpose: str) -> str:
    """The last word of a person on a purpose: a code of the list `consent`; `not_asked` where there is none.

    The last is the one that was said last, whenever it was written down: an old agreement that turns up late does not
    undo a withdrawal. Two words of one day: the one that refuses counts.
    """
    words = [
        (event.when.latest, event.text("answer") in _REFUSALS, event.sequence, event.text("answer"))
        for event in case.of("consent_recorded")
        if event.text("person") == person and event.text("purpose") == purpose
    ]
    return max(words)[-1] if words else "not_asked"


def survivors(case: CaseFile) -> tuple[str, ...]:
    """Persons affected by sexual violence; all persons of a case of which that is the category."""
    chosen = tuple(person.id for person in case.persons if "sexually_assaulted" in person.many("harm"))
    return chosen or (tuple(person.id for person in case.persons) if case.is_sexual_violence else ())


def blocked(case: CaseFile, purpose: str) -> tuple[str, ...]:
    """Persons of whom nothing may be used for a purpose, in the order in which they were added.

    They refused or withdrew, for this purpose or for keeping a record at all; a survivor of sexual violence also where
    nobody has asked yet.
    """
    asked = set(survivors(case))
    return tuple(
        person.id
        for person in case.persons
        if (person.id in asked and consent(case, person.id, purpose) != "yes")
        or consent(case, person.id, purpose) in _REFUSALS
        or consent(case, person.id, "record") in _REFUSALS
    )
