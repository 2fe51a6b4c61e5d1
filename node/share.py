"""Release records to tiers: what would leave, and then exactly that, signed and logged.

`preview` works out, record by record, what each tier would see and what is held and why; `release` does the same work
inside the transaction that signs and logs it, so what people saw is what leaves. Whatever was asked for, a record that
left before and has changed goes out again to those who have it, and one that no longer stands is called back.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.envelope import Envelope, leaf, sign_envelope
from crypto.merkle import Frontier, leaf_hash
from crypto.signing import Signer
from node.anonymize import anonymize
from node.disclose import commit, cut
from node.ladders import SCHEMA, Chains
from node.rules import LEVELS, Hold, Tier, hold, label
from node.signed import (
    INCIDENT_TYPE,
    RETRACTION_TYPE,
    Codec,
    Entry,
    IncidentRecord,
    Position,
    Reason,
    Retraction,
)
from node.store.database import Store, Transaction
from node.store.disclosures import called_back
from node.store.heads import LogHead, advance_log, open_log
from node.store.own_log import NOBODY, OwnEntry, Released, append_own, close_views, outdated, released
from node.store.records import Current, current
from node.verify import log_name

BATCH_RECORDS = 2_000  # per transaction: a cut costs at most this much work, and no record
SECRET_BYTES = 32


class Identity(NamedTuple):
    """Who signs: the organization and its keys, one per use."""

    org_id: str
    signing: Signer
    log: Signer


class Request(NamedTuple):
    """What somebody wants to let out: keys of revisions, and who is to see them."""

    revision_ids: tuple[int, ...]
    tiers: frozenset[Tier]
    now: datetime  # aware UTC
    rcrc_named: bool = False  # consent of the Red Cross and Red Crescent Movement (R7)
    narrow_to: Tier | None = None  # instead of releasing: nobody below this tier is to see them any more (R3)


class Outgoing(NamedTuple):
    """One record that would leave: its anonymized values, and which tiers it is released to."""

    current: Current
    chains: Chains
    tiers: frozenset[Tier]
    before: Released | None

    def seen_by(self, tier: Tier) -> Chains:
        """Values that members of this tier would see; nothing when it is not for them."""
        coarser = [one for one in self.tiers if one <= tier]
        return cut(self.chains, LEVELS[max(coarser)]) if coarser else ()


class Callback(NamedTuple):
    """One record that left before and is called back."""

    before: Released
    reason: Reason
    purge: bool = False


class Held(NamedTuple):
    """One record that was asked for and does not leave."""

    current: Current
    hold: Hold


class Plan(NamedTuple):
    """What one batch of a release does; `unchanged` records already left as they are."""

    outgoing: tuple[Outgoing, ...]
    callbacks: tuple[Callback, ...]
    held: tuple[Held, ...]
    unchanged: int


def preview(store: Store, request: Request) -> Iterator[Plan]:
    """Work out what would leave, batch by batch; nothing is written."""
    with store.read() as connection:
        withdrawn, batches = _batches(connection, request)
        for at, revision_ids in enumerate(batches):
            yield _plan(connection, revision_ids, withdrawn if at == 0 else (), request)


def release(store: Store, request: Request, identity: Identity, codec: Codec) -> Iterator[Plan]:
    """Sign and log what `preview` shows; each plan that is yielded has been committed.

    Raises:
        BusyError: Another process of this node appended at the same moment; what was yielded before stands.
    """
    with store.read() as connection:
        _, batches = _batches(connection, request)
    for at, revision_ids in enumerate(batches):
        with store.write() as connection:
            # Asked again: another process may have called records back meanwhile.
            withdrawn = outdated(connection)[0] if at == 0 else ()
            plan = _plan(connection, revision_ids, withdrawn, request)
            head = open_log(connection, identity.org_id)
            entries = [_retraction(one, identity, codec) for one in plan.callbacks]
            entries += [_entry(one, identity, codec) for one in plan.outgoing]
            _close(connection, [*plan.callbacks, *plan.outgoing], codec)
            if entries or not head.checkpoint:
                _append(connection, head, entries, identity, request.now)
        yield plan


def callbacks_on_demand(
    store: Store, record_ids: Sequence[int], why: Reason, codec: Codec, *, purge: bool = False
) -> tuple[Callback, ...]:
    """Which of these records `call_back` would call back: those that left and still stand with others."""
    with store.read() as connection:
        return _on_demand(connection, record_ids, why, codec, purge=purge)


def call_back(
    store: Store,
    record_ids: Sequence[int],
    why: Reason,
    identity: Identity,
    codec: Codec,
    *,
    now: datetime,
    purge: bool = False,
) -> tuple[Callback, ...]:
    """Call records back; each stays unshared until somebody releases it again.

    Args:
        store: Of this node.
        record_ids: Keys of the records; they may have been withdrawn here already.
        why: Said to everybody who saw them.
        identity: Who signs.
        codec: Writes messages.
        now: Aware UTC.
        purge: Ask receivers to destroy what was opened to them, also of what was called back before without that.

    Raises:
        BusyError: Another process of this node appended at the same moment.
    """
    with store.write() as connection:
        found = _on_demand(connection, record_ids, why, codec, purge=purge)
        head = open_log(connection, identity.org_id)
        entries = [_retraction(one, identity, codec) for one in found]
        _close(connection, found, codec)
        if entries:
            _append(connection, head, entries, identity, now)
    return found


def start_log(store: Store, identity: Identity, now: datetime) -> None:
    """Sign the checkpoint of the empty log, so that a node that shared nothing yet can say so."""
    with store.write() as connection:
        head = open_log(connection, identity.org_id)
        if not head.checkpoint:
            _append(connection, head, [], identity, now)


def _batches(connection: Transaction, request: Request) -> tuple[Sequence[Released], list[tuple[int, ...]]]:
    withdrawn, changed = outdated(connection)
    wanted = tuple(dict.fromkeys((*changed, *request.revision_ids)))
    batches = [wanted[start : start + BATCH_RECORDS] for start in range(0, len(wanted), BATCH_RECORDS)]
    return withdrawn, batches or [()]


def _plan(
    connection: Transaction, revision_ids: Sequence[int], withdrawn: Sequence[Released], request: Request
) -> Plan:
    found = current(connection, revision_ids)
    before = released(connection, [one.record_id for one in found])
    asked = frozenset(request.revision_ids)
    outgoing: list[Outgoing] = []
    held: list[Held] = []
    callbacks = [Callback(one, Reason.WITHDRAWN) for one in withdrawn]
    unchanged = 0
    for one in found:
        past = before.get(one.record_id)
        tiers = _tiers_now(past, request, asked=one.revision_id in asked)
        why = hold(one.incident, request.now.date())
        if why is not None:
            held.append(Held(one, why))
            if past is not None and past.tiers:
                callbacks.append(Callback(past, Reason.SHARED_IN_ERROR))
        elif past is not None and past.digest == one.digest and past.tiers == tiers:
            unchanged += 1
        elif not tiers and past is not None and past.tiers:  # nobody is left who may see it
            callbacks.append(Callback(past, Reason.SHARED_IN_ERROR))
        elif tiers:
            outgoing.append(
                Outgoing(one, anonymize(one.incident, rcrc_named=request.rcrc_named), tiers, past)
            )
    return Plan(tuple(outgoing), tuple(callbacks), tuple(held), unchanged)


def _tiers_now(past: Released | None, request: Request, *, asked: bool) -> frozenset[Tier]:
    """Tiers that a record is released to once the request is done."""
    before = past.tiers if past else frozenset[Tier]()
    if not asked:
        return before
    narrow_to = request.narrow_to
    return before | request.tiers if narrow_to is None else frozenset(t for t in before if t >= narrow_to)


def _on_demand(
    connection: Transaction, record_ids: Sequence[int], why: Reason, codec: Codec, *, purge: bool
) -> tuple[Callback, ...]:
    ids = tuple(dict.fromkeys(record_ids))
    destroyed = {one.log_index for one in called_back(connection, ids) if _asks_to_purge(one.wire, codec)}
    return tuple(
        Callback(past, why, purge)
        for past in released(connection, ids).values()
        if past.tiers or (purge and past.log_index not in destroyed)
    )


def _asks_to_purge(wire: bytes, codec: Codec) -> bool:
    envelope = codec.decode_entry(wire).envelope
    return envelope is not None and codec.decode_retraction(envelope.payload).purge


def _append(
    connection: Transaction, head: LogHead, entries: Sequence[OwnEntry], identity: Identity, now: datetime
) -> None:
    frontier = append_own(connection, head, entries, now)
    advance_log(connection, head, frontier, _checkpoint(frontier, identity), int(now.timestamp()))


def _checkpoint(frontier: Frontier, identity: Identity) -> bytes:
    name = log_name(identity.org_id)
    return sign_checkpoint(Checkpoint(name, frontier.size, frontier.root), name, identity.log)


def _entry(one: Outgoing, identity: Identity, codec: Codec) -> OwnEntry:
    uid = one.current.uid
    secret = secrets.token_bytes(SECRET_BYTES)
    commitment = commit(uid, secret, one.chains)
    payload = codec.encode_incident(
        IncidentRecord(
            uid,
            identity.org_id,
            one.before.times + 1 if one.before else 1,
            commitment.heads,
            SCHEMA,
            label(one.tiers),
            Position(one.before.log_index, one.before.leaf_hash) if one.before else None,
        )
    )
    envelope = sign_envelope(identity.signing, INCIDENT_TYPE, payload)
    views = {
        tier: codec.encode_entry(Entry(b"", envelope, commitment.open(LEVELS[tier])))
        for tier in sorted(one.tiers)
    }
    told: Mapping[Tier, bytes] = NOBODY
    if one.before is not None and one.before.widest < min(one.tiers):
        told = {one.before.widest: codec.encode_entry(Entry(b"", envelope, ()))}
    return OwnEntry(
        *_leaf(envelope, identity, codec),
        views,
        one.current.record_id,
        one.current.revision_id,
        secret,
        told,
    )


def _retraction(one: Callback, identity: Identity, codec: Codec) -> OwnEntry:
    before = one.before
    payload = codec.encode_retraction(
        Retraction(
            before.uid,
            identity.org_id,
            before.times + 1,
            one.reason,
            Position(before.log_index, before.leaf_hash),
            one.purge,
        )
    )
    envelope = sign_envelope(identity.signing, RETRACTION_TYPE, payload)
    # Whoever could see the record must learn that it no longer stands; nobody else learns that it existed.
    told = {before.widest: codec.encode_entry(Entry(b"", envelope, ()))}
    return OwnEntry(
        *_leaf(envelope, identity, codec), NOBODY, before.record_id, before.revision_id, b"", told
    )


def _close(connection: Transaction, replacing: Sequence[Callback | Outgoing], codec: Codec) -> None:
    """Open no more to anybody of what is being called back or corrected (R18)."""
    close_views(
        connection,
        [one.before.log_index for one in replacing if one.before is not None],
        lambda wire: codec.encode_entry(codec.decode_entry(wire)._replace(openings=())),
    )


def _leaf(envelope: Envelope, identity: Identity, codec: Codec) -> tuple[bytes, bytes]:
    """Leaf hash of an entry, and the entry as everybody may see it."""
    data = leaf(envelope, identity.signing.public_key)
    return leaf_hash(data), codec.encode_entry(Entry(data, None, ()))
