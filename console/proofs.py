"""Files that prove records: made for somebody, verified for whoever is handed one, and the state of logs as lines."""

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from console.home import Home
from console.outcomes import NOBODY_NAMED
from crypto.checkpoint import verify_checkpoint
from crypto.cosignature import cosignatures
from crypto.envelope import keyid
from crypto.errors import CryptoError
from crypto.logproof import LogProof
from node.directory import retired_keys
from node.errors import DirectoryError, LogKeyError, QueryError
from node.ladders import DIMENSIONS
from node.proof import Proven
from node.prove import Giving, prove_own, prove_received
from node.store.database import Store
from node.store.heads import LogHead, log_heads
from node.store.own_log import record_at
from node.store.receipts import all_passed_on
from node.store.records import record_ids_by_key, record_names
from node.verify import Origin, first_line, read_checkpoint, witness_name
from node.wire import records

LOG_HEADER = ("log", "entries", "root", "checkpoint", "cosigned by", "verified", "waiting")
GIVEN_HEADER = ("record", "entry", "to", "by", "when")
PROOF_HEADER = ("what", "value")


class Keys(NamedTuple):
    """Keys of those whose logs and cosignatures can be verified, by id and by `witness_name`."""

    origins: Mapping[str, Origin]
    witnesses: Mapping[str, tuple[bytes, ...]]


def known_keys(home: Home) -> Keys:
    """Keys of this node and of every member, whether they are still valid or not, and up to where retired ones count.

    Raises:
        NodeError: The directory does not hold, or our own keys can not be read.
    """
    own = home.origin()
    origins = {own.org_id: own}
    try:
        members = home.directory().members
    except DirectoryError:
        if home.network_file.exists():
            raise
        members = ()
    for one in members:
        past, signing = retired_keys(one), tuple(key.public_key for key in one.signing_keys)
        known = own if one.org_id == own.org_id else past._replace(signing_keys=signing)
        origins[one.org_id] = known._replace(ends=past.ends, log_ends=past.log_ends)
    witnesses = {
        witness_name(one.org_id): tuple(key.public_key for key in one.witness_keys) for one in members
    }
    return Keys(origins, witnesses)


def given_keys(org_id: str, signing_key: str, log_key: str, witnesses: Sequence[str]) -> Keys:
    """Keys that somebody was told, 64 hexadecimal digits each, of witnesses behind their names.

    Raises:
        QueryError: One is no key.
    """
    named = [one.rpartition("=") for one in witnesses]
    texts = [signing_key, log_key, *(key for _, _, key in named)]
    if not all(re.fullmatch("[0-9A-Fa-f]{64}", text) for text in texts):
        raise QueryError("--signing-key, --log-key, --witness: a key has 64 hexadecimal digits")
    signing, log, *others = map(bytes.fromhex, texts)
    return Keys(
        {org_id: Origin(org_id, (signing,), (log,))},
        {name: (key,) for (name, _, _), key in zip(named, others, strict=True)},
    )


def script_keys(keys: Keys, org_id: str, proof: LogProof) -> Iterator[str]:
    """The keys that somebody needs to verify a proof, as docs/verify_record.py takes them."""
    origin = keys.origins[org_id]
    signing = next(key for key in origin.signing_keys if keyid(key) in _keyids(proof))
    yield signing.hex()
    yield next(
        key.hex()
        for key in origin.log_keys
        if _holds(verify_checkpoint, proof.note, first_line(proof.note), key)
    )
    for name in (one.name for one in cosignatures(proof.note, keys.witnesses)):
        yield next(
            f"{name}={key.hex()}"
            for key in keys.witnesses[name]
            if _holds(cosignatures, proof.note, {name: (key,)})
        )


