"""Bring old cases in from a file, and write cases into one: each case as a whole or not at all (CW-23)."""

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from casework.casefile import CaseFile
from casework.consent import blocked
from casework.errors import CaseInputError
from casework.event import Statement
from casework.intake.export import case_rows
from casework.intake.mapping import Opening, map_case
from casework.intake.rows import Problem, read_rows, write_rows
from casework.intake.told import ROW_KIND, Said
from casework.officer import Officer
from casework.span import on
from casework.values import Gap
from crypto.sentence import Sentence


class Looker(Protocol):
    """What foreseeing an import asks of an officer's desk."""

    @property
    def today(self) -> date:
        """The UTC day."""

    def read_all(self) -> tuple[CaseFile, ...]:
        """Read every case of this officer."""


class Importer(Looker, Protocol):
    """What importing asks of it."""

    officer: Officer

    def open_case(self, statement: Statement, *, then: Iterable[Statement] = ()) -> str:
        """Open a case with everything that is said of it."""

    def say(self, uid: str, *statements: Statement) -> tuple[str, ...]:
        """Say more of a case, all or nothing."""


class Imported(NamedTuple):
    """What became of one case of a file.

    Attributes:
        case_id: What the file calls it.
        uid: The case here; empty where it was refused.
        result: `imported`, `extended` with new rows, `unchanged` or `refused`.
        events: How many events were written down.
        problems: Why it was refused, every problem.
    """

    case_id: str
    uid: str
    result: str
    events: int
    problems: tuple[Problem, ...]


def import_cases(
    desk: Importer, text: str, public_ref: Callable[[], str] = lambda: secrets.token_hex(8)
) -> tuple[Imported, ...]:
    """Import every case of a file that has no problem; one that was imported before only gets what is new in it.

    Raises:
        FieldError: It is no file of cases.
        AuditError: The cases that are here could not be read.
    """
    return tuple(importing(desk, text, public_ref))


def importing(
    desk: Importer, text: str, public_ref: Callable[[], str] = lambda: secrets.token_hex(8)
) -> Iterator[Imported]:
    """The same, and tells of each case when it is done; whoever stops listening leaves out the cases that follow.

    Raises:
        FieldError: It is no file of cases; nothing was imported.
        AuditError: The cases that are here could not be read; likewise.
    """
    for one in _looked_at(desk, text):
        if one.problems:
            yield Imported(one.case_id, "", "refused", 0, one.problems)
        elif one.before is not None:
            yield _extend(desk, one.case_id, one.opening, one.before)
        else:
            yield _open(desk, one.case_id, one.opening, public_ref())


def foresee(desk: Looker, text: str) -> tuple[Imported, ...]:
    """What an import would do, case by case; nothing is written. What a case itself refuses, the import tells.

    Raises:
        FieldError: It is no file of cases.
        AuditError: The cases that are here could not be read.
    """
    found = []
    for one in _looked_at(desk, text):
        if one.problems:
            found.append(Imported(one.case_id, "", "refused", 0, one.problems))
        elif one.before is None:
            found.append(Imported(one.case_id, "", "imported", len(one.opening.said) + 1, ()))
        else:
            fresh = len(_fresh(one.opening, one.before))
            found.append(
                Imported(one.case_id, one.before.uid, "extended" if fresh else "unchanged", fresh, ())
            )
    return tuple(found)


class _Looked(NamedTuple):
    """A case of a file: what it says, what is wrong with it, and the case here that was imported from it before."""

    case_id: str
    opening: Opening
    problems: tuple[Problem, ...]
    before: CaseFile | None


def _looked_at(desk: Looker, text: str) -> Iterator[_Looked]:
    cases = read_rows(text, desk.today)
    known = {case.about.text("imported_as"): case for case in desk.read_all()}
    for case_id, (rows, problems) in cases.items():
        opening, before = map_case(rows, desk.today), known.get(case_id)
        wrong = sorted({*problems, *opening.problems, *_changed(opening, before)})
        yield _Looked(case_id, opening, tuple(wrong), before)


def _fresh(opening: Opening, case: CaseFile) -> list[Said]:
    """What the rows say that is not in the case yet."""
    known = {event.text("row") for event in case.of(ROW_KIND)}
    return [one for one in opening.said if one.row.id not in known]


def export_cases(cases: Iterable[CaseFile]) -> tuple[str, tuple[CaseFile, ...]]:
    """Write cases in the format that `import_cases` reads, and say which were left out.

    Sexual violence never leaves as a single case, nor does anybody who does not want to be recorded (CW-10).
    """
    listed = tuple(cases)
    kept_back = tuple(case for case in listed if case.is_sexual_violence or blocked(case, "record"))
    return write_rows(row for case in listed if case not in kept_back for row in case_rows(case)), kept_back


def _open(desk: Importer, case_id: str, opening: Opening, public_ref: str) -> Imported:
    fields = {**opening.fields, "owner": desk.officer.officer_id, "public_ref": public_ref}
    try:
        uid = desk.open_case(
            Statement("opened", on(desk.today), fields), then=[one.statement for one in opening.said]
        )
    except CaseInputError as error:
        return _refused(case_id, opening.said, error)
    return Imported(case_id, uid, "imported", len(opening.said) + 1, ())


def _extend(desk: Importer, case_id: str, opening: Opening, case: CaseFile) -> Imported:
    """Say what the rows say that are not in the case yet."""
    fresh = _fresh(opening, case)
    if not fresh:
        return Imported(case_id, case.uid, "unchanged", 0, ())
    try:
        desk.say(case.uid, *(one.statement for one in fresh))
    except CaseInputError as error:
        return _refused(case_id, fresh, error)
    return Imported(case_id, case.uid, "extended", len(fresh), ())


def _refused(case_id: str, said: Sequence[Said], error: CaseInputError) -> Imported:
    row = said[error.statement].row.number if said else 0
    return Imported(case_id, "", "refused", 0, (Problem(row, "event_type", str(error)),))


def _changed(opening: Opening, case: CaseFile | None) -> Iterator[Problem]:
    """Rows that read otherwise than when they were imported: a case is corrected in the case, by who knows better."""
    kept = {event.text("row"): event for event in case.of(ROW_KIND)} if case else {}
    for one in opening.said:
        event = kept.get(one.row.id) if one.statement.kind == ROW_KIND else None
        for name, column in (("text", "row"), ("who", "source")):
            before = event.fields.get(name) if event else None
            if event and before is not Gap.WITHHELD and before != one.statement.fields.get(name):
                yield Problem(
                    one.row.number,
                    column,
                    Sentence("was imported before and said something else; correct it in the case"),
                )
