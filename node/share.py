"""Release records to tiers: what would leave, and then exactly that, signed and logged.

`preview` works out, record by record, what each tier would see and what is held and why; `release` does the same work
inside the transaction that signs and logs it, so what people saw is what leaves. Whatever was asked for, a record that
left before and has changed goes out again to those who have it, and one that no longer stands is called back.
"""

import secrets
from collections.abc import Iterator, Sequence
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
from node.store.heads import LogHead, advance_log, open_log
from node.store.own_log import OwnEntry, Released, append_own, close_views, outdated, released
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

    def only(self, revision_id: int) -> "Plan":
        """What of it concerns one revision; whether that one is unchanged is not told apart."""
        outgoing = tuple(one for one in self.outgoing if one.current.revision_id == revision_id)
        held = tuple(one for one in self.held if one.current.revision_id == revision_id)
        return Plan(outgoing, (), held, self.unchanged)


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
            plan = release_within(connection, revision_ids, withdrawn, request, identity, codec)
        yield plan


def release_within(
    connection: Transaction,
    revision_ids: Sequence[int],
    withdrawn: Sequence[Released],
    request: Request,
    identity: Identity,
    codec: Codec,
) -> Plan:
    """Sign and log some revisions, and call back what was withdrawn, inside a write transaction that is open.

    Raises:
        BusyError: Another process of this node appended at the same moment.
    """
    plan = _plan(connection, revision_ids, withdrawn, request)
    head = open_log(connection, identity.org_id)
    entries = [_retraction(one, identity, codec) for one in plan.callbacks]
    entries += [_entry(one, identity, codec) for one in plan.outgoing]
    if entries or not head.checkpoint:
        _append(connection, head, entries, identity, request.now)
    _close(connection, plan.callbacks, codec)
    return plan


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
        tiers = (past.tiers if past else frozenset()) | (
            request.tiers if one.revision_id in asked else frozenset()
        )
        why = hold(one.incident, request.now.date())
        if why is not None:
            held.append(Held(one, why))
            if past is not None and past.tiers:
                callbacks.append(Callback(past, Reason.SHARED_IN_ERROR))
        elif past is not None and past.digest == one.digest and past.tiers == tiers:
            unchanged += 1
        elif tiers:
            outgoing.append(
                Outgoing(one, anonymize(one.incident, rcrc_named=request.rcrc_named), tiers, past)
            )
    return Plan(tuple(outgoing), tuple(callbacks), tuple(held), unchanged)


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
    return OwnEntry(
        *_leaf(envelope, identity, codec),
        views,
        one.current.record_id,
        one.current.revision_id,
        secret,
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
        )
    )
    envelope = sign_envelope(identity.signing, RETRACTION_TYPE, payload)
    # Whoever could see the record must learn that it no longer stands; nobody else learns that it existed.
    views = {min(before.tiers): codec.encode_entry(Entry(b"", envelope, ()))}
    return OwnEntry(*_leaf(envelope, identity, codec), views, before.record_id, before.revision_id, b"")


def _close(connection: Transaction, callbacks: Sequence[Callback], codec: Codec) -> None:
    """Open no more to anybody of what was called back (R18)."""
    close_views(
        connection,
        [one.before.record_id for one in callbacks],
        lambda wire: codec.encode_entry(codec.decode_entry(wire)._replace(openings=())),
    )


def _leaf(envelope: Envelope, identity: Identity, codec: Codec) -> tuple[bytes, bytes]:
    """Leaf hash of an entry, and the entry as everybody may see it."""
    data = leaf(envelope, identity.signing.public_key)
    return leaf_hash(data), codec.encode_entry(Entry(data, None, ()))
