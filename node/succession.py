"""Merge records that turned out to be one incident, split one that turned out to be several, and take either back.

Each is one transaction of new revisions, known from today on: figures as of earlier days stay. Records of different
sources may stand for each other; each keeps its source and all that the source ever said of it. A record that others
stand for ends; what leaves of those in its place goes to whom it had been released, and only after a split, as a merge
shows nobody a record that they had not seen. What was said of a record to narrow it holds for what stands for it; a
survivor's consent holds for the parts of a split no more, nor after a merge where others concerned did not give theirs.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count, islice
from typing import NamedTuple

from node.audience import Purpose
from node.document import write_document
from node.errors import SuccessionError
from node.model import Incident
from node.record import new_uids
from node.said import Teller, ask_again, narrow, narrowest_of
from node.store.database import Store, Transaction
from node.store.own_log import released
from node.store.policies import overrides
from node.store.records import (
    Current,
    History,
    Known,
    NewRevision,
    add_revisions,
    current,
    day_number,
    histories,
    record_ids_by_key,
    revisions_by_key,
)
from node.store.successions import Link, add_links, links_into, links_out_of, newest_revisions, records_of

NOBODY: frozenset[str] = frozenset()


class Succession(NamedTuple):
    """What stands for what now, each as SOURCE:KEY."""

    standing: tuple[str, ...]
    ended: tuple[str, ...]


class _New(NamedTuple):
    """A revision to be added to a record, given as SOURCE:KEY; without a document it says what the last said."""

    name: str
    ends: bool = False
    document: str = ""


class _Desk:
    """Everything that one change works on; records are given as SOURCE:KEY."""

    def __init__(self, connection: Transaction, teller: Teller) -> None:
        self.connection = connection
        self.teller = teller
        self._known: dict[str, Mapping[str, History]] = {}

    @property
    def at(self) -> int:
        """When it is said, in seconds since 1970, UTC."""
        return int(self.teller.now.timestamp())

    def known(self, source: str) -> Mapping[str, History]:
        """Every record of a source."""
        if source not in self._known:
            self._known[source] = histories(self.connection, source)
        return self._known[source]

    def history(self, name: str) -> History:
        """A record with its revisions."""
        source, _, key = name.partition(":")
        return self.known(source)[key]

    def last(self, name: str) -> Known:
        """The revision of a record that is known last."""
        return self.history(name).revisions[-1]

    def day(self, names: Iterable[str]) -> int:
        """Today, or the day from which the youngest of some records is known."""
        youngest = max((self.last(name).known_on for name in names), default=0)
        return max(day_number(self.teller.now.date()), youngest)

    def add(self, day: int, new: Sequence[_New]) -> None:
        """Add revisions that are known from a day on."""
        of_source: dict[str, list[NewRevision]] = {}
        for name, ends, document in new:
            source, _, key = name.partition(":")
            copied = None if document else self.last(name)
            added = NewRevision(key, day, withdrawn=ends, document=document, copy_of=copied)
            of_source.setdefault(source, []).append(added)
        for source, some in of_source.items():
            add_revisions(self.connection, source, None, self.known(source), some, new_uids())


def merge_records(store: Store, names: Sequence[str], teller: Teller) -> Succession:
    """Let the first of some records stand for all of them; all parts of a split together give back what was split.

    The first keeps its contents: what it says is what counts. Its marks are those of all.

    Args:
        store: Where this node keeps its records.
        names: SOURCE:KEY of at least two records.
        teller: Who says so.

    Raises:
        SuccessionError: There is one alone, one stands twice, or does not stand any more; nothing was changed.
    """
    with store.write() as connection:
        desk, found = _open(connection, names, teller)
        if len(found) < 2:
            raise SuccessionError("a merge takes at least two records")
        whole = _split_into(desk, found)
        if whole is not None:
            return _put_together(desk, whole, found)
        return _merge(desk, found)


def split_record(
    store: Store, name: str, parts: Sequence[Incident], teller: Teller, *, recount: bool = False
) -> Succession:
    """Let several records stand for one; without parts the last merge into it is taken back.

    Args:
        store: Where this node keeps its records.
        name: SOURCE:KEY of the record.
        parts: What each of the new records says; they are named KEY/1, KEY/2...
        teller: Who says so.
        recount: The parts may count other persons than the whole did.

    Raises:
        SuccessionError: The record does not stand, nothing was merged into it, there is one part alone, or the parts
            count other persons; nothing was changed.
    """
    with store.write() as connection:
        desk, (whole,) = _open(connection, [name], teller)
        if not parts:
            return _take_apart(desk, whole)
        if len(parts) < 2:
            raise SuccessionError("a split takes at least two parts; correct the record instead")
        if not recount and _persons(parts) != _persons([whole.incident]):
            counted, parted = (_persons(some).total() for some in ([whole.incident], parts))
            raise SuccessionError(
                "the parts count {parted} affected persons and the record {counted}, or of other kinds; "
                "correct the parts, or say --recount",
                parted=parted,
                counted=counted,
            )
        return _split(desk, whole, parts)


def _open(connection: Transaction, names: Sequence[str], teller: Teller) -> tuple[_Desk, list[Current]]:
    """Find the records that people mean, in the order in which they name them."""
    if len(set(names)) != len(names):
        raise SuccessionError("a record stands twice")
    ids: list[int] = []
    for source in {name.partition(":")[0] for name in names}:
        keys = [name.partition(":")[2] for name in names if name.startswith(f"{source}:")]
        ids += revisions_by_key(connection, source, keys).values()
    by_name = {one.name: one for one in current(connection, ids)}
    for name in names:
        if name not in by_name:
            raise SuccessionError(
                "there is no record {name!r} that stands; ids look like awsd:4664", name=name[:80]
            )
    return _Desk(connection, teller), [by_name[name] for name in names]


def _merge(desk: _Desk, found: Sequence[Current]) -> Succession:
    first, *others = found
    marks = frozenset(mark for one in found for mark in one.incident.sensitive)
    document = write_document(replace(first.incident, sensitive=marks))
    stands = _New(first.name, document=document)
    desk.add(desk.day(one.name for one in found), [stands, *_ends(others)])
    new = newest_revisions(desk.connection, [first.record_id])[first.record_id]
    add_links(desk.connection, _links(desk, [new], found))
    said = overrides(desk.connection, [one.record_id for one in found])
    narrow(
        desk.connection,
        desk.teller,
        first.record_id,
        said.get(first.record_id),
        narrowest_of(list(said.values()), len(found)),
    )
    ask_again(desk.connection, found, desk.teller)
    return Succession((first.name,), tuple(one.name for one in others))


def _take_apart(desk: _Desk, whole: Current) -> Succession:
    """Let the records of the last merge that still counts stand again, each as it was."""
    links = links_into(desk.connection, whole.record_id)
    origins = records_of(desk.connection, [one.replaced_id for one in links])
    ended = {
        link: origins[link.replaced_id]
        for link in links
        if desk.last(origins[link.replaced_id][1]).ended
        and link in links_out_of(desk.connection, origins[link.replaced_id][0])
    }
    last = max((link.revision_id for link in ended), default=None)
    back = {link: origin for link, origin in ended.items() if link.revision_id == last}
    if not back:
        raise SuccessionError(
            "nothing is merged into {name}; say what it is to be split into", name=whole.name
        )
    names = [name for _, name in back.values()]
    again = [*names, whole.name]
    desk.add(desk.day(again), [_New(name) for name in again])
    new = newest_revisions(desk.connection, [whole.record_id, *(record_id for record_id, _ in back.values())])
    # They go again to whom they had been released, and not to whom the whole was.
    add_links(
        desk.connection,
        [
            link._replace(
                revision_id=new[record_id],
                replaced_id=whole.revision_id,
                said_by=desk.teller.by,
                said_at=desk.at,
            )
            for link, (record_id, _) in back.items()
        ],
    )
    add_links(desk.connection, _links(desk, [new[whole.record_id]], [whole]))
    return Succession((whole.name, *names), ())


def _split(desk: _Desk, whole: Current, parts: Sequence[Incident]) -> Succession:
    source, _, key = whole.name.partition(":")
    known = desk.known(source)
    keys = list(islice((name for at in count(1) if (name := f"{key}/{at}") not in known), len(parts)))
    marks = whole.incident.sensitive
    documents = [write_document(replace(one, sensitive=one.sensitive | marks)) for one in parts]
    names = [f"{source}:{one}" for one in keys]
    revisions = [_New(name, document=document) for name, document in zip(names, documents, strict=True)]
    desk.add(desk.day([whole.name]), [*revisions, *_ends([whole])])
    made = record_ids_by_key(desk.connection, source, keys)
    new = newest_revisions(desk.connection, list(made.values()))
    add_links(desk.connection, _links(desk, sorted(new.values()), [whole]))
    said = overrides(desk.connection, [whole.record_id]).get(whole.record_id)
    for record_id in made.values():
        narrow(desk.connection, desk.teller, record_id, None, narrowest_of([said] if said else [], 2))
    return Succession(tuple(names), (whole.name,))


def _split_into(desk: _Desk, found: Sequence[Current]) -> str | None:
    """The name of the record that was split into just these."""
    links = [link for one in found for link in links_into(desk.connection, one.record_id)]
    origins = records_of(desk.connection, [one.replaced_id for one in links])
    for record_id, name in dict.fromkeys(origins.values()):
        out = links_out_of(desk.connection, record_id)
        heirs = records_of(desk.connection, [link.revision_id for link in out])
        if desk.last(name).ended and {one for one, _ in heirs.values()} == {one.record_id for one in found}:
            return name
    return None


def _put_together(desk: _Desk, name: str, parts: Sequence[Current]) -> Succession:
    """Let the record that was split stand again, as it was."""
    record_id = desk.history(name).record_id
    (asked, *_) = links_out_of(desk.connection, record_id)
    desk.add(desk.day([name, *(one.name for one in parts)]), [_New(name), *_ends(parts)])
    new = newest_revisions(desk.connection, [record_id])[record_id]
    links = _links(desk, [new], parts)
    add_links(desk.connection, [one._replace(asked=asked.asked, purpose=asked.purpose) for one in links])
    said = overrides(desk.connection, [record_id, *(one.record_id for one in parts)])
    narrow(
        desk.connection,
        desk.teller,
        record_id,
        said.get(record_id),
        narrowest_of(list(said.values()), len(parts) + 1),
    )
    return Succession((name,), tuple(one.name for one in parts))


def _ends(found: Sequence[Current]) -> list[_New]:
    return [_New(one.name, ends=True) for one in found]


def _links(desk: _Desk, revision_ids: Sequence[int], replaced: Sequence[Current]) -> list[Link]:
    """What stands for what, with whom the replaced ones are released to now."""
    left = released(desk.connection, [one.record_id for one in replaced])
    links = []
    for one in replaced:
        past = left.get(one.record_id)
        shown = past is not None and bool(past.terms.views)
        asked = past.terms.asked if past is not None and shown else NOBODY
        purpose = past.terms.purpose if past is not None else Purpose.STAFF_SAFETY
        links += [Link(new, one.revision_id, asked, purpose, desk.teller.by, desk.at) for new in revision_ids]
    return links


def _persons(incidents: Sequence[Incident]) -> Counter[tuple[str, str, str]]:
    """Affected persons by outcome, staff type and sex."""
    counted: Counter[tuple[str, str, str]] = Counter()
    for tally in (one for incident in incidents for one in incident.victims):
        counted[tally.outcome, tally.staff, tally.sex] += tally.number
    return +counted
