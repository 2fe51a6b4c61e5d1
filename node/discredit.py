"""Stop counting what a key signed after it was retired, in what was received before anybody said so.

The entries stay, as the log commits to them, and are refused from now on; what they replaced or called back counts
again. The figures of earlier days change with it: a forgery was never true. What such a call-back has destroyed here
stays destroyed, and `check` says so.
"""

from collections.abc import Iterator

from crypto.envelope import keyid
from node.receive import targets_of
from node.signed import Codec, IncidentRecord, Retraction
from node.store.database import Store, Transaction
from node.store.heads import log_head
from node.store.peer_log import StoredEntry, end_peer_facts, refuse, stored_entries
from node.verify import KEY_RETIRED, Fate, Origin, read_record

_PORTION = 2_500
_COUNTED = frozenset({Fate.ACCEPTED, Fate.RETRACTED, Fate.PADDING})


def discredit(store: Store, origin: Origin, codec: Codec) -> int:
    """Refuse what retired keys of an origin signed too late; gives how many entries it was.

    Args:
        store: Of this node.
        origin: As the directory has it now.
        codec: Reads messages.
    """
    ends = {keyid(key): end for key, end in origin.ends}
    if not ends:
        return 0
    with store.write() as connection:
        head = log_head(connection, origin.org_id)
        if head is None:
            return 0
        late: dict[int, frozenset[int]] = {}  # what each of them replaced
        for held in _entries(connection, head.log_id, min(ends.values())):
            envelope = codec.decode_entry(held.wire).envelope
            if envelope is not None and held.log_index >= ends.get(
                envelope.signatures[0].keyid, held.log_index + 1
            ):
                late[held.log_index] = _replaced(held, codec)
        refuse(connection, head.log_id, list(late), KEY_RETIRED)
        freed = frozenset[int]().union(*late.values())
        if freed:
            end_peer_facts(connection, head.log_id, _ends(connection, head.log_id, freed, codec))
    return len(late)


def _ends(connection: Transaction, log_id: int, freed: frozenset[int], codec: Codec) -> dict[int, int | None]:
    """The day from which each of these entries no longer counts, by the entries that are still believed."""
    ends: dict[int, int | None] = dict.fromkeys(freed)
    for held in _entries(connection, log_id, min(freed)):
        for index in _replaced(held, codec) & freed:
            ends[index] = ends[index] or held.known_on
    return ends


def _entries(connection: Transaction, log_id: int, start: int) -> Iterator[StoredEntry]:
    """What counts from an index on, in order."""
    while portion := stored_entries(connection, log_id, start, _PORTION):
        yield from (one for one in portion if one.fate in _COUNTED)
        start = portion[-1].log_index + 1


def _replaced(held: StoredEntry, codec: Codec) -> frozenset[int]:
    record: IncidentRecord | Retraction | None = read_record(codec.decode_entry(held.wire), codec)
    return frozenset(target.log_index for target, _ in targets_of(record)) if record else frozenset()
