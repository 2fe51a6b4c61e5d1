"""The gate: what a peer sends is believed only after it has passed here, whichever way it came.

All of it is a function of bytes, the trusted directory and the state verified so far; nothing here reads a clock, a
file, a socket or a database, and nothing is written before a whole page has passed. The checks of a page, in order,
cheap before dear:

  (1) sizes and limits, and every entry parses as an entry;
  (2) each leaf is made from its envelope, or taken as it is where the peer may not see more;
  (3) the leaves continue the log that was verified before, up to the signed checkpoint (RFC 6962 2.1.2);
  (4) the token of the next page is the one that follows from this page;
  (5) every signature, by a key that the directory binds to the origin, before any payload is parsed;
  (6) each payload is of a known type, complete, and of this origin;
  (7) every opening belongs to its signed head.

The first four (`link_page`) must go page after page; what remains (`verify_linked`) depends on no other page.
A failure in any of these refuses the whole page. An entry that is sound but that this node will not keep as a record
(a ladder schema it does not know, a value that does not follow from a finer one, a code of no list, sexual violence)
is refused alone, with its reason, and the log goes on.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from itertools import chain, count
from typing import Any, NamedTuple, TypeAlias

from crypto.checkpoint import Checkpoint, verify_checkpoint
from crypto.envelope import keyid, leaf, verify_envelope
from crypto.errors import CryptoError, EnvelopeError, SignatureError
from crypto.merkle import Frontier, leaf_hash, verify_consistency
from node.disclose import verify_view
from node.errors import (
    DisclosureError,
    ForkedError,
    LogKeyError,
    OriginError,
    PageError,
    PageTokenError,
    RecordSignatureError,
    RolledBackError,
    RootMismatchError,
    ViewError,
)
from node.facts import COLUMNS, Fact, fact, staff_column
from node.ladders import DIMENSIONS, SCHEMA
from node.model import Outcome, Staff
from node.rules import is_sexual_violence
from node.signed import INCIDENT_TYPE, RETRACTION_TYPE, Codec, Entry, IncidentRecord, Position, Retraction

MAX_PAGE_ENTRIES = 1000
MAX_ENTRY_BYTES = 16 * 1024
CHUNK_ENTRIES = 250  # what one worker verifies at a time

_PAYLOAD_TYPES = frozenset({INCIDENT_TYPE, RETRACTION_TYPE})
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


class Origin(NamedTuple):
    """What the directory says now about the origin of a log: 32-byte public keys that are valid."""

    org_id: str
    signing_keys: tuple[bytes, ...]
    log_key: bytes


class Page(NamedTuple):
    """A page as received: serialized entries, the proof to the checkpoint, the token of the next page."""

    entries: tuple[bytes, ...]
    proof: tuple[bytes, ...]
    next_token: str


class Verified(NamedTuple):
    """One entry that passed; `record` and `fact` are there when it was accepted."""

    position: Position
    fate: Fate
    wire: bytes
    record: IncidentRecord | Retraction | None = None
    fact: Fact | None = None
    reason: str = ""


Linked: TypeAlias = tuple[Entry, bytes, Position]  # an entry as read and as it came, and its place in the log


class LinkedPage(NamedTuple):
    """A page that belongs into the log, whatever it says, and the log up to its end."""

    entries: tuple[Linked, ...]
    frontier: Frontier


class VerifiedPage(NamedTuple):
    """A page, or several in a row, that passed, and the log as verified up to its end."""

    entries: tuple[Verified, ...]
    frontier: Frontier


def page_token(size: int, index: int) -> str:
    """Token for the entries from `index` on below the checkpoint of `size`; empty when there is none."""
    return f"{size}.{index}" if index < size else ""


def verify_head(note: bytes, origin: Origin, held: Frontier) -> Checkpoint:
    """Check a checkpoint against the origin's log key and the state of its log verified so far.

    Raises:
        LogKeyError: Signature, form or origin line is wrong.
        RolledBackError: The log has become shorter.
        ForkedError: It has the same size but other entries.
    """
    try:
        checkpoint = verify_checkpoint(note, log_name(origin.org_id), origin.log_key)
    except CryptoError as error:
        raise LogKeyError(str(error)) from error
    if checkpoint.size < held.size:
        raise RolledBackError(f"the log had {held.size} entries and now shows {checkpoint.size}")
    if checkpoint.size == held.size and checkpoint.root != held.root:
        raise ForkedError(f"two different logs of {held.size} entries")
    return checkpoint


def log_name(org_id: str) -> str:
    """Origin line of an organization's checkpoints."""
    return f"tocsin/{org_id}/log"


def verify_page(
    page: Page, origin: Origin, checkpoint: Checkpoint, held: Frontier, codec: Codec, spread: Spread = map
) -> VerifiedPage:
    """Check a page that continues `held` below `checkpoint`: `link_page`, then `verify_linked`.

    Raises:
        PeerError: The check that failed, as the subclass; nothing of the page may be kept.
    """
    return verify_linked(link_page(page, origin, checkpoint, held, codec), origin, codec, spread)


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
    entries = _read_entries(page.entries, held.size, origin, codec)  # (1), (2)
    hashes = [position.leaf_hash for _, _, position in entries]
    frontier = _verify_root(hashes, page.proof, checkpoint, held)  # (3)
    if page.next_token != page_token(checkpoint.size, frontier.size):  # (4)
        raise PageTokenError("the token of the next page does not follow from this page")
    return LinkedPage(entries, frontier)


