"""The gate: what a peer sends is believed only after it has passed here, whichever way it came.

All of it is a function of bytes, the trusted directory and the state verified so far; nothing here reads a clock, a
file, a socket or a database, and nothing is written before a whole page has passed. The checks of a page, in order,
cheap before dear:

  (1) sizes and limits, and every entry parses as an entry;
  (2) each leaf is made from its envelope, or taken as it is where the peer may not see more;
  (3) the leaves continue the log that was verified before, up to the signed checkpoint (RFC 6962 2.1.2);
  (4) the token of the next page is the one that follows from this page;
  (5) every entry has exactly the form of this version, and its signature is by a key that the directory binds to the
      origin, before any payload is parsed;
  (6) each payload is of a known type, complete, and of this origin;
  (7) every opening belongs to its signed head.

The first four (`link_page`) must go page after page. What remains (`verify_entries`) depends on nothing but the entries
themselves, so it may be done for many of them at once, wherever there is a core.

A failure in any of these refuses the whole page. An entry that is sound but that this node will not keep as a record
(a ladder schema or a purpose it does not know, a value that does not follow from a finer one, a code of no list, sexual
violence) is refused alone, with its reason, and the log goes on.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

from crypto.checkpoint import Checkpoint, verify_checkpoint
from crypto.envelope import Envelope, keyid, verify_envelope
from crypto.errors import CryptoError, EnvelopeError, SignatureError
from crypto.merkle import Frontier, leaf_hash, verify_consistency
from node.disclose import verify_view
from node.errors import (
    DisclosureError,
    ForkedError,
    LogKeyError,
    OriginError,
    OtherEpochError,
    PageError,
    PageTokenError,
    RecordSignatureError,
    RolledBackError,
    RootMismatchError,
    ViewError,
)
from node.facts import COLUMNS, Fact, fact, staff_column
from node.ladders import DIMENSIONS, SCHEMA
from node.model import Outcome, Staff, is_sexual_violence
from node.quorum import Quorum, verify_quorum
from node.signed import (
    INCIDENT_TYPE,
    PADDING_TYPE,
    RETRACTION_TYPE,
    Codec,
    Entry,
    IncidentRecord,
    Position,
    Retraction,
)

MAX_PAGE_ENTRIES = 2000  # of a page for which no size was asked
MAX_ASKED_ENTRIES = 1000  # members of an older version refuse more, in a call and in a bundle
MAX_ENTRY_BYTES = 16 * 1024
CHUNK_ENTRIES = 250  # what one worker verifies at a time

_MAX_NAME = 200
_LOG_NAME = re.compile(r"tocsin/(?P<org_id>[a-z0-9-]{2,63})/log(?:/(?P<epoch>[2-9]|[1-9][0-9]{1,8}))?")
_PAYLOAD_TYPES = frozenset({INCIDENT_TYPE, RETRACTION_TYPE, PADDING_TYPE})
_NAMES = [column.name for column in COLUMNS]
_MEANS = _NAMES.index("means")
_FIRST_ASSAULTED = _NAMES.index(staff_column(Outcome.SEXUALLY_ASSAULTED, next(iter(Staff))))
_ASSAULTED = slice(_FIRST_ASSAULTED, _FIRST_ASSAULTED + len(Staff))

Spread: TypeAlias = Callable[
    [Callable[[int], Any], Iterable[int]], Iterable[Any]
]  # map in order, on as many cores as there are


class Fate(StrEnum):
    """What became of an entry at this node."""

    ACCEPTED = "accepted"
    RETRACTED = "retracted"  # a retraction: it calls another record back
    WITHHELD = "withheld"  # not, or no longer, for us: nothing of its values is known
    REFUSED = "refused"
    PURGED = "purged"  # its values were destroyed because the origin asked for it
    PADDING = "padding"  # it says nothing, and is no record


class Origin(NamedTuple):
    """What the directory says now about the origin of a log: 32-byte public keys that are valid, or were."""

    org_id: str
    signing_keys: tuple[bytes, ...]
    log_keys: tuple[bytes, ...]
    ends: tuple[tuple[bytes, int], ...] = ()  # of retired signing keys: the first index that no longer counts
    log_ends: tuple[tuple[bytes, int], ...] = ()  # of retired log keys: the largest size that counts
    good_size: int | None = None  # of a log that has forked: the first index that no longer counts


class Page(NamedTuple):
    """A page as received: serialized entries, the proof to the checkpoint, the token of the next page."""

    entries: tuple[bytes, ...]
    proof: tuple[bytes, ...]
    next_token: str


class Finding(NamedTuple):
    """What verifying an entry found.

    `record` is there when it is a retraction or says that it replaces others, also when it was refused: what the
    origin has replaced no longer counts, whatever we think of what came after it. `fact` is there when the entry was
    accepted.
    """

    fate: Fate
    record: IncidentRecord | Retraction | None = None
    fact: Fact | None = None
    reason: str = ""


# Neither counted nor believed in what it replaces or calls back: whoever stole a key writes no history with it.
KEY_RETIRED = "KEY_RETIRED"
_RETIRED = Finding(Fate.REFUSED, reason=KEY_RETIRED)
# A withheld entry that another member passed on: its originator may show more of it.
RELAYED = "RELAYED"
# Likewise of a log that told two stories: of what only one of them holds, nothing is believed.
LOG_FORKED = ForkedError.reason
_FORKED = Finding(Fate.REFUSED, reason=LOG_FORKED)


class Verified(NamedTuple):
    """One entry that passed, and what was found."""

    position: Position
    wire: bytes
    fate: Fate
    record: IncidentRecord | Retraction | None = None
    fact: Fact | None = None
    reason: str = ""


class LinkedPage(NamedTuple):
    """A page that belongs into the log, whatever it says: entries as they came, their places, the log up to its end."""

    wires: tuple[bytes, ...]
    positions: tuple[Position, ...]
    frontier: Frontier


class VerifiedPage(NamedTuple):
    """A page, or several in a row, that passed, and the log as verified up to its end."""

    entries: tuple[Verified, ...]
    frontier: Frontier


def page_token(size: int, index: int) -> str:
    """Token for the entries from `index` on below the checkpoint of `size`; empty when there is none."""
    return f"{size}.{index}" if index < size else ""


def verify_head(note: bytes, origin: Origin, held: Frontier, quorum: Quorum, name: str = "") -> Checkpoint:
    """Check a checkpoint against the origin's log key, its witnesses and the state of its log verified so far.

    Args:
        note: The checkpoint.
        origin: Whose log it is.
        held: The log as it is verified so far.
        quorum: Who has to have cosigned it.
        name: Of the log that is held; without one, of any epoch.

    Raises:
        OtherEpochError: It is of another epoch of the log than the one that is held.
        LogKeyError: Signature, form or origin line is wrong, or that of a witness.
        QuorumError: It says more than is held, and too few witnesses have cosigned that.
        RolledBackError: The log has become shorter.
        ForkedError: It has the same size but other entries.
    """
    checkpoint = read_checkpoint(note, origin)
    if name and checkpoint.origin != name:
        raise OtherEpochError(
            "it is epoch {epoch} of the log of {org_id}, and epoch {other} is followed here; ask "
            "what happened, and for the file: `tocsin peer epoch`",
            epoch=epoch_in(checkpoint.origin),
            org_id=origin.org_id,
            other=epoch_in(name),
        )
    if checkpoint.size < held.size:
        raise RolledBackError(
            "the log had {held} entries and now shows {size}", held=held.size, size=checkpoint.size
        )
    if checkpoint.size == held.size and checkpoint.root != held.root:
        raise ForkedError("two different logs of {held} entries", held=held.size)
    if checkpoint.size > held.size:
        verify_quorum(note, quorum)
    return checkpoint


def read_checkpoint(note: bytes, origin: Origin) -> Checkpoint:
    """Check a checkpoint of an origin's log, in whichever epoch, against the origin's log keys.

    Raises:
        LogKeyError: Signature, form or origin line is wrong, or the key was retired before the log had so many entries.
    """
    ends = dict(origin.log_ends)
    name = first_line(note)
    if owner_of(name) != origin.org_id:
        raise LogKeyError("origin: the checkpoint is of another log")
    try:
        checkpoint = verify_checkpoint(note, name, *origin.log_keys)
        counted = [key for key in origin.log_keys if checkpoint.size <= ends.get(key, checkpoint.size)]
        return verify_checkpoint(note, name, *counted) if len(counted) < len(origin.log_keys) else checkpoint
    except CryptoError as error:
        raise LogKeyError(str(error)) from error


def log_name(org_id: str, epoch: int = 1) -> str:
    """Origin line of an organization's checkpoints; from the second epoch on the log has another name."""
    return f"tocsin/{org_id}/log" if epoch == 1 else f"tocsin/{org_id}/log/{epoch}"


