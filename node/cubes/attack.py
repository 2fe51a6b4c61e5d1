"""What somebody can work out of figures: the least and the most that a hidden one can be.

Whoever reads releases knows sums of whole numbers that are not negative. The attacker here knows all of them together
and solves for the least and the most that each hidden number can be, exactly (mixed-integer programs, by HiGHS).
"""

import importlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from node.errors import SolverError

_NEARLY = 1e-6
WIDTH = 3  # least distance between the least and the most that a hidden figure can be

Parts: TypeAlias = tuple[int, ...]
"""Numbers of unknowns; each counts once."""


class Sum(NamedTuple):
    """What is known of the sum of some unknowns; `most` is `None` where nothing bounds it."""

    parts: Parts
    least: int
    most: int | None


class Interval(NamedTuple):
    """The least and the most that something can be; `None` is without end."""

    least: int
    most: int | None

    @property
    def is_narrow(self) -> bool:
        """Whether it gives away what should stay hidden."""
        return self.most is not None and self.most - self.least < WIDTH


def intervals(known: Sequence[Sum], wanted: Sequence[Parts]) -> list[Interval]:
    """Work out how far each wanted sum is known.

    Args:
        known: Everything that is known; an unknown of which nothing is said is a whole number from 0.
        wanted: The hidden sums.

    Raises:
        SolverError: No solver is installed, or what is known contradicts itself.
    """
    found = []
    for problem, parts in _problems(known, wanted, 0):
        if problem is None:
            found.append(Interval(0, 0))
            continue
        most = problem.extreme(parts, 1)
        found.append(Interval(-problem.extreme(parts, -1), None if most >= problem.beyond else most))
    return found


def narrow(known: Sequence[Sum], wanted: Sequence[Parts], truth: Sequence[int]) -> list[int]:
    """Places of the wanted sums that are pinned to less than `WIDTH`.

    Every solution that is found shows how far all of the wanted sums can be from each other, so that most of them need
    no solving of their own.

    Args:
        known: As in `intervals`.
        wanted: Likewise.
        truth: The unknowns as they are: the first solution.

    Raises:
        SolverError: No solver is installed.
    """
    seen = _Seen(wanted, truth)
    pinned = []
    for place, (problem, parts) in enumerate(_problems(known, wanted, max(truth, default=0))):
        for sign in (1, -1):
            if problem is None or seen.is_wide(place):
                break
            problem.extreme(parts, sign)
            seen.note(problem.solution())
        if not seen.is_wide(place):
            pinned.append(place)
    return pinned


class _Seen:
    """The least and the most that wanted sums were in the solutions so far."""

    def __init__(self, wanted: Sequence[Parts], truth: Sequence[int]) -> None:
        self._wanted = wanted
        self.least = [sum(truth[one] for one in parts) for parts in wanted]
        self.most = list(self.least)
        self._places: dict[int, list[int]] = defaultdict(list)  # of wanted sums, by their first unknown
        for place, parts in enumerate(wanted):
            if parts:
                self._places[parts[0]].append(place)

    def is_wide(self, place: int) -> bool:
        return self.most[place] - self.least[place] >= WIDTH

    def note(self, solution: Mapping[int, int]) -> None:
        """Take a solution in; the unknowns of a sum are all in it or none."""
        for place in (place for one in solution for place in self._places[one]):
            value = sum(solution[one] for one in self._wanted[place])
            self.least[place] = min(self.least[place], value)
            self.most[place] = max(self.most[place], value)


class _Problem:
    """The unknowns that hang together, and a solver that knows what is known of them.

    `beyond` is more than any sum can be that is bounded at all, and the most that an unknown is given: solvers are at
    their best where nothing is without end.
    """

    def __init__(self, unknowns: Sequence[int], known: Sequence[Sum], at_least: int) -> None:
        largest = max((one.most if one.most is not None else one.least for one in known), default=0)
        self.beyond = (max(largest, at_least) + WIDTH) * (len(unknowns) + 1)
        self._highs = _solver()
        self._model = self._highs._core._Highs()  # noqa: SLF001 - the one above it prints a banner
        self._model.setOptionValue("output_flag", False)
        self._model.setOptionValue("threads", 1)
        self._model.setOptionValue("mip_rel_gap", 0.0)
        self.unknowns = tuple(unknowns)
        self._columns = {one: at for at, one in enumerate(self.unknowns)}
        self._costs: set[int] = set()
        infinity = self._highs.kHighsInf
        for _ in self.unknowns:
            self._model.addVar(0, self.beyond)
        for one in known:
            columns = [self._columns[part] for part in one.parts]
            most = infinity if one.most is None else one.most
            self._model.addRow(one.least, most, len(columns), columns, [1.0] * len(columns))

    def extreme(self, parts: Parts, sign: int) -> int:
        """The most of a sum, or with sign -1 the most of its negative."""
        chosen = {self._columns[one] for one in parts}
        for at in self._costs | chosen:
            self._model.changeColCost(at, -float(sign) if at in chosen else 0.0)
        self._costs = chosen
        found = self._solve()
        if not self._is_whole():
            # Only what is not a table of two dimensions gets here: ends of others are whole by themselves.
            self._whole(self._highs.HighsVarType.kInteger)
            found = self._solve()
            self._whole(self._highs.HighsVarType.kContinuous)
        return found

    def solution(self) -> dict[int, int]:
        """The unknowns in the last solution."""
        return {one: round(self._last[at]) for one, at in self._columns.items()}

    def _solve(self) -> int:
        self._model.run()
        status = self._model.getModelStatus()
        if status != self._highs.HighsModelStatus.kOptimal:
            raise SolverError(
                "what is known contradicts itself, or can not be solved ({status})", status=status
            )
        self._last: list[float] = list(self._model.getSolution().col_value)
        return -round(float(self._model.getInfo().objective_function_value))

    def _is_whole(self) -> bool:
        return all(abs(one - round(one)) < _NEARLY for one in self._last)

    def _whole(self, kind: Any) -> None:
        for at in range(len(self.unknowns)):
            self._model.changeColIntegrality(at, kind)


def _problems(
    known: Sequence[Sum], wanted: Sequence[Parts], at_least: int
) -> list[tuple[_Problem | None, Parts]]:
    """For each wanted sum the problem in which it lies: what hangs together by what is known, or by what is wanted."""
    root: dict[int, int] = {}

    def find(one: int) -> int:
        while root.setdefault(one, one) != one:
            root[one] = root[root[one]]
            one = root[one]
        return one

    for parts in (*(one.parts for one in known), *wanted):
        for other in parts[1:]:
            root[find(other)] = find(parts[0])
    unknowns: dict[int, list[int]] = defaultdict(list)
    for one in sorted({part for parts in (*(one.parts for one in known), *wanted) for part in parts}):
        unknowns[find(one)].append(one)
    facts: dict[int, list[Sum]] = defaultdict(list)
    for said in known:
        if said.parts:
            facts[find(said.parts[0])].append(said)
    made: dict[int, _Problem] = {}
    found: list[tuple[_Problem | None, Parts]] = []
    for parts in wanted:
        at = find(parts[0]) if parts else -1
        if parts and at not in made:
            made[at] = _Problem(unknowns[at], facts[at], at_least)
        found.append((made.get(at), parts))
    return found


def _solver() -> Any:
    try:
        return importlib.import_module("highspy")
    except ImportError as error:
        raise SolverError("releases need the solver HiGHS: pip install 'tocsin[releases]'") from error
