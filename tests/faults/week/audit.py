"""What is not as it was decided when the week is over: records, logs, holders, cases, clocks, what members know."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from casework.deadlines import UNDECIDED, clocks
from casework.joining import joint_board
from casework.lifecycle import follow
from casework.publishing import statuses
from casework.store.post import all_posted
from casework.vocabulary.deadlines import usual_rules
from console.for_cases import CaseDatabase
from node.holders import State, holders
from node.measures import make_query
from node.query import answer
from node.store.database import Store
from node.store.records import record_ids_by_key
from node.wire import records
from tests.faults.week.cases import Case
from tests.faults.week.days import Week
from tests.faults.week.people import Organization
from tests.faults.week.town import head_of
from tests.support.network import SOURCE

LATER = (10, 20, 40, 90)  # days after the week on which clocks are looked at
TO_ALL = "status"


def faults(week: Week) -> list[str]:
    """What is not as it was decided, node by node; nothing where all is well."""
    found = list(week.wrong)
    for one in week.all.values():
        found += [f"{one.org_id}: {fault}" for fault in one.node.faults(*week.network.origins())]
        found += _records(week, one)
        found += _holders(one)
        found += _documents(week, one)
        if one.office:
            found += [f"{one.org_id}: {fault}" for fault in _cases(week, one)]
    return found + list(_boards(week))


def _records(week: Week, reader: Organization) -> Iterator[str]:
    """Every released record is at every entitled member exactly once, and at nobody else."""
    counted = _counts(week, reader.node.store)
    for origin in week.all.values():
        ours = origin is reader
        wanted = Counter(
            told.incident.means
            for told in origin.told.values()
            if (not told.withdrawn if ours else told.is_for(reader.tier))
        )
        held = counted.get(origin.country, Counter())
        if held != wanted:
            yield f"{reader.org_id} counts {dict(held)} of {origin.org_id}, not {dict(wanted)}"
        if not ours and head_of(reader, origin) != head_of(origin, origin):
            yield f"{reader.org_id} holds another log of {origin.org_id}"


def _counts(week: Week, store: Store) -> dict[str, Counter[str]]:
    """Incidents by country and means."""
    counted: dict[str, Counter[str]] = {}
    as_of = week.network.now.date() + timedelta(days=10)
    query = make_query(("country", "means"), ("incidents",), (), as_of=as_of)
    for country, means, number in answer(store, query).rows:
        counted.setdefault(str(country), Counter())[str(means)] += int(str(number))
    return counted


def _holders(one: Organization) -> list[str]:
    """Members that still hold, by the list of holders, what was called back or withdrawn."""
    gone = [key for key, told in one.told.items() if told.tiers and not told.is_out]
    with one.node.store.read() as connection:
        ids = tuple(record_ids_by_key(connection, SOURCE, gone).values())
    found = holders(one.node.store, one.org_id, records, ids) if ids else ()
    return [f"{one.org_id}: {held}" for held in found if held.state is State.STANDS or held.waiting]


def _cases(week: Week, one: Organization) -> Iterator[str]:
    """Each case holds what was said of it, once and in order; where it stands and its clocks follow from that."""
    assert one.office is not None
    keys = {name: signers for name, signers in week.members.keys().items() if name != one.org_id}
    yield from (str(fault) for fault in one.office.check({}, keys) if not isinstance(fault, int))
    desk = one.office.desk("ops", None)
    if sorted(desk.uids()) != sorted(case.uid for case in one.cases):
        yield f"has {len(desk.uids())} cases, not {len(one.cases)}"
        return
    for case in one.cases:
        events = [
            (event.kind, event.when, dict(event.fields))
            for event in desk.read(case.uid).events
            if not event.text("co_sender") and event.kind not in _ABOUT_TELLING
        ]
        told = [(said.statement.kind, said.statement.when, dict(said.statement.fields)) for said in case.told]
        if events != told:
            yield f"case {case.ref} holds {[kind for kind, *_ in events]}, not {[kind for kind, *_ in told]}"
        for days in LATER:
            day = week.network.now.date() + timedelta(days=days)
            file = desk.read(case.uid, valid_as_of=day, known_as_of=day)
            if days == LATER[0] and follow(file).state is not case.state:
                yield f"case {case.ref} is {follow(file).state}, not {case.state}"
            found = {
                clock.key: (clock.state, clock.due.latest if clock.state in UNDECIDED else None)
                for clock in clocks(file, day, usual_rules())
            }
            for key, wanted in case.clocks(day).items():
                if found.get(key) != wanted:
                    yield f"case {case.ref}: {key} is {found.get(key)} on {day}, not {wanted}"


_ABOUT_TELLING = frozenset(
    {"release_proposed", "released", "release_withdrawn", "joint_confirmed", "joint_withdrawn"}
)


def _documents(week: Week, reader: Organization) -> Iterator[str]:
    """How cases stand is known to every member as its origin says; what was for one member is with nobody else."""
    today, database = week.network.now.date(), CaseDatabase(reader.node.store)
    shown = statuses(database, today)
    for origin in week.offices:
        said = statuses(CaseDatabase(origin.node.store), today)
        wanted = {claim.summary.public_ref: claim for claim in said if claim.origin == origin.org_id}
        held = {claim.summary.public_ref: claim for claim in shown if claim.origin == origin.org_id}
        if held != wanted:
            numbers = [{ref: one.summary.number for ref, one in some.items()} for some in (held, wanted)]
            yield f"{reader.org_id} holds {numbers[0]} of the cases of {origin.org_id}, not {numbers[1]}"
        if set(held) != {case.ref for case in origin.cases if case.is_told}:
            yield f"{reader.org_id} knows of other cases of {origin.org_id} than were told"
    with database.read() as connection:
        theirs = [one for one in all_posted(connection) if one.origin != reader.org_id]
    for one in theirs:
        kind, _, *addressee = one.subject.split()
        if kind != TO_ALL and addressee[0] != reader.org_id:
            yield f"{reader.org_id} holds what {one.origin} told {addressee[0]}"


def _boards(week: Week) -> Iterator[str]:
    """Both sides of a joint case see one board."""
    pair = week.offices[:2]
    boards = [
        joint_board(one.office.desk("ops", None), _joint(one).uid, one.org_id) for one in pair if one.office
    ]
    if boards[0] != boards[1] or [one.origin for one in boards[0].claims] != [one.org_id for one in pair]:
        yield f"the boards are {boards}"


def _joint(one: Organization) -> Case:
    return next(case for case in one.cases if case.is_joint)
