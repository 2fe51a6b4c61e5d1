"""What one case contributes to boards, work lists and indicators, as of two days; and its text, to be kept sealed.

Facts are derived and can be made again at any moment. They hold codes, days and numbers only: no name, no place below
the State, no word that somebody wrote.
"""

import json
from dataclasses import astuple, dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from casework.errors import TamperedError
from casework.span import Basis, Range, Span

DEFINITION = "1"  # of everything counted from facts; printed with each figure and raised when one changes


class Answer(StrEnum):
    """Yes, no, or not known; unknown is never dropped."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PersonFact:
    """One person affected.

    Attributes:
        harm: Codes of the list `harm`.
        cause: Code of the list `cause`.
        staff: Code of the list `staff`; empty when unknown.
        employer: Code of the list `employer`; likewise.
        sex: Code of the list `sex`; likewise.
        covered: Whether a criminal conviction covers the harm (I12).
    """

    harm: tuple[str, ...] = ()
    cause: str = "unknown"
    staff: str = ""
    employer: str = ""
    sex: str = ""
    covered: Answer = Answer.UNKNOWN


@dataclass(frozen=True, slots=True)
class DemarcheFact:
    """One letter to a government, and what came back.

    Attributes:
        sent: Earliest and latest day.
        acknowledged: First acknowledgement or reply; `None` while there is none.
        answered: First substantive reply; likewise.
        grade: Best grade of a reply, A B C or E; D when reminders stayed unanswered; empty while open.
        yearly: Whether it is a yearly request (D7).
    """

    sent: Span
    acknowledged: Span | None = None
    answered: Span | None = None
    grade: str = ""
    yearly: bool = False


@dataclass(frozen=True, slots=True)
class ForumFact:
    """How far justice went in one class of forum (I6 to I11)."""

    forum: str
    investigated: Answer = Answer.UNKNOWN
    completed: Answer = Answer.UNKNOWN
    charged: Answer = Answer.UNKNOWN
    tried: Answer = Answer.UNKNOWN
    convicted: Answer = Answer.UNKNOWN
    convicted_finally: Answer = Answer.UNKNOWN


@dataclass(frozen=True, slots=True)
class HeldFact:
    """One detention or abduction.

    Attributes:
        abducted: Whether it is an abduction.
        persons: How many are held.
        start: Earliest and latest day.
        end: Likewise; `None` while somebody is held.
        outcome: Code of the list `detention_outcome` or `abduction_outcome`; empty when unknown.
        access: First visit of each type, days after the start; -1 when denied or not yet.
        grounds: Whether the grounds were communicated.
    """

    abducted: bool
    persons: Range
    start: Span
    end: Span | None = None
    outcome: str = ""
    access: tuple[tuple[str, int], ...] = ()
    grounds: Answer = Answer.UNKNOWN


@dataclass(frozen=True, slots=True)
class OverdueFact:
    """One clock that is past its day, and by how many days."""

    rule: str
    owner: str
    days: int


class EvidenceFact(NamedTuple):
    """Items of evidence: how many, how many secured within 7 days, and how their last check went."""

    items: int = 0
    secured_early: int = 0
    good: int = 0
    failed: int = 0
    overdue: int = 0


NO_EVIDENCE = EvidenceFact()


@dataclass(frozen=True, slots=True)
class Facts:
    """One case.

    Attributes:
        uid: 32 hexadecimal digits; never printed in a figure.
        categories: Codes of the list `category`.
        host_state: Country code of three letters.
        incident: When it happened; `None` when unknown.
        opened_on: Day on which the case was opened.
        last_on: Day of its last event.
        closed_on: Day on which it was closed; `None` while open.
        state: Follow-up state.
        since: Day from which it is in that state.
        owner: Id of the officer who has to see to it.
        counted: Whether it may enter more than totals: not on hold, and nobody who had to agree did not.
        sexual_violence: Whether anybody affected is a survivor.
        public_status: Code of the list `public_status`.
        impunity: Code of the list `impunity`.
        persons: Persons affected.
        demarches: Letters to governments.
        forums: Host, other, international.
        quality: Quality marks of investigations: mark, met or not_met.
        held: Detentions and abductions.
        overdue: Open clocks past their day.
        next_action: Whether anything is planned.
        evidence: Items of evidence.
        remedies: Each ordered remedy: code of the list `paid`, or unknown; and whether it is contested.
        convicted: Convicted persons, and of them those at large or escaped.
        joint_ref: Shared reference of a case that several organizations follow; empty for none.
    """

    uid: str
    categories: tuple[str, ...]
    host_state: str
    incident: Span | None
    opened_on: date
    last_on: date
    closed_on: date | None
    state: str
    since: date
    owner: str
    counted: bool
    sexual_violence: bool
    public_status: str
    impunity: str
    persons: tuple[PersonFact, ...] = ()
    demarches: tuple[DemarcheFact, ...] = ()
    forums: tuple[ForumFact, ...] = ()
    quality: tuple[tuple[str, str], ...] = ()
    held: tuple[HeldFact, ...] = ()
    overdue: tuple[OverdueFact, ...] = ()
    next_action: bool = True
    evidence: EvidenceFact = NO_EVIDENCE
    remedies: tuple[tuple[str, str], ...] = ()
    convicted: tuple[Range, Range] = (Range(0, 0), Range(0, 0))
    joint_ref: str = ""

    def forum(self, name: str) -> ForumFact:
        """How far justice went in one class of forum."""
        return next((one for one in self.forums if one.forum == name), ForumFact(name))

    @property
    def is_open(self) -> bool:
        """Whether anybody still follows it."""
        return self.state not in {"closed", "void", "none"}

    @property
    def year(self) -> int | None:
        """Year of the incident; `None` when it is not known or the days lie in two years."""
        if self.incident is None or self.incident.earliest.year != self.incident.latest.year:
            return None
        return self.incident.earliest.year


def write_facts(facts: Facts) -> bytes:
    """Write facts as text; days as their number since 0001-01-01, values in the order in which they are declared."""
    return json.dumps([DEFINITION, *astuple(facts)], separators=(",", ":"), default=date.toordinal).encode()


def read_facts(text: bytes) -> Facts | None:
    """Read what `write_facts` wrote; nothing where it was written by another definition, and has to be made again.

    Raises:
        TamperedError: It is something else.
    """
    try:
        definition, *plain = json.loads(text)
        return _facts(*plain) if definition == DEFINITION else None
    except (ValueError, TypeError, IndexError) as error:
        raise TamperedError("the facts of a case can not be read") from error


def _facts(*plain: Any) -> Facts:
    (uid, categories, host, incident, opened, last, closed, *words) = plain
    (state, since, owner, counted, violence, public, impunity, persons, demarches, forums, *rest) = words
    (quality, held, *more) = rest
    (overdue, planned, evidence, remedies, convicted, joint) = more
    return Facts(
        uid,
        tuple(categories),
        host,
        _span(incident),
        date.fromordinal(opened),
        date.fromordinal(last),
        date.fromordinal(closed) if closed else None,
        state,
        date.fromordinal(since),
        owner,
        counted,
        violence,
        public,
        impunity,
        tuple(map(_person, persons)),
        tuple(_demarche(*one) for one in demarches),
        tuple(ForumFact(name, *map(Answer, answers)) for name, *answers in forums),
        tuple(map(tuple, quality)),
        tuple(_held(*one) for one in held),
        tuple(OverdueFact(*one) for one in overdue),
        planned,
        EvidenceFact(*evidence),
        tuple(map(tuple, remedies)),
        (Range(*convicted[0]), Range(*convicted[1])),
        joint,
    )


def _person(plain: Any) -> PersonFact:
    harm, cause, staff, employer, sex, covered = plain
    return PersonFact(tuple(harm), cause, staff, employer, sex, Answer(covered))


def _demarche(sent: Any, acknowledged: Any, answered: Any, grade: str, yearly: bool) -> DemarcheFact:  # noqa: FBT001 - as it was written
    known = _span(sent)
    assert known is not None
    return DemarcheFact(known, _span(acknowledged), _span(answered), grade, yearly)


def _held(*plain: Any) -> HeldFact:
    abducted, persons, start, end, outcome, access, grounds = plain
    known = _span(start)
    assert known is not None
    return HeldFact(
        abducted, Range(*persons), known, _span(end), outcome, tuple(map(tuple, access)), Answer(grounds)
    )


def _span(plain: Any) -> Span | None:
    if plain is None:
        return None
    earliest, latest, basis = plain
    return Span(date.fromordinal(earliest), date.fromordinal(latest), Basis(basis))
