"""Release records: sign and log exactly what a preview shows.

`preview` works out, record by record, what each tier and each named member would see and what is held and why;
`release` does the same work inside the transaction that signs and logs it, so what people saw is what leaves. Alerts
whose record their tier may see no more end in that transaction too.
"""

import secrets
from collections.abc import Iterator, Sequence
from itertools import chain

from crypto.envelope import sign_envelope
from node.alert_life import Sender, end_alerts
from node.audience import ALL_CLOSED
from node.disclose import commit
from node.ladders import SCHEMA
from node.logbook import Callback, Identity, append, close_replaced, leaf_of, retraction
from node.plan import Outgoing, Plan, Request, plan_within
from node.signed import INCIDENT_TYPE, Codec, Entry, IncidentRecord, Position
from node.store.database import Store, Transaction
from node.store.heads import open_log
from node.store.own_log import OwnEntry, Released, Terms, outdated, released_at
from node.store.policies import policy_id
from node.store.successions import waiting_heirs
from node.urgent import AlertCodec

BATCH_RECORDS = 2_000  # per transaction: a cut costs at most this much work, and no record
SECRET_BYTES = 32


def preview(store: Store, request: Request) -> Iterator[Plan]:
    """Work out what would leave, batch by batch; nothing is written."""
    with store.read() as connection:
        withdrawn, batches = _batches(connection, request)
        for at, revision_ids in enumerate(batches):
            yield plan_within(connection, revision_ids, withdrawn if at == 0 else (), request)


def release(store: Store, request: Request, identity: Identity, codec: AlertCodec) -> Iterator[Plan]:
    """Sign and log what `preview` shows; each plan that is yielded has been committed.

    Raises:
        BusyError: Another process of this node appended at the same moment; what was yielded before stands.
    """
    with store.read() as connection:
        _, batches = _batches(connection, request)
    for at, revision_ids in enumerate(batches):
        with store.write() as connection:
            # Asked again: another process may have called records back meanwhile.
            withdrawn = _outdated(connection, request)[0] if at == 0 else ()
            plan = release_within(connection, revision_ids, withdrawn, request, identity, codec)
        yield plan


def release_within(
    connection: Transaction,
    revision_ids: Sequence[int],
    withdrawn: Sequence[Released],
    request: Request,
    identity: Identity,
    codec: AlertCodec,
) -> Plan:
    """Sign and log some revisions, call back what was withdrawn, and end alerts, inside an open write transaction.

    Raises:
        BusyError: Another process of this node appended at the same moment.
    """
    plan = plan_within(connection, revision_ids, withdrawn, request)
    head = open_log(connection, identity.org_id)
    entries = [retraction(one, identity, codec) for one in plan.callbacks]
    policy = policy_id(connection, request.bounds.policy, request.now)
    entries += [_entry(one, identity, policy, codec) for one in plan.outgoing]
    replaced = (one.before for one in chain[Callback | Outgoing](plan.callbacks, plan.outgoing))
    close_replaced(connection, [before for before in replaced if before is not None], codec)
    if entries or not head.checkpoint:
        append(connection, head, entries, identity, request.now)
    return plan._replace(alerts=end_alerts(connection, request.now, Sender(identity, codec)))


def _batches(connection: Transaction, request: Request) -> tuple[Sequence[Released], list[tuple[int, ...]]]:
    withdrawn, changed = _outdated(connection, request)
    wanted = tuple(dict.fromkeys((*changed, *waiting_heirs(connection), *request.revision_ids)))
    batches = [wanted[start : start + BATCH_RECORDS] for start in range(0, len(wanted), BATCH_RECORDS)]
    return withdrawn, batches or [()]


def _outdated(connection: Transaction, request: Request) -> tuple[Sequence[Released], Sequence[int]]:
    """What is to be called back, and revisions to look at again; also what left under a key that did not count."""
    withdrawn, changed = outdated(connection, request.bounds.policy.digest)
    again = released_at(connection, request.discredited)
    called_back = [one for one in again if not one.terms.views]
    return [*withdrawn, *called_back], [*changed, *(one.revision_id for one in again if one.terms.views)]


def _entry(one: Outgoing, identity: Identity, policy_id: int, codec: Codec) -> OwnEntry:
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
            one.label,
            Position(one.before.log_index, one.before.leaf_hash) if one.before else None,
            one.purpose,
            one.stands_for,
        )
    )
    envelope = sign_envelope(identity.signing, INCIDENT_TYPE, payload)
    shown = {**one.views, **dict.fromkeys(one.lost, ALL_CLOSED)}
    views = {
        name: codec.encode_entry(Entry(b"", envelope, commitment.open(levels)))
        for name, levels in shown.items()
    }
    return OwnEntry(
        *leaf_of(envelope, identity, codec),
        views,
        one.current.record_id,
        one.current.revision_id,
        Terms(policy_id, one.purpose, one.label, one.asked, shown),
        secret,
    )
