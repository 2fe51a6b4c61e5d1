"""What `tocsin case show` prints: what is derived of a case, part by part."""

from collections.abc import Iterator
from typing import Any

from casework.casefile import CaseFile
from casework.communications import demarches, response
from casework.justice import axes
from casework.persons import affected, by_organization, toll
from casework.values import Gap, Value
from casework.vocabulary import codes

Rows = list[tuple[Any, ...]]


def show_axes(case: CaseFile) -> Iterator[tuple[str, str]]:
    """How far justice got, in a line each."""
    derived = axes(case)
    for forum, furthest, current in derived.stages:
        now = "" if furthest == current else f"; now: {label('stage', current)}"
        yield f"stage, {label('forum', forum).lower()}", label("stage", furthest) + now
    yield "public status", label("public_status", derived.public_status)
    yield "abroad", label("forum_status", derived.foreign_status)
    yield "impunity", f"{label('impunity', derived.impunity)}: {derived.why}"
    if derived.staff:
        yield "staff accused", label("staff_outcome", derived.staff)
    days = derived.days_to_judgment(case.incident)
    if days:
        yield "days to judgment", str(days)
    yield from _persons(case)
    yield from _response(case)
    differing = len(case.conflicts())
    if differing:
        yield "contradictions", f"{differing}; see --part conflicts"


def show_persons(case: CaseFile) -> Iterator[tuple[str, dict[str, Value]]]:
    """Everybody affected, with harm as it came to be."""
    values = {person.id: person.values for person in case.persons}
    for one in affected(case):
        said = {name: value for name, value in values[one.id].items() if name != "person"}
        yield f"person {one.id}", {**said, "harm": one.harm or Gap.UNKNOWN}


def _persons(case: CaseFile) -> Iterator[tuple[str, str]]:
    persons = affected(case)
    for name, those in by_organization(persons).items():
        counted = toll(those)
        whose = f" of {name}" if name else ""
        yield (
            f"persons affected{whose}",
            f"{counted.affected}; dead {counted.dead}; injured {counted.injured}",
        )


def _response(case: CaseFile) -> Iterator[tuple[str, str]]:
    listed = demarches(case)
    if listed:
        found = response(listed, case.valid_as_of)
        waits = f"; waiting {found.waiting} days" if found.waiting else ""
        grades = f"best grade {found.best or 'none'}, latest {found.latest or 'none'}"
        yield "letters", f"{len(listed)}, {found.unanswered} unanswered; {grades}{waits}"


def label(name: str, code: str) -> str:
    """English words of a code; the code itself where it has none."""
    found = codes(name).get(code)
    return found.label if found else code
