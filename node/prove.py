"""Prove a record to somebody: its log entry as far as they may see it, in one file that anybody checks off-line.

The file is given by a person to a person, so it is written down first, as what people pass on is (R5, R21). Nothing
finer leaves than was released to its audience, or than a peer's label and our own table let, and nothing that the
rules hold now.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from crypto.errors import ProofError
from crypto.ladder import Opening, narrow_opening
from crypto.logproof import LogProof
from crypto.merkle import HashReader, inclusion_path
from crypto.tiles import Tiles, tiles_of
from node.audience import CLOSED, Audience, Levels, Tier
from node.bounds import Bounds
from node.discredit import NOT_BELIEVED, believed
from node.errors import ForkedError, NotProvableError, StoreError
from node.explain import case_for
from node.ladders import DIMENSIONS
from node.passing import passable
from node.plan import Request, decided
from node.proof import Proven
from node.receipt import PassedOn
from node.receive import targets_of
from node.rules import Override, decide
from node.signed import Codec, Retraction
from node.store.database import Store, Transaction
from node.store.heads import LogHead, log_head
from node.store.own_log import Released, entry_views, record_at, released
from node.store.peer_log import entries_at, leaf_hashes, past_frontier, stands
from node.store.policies import overrides
from node.store.receipts import add_passed_on
from node.store.records import current_by_record
from node.store.tiles import TileReader
from node.verify import Fate


class Giving(NamedTuple):
    """To whom a proof is given, by whom, when (aware UTC, whole seconds), and by which bounds of this organization."""

    audience: Audience
    said_by: str
    now: datetime
    bounds: Bounds

    def members(self, origin_id: str) -> tuple[str, ...]:
        """Whose hands it may get into: a member, all that reach a tier, or, as nobody's name, anybody.

        Raises:
            NotProvableError: There is nobody.
        """
        if self.audience.member:
            return (self.audience.member,)
        if self.audience.tier is Tier.PUBLIC:
            return ("",)
        reach = {org_id for org_id, tier in self.bounds.network.items() if tier >= self.audience.tier}
        if not reach - {origin_id}:
            raise NotProvableError("no other member is of the tier {name}", name=self.audience.name)
        return tuple(sorted(reach - {origin_id}))


class Standing(StrEnum):
    """What has become of a record since the entry that is proven, as far as this node knows."""

    STANDS = "stands"
    REPLACED = "corrected since: ask for a proof of the newest"
    CALLED_BACK = "called back"
    PURGED = "called back, to be destroyed"
    NOT_BELIEVED = "not believed: its log told two stories, its key was retired, or it contradicts its record"
    NOT_SHOWN = "not known: this node is not shown that entry"
    UNKNOWN = "not known: this node does not hold the log so far"


def prove_own(store: Store, org_id: str, record_id: int, giving: Giving, codec: Codec) -> LogProof:
    """Prove a record of our own, as it was released last.

    Raises:
        NotProvableError: It never left for this audience, no longer stands or a rule holds it now, or no checkpoint
            commits to it yet.
        StoreError: It can not be read, or that it leaves can not be written down.
    """
    with store.read() as connection:
        past = _standing_release(connection, record_id)
        head = log_head(connection, org_id)
        assert head is not None, "what was released stands in a log"
        seen = entry_views(connection, head.log_id, past.log_index)
        name = giving.audience.name
        wire = seen[name if name in seen else giving.audience.tier.name.lower()]
        openings = codec.decode_entry(wire).openings
        if not openings:
            raise NotProvableError("it was not released to {name} (R1)", name=name)
        _verify_levels(openings, _decided_levels(connection, past, giving))
        proof = _proof(head, past.log_index, wire, Tiles(TileReader(connection)))
    return _written_down(store, org_id, proof, giving)


def prove_received(store: Store, origin_id: str, index: int, giving: Giving, codec: Codec) -> LogProof:
    """Prove a record of a peer, as its label lets us pass it on, and no finer than our own table for the audience.

    Raises:
        PassingError: No such record is held, or its label does not let it go there.
        NotProvableError: It no longer stands, shows this audience nothing, or its log is not held to the end.
        StoreError: It can not be read, or that it leaves can not be written down.
    """
    with store.read() as connection:
        members, network = giving.members(origin_id), giving.bounds.network
        entry, record = passable(connection, origin_id, index, members, network, codec)
        head = log_head(connection, origin_id)
        assert head is not None, "what is held of a peer stands in its log"
        if not stands(connection, head.log_id, index):
            raise NotProvableError("it was corrected or called back by its originator (R18)")
        levels = giving.bounds.policy.levels[giving.audience.tier]
        openings = tuple(
            narrow_opening(record.record_uid, DIMENSIONS[one.dimension].name, one, levels[one.dimension])
            for one in entry.openings
            if levels[one.dimension] != CLOSED
        )
        if not openings:
            raise NotProvableError(
                "nothing that is held of it may be shown to {name}", name=giving.audience.name
            )
        tree = tiles_of(leaf_hashes(connection, head.log_id))
        wire = codec.encode_entry(entry._replace(openings=openings))
        proof = _proof(head, index, wire, tree)
    return _written_down(store, origin_id, proof, giving)


def standing_of(store: Store, own_id: str, proven: Proven, codec: Codec) -> Standing:
    """What this node knows of a record that was proven.

    Raises:
        ForkedError: The log that this node holds has other entries than the one of the proof.
    """
    with store.read() as connection:
        head = log_head(connection, proven.origin_id)
        size = proven.checkpoint.size
        if head is None or head.frontier.size < size:
            return Standing.UNKNOWN
        if past_frontier(connection, head.log_id, size).root != proven.checkpoint.root:
            raise ForkedError("two different logs of {size} entries", size=size)
        if proven.origin_id == own_id:
            return _own_standing(connection, proven.position.log_index)
        return _peer_standing(connection, head, proven.position.log_index, codec)


def _standing_release(connection: Transaction, record_id: int) -> Released:
    """What left of a record last, if that is what it says now.

    Raises:
        NotProvableError: It never left, was called back, or has changed since.
    """
    past = released(connection, [record_id]).get(record_id)
    if past is None:
        raise NotProvableError("nothing of it was ever released (R1)")
    if not past.terms.views:
        raise NotProvableError("it was called back by entry {log_index} (R18)", log_index=past.log_index)
    now = current_by_record(connection, [record_id]).get(record_id)
    if now is None or now.digest != past.digest:
        raise NotProvableError("it has changed since it left (R18); `tocsin share --updates` first")
    return past


def _decided_levels(connection: Transaction, past: Released, giving: Giving) -> Levels:
    """What the rules let the audience see now of what left before.

    Raises:
        NotProvableError: A rule holds it.
    """
    one = current_by_record(connection, [past.record_id])[past.record_id]
    said = overrides(connection, [past.record_id]).get(past.record_id, Override())
    request = Request((), frozenset(), giving.now, giving.bounds, purpose=past.terms.purpose)
    decision = decide(case_for(one, past, said, giving.audience, (request, decided(connection))))
    if decision.hold is not None:
        raise NotProvableError(
            "it is held by {rule}: {reason}", rule=decision.hold.rule, reason=decision.hold.reason
        )
    return decision.levels


def _verify_levels(openings: tuple[Opening, ...], levels: Levels) -> None:
    for opening in openings:
        if len(opening.values) > levels[opening.dimension] + 1:
            name = DIMENSIONS[opening.dimension].name
            raise NotProvableError(
                "the rules let less of {name} leave now; `tocsin share --updates` first", name=name
            )


def _proof(head: LogHead, index: int, wire: bytes, tree: HashReader) -> LogProof:
    size = head.committed
    if index >= size:
        raise NotProvableError("no checkpoint commits to it yet: wait for the next")
    if size > head.frontier.size:
        raise NotProvableError(
            "only part of the log is held; `tocsin sync {origin_id}` first", origin_id=head.origin_id
        )
    try:
        return LogProof(wire, index, inclusion_path(tree, index, size), head.checkpoint)
    except ProofError as error:
        raise StoreError(str(error)) from error


def _written_down(store: Store, origin_id: str, proof: LogProof, giving: Giving) -> LogProof:
    with store.write() as connection:
        for member in giving.members(origin_id):
            passed = PassedOn(proof.log_index, member, giving.now)
            add_passed_on(connection, origin_id, passed, giving.said_by)
    return proof


def _own_standing(connection: Transaction, index: int) -> Standing:
    record_id = record_at(connection, index)
    last = released(connection, [record_id])[record_id] if record_id is not None else None
    if last is None or last.log_index == index:
        return Standing.STANDS if last is not None else Standing.UNKNOWN
    return Standing.REPLACED if last.terms.views else Standing.CALLED_BACK


def _peer_standing(connection: Transaction, head: LogHead, index: int, codec: Codec) -> Standing:
    held = entries_at(connection, head.log_id, [index])[index]
    if held.reason in NOT_BELIEVED:
        return Standing.NOT_BELIEVED
    last = index
    for at, record in believed(connection, head.log_id, index + 1, codec):
        if last in {target.log_index for target, _ in targets_of(record)}:
            if isinstance(record, Retraction):
                return Standing.PURGED if record.purge else Standing.CALLED_BACK
            last = at
    if last != index:
        return Standing.REPLACED
    return Standing.NOT_SHOWN if held.fate == Fate.WITHHELD else Standing.STANDS
