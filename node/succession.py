"""Merge records that turned out to be one incident, split one that turned out to be several, and take either back.

Each is one transaction of new revisions, known from today on: figures as of earlier days stay. A record that others
stand for ends; what leaves of those in its place goes to whom it had been released, and only after a split, as a merge
shows nobody a record that they had not seen. What was said of a record to narrow it holds for what stands for it; a
survivor's consent holds for the parts of a split no more, nor after a merge where others concerned did not give theirs.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count, islice
from typing import NamedTuple

from node.audience import Purpose, narrowest
from node.document import write_document
from node.errors import SuccessionError
from node.model import Incident
from node.record import new_uids
from node.rules import Override
from node.sensitive import Consent, needs_consent
from node.store.consents import Given, add_consent, consents
from node.store.database import Store, Transaction
from node.store.own_log import released
from node.store.policies import overrides, say
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


class Teller(NamedTuple):
    """Who says so, and when; aware UTC."""

    by: str
    now: datetime


class Succession(NamedTuple):
    """What stands for what now, each as SOURCE:KEY."""

    standing: tuple[str, ...]
    ended: tuple[str, ...]


class _Desk(NamedTuple):
    """Everything that one change works on."""

    connection: Transaction
    source: str
    known: Mapping[str, History]
    teller: Teller

    @property
    def at(self) -> int:
        """When it is said, in seconds since 1970, UTC."""
        return int(self.teller.now.timestamp())

    def last(self, key: str) -> Known:
        """The revision of a record that is known last."""
        return self.known[key].revisions[-1]

    def name(self, key: str) -> str:
        """How people name a record."""
        return f"{self.source}:{key}"

    def day(self, keys: Sequence[str]) -> int:
        """Today, or the day from which the youngest of some records is known."""
        youngest = max((self.last(key).known_on for key in keys), default=0)
        return max(day_number(self.teller.now.date()), youngest)


def merge_records(store: Store, names: Sequence[str], teller: Teller) -> Succession:
    """Let the first of some records stand for all of them; all parts of a split together give back what was split.

    The first keeps its contents: what it says is what counts. Its marks are those of all.

    Args:
        store: Where this node keeps its records.
        names: SOURCE:KEY of at least two records of one source.
        teller: Who says so.

    Raises:
        SuccessionError: They are not of one source, stand twice, or do not stand any more; nothing was changed.
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
                f"the parts count {parted} affected persons and the record {counted}, or of other kinds;"
                " correct the parts, or say --recount"
            )
        return _split(desk, whole, parts)


def _open(connection: Transaction, names: Sequence[str], teller: Teller) -> tuple[_Desk, list[Current]]:
    """Find the records that people mean, in the order in which they name them."""
    sources = {name.partition(":")[0] for name in names}
    if len(sources) != 1:
        raise SuccessionError("records of two sources can not stand for each other")
    if len(set(names)) != len(names):
        raise SuccessionError("a record stands twice")
    source = sources.pop()
    ids = revisions_by_key(connection, source, [_key(name) for name in names])
    by_name = {one.name: one for one in current(connection, list(ids.values()))}
    for name in names:
        if name not in by_name:
            raise SuccessionError(f"there is no record {name[:80]!r} that stands; ids look like awsd:4664")
    return _Desk(connection, source, histories(connection, source), teller), [by_name[name] for name in names]


def _merge(desk: _Desk, found: Sequence[Current]) -> Succession:
    first, *others = found
    day = desk.day([_key(one.name) for one in found])
    marks = frozenset(mark for one in found for mark in one.incident.sensitive)
    document = write_document(replace(first.incident, sensitive=marks))
    _add(
        desk,
        [NewRevision(_key(first.name), day, withdrawn=False, document=document), *_ends(desk, others, day)],
    )
    new = newest_revisions(desk.connection, [first.record_id])[first.record_id]
    add_links(desk.connection, _links(desk, [new], found))
    said = overrides(desk.connection, [one.record_id for one in found])
    _narrow(desk, first.record_id, said.get(first.record_id), _narrowest(list(said.values()), len(found)))
    _ask_again(desk, found)
    return Succession((first.name,), tuple(one.name for one in others))


