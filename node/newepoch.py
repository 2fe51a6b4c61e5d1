"""Go on with a log after it told two stories by mistake: under another name, from where both stories part.

The organization gives up what only one story holds, in a signed statement. Each member decides whether it follows; who
does drops what was given up, and takes in what comes under the new name. Who does not keeps what it holds, and takes in
nothing more. What is known of the fork stays true: the old name never grows again.
"""

from datetime import datetime
from typing import NamedTuple, Protocol

from crypto.checkpoint import Checkpoint, sign_checkpoint
from crypto.envelope import Envelope, sign_envelope, verify_envelope
from crypto.errors import CryptoError
from node.directory import Directory, known_origin, speaker_of
from node.discredit import drop_within
from node.errors import EpochError, LogBehindError, LogKeyError, MemberError
from node.logbook import Identity
from node.restored import note_asked, verify_writable
from node.signed import Codec as EntryCodec
from node.store.database import Store
from node.store.epochs import StoredEpoch, epoch_of, put_epoch
from node.store.forks import all_heard, forget_log, fork_of
from node.store.heads import LogHead, advance_log, log_head, open_log
from node.store.peer_log import past_frontier
from node.verify import epoch_in, first_line, log_name, read_checkpoint

EPOCH_TYPE = "application/vnd.tocsin.log-epoch.v1+protobuf"


class LogEpoch(NamedTuple):
    """What an organization signs; aware UTC."""

    org_id: str
    epoch: int
    common_size: int
    common_root: bytes
    checkpoint: bytes
    issued: datetime


class Codec(Protocol):
    """Between statements and bytes; every `decode_*` raises `PayloadError`."""

    def encode_epoch(self, said: LogEpoch, /) -> bytes:
        """What is signed."""
        ...

    def decode_epoch(self, payload: bytes, /) -> LogEpoch:
        """Read what was signed."""
        ...

    def encode_envelope(self, envelope: Envelope, /) -> bytes:
        """A statement as a file."""
        ...

    def decode_envelope(self, wire: bytes, /) -> Envelope:
        """Read such a file."""
        ...


class Follower(NamedTuple):
    """Who decides about a statement: a node, what it trusts, and when, aware UTC."""

    org_id: str
    store: Store
    directory: Directory
    now: datetime
    codec: Codec


class Prospect(NamedTuple):
    """What following a statement would do here."""

    said: LogEpoch
    held: int  # entries that are held of the log now


def begin_epoch(
    store: Store, identity: Identity, common_size: int | None, said_by: str, now: datetime, codec: Codec
) -> Envelope:
    """Give up what members hold of our log and we do not, and sign how it goes on; the same again once it is done.

    Args:
        store: Of this node.
        identity: Who signs.
        common_size: Up to where both stories agree, where more was signed since; else the log as it is here.
        said_by: Who decided it.
        now: Aware UTC.
        codec: Writes messages.

    Raises:
        EpochError: Nothing is wrong with the log, or it is not so long.
    """
    with store.write() as connection:
        head = open_log(connection, identity.org_id)  # the database may be a new one
        try:
            verify_writable(connection, identity.org_id)
        except LogBehindError:
            pass
        else:
            done = epoch_of(connection, identity.org_id)
            if done is None or done.epoch != epoch_in(head.name):
                raise EpochError("nobody holds more of our log, or another one: it needs no other epoch")
            return codec.decode_envelope(done.statement)
        size = head.frontier.size if common_size is None else common_size
        if not 0 <= size <= head.frontier.size:
            raise EpochError(
                "the log has {held} entries here; give up what is beyond fewer", held=head.frontier.size
            )
        own = (one for one in all_heard(connection) if one.origin_id == identity.org_id)
        epoch = max(epoch_in(head.name), *(epoch_in(first_line(one.note)) for one in own)) + 1
        name = log_name(identity.org_id, epoch)
        note = sign_checkpoint(Checkpoint(name, head.frontier.size, head.frontier.root), name, identity.log)
        common = past_frontier(connection, head.log_id, size).root
        said = LogEpoch(identity.org_id, epoch, size, common, note, now.replace(microsecond=0))
        envelope = sign_envelope(identity.signing, EPOCH_TYPE, codec.encode_epoch(said))
        advance_log(connection, head, head.frontier, note, int(now.timestamp()))
        forget_log(connection, identity.org_id)
        put_epoch(connection, _stored(said, codec.encode_envelope(envelope), said_by, now))
    note_asked(store)
    return envelope


