"""Stop counting what a key signed after it was retired, in what was received before anybody said so.

The entries stay, as the log commits to them, and are refused from now on; what they replaced or called back counts
again. The figures of earlier days change with it: a forgery was never true. What such a call-back has destroyed here
stays destroyed, and `check` says so.
"""

from collections.abc import Iterator

from crypto.envelope import keyid, leaf_keyid
from node.purge import MISMATCH
from node.receive import targets_of
from node.signed import Codec
from node.store.database import Store, Transaction
from node.store.heads import log_head
from node.store.peer_log import StoredEntry, end_peer_facts, refuse, stored_entries
from node.verify import KEY_RETIRED, Fate, Origin, read_record

_PORTION = 2_500
_DONE = frozenset({(Fate.REFUSED, KEY_RETIRED), (Fate.PURGED, "")})
_NOT_BELIEVED = frozenset({KEY_RETIRED, MISMATCH})


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
        head = log_head(connection, origin.org_id)
        if head is None:
            return 0
        late = {  # and what each of them replaced
            held.log_index: _replaced(held, codec)
            for held in _late(connection, head.log_id, origin, codec)
            if (held.fate, held.reason) not in _DONE and codec.decode_entry(held.wire).envelope
        }
        refuse(connection, head.log_id, list(late), KEY_RETIRED)
        freed = frozenset[int]().union(*late.values())
        if freed:
            end_peer_facts(connection, head.log_id, _ends(connection, head.log_id, freed, codec))
    return len(late)


def discredited(store: Store, own: Origin, codec: Codec) -> frozenset[int]:
    """Indexes of entries of our own log that nobody counts, as our own key was retired before; to be shared again."""
    if not own.ends:
        return frozenset()
    with store.read() as connection:
        head = log_head(connection, own.org_id)
        if head is None:
            return frozenset()
        return frozenset(held.log_index for held in _late(connection, head.log_id, own, codec))


def _late(connection: Transaction, log_id: int, origin: Origin, codec: Codec) -> Iterator[StoredEntry]:
    """What retired keys signed too late."""
    ends = {keyid(key): end for key, end in origin.ends}
    for held in _entries(connection, log_id, min(ends.values())):
        entry = codec.decode_entry(held.wire)
        signer = entry.envelope.signatures[0].keyid if entry.envelope else leaf_keyid(entry.leaf)
        if held.log_index >= ends.get(signer, held.log_index + 1):
            yield held


def _ends(connection: Transaction, log_id: int, freed: frozenset[int], codec: Codec) -> dict[int, int | None]:
    """The day from which each of these entries no longer counts, by the entries that are still believed."""
    ends: dict[int, int | None] = dict.fromkeys(freed)
    for held in _entries(connection, log_id, min(freed)):
        for index in _replaced(held, codec) & freed:
            ends[index] = ends[index] or held.known_on
    return ends


def _entries(connection: Transaction, log_id: int, start: int) -> Iterator[StoredEntry]:
    """Entries from an index on, in order."""
    while portion := stored_entries(connection, log_id, start, _PORTION):
        yield from portion
        start = portion[-1].log_index + 1


def _replaced(held: StoredEntry, codec: Codec) -> frozenset[int]:
    """What an entry replaces or calls back, if it is believed in that."""
    if held.reason in _NOT_BELIEVED:
        return frozenset()
    record = read_record(codec.decode_entry(held.wire), codec)
    return frozenset(target.log_index for target, _ in targets_of(record)) if record else frozenset()
