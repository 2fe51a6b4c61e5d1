"""What reports say of one case, derived once: where it stands, letters, courts, detentions, and what is due."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from casework.casefile import CaseFile
from casework.communications import Demarche, demarches
from casework.detention import Detention, detentions
from casework.justice import Axes, axes
from casework.lifecycle import State, follow
from casework.span import Range, Span
from casework.vocabulary.deadlines import Rules
from casework.worklist import worklist

NO_ACTION = "no_action"


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is due, as an officer's list names it.

    Attributes:
        case: Name of the case.
        key: What people call the clock, such as D4:L1; empty where nothing is planned.
        rule: Id of its rule; empty likewise.
        task: The officer's own words for a planned action; empty for what a rule asks for.
        due: First and last day on which the time can end; nothing where nothing is planned.
        owner: Code of the list `role`; empty likewise.
        heading: `overdue`, `today`, `week`, `later`, or `NO_ACTION`.
        late: Days past due, at least and at most.
    """

    case: str
    key: str
    rule: str
    task: str
    due: Span | None
    owner: str
    heading: str
    late: Range


@dataclass(frozen=True, slots=True)
class Reading:
    """A case with everything that reports say of it."""

    case: CaseFile
    state: State
    since: date
    axes: Axes
    letters: tuple[Demarche, ...]
    detentions: tuple[Detention, ...]
    due: tuple[Due, ...]

    @property
    def number(self) -> int:
        """How many persons are affected."""
        return len(self.case.persons)

    @property
    def waiting(self) -> tuple[Demarche, ...]:
        """Letters without an answer in substance."""
        return tuple(one for one in self.letters if one.answered is None)


def reading_of(case: CaseFile, rules: Rules) -> Reading:
    """Derive what reports say of a case."""
    followed = follow(case)
    return Reading(
        case,
        followed.state,
        followed.since,
        axes(case),
        demarches(case),
        detentions(case),
        tuple(_due(case, rules)),
    )


def _due(case: CaseFile, rules: Rules) -> Iterable[Due]:
    found = worklist((case,), case.valid_as_of, rules)
    for item in found.items:
        clock = item.clock
        task = clock.text if clock.rule.id == "task" else ""
        late = clock.overdue(case.valid_as_of)
        yield Due(case.name, clock.key, clock.rule.id, task, clock.due, clock.rule.owner, item.when, late)
    for _ in found.no_next_action:
        yield Due(case.name, "", "", "", None, "", NO_ACTION, Range(0, 0))
