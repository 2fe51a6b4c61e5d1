"""The persons of one row: totals, parts and those killed in captivity, by the columns that count them.

A source gives totals, parts of them by staff type or sex, or both. What a total holds beyond its parts either refuses
the row or counts as unknown, as its profile says. Some sources count a person who was killed in captivity as killed and
once more as taken: such a person counts once, as killed, and the incident says how many died how, so that both figures
of the source come out again.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from crypto.sentence import Sentence
from node.intake.cells import Cells
from node.intake.profile import Column, Profile
from node.model import Outcome, Sex, SexTally, Staff, Tally

_HELD = (Outcome.ABDUCTED, Outcome.DETAINED)


class Persons(NamedTuple):
    """Affected persons of a row, and how many of its killed died abducted and detained."""

    victims: tuple[Tally, ...] = ()
    sexes: tuple[SexTally, ...] = ()
    killed_in_captivity: int = 0
    killed_in_detention: int = 0

    @property
    def affected(self) -> int:
        """Number of all of them."""
        return sum(tally.number for tally in self.victims)


class _Part(NamedTuple):
    """Columns whose sum is a number of persons, and the parts of it that other columns count."""

    outcome: Outcome | None
    staff: Staff | None
    sex: Sex | None
    columns: tuple[Column, ...]
    parts: tuple["_Part", ...]


class _Cell:
    """Persons of one outcome, staff type and sex, while a row is counted."""

    __slots__ = ("number", "outcome", "sex", "staff")

    def __init__(self, part: _Part, number: int) -> None:
        self.outcome = part.outcome or Outcome.OTHER
        self.staff = part.staff or Staff.UNKNOWN
        self.sex = part.sex or Sex.UNKNOWN
        self.number = number


class Counts:
    """How the rows of one table count persons."""

    def __init__(self, profile: Profile, columns: Iterable[Column]) -> None:
        """Find out which columns are parts of which; `columns` are those that the table has."""
        self._profile = profile
        counting = [column for column in columns if column.says.kind == "count"]
        captive = [column for column in columns if column.says.kind == "captive"]
        everybody = [column for column in counting if column.says.outcome is None]
        self._outcomes = [part for one in Outcome if (part := _outcome(counting, one)) is not None]
        self._totals = [column for column in everybody if column.says.sex is None]
        self._sexes = [column for column in everybody if column.says.sex is not None]
        self._by_sex = [
            column for column in counting if column.says.outcome and column.says.sex and not column.says.staff
        ]
        self._captives = _part(captive, None, None, None)
        self._captive_staff = [(one, _part(captive, None, one, None)) for one in Staff]
        self._captive_sexes = [column for column in captive if column.says.sex is not None]

    def of(self, row: Cells, means: str) -> Persons:
        """Count the persons of a row; a reason is added to it where they can not be."""
        before = len(row.reasons)
        cells: list[_Cell] = []
        for part in self._outcomes:
            self._settle(row, part, cells)
        totals = [(column, row.number(column)) for column in self._totals]
        if len(row.reasons) > before:
            return Persons()
        for column, stated in totals:
            total = sum(cell.number for cell in cells if column.says.staff in {None, cell.staff})
            if stated not in {None, total}:
                row.reasons.append(
                    Sentence(
                        "{title} is {stated}, but its parts add up to {total}.",
                        title=row.title(column),
                        stated=stated,
                        total=total,
                    )
                )
        held = {cell.outcome for cell in cells if cell.outcome in _HELD and cell.number}
        abducted, detained = self._captivity(row, cells, means)
        held -= {cell.outcome for cell in cells if cell.number}
        tallies: dict[tuple[Outcome, Staff, Sex], int] = {}
        for cell in cells:
            if cell.number:
                key = (cell.outcome, cell.staff, cell.sex)
                tallies[key] = tallies.get(key, 0) + cell.number
        victims = tuple(Tally(*key, number, self._profile.qualifier) for key, number in tallies.items())
        affected = sum(tally.number for tally in victims)
        sexes = self._sex(row, affected, abducted + detained, held)
        return Persons(victims, sexes, abducted, detained)

    def _settle(self, row: Cells, part: _Part, cells: list[_Cell]) -> int:
        """Add the finest numbers that a part and what it is made of tell, and return how many that are."""
        before = len(row.reasons)
        stated = _sum(row, part.columns)
        if not part.parts:
            if stated:
                cells.append(_Cell(part, stated))
            return stated or 0
        finer: list[_Cell] = []
        told = sum(self._settle(row, one, finer) for one in part.parts)
        if stated is not None and stated != told and len(row.reasons) == before:
            title = row.title(part.columns[0])
            if self._profile.rest == "refuse":
                row.reasons.append(
                    Sentence(
                        "{title} is {stated}, but its parts add up to {total}.",
                        title=title,
                        stated=stated,
                        total=told,
                    )
                )
                return told
            if told > stated:
                row.warnings.append(
                    Sentence("The parts of {title} add up to more than it; they were left out.", title=title)
                )
                finer, told = [], 0
            finer.append(_Cell(part, stated - told))
            told = stated
        cells += finer
        return told

    def _captivity(self, row: Cells, cells: list[_Cell], means: str) -> tuple[int, int]:
        """How many of the killed died abducted and detained; those whom the source counts twice are taken out once."""
        killed = sum(cell.number for cell in cells if cell.outcome is Outcome.KILLED)
        if self._captives is None:
            return (killed if means in self._profile.captive_means else 0), 0
        left = _sum(row, self._captives.columns) or 0
        if left > killed:
            row.warnings.append(
                Sentence("More persons were killed in captivity than killed; none of them was told apart.")
            )
            return 0, 0
        of_staff = {one: _sum(row, part.columns) or 0 for one, part in self._captive_staff if part}
        taken = []
        for outcome in _HELD:
            held = [cell for cell in cells if cell.outcome is outcome]
            taken.append(min(left, sum(cell.number for cell in held)))
            left -= taken[-1]
            _take_out(held, taken[-1], of_staff)
        if left:
            row.warnings.append(Sentence("Somebody was killed in captivity whom no column counts as taken."))
        return taken[0], taken[1]

    def _sex(self, row: Cells, affected: int, captives: int, died: set[Outcome]) -> tuple[SexTally, ...]:
        """Persons by sex, where the source does not cross it with staff type; of outcomes that all died of, once."""
        if self._sexes:
            tallies = [SexTally(column.says.sex or Sex.UNKNOWN, row.count(column)) for column in self._sexes]
            if sum(tally.number for tally in tallies) != affected:
                row.warnings.append(Sentence("The numbers by gender do not add up to the persons affected."))
            return tuple(tally for tally in tallies if tally.number)
        if not self._by_sex:
            return ()
        numbers = dict.fromkeys(Sex, 0)
        for column in self._by_sex:
            if column.says.outcome not in died:
                numbers[column.says.sex or Sex.UNKNOWN] += row.count(column)
        for column in self._captive_sexes if captives and not died else ():
            numbers[column.says.sex or Sex.UNKNOWN] -= row.count(column)
        numbers[Sex.UNKNOWN] += affected - sum(numbers.values())
        if min(numbers.values()) < 0:
            row.warnings.append(
                Sentence("The numbers by gender are more than the persons affected; they were left out.")
            )
            return ()
        return tuple(SexTally(sex, number) for sex, number in numbers.items() if number)


def _outcome(columns: Sequence[Column], outcome: Outcome) -> _Part | None:
    """The columns of one outcome as a tree: it, its staff types, and those by sex."""
    staff = []
    for one in Staff:
        crossed = [part for sex in Sex if (part := _part(columns, outcome, one, sex)) is not None]
        whole = _part(columns, outcome, one, None)
        if whole is not None or crossed:
            staff.append(_Part(outcome, one, None, whole.columns if whole else (), tuple(crossed)))
    total = _part(columns, outcome, None, None)
    if total is None and not staff:
        return None
    return _Part(outcome, None, None, total.columns if total else (), tuple(staff))


def _part(
    columns: Iterable[Column], outcome: Outcome | None, staff: Staff | None, sex: Sex | None
) -> _Part | None:
    found = tuple(column for column in columns if column.says[2:] == (outcome, staff, sex))
    return _Part(outcome, staff, sex, found, ()) if found else None


def _sum(row: Cells, columns: Iterable[Column]) -> int | None:
    """What columns say together; `None` where all of them are empty."""
    numbers = [number for column in columns if (number := row.number(column)) is not None]
    return sum(numbers) if numbers else None


def _take_out(held: Sequence[_Cell], number: int, of_staff: dict[Staff, int]) -> None:
    """Take persons out of those held: of the staff type that the source names, then others, unknown first."""
    for named in (True, False):
        for cell in sorted(held, key=lambda one: one.staff is not Staff.UNKNOWN):
            out = min(number, cell.number, of_staff.get(cell.staff, 0) if named else number)
            cell.number -= out
            number -= out
            if named and out:
                of_staff[cell.staff] -= out
