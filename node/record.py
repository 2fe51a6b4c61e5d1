"""Import a publication: a whole data set as its source stood on one day.

Each publication is a full snapshot of its source. Importing one adds revisions for what it says differently, withdraws
what it no longer holds, and touches no other source. The order of import does not matter: an older publication that
arrives late gets its own days, and where it would have changed what a later one said, the later state is restored
from the later publication's day on. So any figure can be asked as of any publication. A row that could not be read says
nothing about its incident: what was known before goes on, and for that its key is kept with the day. A file that holds
only some of its source's incidents, such as a filled-in template or a submission, adds, revises and withdraws nothing.

What people merged or split here stays so, whatever a later publication holds: its rows of records that others stand for
now are not taken in, and it is told which of them say something new. Those others stand as long as it holds any record
that they stand for; what stands for a record of another source stands until people take it apart, as one source can not
say that another was wrong, and then it is told that this source no longer holds it.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from node.document import digest, write_document
from node.errors import NothingAcceptedError, PublicationDateError
from node.intake import Publication
from node.model import Incident, Sensitive
from node.signed import UID_BYTES
from node.store.database import Store, Transaction
from node.store.records import (
    History,
    Imported,
    Known,
    NewRevision,
    add_publication,
    add_revisions,
    add_unread_keys,
    day_number,
    drop_unread_keys,
    histories,
    marks,
    unread_keys,
)
from node.store.successions import Successor, successors

_FEW = 500  # incidents that are looked up one by one


class Foreseen(NamedTuple):
    """One change that an import would make: `new`, `changed` or `vanished`, and the incident as it would stand."""

    what: str
    key: str
    incident: Incident | None


def import_publication(
    store: Store, publication: Publication, sha256: bytes, now: datetime, *, only_new: bool = False
) -> Imported:
    """Bring the records of a source in line with a publication, in one transaction.

    Args:
        store: Where this node keeps its records.
        publication: As the intake read it; of rejected rows only the keys are kept.
        sha256: Of the file.
        now: Aware UTC time of the import.
        only_new: Leave alone what is known already, whatever the publication says of it.

    Returns:
        What changed. A publication imported a second time changes nothing.

    Raises:
        NothingAcceptedError: Every row was rejected; taking that for an empty data set would withdraw everything.
        PublicationDateError: The publication has no date, or one in the future.
    """
    _check(publication, now)
    with store.write() as connection:
        known = _histories(connection, publication)
        unread = unread_keys(connection, publication.source)
        change, told, untold = _work_out(connection, publication, known, unread, only_new=only_new)
        done = _imported(publication, sha256, now, change)
        day = day_number(done.published_on)
        if change.added or (publication.whole and day not in unread):
            key = add_publication(connection, done, whole=publication.whole)
            add_revisions(connection, publication.source, key, known, change.added, new_uids())
            if publication.whole and day not in unread:
                add_unread_keys(connection, key, untold)
        # One publication of the day that tells is enough, whatever the others could not.
        missing = unread.get(day, frozenset())
        settled = missing - untold if publication.whole else missing & told
        drop_unread_keys(connection, publication.source, day, settled)
    return done


def foresee(store: Store, publication: Publication, now: datetime) -> tuple[Imported, tuple[Foreseen, ...]]:
    """Tell what importing a publication would change, without changing anything.

    Raises:
        NothingAcceptedError: As `import_publication` does.
        PublicationDateError: Likewise.
    """
    _check(publication, now)
    with store.read() as connection:
        known = _histories(connection, publication)
        unread = unread_keys(connection, publication.source)
        change, _, _ = _work_out(connection, publication, known, unread)
    incidents = {row.key: row.incident for row in publication.rows}
    seen = (Foreseen(what, key, incidents.get(key)) for key, what in change.what.items())
    return _imported(publication, b"", now, change), tuple(seen)


def _histories(connection: Transaction, publication: Publication) -> dict[str, History]:
    """What is known of a source, or for a small part of it of the incidents that it tells."""
    if publication.whole or len(publication.rows) > _FEW:
        return histories(connection, publication.source)
    return histories(connection, publication.source, [row.key for row in publication.rows])


def _check(publication: Publication, now: datetime) -> None:
    published = publication.published_on
    if not publication.rows:
        raise NothingAcceptedError("not one row could be taken in; nothing was changed")
    if published is None:
        raise PublicationDateError("the day of publication is not known: give it with --published YYYY-MM-DD")
    if published > now.date():
        raise PublicationDateError(
            "the day of publication, {published}, is in the future", published=published
        )


def _work_out(
    connection: Transaction,
    publication: Publication,
    known: Mapping[str, History],
    unread: Mapping[int, frozenset[str]],
    *,
    only_new: bool = False,
) -> tuple["_Change", set[str], set[str]]:
    """What a publication changes, the keys that it tells, and those whose rows could not be read."""
    assert publication.published_on is not None
    links = successors(connection, publication.source)
    sources = {one.replaced_source for one in links} - {publication.source}
    others = {source: histories(connection, source) for source in sources}
    day = day_number(publication.published_on)
    change = _Change(day, unread, known, marks(connection, publication.source))
    told = {row.key for row in publication.rows}
    untold = {reject.key for reject in publication.rejects if reject.key} - told
    for row in publication.rows:
        if only_new and row.key in known:
            change.unchanged += 1
        else:
            change.state(row.key, row.incident)
    if publication.whole:
        change.withdraw_all_but(told | untold, links, others)
    return change, told, untold


def _imported(publication: Publication, sha256: bytes, now: datetime, change: "_Change") -> Imported:
    assert publication.published_on is not None
    return Imported(
        publication.source,
        publication.published_on,
        sha256,
        int(now.timestamp()),
        change.accepted,
        change.updated,
        change.unchanged,
        change.withdrawn,
        len(publication.rejects),
        change.kept,
        tuple(change.changed),
    )


class _Change:
    """What one publication changes, worked out before anything is written."""

    def __init__(
        self,
        day: int,
        unread: Mapping[int, frozenset[str]],
        known: Mapping[str, History],
        marks: Mapping[tuple[str, int], frozenset[Sensitive]],
    ) -> None:
        self.added: list[NewRevision] = []
        self.accepted = self.updated = self.unchanged = self.withdrawn = self.kept = 0
        self.changed: list[str] = []
        self.what: dict[str, str] = {}
        self._day = day
        self._later = tuple((later, keys) for later, keys in unread.items() if later > day)
        self._known = known
        self._marks = marks

    def state(self, key: str, incident: Incident) -> None:
        """The publication holds this incident; marks are not its source's to take off."""
        before = self._before(key)
        marked = self._marks.get((key, before.number)) if before is not None else None
        document = write_document(replace(incident, sensitive=marked) if marked else incident)
        if before is not None and before.ended:
            self.kept += 1
            self.changed += [key] if before.digest != digest(document) else []
            return
        if before is not None and not before.withdrawn and before.digest == digest(document):
            self.unchanged += 1
            return
        if before is None or before.withdrawn:
            self.accepted += 1
            self.what[key] = "new"
        else:
            self.updated += 1
            self.what[key] = "changed"
        self.added.append(NewRevision(key, self._day, withdrawn=False, document=document))
        self._restore(key, before, document)

    def withdraw_all_but(
        self, kept: set[str], links: Sequence[Successor], others: Mapping[str, Mapping[str, History]]
    ) -> None:
        """The publication holds none of the others; a row that was only unreadable is not taken for gone.

        What stands for a record that it holds is held with it; what stands for one of another source stays.
        """
        kept, stay = set(kept), set[str]()
        for link in links:  # oldest first, so that one step follows another
            theirs = others.get(link.replaced_source)
            before = self._upto_day((self._known if theirs is None else theirs).get(link.replaced))
            if link.since > self._day or before is None or not before.ended:
                continue
            if theirs is not None or link.replaced in stay:
                stay.add(link.key)
            elif link.replaced in kept:
                kept.add(link.key)
        for key in self._known.keys() - kept:
            before = self._before(key)
            if before is not None and not before.withdrawn and key in stay:
                self.kept += 1
                self.changed.append(key)
            elif before is not None and not before.withdrawn and not self._newer(before):
                self.withdrawn += 1
                self.what[key] = "vanished"
                self.added.append(NewRevision(key, self._day, withdrawn=True, copy_of=before))
                self._restore(key, before, "")

    def _before(self, key: str) -> Known | None:
        return self._upto_day(self._known.get(key))

    def _newer(self, before: Known) -> bool:
        """Whether it came in on its own on the very day, perhaps after the whole file was made."""
        return before.of_a_part and before.known_on == self._day

    def _upto_day(self, history: History | None) -> Known | None:
        upto = [one for one in history.revisions if one.known_on <= self._day] if history else ()
        return upto[-1] if upto else None

    def _restore(self, key: str, before: Known | None, document: str) -> None:
        """Keep what the next later publication said, where it relied on the state that has just changed."""
        next_day = next((later for later, unread in self._later if key not in unread), None)
        if next_day is None:
            return
        history = self._known.get(key)
        later = history.revisions if history else ()
        if any(self._day < one.known_on <= next_day for one in later):
            return
        if before is None:
            self.added.append(NewRevision(key, next_day, withdrawn=True, document=document))
        else:
            self.added.append(NewRevision(key, next_day, withdrawn=before.withdrawn, copy_of=before))


def new_uids() -> Iterator[bytes]:
    """Ids for new records, as many as are taken."""
    while True:
        yield secrets.token_bytes(UID_BYTES)