def read_epoch(who: Follower, envelope: Envelope) -> Prospect:
    """See what a statement would do here.

    Raises:
        EpochError: It is not signed by a member, does not follow what is held, or contradicts it.
        MemberError: Its member is suspended, or the directory has expired.
    """
    said = _verify_signed(envelope, who)
    if said.org_id == who.org_id:
        raise EpochError("it is of this node itself; hand it to the members")
    with who.store.read() as connection:
        head = log_head(connection, said.org_id)
        if head is None or not head.checkpoint:
            raise EpochError(
                "nothing is held here of the log of {org_id}; `tocsin sync` takes it as it is",
                org_id=said.org_id,
            )
        _verify_new(said, head)
        held = head.frontier.size
        shared = said.common_size <= held
        if shared and past_frontier(connection, head.log_id, said.common_size).root != said.common_root:
            raise EpochError(
                "the first {common_size} entries of the log of {org_id} are others here; ask it for one "
                "from an earlier entry: `tocsin log epoch --common`",
                common_size=said.common_size,
                org_id=said.org_id,
            )
    return Prospect(said, held)


def follow_epoch(who: Follower, envelope: Envelope, said_by: str, entries: EntryCodec) -> int:
    """Drop what a member gives up of its log, and go on under the new name; gives how many entries were dropped.

    Raises:
        EpochError: As of `read_epoch`.
        MemberError: Likewise.
    """
    said, _ = read_epoch(who, envelope)
    with who.store.write() as connection:
        head = log_head(connection, said.org_id)
        assert head is not None, "it was looked at just now"
        _verify_new(said, head)
        fork = fork_of(connection, said.org_id)
        # What was believed no more since the fork comes again, with the first pages under the new name.
        size = min(head.frontier.size, said.common_size, fork.common_size if fork else said.common_size)
        frontier = past_frontier(connection, head.log_id, size)
        drop_within(connection, head, size, entries)
        advance_log(connection, head, frontier, said.checkpoint, int(who.now.timestamp()))
        forget_log(connection, said.org_id)
        put_epoch(connection, _stored(said, who.codec.encode_envelope(envelope), said_by, who.now))
    return head.frontier.size - size


def _verify_signed(envelope: Envelope, who: Follower) -> LogEpoch:
    signers = {key.public_key: member for member in who.directory.members for key in member.signing_keys}
    try:
        public_key = verify_envelope(envelope, {EPOCH_TYPE}, signers.keys())
    except CryptoError as error:
        raise EpochError("no member of the directory has signed it") from error
    member = signers[public_key]
    if public_key not in speaker_of(who.directory, member.org_id, who.now).signing_keys:
        raise MemberError("the key of {org_id} that signed it is not valid now", org_id=member.org_id)
    said = who.codec.decode_epoch(envelope.payload)
    try:
        checkpoint = read_checkpoint(said.checkpoint, known_origin(member))
    except LogKeyError as error:
        raise EpochError(str(error)) from error
    if checkpoint.origin != log_name(said.org_id, said.epoch):  # whose it is was verified with it
        raise EpochError("{org_id} signed it, and it is of another log", org_id=member.org_id)
    if checkpoint.size < said.common_size:
        raise EpochError("it goes on from more entries than its log has")
    return said


def _verify_new(said: LogEpoch, head: LogHead) -> None:
    held = epoch_in(head.name)
    if said.epoch <= held:
        raise EpochError(
            "epoch {held} of the log of {org_id} is followed here already", held=held, org_id=said.org_id
        )


def _stored(said: LogEpoch, wire: bytes, said_by: str, now: datetime) -> StoredEpoch:
    return StoredEpoch(said.org_id, said.epoch, wire, said_by, int(now.timestamp()))