def first_line(note: bytes) -> str:
    """Origin line of a checkpoint; nothing is verified."""
    return note[:_MAX_NAME].partition(b"\n")[0].decode(errors="replace")


def owner_of(name: str) -> str:
    """Id of the organization whose log of records has this origin line; empty where it is another log."""
    found = _LOG_NAME.fullmatch(name)
    return found["org_id"] if found else ""


def epoch_in(name: str) -> int:
    """Number of the epoch in the origin line of a log of records."""
    found = _LOG_NAME.fullmatch(name)
    return int(found["epoch"] or 1) if found else 1


def witness_name(org_id: str) -> str:
    """Key name under which an organization cosigns the checkpoints of others."""
    return f"tocsin/{org_id}/witness"


def verify_page(
    page: Page, origin: Origin, checkpoint: Checkpoint, held: Frontier, codec: Codec
) -> VerifiedPage:
    """Check a page that continues `held` below `checkpoint`: `link_page`, then `verify_linked`.

    Raises:
        PeerError: The check that failed, as the subclass; nothing of the page may be kept.
    """
    return verify_linked(link_page(page, origin, checkpoint, held, codec), origin, codec)


def link_page(page: Page, origin: Origin, checkpoint: Checkpoint, held: Frontier, codec: Codec) -> LinkedPage:
    """Check that a page continues a log: checks (1) to (4).

    Args:
        page: As received.
        origin: Whose log it is.
        checkpoint: From `verify_head`.
        held: The log as linked so far.
        codec: Reads messages.

    Raises:
        PeerError: The check that failed, as the subclass.
    """
    _verify_sizes(page, checkpoint, held)  # (1)
    positions = _positions(page.entries, held.size, origin, codec)  # (1), (2)
    frontier = _verify_root([one.leaf_hash for one in positions], page.proof, checkpoint, held)  # (3)
    if page.next_token != page_token(checkpoint.size, frontier.size):  # (4)
        raise PageTokenError("the token of the next page does not follow from this page")
    return LinkedPage(page.entries, positions, frontier)