def prove(home: Home, store: Store, record: str, giving: Giving) -> tuple[str, LogProof]:
    """Prove a record of our own, `SOURCE:KEY`, or of a peer, `PEER:ENTRY`; gives whose log it is in.

    Raises:
        NodeError: There is no such record, or it can not be proven to them.
    """
    source, _, key = record.rpartition(":")
    with store.read() as connection:
        own = record_ids_by_key(connection, source, [key])
        peers = {one.origin_id for one in log_heads(connection)} - {home.settings.org_id}
    if key in own:
        org_id = home.settings.org_id
        return org_id, prove_own(store, org_id, own[key], giving, records)
    if source not in peers or not (key.isdecimal() and len(key) < 19):
        raise QueryError(
            "there is no record {record!r}; ids look like awsd:4664, those of a member like alpha:17",
            record=record[:80],
        )
    return source, prove_received(store, source, int(key), giving, records)


def proof_lines(proven: Proven, standing: str) -> Iterator[tuple[str, str | int]]:
    """What a proof shows, one thing a line."""
    record = proven.record
    yield "organization", proven.origin_id
    yield "record", record.record_uid.hex()
    yield "revision", record.revision
    yield "label", record.label.name
    yield "purpose", record.purpose or ""
    for dimension, chain in zip(DIMENSIONS, proven.chains, strict=True):
        yield dimension.name, chain[-1] if chain else "not shown"
    yield "entry", proven.position.log_index
    yield "of entries", proven.checkpoint.size
    yield "root", base64.b64encode(proven.checkpoint.root).decode()
    yield "cosigned by", ", ".join(f"{one.name} {_time(one.at)}" for one in proven.cosigned)
    yield "now", standing


def given_lines(store: Store, own_id: str) -> Iterator[tuple[str | int, ...]]:
    """One line for each time that people here gave something of a log to somebody."""
    with store.read() as connection:
        given = all_passed_on(connection)
        own = {one.log_index for origin_id, one, _ in given if origin_id == own_id}
        keys = {index: record_at(connection, index) for index in own}
        names = record_names(connection, [key for key in keys.values() if key is not None])
    for origin_id, one, said_by in given:
        record = names.get(keys.get(one.log_index) or 0, "") if origin_id == own_id else origin_id
        entry = f"{one.log_index} to {one.stop_index - 1}" if one.stop_index else one.log_index
        yield (
            record,
            entry,
            one.member_id or NOBODY_NAMED,
            said_by or "this node",
            _time(int(one.at.timestamp())),
        )


def log_lines(store: Store, own_id: str, keys: Keys) -> Iterator[tuple[str | int, ...]]:
    """One line per log: our own first, then each that is followed."""
    with store.read() as connection:
        heads = sorted(log_heads(connection), key=lambda one: (one.origin_id != own_id, one.origin_id))
    for head in heads:
        yield _log_line(head, keys, own=head.origin_id == own_id)


def _log_line(head: LogHead, keys: Keys, *, own: bool) -> tuple[str | int, ...]:
    origin = keys.origins.get(head.origin_id)
    if origin is None or not head.checkpoint:
        return head.origin_id, 0, "", "none" if origin else "of nobody known", "", head.frontier.size, 0
    try:
        checkpoint = read_checkpoint(head.checkpoint, origin)
        by = cosignatures(head.checkpoint, keys.witnesses)
    except (CryptoError, LogKeyError) as error:
        return head.origin_id, 0, "", f"does not hold: {error.reason}", "", head.frontier.size, 0
    return (
        head.origin_id,
        checkpoint.size,
        base64.b64encode(checkpoint.root).decode(),
        _time(head.heard_at) if head.heard_at else "passed on",
        ", ".join(f"{one.name} {_time(one.at)}" for one in by),
        head.frontier.size,
        head.frontier.size - checkpoint.size if own else 0,
    )


def _holds(verify: Callable[..., object], *what: object) -> bool:
    try:
        verify(*what)
    except CryptoError:
        return False
    return True


def _keyids(proof: LogProof) -> frozenset[str]:
    envelope = records.decode_entry(proof.extra).envelope
    return frozenset(one.keyid for one in envelope.signatures) if envelope else frozenset()


def _time(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
