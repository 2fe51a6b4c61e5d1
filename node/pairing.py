"""Find pairs of records that may be of one event, among what this node shared and what it was shown.

Of its own records a node compares what each member was shown, so that both sides find the same pairs with the same
weights. Of two members' records it compares what it was shown itself; whether they are one is for their owners to say.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from node.audience import ALL_CLOSED, Audience, Tier, levels_for
from node.candidates import Pair, Reports, look, pair_of
from node.chances import Weighed, weigh
from node.clusters import Ties, clusters
from node.errors import UnknownMatchError
from node.likeness import weights
from node.once import handed_on
from node.sight import cut_sight, sight
from node.signed import Codec, RecordName
from node.store.database import Store, Transaction
from node.store.heads import log_head
from node.store.matched import (
    LikelyPair,
    Place,
    Standing,
    likely_pairs,
    note_places,
    own_standing,
    peer_standing,
    put_likely_pairs,
)
from node.store.own_log import Released
from node.store.peer_log import entries_at
from node.store.records import day_number
from node.store.verdicts import all_verdicts
from node.verdict import agreed, grounds
from node.verify import Fate


def find_pairs(
    store: Store, org_id: str, network: Mapping[str, Tier], codec: Codec, now: datetime
) -> tuple[LikelyPair, ...]:
    """Look at everything that counts now, and keep which pairs people should look at.

    Args:
        store: Of this node.
        org_id: Of this node.
        network: Tier of each active member.
        codec: Reads entries.
        now: Aware UTC.
    """
    with store.read() as connection:
        own, theirs = own_standing(connection, org_id), _theirs(connection, codec)
        said = [one.verdict for one in all_verdicts(connection)]
    same, apart = agreed(said)
    signed = clusters(Ties(same, apart)).events
    copies = handed_on(signed, grounds(said))
    looked = [look(_reports(theirs), same=same, apart=apart, copies=copies)]
    for member in sorted({one.place.name.origin_id for one in theirs} & network.keys()):
        shown = _shown_to(own, Audience(network[member], member))
        hers = _reports(one for one in theirs if one.place.name.origin_id == member)
        looked.append(look({**shown, **hers}, same=same, apart=apart, copies=copies))
    present = {one.place.name for one in (*own, *theirs)}
    events = [group & present for group in signed]
    today = day_number(now.date())
    pairs = tuple(sorted(_kept(one, today) for one in weigh(looked, events, copies)))
    named = {name for one in pairs for name in one.pair}
    with store.write() as connection:
        put_likely_pairs(connection, pairs)
        note_places(connection, [one.place for one in (*own, *theirs) if one.place.name in named])
    return pairs


def name_pair(store: Store, own: Released, org_id: str, entry: tuple[str, int], codec: Codec) -> Pair:
    """A pair that people name themselves, of a record of ours and an entry of a member; where they are is remembered.

    Raises:
        UnknownMatchError: No such record is held here.
    """
    member, index = entry
    with store.write() as connection:
        head = log_head(connection, member)
        found = entries_at(connection, head.log_id, [index]).get(index) if head is not None else None
        envelope = codec.peek_entry(found.wire).envelope if found and found.fate == Fate.ACCEPTED else None
        if head is None or envelope is None:
            raise UnknownMatchError(
                "no record {member}:{index} is held; `tocsin peer records {member}`",
                member=member[:63],
                index=index,
            )
        ours = RecordName(org_id, own.uid)
        theirs = RecordName(member, codec.decode_incident(envelope.payload).record_uid)
        places = Place(ours, own.record_id, None, None), Place(theirs, None, head.log_id, index)
        note_places(connection, places)
    return pair_of(ours, theirs)


def ties(connection: Transaction, known_on: int | None = None) -> Ties:
    """What was decided of pairs, and what is open, now or as of a day (as a `day_number`)."""
    said = [one.verdict for one in all_verdicts(connection, known_on)]
    same, apart = agreed(said)
    pairs = likely_pairs(connection, known_on)
    undecided = [one for one in pairs if one.pair not in same | apart]
    expected = {one.pair: one.expected for one in undecided if one.expected is not None}
    return Ties(same, apart, {one.pair: one.weight for one in undecided}, expected)


def _theirs(connection: Transaction, codec: Codec) -> list[Standing]:
    found = []
    for member, log_id, index, wire, fact in peer_standing(connection):
        envelope = codec.peek_entry(wire).envelope
        if envelope is not None:
            uid = codec.decode_incident(envelope.payload).record_uid
            found.append(Standing(Place(RecordName(member, uid), None, log_id, index), fact, {}, wire))
    return found


def _reports(standing: Iterable[Standing]) -> Reports:
    return {one.place.name: sight(one.fact) for one in standing}


def _shown_to(own: Iterable[Standing], member: Audience) -> Reports:
    """Our own records as a member was shown them."""
    found = {}
    for one in own:
        levels = levels_for(one.views, member)
        if levels is not None and levels != ALL_CLOSED:
            found[one.place.name] = cut_sight(sight(one.fact), levels)
    return found


def _kept(one: Weighed, today: int) -> LikelyPair:
    """A pair as it is kept: which are found is the table's to say, how likely each is what is seen here as well."""
    pair, alike = one.candidate
    found = " ".join(f"{dimension}:{level}" for dimension, level in alike.found)
    return LikelyPair(pair, one.weight, found, weights().version, today, one.expected)