def verify_linked(page: LinkedPage, origin: Origin, codec: Codec) -> VerifiedPage:
    """Check what a page says: `verify_entries` for all of it.

    Raises:
        PeerError: The check that failed, as the subclass; nothing of the page may be kept.
    """
    start = page.frontier.size - len(page.wires)
    return found_page(page, verify_entries(page.wires, start, origin, codec))


def verify_entries(wires: Sequence[bytes], start: int, origin: Origin, codec: Codec) -> list[Finding]:
    """Check what entries say, from index `start` on: checks (5) to (7).

    Raises:
        PeerError: The check that failed, as the subclass; nothing of the page that they are from may be kept.
    """
    entries = [codec.decode_entry(wire) for wire in wires]
    signers = [
        None if entry.envelope is None else _verify_signature(index, entry.envelope, origin)
        for index, entry in enumerate(entries, start)
    ]  # all of them, before anything of what was signed is read
    distrusted = _distrusted(signers, start, origin)
    return [
        distrusted.get(index) or _verify_entry(index, entry, origin, codec)
        for index, entry in enumerate(entries, start)
    ]


def _distrusted(signers: Sequence[bytes | None], start: int, origin: Origin) -> dict[int, Finding]:
    """What is refused unread, by index: signed with a key that had ended, or only one of two stories holds it."""
    ends = dict(origin.ends)
    if not ends and origin.good_size is None:
        return {}
    good_size = start + len(signers) if origin.good_size is None else origin.good_size
    shown = [(index, key) for index, key in enumerate(signers, start) if key is not None]
    forked = {index: _FORKED for index, _ in shown if index >= good_size}
    return forked | {index: _RETIRED for index, key in shown if index >= ends.get(key, index + 1)}


