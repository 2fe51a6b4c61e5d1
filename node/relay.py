"""Logs of other members as they are held here: proofs for whoever doubts what they saw, pages for who has no line.

What is passed on are the bytes that their originator signed, under its own checkpoint and its own proofs; where less is
shown than is held, the leaf stands in the place of the record. Whoever gets a page verifies it as if it came from the
originator, who is told in the next receipt to whom what went.
"""

from collections.abc import Callable, Mapping

from crypto.envelope import Envelope, keyid, leaf
from crypto.errors import ProofError
from crypto.ladder import Opening
from crypto.merkle import consistency_path
from crypto.tiles import Tiles, tiles_of
from node.audience import Levels, Tier, narrowest
from node.directory import Directory, Member, verify_active
from node.errors import MemberError, StoreError, UnknownLogError
from node.pages import Span, fitting
from node.relayed import narrowed, passable_to
from node.signed import INCIDENT_TYPE, RETRACTION_TYPE, Codec, Entry
from node.store.database import Transaction
from node.store.forks import fork_of
from node.store.heads import LogHead, log_head
from node.store.peer_log import StoredEntry, leaf_hashes, peer_entries, peer_facts, stored_entries
from node.verify import Fate, Page, page_token

MOST_TREES = 4  # that are kept in memory, 32 bytes an entry


class Relay:
    """Answers for the logs of others; `levels` are those of our own policy by tier, or nothing is passed on."""

    def __init__(
        self,
        directory: Callable[[], Directory],
        levels: Callable[[], Mapping[Tier, Levels]] | None,
        codec: Codec,
    ) -> None:
        self._directory = directory
        self._levels = levels
        self._codec = codec
        self._trees: dict[tuple[str, int], Tiles] = {}

    def head(self, connection: Transaction, org_id: str) -> LogHead:
        """The log of another member, which is held to the end of its checkpoint.

        Raises:
            UnknownLogError: It is not, it told two stories, or nobody of that id is an active member.
        """
        try:
            verify_active(self._directory().member(org_id))
        except MemberError as error:
            raise UnknownLogError("{org_id!r} is no active member", org_id=org_id[:63]) from error
        head = log_head(connection, org_id)
        if head is None or not 0 < head.committed == head.frontier.size:
            raise UnknownLogError("the log of {org_id} is not held here to its end", org_id=org_id)
        if fork_of(connection, org_id) is not None:
            raise UnknownLogError("the log of {org_id} told two stories", org_id=org_id)
        return head

    def proof(
        self, connection: Transaction, head: LogHead, old_size: int, new_size: int
    ) -> tuple[bytes, ...]:
        """Proof that the log of `new_size` only adds to that of `old_size`.

        Raises:
            StoreError: The entries that are held do not reach so far.
        """
        try:
            return consistency_path(self._tree(connection, head), old_size, new_size)
        except ProofError as error:
            raise StoreError(str(error)) from error

    def page(self, connection: Transaction, head: LogHead, reader: Member, span: Span) -> tuple[Page, bool]:
        """A page as it may be passed on to a member, and whether anything of it is shown.

        Raises:
            UnknownLogError: This node passes nothing on, or the member is the originator itself.
            StoreError: The entries that are held do not reach so far.
        """
        if self._levels is None or reader.org_id == head.origin_id:
            raise UnknownLogError("this node passes on nothing of other members")
        stop = min(span.start + span.limit, span.size)
        held = stored_entries(connection, head.log_id, span.start, stop - span.start)
        stands = {
            index
            for index, _, until, *_ in peer_facts(connection, head.log_id, span.start, stop)
            if until is None
        }
        keys = {
            keyid(key.public_key): key.public_key
            for key in self._directory().member(head.origin_id).signing_keys
        }
        view = _View(connection, head, reader.tier, self._levels(), self._codec)
        entries = [view.of(one, keys, stands=one.log_index in stands) for one in held]
        wires = fitting([self._codec.encode_entry(one) for one in entries])
        stop = span.start + len(wires)
        page = Page(tuple(wires), self.proof(connection, head, stop, span.size), page_token(span.size, stop))
        return page, any(one.envelope for one in entries[: len(wires)])

    def _tree(self, connection: Transaction, head: LogHead) -> Tiles:
        place = head.origin_id, head.frontier.size
        tree = self._trees.get(place)
        if tree is None:
            if len(self._trees) >= MOST_TREES:
                self._trees.clear()
            tree = self._trees[place] = tiles_of(leaf_hashes(connection, head.log_id))
        return tree


class _View:
    """One log for readers of one tier."""

    def __init__(
        self, connection: Transaction, head: LogHead, reader: Tier, own: Mapping[Tier, Levels], codec: Codec
    ) -> None:
        self._connection = connection
        self._head = head
        self._reader = reader
        self._own = own[reader]
        self._codec = codec

    def of(self, held: StoredEntry, keys: Mapping[str, bytes], *, stands: bool) -> Entry:
        """An entry as the reader may have it."""
        entry = self._codec.decode_entry(held.wire)
        envelope = entry.envelope
        if envelope is None:
            return entry
        openings: tuple[Opening, ...] = ()
        if envelope.payload_type == RETRACTION_TYPE:
            target = self._codec.decode_retraction(envelope.payload).replaces.log_index
            found = peer_entries(self._connection, self._head.log_id, [target]).get(target)
            passed = (
                found is not None and self._levels(self._codec.decode_entry(found[1]).envelope) is not None
            )
        else:
            levels = self._levels(envelope)
            passed = levels is not None
            if levels is not None and stands and held.fate == Fate.ACCEPTED:
                record = self._codec.decode_incident(envelope.payload)
                openings = narrowed(record, entry.openings, narrowest((levels, self._own)))
        if passed:
            return Entry(b"", envelope, openings)
        return Entry(leaf(envelope, keys[envelope.signatures[0].keyid]), None, ())

    def _levels(self, envelope: Envelope | None) -> Levels | None:
        """How finely a record may be passed on to the reader; nothing if not, or if it is none."""
        if envelope is None or envelope.payload_type != INCIDENT_TYPE:
            return None
        return passable_to(self._codec.decode_incident(envelope.payload).label, self._reader)
