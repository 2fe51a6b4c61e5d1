"""The indicators I1 to I26 over the cases of an officer: bounds, both medians, what is not known, and definitions."""

from datetime import date
from typing import NamedTuple

from casework.board import Counting
from casework.client.desk import RemoteDesk
from casework.errors import CaseInputError, FieldError, NotFoundError, RefusedError, SessionError
from casework.figures.printing import HEADER, Printed
from casework.figures.saying import definition, in_words
from casework.vocabulary.words import words
from console.web.languages import translations
from console.web.officer.fields import printing
from console.web.officer.opening import at_desk
from console.web.visit import Answer, Page, Table, Visit
from node.codes import code_list

FIGURES = "/cases/figures"
MOST = 10**10  # inhabitants or staff
_FIELDS = ("state", "as_of", "known_as_of", "population", "staff")


class Bounds(NamedTuple):
    """A share as a picture: as if every unknown were a no, and as if it were a yes; both in per cent."""

    low: int
    high: int


@at_desk
def show(visit: Visit, desk: RemoteDesk) -> Answer:
    """Every indicator with its definition, as of two days."""
    said = words(visit.language)
    asked, faults = _asked(visit)
    facts: dict[str, object] = {
        "values": {name: visit.asks(name) for name in _FIELDS},
        "names": {
            "state": said.field("host_state"),
            "as_of": said.word("say", "as_of"),
            "known_as_of": said.word("say", "known_as_of"),
            "population": translations(visit.language).gettext("Inhabitants"),
            "staff": translations(visit.language).gettext("Staff there"),
        },
        "words": said,
        "groups": [],
    }
    if not faults:
        try:
            found = desk.figures(asked)
        except (CaseInputError, RefusedError) as error:
            if error.reason in {SessionError.reason, NotFoundError.reason}:
                raise
            faults = {"": str(error)}
        else:
            groups: dict[str, list[tuple[Printed, Bounds | None]]] = {}
            for line in found.lines:
                groups.setdefault(line.indicator.rstrip("ab"), []).append(
                    (in_words(line, said), bounds(line))
                )
            facts |= {
                "groups": [(name, definition(name, said), lines) for name, lines in groups.items()],
                "cases": found.cases,
                "definition": found.definition,
                "days": _days(asked, desk.today),
            }
    return Page("officer/figures.html", {**facts, "faults": faults}, 422 if faults else 200)


@at_desk
def take_away(visit: Visit, desk: RemoteDesk) -> Answer:
    """The same as a file, in the words of the command line; in the language of the page where it is printed.

    Raises:
        FieldError: What is asked is no question.
    """
    said = words(visit.language)
    asked, faults = _asked(visit)
    if faults:
        raise FieldError(*next(iter(faults.items())))
    found = desk.figures(asked)
    valid, known = _days(asked, desk.today)
    if printing(visit):
        names = ("indicator", "what", "unit", "figure", "at_most", "out_of", "of_them_unknown")
        header = tuple(said.word("say", name) for name in names)
        each = dict.fromkeys(line.indicator.rstrip("ab") for line in found.lines)
        notes = {
            said.word("say", "as_of"): str(valid),
            said.word("say", "known_as_of"): str(known),
            said.word("say", "all_cases"): str(found.cases),
            said.word("say", "definition"): found.definition,
            said.word("level", "internal"): said.word("say", "sentence_internal"),
            **{name: definition(name, said) for name in each},
        }
        rows = tuple(tuple(in_words(line, said)) for line in found.lines)
        return Table(said.word("say", "figures"), header, rows, notes=notes)
    notes = {
        "definition": found.definition,
        "valid_as_of": str(valid),
        "known_as_of": str(known),
        "cases": str(found.cases),
        "for": "internal use",
    }
    return Table("figures", tuple(name.replace(" ", "_") for name in HEADER), tuple(found.lines), notes=notes)


def bounds(line: Printed) -> Bounds | None:
    """The picture of a share; nothing where the figure is none."""
    if not line.figure.endswith("%"):
        return None
    low = int(line.figure.rstrip("%"))
    if not 0 <= low <= 100:
        return None
    return Bounds(low, int(line.at_most.rstrip("%")) if line.at_most else low)


def _days(asked: Counting, today: date) -> tuple[date, date]:
    return asked.valid_as_of or today, asked.known_as_of or today


def _asked(visit: Visit) -> tuple[Counting, dict[str, str]]:
    """What is to be counted, and what is wrong with it."""
    faults: dict[str, str] = {}
    days: dict[str, date | None] = {}
    numbers: dict[str, int] = {}
    for name in ("as_of", "known_as_of"):
        try:
            days[name] = date.fromisoformat(visit.asks(name)) if visit.asks(name) else None
        except ValueError:
            faults[name] = "write a day like 2015-03-14"
    for name in ("population", "staff"):
        text = visit.asks(name) or "0"
        if text.isascii() and text.isdigit() and int(text[:12]) <= MOST:
            numbers[name] = int(text[:12])
        else:
            faults[name] = "write a number"
    state = visit.asks("state")
    if state and state not in code_list("country").codes:
        faults["state"] = "choose one of the list"
    if faults:
        return Counting(), faults
    return Counting(
        state, days["as_of"], days["known_as_of"], numbers["population"], numbers["staff"]
    ), faults