def read_record(entry: Entry, codec: Codec) -> IncidentRecord | Retraction | None:
    """What an entry that was believed says; nothing when it shows only its leaf, or is padding.

    Raises:
        PayloadError: It is none of these.
    """
    if entry.envelope is None or entry.envelope.payload_type == PADDING_TYPE:
        return None
    if entry.envelope.payload_type == RETRACTION_TYPE:
        return codec.decode_retraction(entry.envelope.payload)
    return codec.decode_incident(entry.envelope.payload)


def found_page(page: LinkedPage, found: Iterable[Finding]) -> VerifiedPage:
    """Put together a page and what was found in its entries."""
    entries = zip(page.positions, page.wires, found, strict=True)
    return VerifiedPage(tuple([Verified(place, wire, *one) for place, wire, one in entries]), page.frontier)


def join_pages(pages: Sequence[VerifiedPage]) -> VerifiedPage:
    """Pages that follow each other as one."""
    return VerifiedPage(tuple(chain.from_iterable(page.entries for page in pages)), pages[-1].frontier)


def verify_stored(
    wires: Sequence[bytes], origin: Origin, start: int, codec: Codec, spread: Spread = map
) -> tuple[Verified, ...]:
    """Check stored entries again, from index `start` on: (1), (2) and (5) to (7) as on the day they came.

    Args:
        wires: As they are stored.
        origin: Whose log they are in.
        start: Index of the first.
        codec: Reads messages.
        spread: Runs the dear checks over chunks; the built-in `map` does it on one core.

    Raises:
        PeerError: The check that failed.
    """

    def verify_chunk(first: int) -> list[Finding]:
        return verify_entries(wires[first : first + CHUNK_ENTRIES], start + first, origin, codec)

    page = LinkedPage(tuple(wires), _positions(wires, start, origin, codec), Frontier())
    chunks = spread(verify_chunk, range(0, len(wires), CHUNK_ENTRIES))
    return found_page(page, chain.from_iterable(chunks)).entries


def _positions(wires: Sequence[bytes], start: int, origin: Origin, codec: Codec) -> tuple[Position, ...]:
    keys = {keyid(public_key): public_key for public_key in origin.signing_keys}
    return tuple(
        [Position(index, leaf_hash(_leaf(wire, keys, codec))) for index, wire in enumerate(wires, start)]
    )


def _verify_sizes(page: Page, checkpoint: Checkpoint, held: Frontier) -> None:
    if not 1 <= len(page.entries) <= MAX_PAGE_ENTRIES:
        raise PageError(
            "{count} entries where 1 to {most} are allowed", count=len(page.entries), most=MAX_PAGE_ENTRIES
        )
    if held.size + len(page.entries) > checkpoint.size:
        raise PageError("it goes beyond the {size} entries of the checkpoint", size=checkpoint.size)
    if max(map(len, page.entries)) > MAX_ENTRY_BYTES:
        raise PageError("an entry is larger than {most} bytes", most=MAX_ENTRY_BYTES)