def _ask_again(desk: _Desk, found: Sequence[Current]) -> None:
    """Let what stands for several survivors count only where each of them said yes (R14)."""
    given = consents(desk.connection, [one.record_id for one in found])
    needing = [given.get(one.record_id, {}) for one in found if needs_consent(one.incident)]
    first = given.get(found[0].record_id, {})
    agreed = {
        purpose
        for purpose in first
        if all(purpose in one and one[purpose].answer is Consent.YES for one in needing)
    }
    lost = {
        purpose: Given(Consent.NOT_ASKED, desk.teller.now.date(), desk.teller.by)
        for purpose, one in first.items()
        if one.answer is Consent.YES and purpose not in agreed
    }
    add_consent(desk.connection, found[0].record_id, lost, desk.at)


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
        raise SuccessionError(f"nothing is merged into {whole.name}; say what it is to be split into")
    keys = [key for _, key in back.values()]
    day = desk.day([_key(whole.name), *keys])
    again = [*keys, _key(whole.name)]
    _add(desk, [NewRevision(key, day, withdrawn=False, copy_of=desk.last(key)) for key in again])
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
    return Succession((whole.name, *map(desk.name, keys)), ())


def _split(desk: _Desk, whole: Current, parts: Sequence[Incident]) -> Succession:
    key = _key(whole.name)
    day = desk.day([key])
    keys = list(islice((name for at in count(1) if (name := f"{key}/{at}") not in desk.known), len(parts)))
    marks = whole.incident.sensitive
    documents = [write_document(replace(one, sensitive=one.sensitive | marks)) for one in parts]
    revisions = [
        NewRevision(name, day, withdrawn=False, document=document)
        for name, document in zip(keys, documents, strict=True)
    ]
    _add(desk, [*revisions, *_ends(desk, [whole], day)])
    made = record_ids_by_key(desk.connection, desk.source, keys)
    new = newest_revisions(desk.connection, list(made.values()))
    add_links(desk.connection, _links(desk, sorted(new.values()), [whole]))
    said = overrides(desk.connection, [whole.record_id]).get(whole.record_id)
    for record_id in made.values():
        _narrow(desk, record_id, None, _narrowest([said] if said else [], 2))
    return Succession(tuple(map(desk.name, keys)), (whole.name,))


def _split_into(desk: _Desk, found: Sequence[Current]) -> str | None:
    """The key of the record that was split into just these."""
    links = [link for one in found for link in links_into(desk.connection, one.record_id)]
    origins = records_of(desk.connection, [one.replaced_id for one in links])
    for record_id, key in dict.fromkeys(origins.values()):
        out = links_out_of(desk.connection, record_id)
        heirs = records_of(desk.connection, [link.revision_id for link in out])
        if desk.last(key).ended and {one for one, _ in heirs.values()} == {one.record_id for one in found}:
            return key
    return None


def _put_together(desk: _Desk, key: str, parts: Sequence[Current]) -> Succession:
    """Let the record that was split stand again, as it was."""
    day = desk.day([key, *(_key(one.name) for one in parts)])
    record_id = desk.known[key].record_id
    (asked, *_) = links_out_of(desk.connection, record_id)
    whole = NewRevision(key, day, withdrawn=False, copy_of=desk.last(key))
    _add(desk, [whole, *_ends(desk, parts, day)])
    new = newest_revisions(desk.connection, [record_id])[record_id]
    links = _links(desk, [new], parts)
    add_links(desk.connection, [one._replace(asked=asked.asked, purpose=asked.purpose) for one in links])
    said = overrides(desk.connection, [record_id, *(one.record_id for one in parts)])
    _narrow(desk, record_id, said.get(record_id), _narrowest(list(said.values()), len(parts) + 1))
    return Succession((desk.name(key),), tuple(one.name for one in parts))


def _add(desk: _Desk, added: Sequence[NewRevision]) -> None:
    add_revisions(desk.connection, desk.source, None, desk.known, added, new_uids())


def _ends(desk: _Desk, found: Sequence[Current], day: int) -> list[NewRevision]:
    keys = [_key(one.name) for one in found]
    return [NewRevision(key, day, withdrawn=True, copy_of=desk.last(key)) for key in keys]


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


def _narrowest(said: Sequence[Override], wanted: int) -> Override:
    """What narrows as much as all of some sayings do; captivity stays a reason unless it is lifted for every record."""
    labels = [one.label for one in said if one.label is not None]
    return Override(
        any(one.held for one in said),
        min(labels, default=None),
        narrowest(one.levels for one in said),
        len(said) == wanted and all(one.captivity_released for one in said),
    )


def _narrow(desk: _Desk, record_id: int, before: Override | None, wanted: Override) -> None:
    if wanted != (before or Override()):
        say(desk.connection, record_id, wanted, desk.teller.by, desk.teller.now, waits=False)


def _persons(incidents: Sequence[Incident]) -> Counter[tuple[str, str, str]]:
    """Affected persons by outcome, staff type and sex."""
    counted: Counter[tuple[str, str, str]] = Counter()
    for tally in (one for incident in incidents for one in incident.victims):
        counted[tally.outcome, tally.staff, tally.sex] += tally.number
    return +counted


def _key(name: str) -> str:
    return name.partition(":")[2]
