"""The board: facts of all cases of an officer, kept sealed so that a day's second look opens no event.

Facts of today are made once a day and after each change of a case, and kept under the key of the case. As of any other
day they are worked out from the events. Either way the read is written down first.
"""

from datetime import date
from typing import NamedTuple

from casework.casefile import fold
from casework.desk import Desk
from casework.erasing import graves
from casework.errors import TamperedError
from casework.figures.facts import DEFINITION, Facts, read_facts, write_facts
from casework.figures.gather import facts_of, facts_of_erased
from casework.figures.indicators import Scope, measure
from casework.figures.printing import Printed, print_line
from casework.keyholder import WORK, Holding
from casework.span import Span
from casework.store.database import Transaction
from casework.store.events import case_ids
from casework.store.facts import Kept, keep_facts, kept_facts, lengths
from casework.tips import reasons
from casework.vocabulary import Group
from crypto.cell import open_cell, seal_cell
from crypto.errors import CryptoError

_NEEDED = frozenset({Group.CASE})
_AT_ONCE = 500  # cases whose facts are kept in one transaction


class Standing(NamedTuple):
    """Where one case stands, as a line of the board.

    Attributes:
        uid: 32 hexadecimal digits.
        categories: Codes of the list `category`.
        host_state: Country code of three letters.
        incident: When it happened; `None` when unknown.
        state: Follow-up state.
        since: Day from which it is in that state.
        public_status: Code of the list `public_status`.
        impunity: Code of the list `impunity`.
        days_overdue: Of the clock that is past its day for longest; `None` where none is.
        idle: Whether it is open and nothing is ahead.
        owner: Id of the officer who has to see to it.
    """

    uid: str
    categories: tuple[str, ...]
    host_state: str
    incident: Span | None
    state: str
    since: date
    public_status: str
    impunity: str
    days_overdue: int | None
    idle: bool
    owner: str


class Counting(NamedTuple):
    """What the indicators count; days are those as of which, today where none is given.

    Attributes:
        state: Only this host State; empty for all.
        valid_as_of: As things stood on that day.
        known_as_of: By what was known on that day.
        population: Inhabitants of the State, for rates; 0 when not given.
        staff: Staff in the State, likewise.
    """

    state: str = ""
    valid_as_of: date | None = None
    known_as_of: date | None = None
    population: int = 0
    staff: int = 0


class Figures(NamedTuple):
    """Indicators as printed lines, over how many cases, and by which definition."""

    lines: tuple[Printed, ...]
    cases: int
    definition: str


def standings(desk: Desk) -> tuple[Standing, ...]:
    """Where every case of this officer stands, in the order in which they were opened.

    Raises:
        AuditError: The read could not be written down.
        TamperedError: What is stored does not hold.
    """
    return tuple(
        Standing(
            one.uid,
            one.categories,
            one.host_state,
            one.incident,
            one.state,
            one.since,
            one.public_status,
            one.impunity,
            max((clock.days for clock in one.overdue), default=None),
            one.is_open and not one.next_action,
            one.owner,
        )
        for one in board(desk)
    )


def figures(desk: Desk, asked: Counting) -> Figures:
    """The indicators I1 to I25 over the cases of this officer, and I26 over the reports that they take in.

    Raises:
        AuditError: The read could not be written down.
        TamperedError: What is stored does not hold.
    """
    facts = (
        *board(desk, "statistics", asked.valid_as_of, asked.known_as_of),
        *map(facts_of_erased, graves(desk.database)),
    )
    chosen = [one for one in facts if asked.state in {"", one.host_state}]
    scope = Scope(asked.valid_as_of or desk.today, asked.population, asked.staff)
    lines = (*measure(chosen, scope), *reasons(desk, asked.state))
    return Figures(tuple(map(print_line, lines)), len(chosen), DEFINITION)


def board(
    desk: Desk, purpose: str = WORK, valid_as_of: date | None = None, known_as_of: date | None = None
) -> tuple[Facts, ...]:
    """Facts of every case of this officer, in the order in which they were opened.

    Raises:
        AuditError: The read could not be written down.
        TamperedError: What is stored does not hold.
    """
    if valid_as_of or known_as_of:
        return tuple(facts_of(case, desk.rules) for case in desk.read_all(purpose, valid_as_of, known_as_of))
    with desk.database.read() as connection:
        holdings = desk.holdings(connection, only=_NEEDED)
        sizes, kept = lengths(connection), kept_facts(connection)
    desk.write_down("list", tuple(holdings), purpose)
    today = desk.today.toordinal()
    found = {}
    for uid, held in holdings.items():
        one = kept.get(uid)
        if one is not None and (one.sequence, one.day) == (sizes.get(uid), today):
            facts = _open(uid, held, one)
            if facts is not None:
                found[uid] = facts
    stale = [uid for uid in holdings if uid not in found]
    for start in range(0, len(stale), _AT_ONCE):
        found |= _make(desk, stale[start : start + _AT_ONCE], holdings)
    return tuple(found[uid] for uid in holdings)


def _make(desk: Desk, uids: list[str], holdings: dict[str, Holding]) -> dict[str, Facts]:
    with desk.database.write() as connection:
        ids = case_ids(connection)
        found: dict[str, Facts] = {}
        kept: list[tuple[int, Kept]] = []
        for uid in uids:
            facts, one = _made(desk, connection, uid, holdings[uid])
            found[uid] = facts
            kept.append((ids[uid], one))
        keep_facts(connection, kept)
    return found


def _made(desk: Desk, connection: Transaction, uid: str, held: Holding) -> tuple[Facts, Kept]:
    """Make facts from the parts that the key of the case itself opens: everybody who may read it gets the same."""
    keys = {Group.CASE: held.keys[Group.CASE]}
    events = desk.events(connection, uid, keys)
    facts = facts_of(fold(uid, events, desk.today, desk.today), desk.rules)
    sealed = seal_cell(keys[Group.CASE], write_facts(facts), _place(uid))
    return facts, Kept(len(events), desk.today.toordinal(), sealed)


def _open(uid: str, held: Holding, kept: Kept) -> Facts | None:
    try:
        return read_facts(open_cell(held.keys[Group.CASE], kept.sealed, _place(uid)))
    except CryptoError as error:
        raise TamperedError("case {uid}: its facts do not open", uid=uid[:8]) from error


def _place(uid: str) -> bytes:
    return f"tocsin-case-facts/1 {uid}".encode()