def _leaf(wire: bytes, keys: Mapping[str, bytes], codec: Codec) -> bytes:
    try:
        made = codec.peek_leaf(wire, keys)
    except CryptoError as error:
        raise RecordSignatureError(str(error)) from error
    # Nothing signs the hint; held to its one form, all nodes keep the same bytes.
    if made is None:
        raise RecordSignatureError(
            "a record is signed with a key that the directory does not bind to its origin"
        )
    return made


def _verify_root(
    hashes: list[bytes], proof: tuple[bytes, ...], checkpoint: Checkpoint, held: Frontier
) -> Frontier:
    frontier = held.append(hashes)
    try:
        verify_consistency(frontier.size, checkpoint.size, frontier.root, checkpoint.root, proof)
    except CryptoError as error:
        raise RootMismatchError("the entries are not those that the checkpoint commits to") from error
    return frontier


def _verify_signature(index: int, envelope: Envelope, origin: Origin) -> bytes:
    try:
        return verify_envelope(envelope, _PAYLOAD_TYPES, origin.signing_keys)
    except (SignatureError, EnvelopeError) as error:
        raise RecordSignatureError("entry {index}: {error}", index=index, error=error) from error


def _verify_entry(index: int, entry: Entry, origin: Origin, codec: Codec) -> Finding:
    if entry.envelope is None:
        return Finding(Fate.WITHHELD)
    if entry.envelope.payload_type == RETRACTION_TYPE:
        retraction = codec.decode_retraction(entry.envelope.payload)
        _verify_origin(retraction.origin_id, origin)
        if entry.openings:
            raise DisclosureError("entry {index}: a retraction has nothing to open", index=index)
        return Finding(Fate.RETRACTED, retraction)
    if entry.envelope.payload_type == PADDING_TYPE:
        _verify_origin(codec.decode_padding(entry.envelope.payload).origin_id, origin)
        if entry.openings:
            raise DisclosureError("entry {index}: padding has nothing to open", index=index)
        return Finding(Fate.PADDING)
    record = codec.decode_incident(entry.envelope.payload)
    _verify_origin(record.origin_id, origin)
    if record.schema != SCHEMA or len(record.heads) != len(DIMENSIONS):
        return Finding(Fate.REFUSED, _replacing(record), reason="LADDER_SCHEMA_UNKNOWN")
    if record.purpose is None:
        return Finding(Fate.REFUSED, _replacing(record), reason="PURPOSE_UNKNOWN")  # R16
    return _verify_openings(index, entry, record)


def _replacing(record: IncidentRecord) -> IncidentRecord | None:
    return record if record.replaces is not None or record.stands_for else None


def _verify_openings(index: int, entry: Entry, record: IncidentRecord) -> Finding:
    replacing = _replacing(record)
    if (
        not entry.openings
    ):  # replaced or called back since, or no longer for us: it still tells what it replaced
        return Finding(Fate.WITHHELD, replacing)
    try:
        chains = verify_view(record.record_uid, record.heads, entry.openings)
    except (CryptoError, ViewError) as error:
        raise DisclosureError("entry {index}: {error}", index=index, error=error) from error
    try:
        seen = fact(chains, record.purpose)
    except ViewError as error:
        return Finding(Fate.REFUSED, replacing, reason=error.reason)
    means = seen[_MEANS]
    if is_sexual_violence(means if isinstance(means, str) else None, any(seen[_ASSAULTED])):
        return Finding(Fate.REFUSED, replacing, reason="SEXUAL_VIOLENCE_RECORD")  # R14
    return Finding(Fate.ACCEPTED, replacing, seen)


def _verify_origin(origin_id: str, origin: Origin) -> None:
    if origin_id != origin.org_id:
        raise OriginError(
            "a record of {origin_id!r} stands in the log of {org_id}",
            origin_id=origin_id[:63],
            org_id=origin.org_id,
        )