def verify_linked(page: LinkedPage, origin: Origin, codec: Codec, spread: Spread = map) -> VerifiedPage:
    """Check what a page says: checks (5) to (7).

    Args:
        page: From `link_page`.
        origin: Whose log it is.
        codec: Reads messages.
        spread: Runs the checks over chunks; the built-in `map` does it on one core.

    Raises:
        PeerError: The check that failed, as the subclass; nothing of the page may be kept.
    """
    return VerifiedPage(_verify_entries(page.entries, origin, codec, spread), page.frontier)


def join_pages(pages: Sequence[VerifiedPage]) -> VerifiedPage:
    """Pages that follow each other as one."""
    return VerifiedPage(tuple(chain.from_iterable(page.entries for page in pages)), pages[-1].frontier)


def verify_stored(
    wires: Sequence[bytes], origin: Origin, start: int, codec: Codec, spread: Spread = map
) -> tuple[Verified, ...]:
    """Check stored entries again, from index `start` on: (1), (2) and (5) to (7) as on the day they came.

    Raises:
        PeerError: The check that failed.
    """
    return _verify_entries(_read_entries(wires, start, origin, codec), origin, codec, spread)


def _read_entries(wires: Sequence[bytes], start: int, origin: Origin, codec: Codec) -> tuple[Linked, ...]:
    entries = map(codec.decode_entry, wires)
    return tuple(
        [
            (entry, wire, Position(index, leaf_hash(_leaf(entry, origin))))
            for index, entry, wire in zip(count(start), entries, wires, strict=False)
        ]
    )


def _verify_entries(
    entries: Sequence[Linked], origin: Origin, codec: Codec, spread: Spread
) -> tuple[Verified, ...]:
    def verify_chunk(first: int) -> list[Verified]:
        return [_verify_entry(*one, origin, codec) for one in entries[first : first + CHUNK_ENTRIES]]

    chunks = spread(verify_chunk, range(0, len(entries), CHUNK_ENTRIES))
    return tuple(chain.from_iterable(chunks))


def _verify_sizes(page: Page, checkpoint: Checkpoint, held: Frontier) -> None:
    if not 1 <= len(page.entries) <= MAX_PAGE_ENTRIES:
        raise PageError(f"{len(page.entries)} entries where 1 to {MAX_PAGE_ENTRIES} are allowed")
    if held.size + len(page.entries) > checkpoint.size:
        raise PageError(f"it goes beyond the {checkpoint.size} entries of the checkpoint")
    if max(map(len, page.entries)) > MAX_ENTRY_BYTES:
        raise PageError(f"an entry is larger than {MAX_ENTRY_BYTES} bytes")


def _leaf(entry: Entry, origin: Origin) -> bytes:
    if entry.envelope is None:
        return entry.leaf
    hint = entry.envelope.signatures[0].keyid if entry.envelope.signatures else ""
    for public_key in origin.signing_keys:
        # Nothing signs the hint; held to its one form, all nodes keep the same bytes.
        if hint == keyid(public_key):
            try:
                return leaf(entry.envelope, public_key)
            except CryptoError as error:
                raise RecordSignatureError(str(error)) from error
    raise RecordSignatureError("a record is signed with a key that the directory does not bind to its origin")


def _verify_root(
    hashes: list[bytes], proof: tuple[bytes, ...], checkpoint: Checkpoint, held: Frontier
) -> Frontier:
    frontier = held.append(hashes)
    try:
        verify_consistency(frontier.size, checkpoint.size, frontier.root, checkpoint.root, proof)
    except CryptoError as error:
        raise RootMismatchError("the entries are not those that the checkpoint commits to") from error
    return frontier


def _verify_entry(entry: Entry, wire: bytes, position: Position, origin: Origin, codec: Codec) -> Verified:
    if entry.envelope is None:
        return Verified(position, Fate.WITHHELD, wire)
    try:
        verify_envelope(entry.envelope, _PAYLOAD_TYPES, origin.signing_keys)
    except (SignatureError, EnvelopeError) as error:
        raise RecordSignatureError(f"entry {position.log_index}: {error}") from error
    if entry.envelope.payload_type == RETRACTION_TYPE:
        retraction = codec.decode_retraction(entry.envelope.payload)
        _verify_origin(retraction.origin_id, origin)
        if entry.openings:
            raise DisclosureError(f"entry {position.log_index}: a retraction has nothing to open")
        return Verified(position, Fate.RETRACTED, wire, retraction)
    record = codec.decode_incident(entry.envelope.payload)
    _verify_origin(record.origin_id, origin)
    if record.schema != SCHEMA or len(record.heads) != len(DIMENSIONS):
        return Verified(position, Fate.REFUSED, wire, reason="LADDER_SCHEMA_UNKNOWN")
    return _verify_openings(entry, record, wire, position)


def _verify_openings(entry: Entry, record: IncidentRecord, wire: bytes, position: Position) -> Verified:
    if not entry.openings:  # called back since: it still tells what it replaced
        return Verified(position, Fate.WITHHELD, wire, record)
    try:
        chains = verify_view(record.record_uid, record.heads, entry.openings)
    except (CryptoError, ViewError) as error:
        raise DisclosureError(f"entry {position.log_index}: {error}") from error
    try:
        seen = fact(chains)
    except ViewError as error:
        return Verified(position, Fate.REFUSED, wire, reason=error.reason)
    means = seen[_MEANS]
    if is_sexual_violence(means if isinstance(means, str) else None, any(seen[_ASSAULTED])):
        return Verified(position, Fate.REFUSED, wire, reason="SEXUAL_VIOLENCE_RECORD")  # R14
    return Verified(position, Fate.ACCEPTED, wire, record, seen)


def _verify_origin(origin_id: str, origin: Origin) -> None:
    if origin_id != origin.org_id:
        raise OriginError(f"a record of {origin_id[:63]!r} stands in the log of {origin.org_id}")
