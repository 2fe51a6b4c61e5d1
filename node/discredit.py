"""Stop counting what is no longer believed, in what was received before anybody knew.

That is what a key signed after it was retired, and what stands in a log behind the size from which on it told two
stories. The entries stay, as the log commits to them, and are refused from now on; what they replaced or called back
counts again. The figures of earlier days change with it: a forgery was never true. What such a call-back has destroyed
here stays destroyed, and `check` says so.
"""

from collections.abc import Iterator
from typing import NamedTuple

from crypto.envelope import keyid, leaf_keyid
from node.purge import MISMATCH
from node.receive import targets_of
from node.signed import Codec, IncidentRecord, Retraction
from node.store.database import Store, Transaction
from node.store.forks import fork_of
from node.store.heads import LogHead, log_head
from node.store.peer_log import StoredEntry, believe, cut_entries, end_peer_facts, refuse, stored_entries
from node.verify import KEY_RETIRED, LOG_FORKED, Fate, Origin, read_record, verify_stored

_PORTION = 2_500
NOT_BELIEVED = frozenset({KEY_RETIRED, LOG_FORKED, MISMATCH})
"""Why an entry is refused that is not believed either in what it replaces or calls back."""


class _Judged(NamedTuple):
    """An entry, whether more than its leaf is held, and why it does not count; empty where it may."""

    held: StoredEntry
    shown: bool
    why: str

    @property
    def is_settled(self) -> bool:
        """Whether nothing has to be done about it."""
        known = self.held.fate, self.held.reason
        if not self.why:
            return self.held.reason != LOG_FORKED
        if not self.shown or known in {(Fate.PURGED, ""), (Fate.REFUSED, self.why)}:
            return True
        return self.why == LOG_FORKED and known == (Fate.REFUSED, MISMATCH)


def discredit(store: Store, origin: Origin, codec: Codec) -> int:
    """Refuse what retired keys of an origin signed too late; gives how many entries it was.

    Args:
        store: Of this node.
        origin: As the directory has it now.
        codec: Reads messages.
    """
    if not origin.ends:
        return 0
    with store.write() as connection:
        start = min(end for _, end in origin.ends) if fork_of(connection, origin.org_id) is None else 0
        return discredit_within(connection, origin, codec, start)


def discredit_within(connection: Transaction, origin: Origin, codec: Codec, start: int = 0) -> int:
    """The same from an index on, and what stands behind the fork of a log.

    What is known to be shared by now, or was not forked after all, is believed again.
    """
    head, fork = log_head(connection, origin.org_id), fork_of(connection, origin.org_id)
    if head is None:
        return 0
    origin = origin._replace(good_size=fork.common_size if fork else None)
    judged = [one for one in _judged(connection, head.log_id, origin, codec, start) if not one.is_settled]
    changed: set[int] = set()
    for why in (KEY_RETIRED, LOG_FORKED):
        late = [one.held for one in judged if one.why == why]
        changed.update(*(_replaced(held, codec) for held in late))
        refuse(connection, head.log_id, [held.log_index for held in late], why)
    for held in (one.held for one in judged if not one.why):
        (found,) = verify_stored([held.wire], origin, held.log_index, codec)
        believe(connection, head.log_id, held.known_on, found)
        changed |= {held.log_index} | _replaced(held._replace(reason=found.reason), codec)
    if changed:
        ends = _ends(connection, head.log_id, frozenset(changed), codec)
        end_peer_facts(connection, head.log_id, ends)
    return sum(bool(one.why) for one in judged)


def drop_within(connection: Transaction, head: LogHead, size: int, codec: Codec) -> None:
    """Drop the entries of a log from an index on; what they replaced or called back counts again."""
    late = list(_entries(connection, head.log_id, size))
    freed = frozenset[int]().union(*(_replaced(held, codec) for held in late))
    cut_entries(connection, head.log_id, head.origin_id, size)
    kept = frozenset(index for index in freed if index < size)
    if kept:
        end_peer_facts(connection, head.log_id, _ends(connection, head.log_id, kept, codec))


def discredited(store: Store, own: Origin, codec: Codec) -> frozenset[int]:
    """Indexes of entries of our own log that nobody counts, as our own key was retired before; to be shared again."""
    if not own.ends:
        return frozenset()
    with store.read() as connection:
        head = log_head(connection, own.org_id)
        if head is None:
            return frozenset()
        judged = _judged(connection, head.log_id, own, codec, min(end for _, end in own.ends))
        return frozenset(one.held.log_index for one in judged if one.why)


def believed(
    connection: Transaction, log_id: int, start: int, codec: Codec
) -> Iterator[tuple[int, IncidentRecord | Retraction]]:
    """What a peer logged from an index on and is believed, in order, each behind its index; not what it withholds."""
    for held in _entries(connection, log_id, start):
        record = _believed(held, codec)
        if record is not None:
            yield held.log_index, record


def _judged(
    connection: Transaction, log_id: int, origin: Origin, codec: Codec, start: int
) -> Iterator[_Judged]:
    """Entries from an index on."""
    ends = {keyid(key): end for key, end in origin.ends}
    for held in _entries(connection, log_id, start):
        entry = codec.decode_entry(held.wire)
        signer = entry.envelope.signatures[0].keyid if entry.envelope else leaf_keyid(entry.leaf)
        why = ""
        if held.log_index >= ends.get(signer, held.log_index + 1):
            why = KEY_RETIRED
        elif origin.good_size is not None and held.log_index >= origin.good_size:
            why = LOG_FORKED
        yield _Judged(held, entry.envelope is not None, why)


def _ends(connection: Transaction, log_id: int, freed: frozenset[int], codec: Codec) -> dict[int, int | None]:
    """The day from which each of these entries no longer counts, by the entries that are still believed."""
    ends: dict[int, int | None] = dict.fromkeys(freed)
    for held in _entries(connection, log_id, min(freed)):
        for index in _replaced(held, codec) & freed:
            ends[index] = ends[index] or held.heard_on
    return ends


def _entries(connection: Transaction, log_id: int, start: int) -> Iterator[StoredEntry]:
    """Entries from an index on, in order."""
    while portion := stored_entries(connection, log_id, start, _PORTION):
        yield from portion
        start = portion[-1].log_index + 1


def _replaced(held: StoredEntry, codec: Codec) -> frozenset[int]:
    """What an entry replaces or calls back, if it is believed in that."""
    record = _believed(held, codec)
    return frozenset(target.log_index for target, _ in targets_of(record)) if record else frozenset()


def _believed(held: StoredEntry, codec: Codec) -> IncidentRecord | Retraction | None:
    """What an entry says, if more than its leaf is held and it is believed in what it replaces."""
    return None if held.reason in NOT_BELIEVED else read_record(codec.decode_entry(held.wire), codec)
