"""Tell each other which checkpoint of every log one was shown, so that who shows two logs to two members is found out.

What is told are checkpoints of logs that the teller has verified to their end, so that it can prove to whoever doubts
what they begin with; and forks, which prove themselves. Who asks is also told what was only heard or cosigned here of
its own log: its own signature proves that, and an old copy of it learns that it is one. What is heard changes nothing
by itself. A checkpoint of a log that is held here so far is compared with it; a larger one waits until the log is.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from crypto.checkpoint import Checkpoint
from node.directory import Directory, known_origin, quorum_of
from node.errors import LogKeyError, MemberError
from node.quorum import Quorum
from node.store.database import Store, Transaction
from node.store.forks import Heard, all_forks, all_heard, put_heard
from node.store.heads import LogHead, log_head, log_heads
from node.store.peer_log import past_frontier
from node.store.witnessed import last_witnessed
from node.verify import epoch_in, first_line, log_name, owner_of, read_checkpoint

DIGEST_BYTES = 16
MAX_KNOWN = 2_000
MAX_TOLD_BYTES = 192 * 1024
MAX_NOTE_BYTES = 2 * 1024
MOST_COSIGNATURES = 3  # that travel with a checkpoint here; who is given the log itself gets all


class Told(NamedTuple):
    """What a member says of all logs, and whether there is more."""

    checkpoints: tuple[bytes, ...]
    forks: tuple[bytes, ...]
    more: bool = False

    @property
    def digests(self) -> frozenset[bytes]:
        """By what the teller is told that one has it."""
        return frozenset((*map(checkpoint_digest, self.checkpoints), *map(_digest, self.forks)))


class Doubt(NamedTuple):
    """A checkpoint that is not of the log that is held here although that reaches so far."""

    origin_id: str
    checkpoint: Checkpoint
    note: bytes


def tell(store: Store, directory: Directory, known: Collection[bytes], asker_id: str) -> Told:
    """What we were shown of all logs and is not known to who asks, forks first; about `MAX_TOLD_BYTES` at once."""
    with store.read() as connection:
        forks = [one.proof for one in all_forks(connection) if _digest(one.proof) not in known]
        heads = log_heads(connection)
        shown = [
            *((asker_id, note) for note in _seen_of(connection, asker_id)),
            *((head.origin_id, head.checkpoint) for head in heads if _is_whole(head)),
        ]
    new = {checkpoint_digest(note): (org_id, note) for org_id, note in shown}
    notes = [
        trimmed(note, quorum_of(directory, org_id))
        for digest, (org_id, note) in new.items()
        if digest not in known
    ]
    room = MAX_TOLD_BYTES
    told: tuple[list[bytes], list[bytes]] = ([], [])
    for chosen, items in zip(told, (forks, notes), strict=True):
        for item in items:
            room -= len(item) + 3
            if room >= 0:
                chosen.append(item)
    return Told(tuple(told[1]), tuple(told[0]), room < 0)


def known_digests(store: Store) -> frozenset[bytes]:
    """By what others are told that we have something already; the newest where it is too much to say."""
    with store.read() as connection:
        notes = [one.note for one in all_heard(connection)]
        heads = [head.checkpoint for head in log_heads(connection) if _is_whole(head)]
        forks = [_digest(one.proof) for one in all_forks(connection)]
    return frozenset((*forks, *map(checkpoint_digest, (*heads, *notes)))[:MAX_KNOWN])


def hear(
    store: Store, told: Iterable[bytes], directory: Directory, told_by: str, now: datetime
) -> tuple[Doubt, ...]:
    """Keep what others were shown of logs, and give what is not of the log that is held here.

    Checkpoints of nobody known, or that their log did not sign, say nothing and are passed over.

    Args:
        store: Of this node.
        told: Checkpoints as they came.
        directory: Who has which log.
        told_by: Id of the member that told it.
        now: Aware UTC.
    """
    seconds = int(now.timestamp())
    with store.read() as connection:
        heads = {head.origin_id: head for head in log_heads(connection)}
        held = {one[:3]: one for one in all_heard(connection)}
        forks = {one.origin_id: one for one in all_forks(connection)}
        fresh = {
            (org_id, *checkpoint[1:]): Heard(org_id, *checkpoint[1:], note, told_by, seconds, False)
            for org_id, checkpoint, note in _signed(told, directory)
            if not _is_head(heads.get(org_id), checkpoint)
            and (org_id, *checkpoint[1:]) not in held
            # Of another epoch: it is another log, which nobody here follows, or no longer.
            and (org_id not in heads or heads[org_id].name == checkpoint.origin)
        }
        judged = [
            (one, _agrees(connection, heads.get(one.origin_id), one))
            for one in (*fresh.values(), *held.values())
            if not one.agrees
            and _is_of(heads.get(one.origin_id), one)
            and not (one.origin_id in forks and forks[one.origin_id].settles(one.size))
        ]
    found = [one._replace(agrees=bool(agrees)) for one, agrees in judged if agrees or one[:3] in fresh]
    if found:
        with store.write() as connection:
            put_heard(connection, found)
    return tuple(
        Doubt(one.origin_id, Checkpoint(first_line(one.note), one.size, one.root), one.note)
        for one, agrees in judged
        if agrees is False
    )


def suspect(store: Store, note: bytes, checkpoint: Checkpoint, org_id: str, now: datetime) -> None:
    """Keep a checkpoint that a member signed and that does not fit what is held of its log, to be looked into."""
    with store.write() as connection:
        seconds = int(now.timestamp())
        put_heard(connection, [Heard(org_id, *checkpoint[1:], note, org_id, seconds, False)])


def most_heard(store: Store, origin_id: str) -> int:
    """Number of entries that a log has shown to somebody else, as far as that is not held here."""
    with store.read() as connection:
        return max((one.size for one in heard_beyond(connection, origin_id)), default=0)


def most_shown(heard: Iterable[Heard], name: str) -> int:
    """How many entries of this log others were shown; what it gave up when it began its epoch does not count."""
    epoch = epoch_in(name)
    return max((one.size for one in heard if epoch_in(first_line(one.note)) >= epoch), default=0)


def tellers(store: Store, origin_id: str) -> tuple[str, ...]:
    """Members that hold more of a log than we do, whoever holds the most first."""
    with store.read() as connection:
        found = sorted(heard_beyond(connection, origin_id), key=lambda one: -one.size)
    return tuple(dict.fromkeys(one.told_by for one in found))


def trimmed(note: bytes, quorum: Quorum) -> bytes:
    """A checkpoint with the signature of its log and a few cosignatures that count."""
    text, separator, lines = note.partition(b"\n\n")
    wanted = [first_line(note), *quorum.keys]
    kept: list[bytes] = []
    for line in lines.splitlines(keepends=True):
        if line.split(b" ")[1].decode() in wanted and len(kept) <= MOST_COSIGNATURES:
            kept.append(line)
    return text + separator + b"".join(kept)


def checkpoint_digest(note: bytes) -> bytes:
    """What stands for a checkpoint, whoever has cosigned it."""
    return _digest(note.partition(b"\n\n")[0])


def heard_beyond(connection: Transaction, origin_id: str) -> tuple[Heard, ...]:
    """What was told of a log and is not known to be of the one that is held."""
    heard = [one for one in all_heard(connection) if one.origin_id == origin_id and not one.agrees]
    head = log_head(connection, origin_id)
    return tuple(one for one in heard if head is None or one.size > head.frontier.size)


def _seen_of(connection: Transaction, org_id: str) -> list[bytes]:
    """Checkpoints of a member's log that were heard or cosigned here, whether or not the log is held so far."""
    heard = [one.note for one in all_heard(connection) if one.origin_id == org_id]
    head = log_head(connection, org_id)
    cosigned = last_witnessed(connection, head.name if head else log_name(org_id))
    return [*heard, cosigned.note] if cosigned else heard


def _signed(told: Iterable[bytes], directory: Directory) -> Iterator[tuple[str, Checkpoint, bytes]]:
    for note in told:
        org_id = owner_of(first_line(note))
        try:
            origin = known_origin(directory.member(org_id))
            if len(note) <= MAX_NOTE_BYTES:
                yield org_id, read_checkpoint(note, origin), note
        except (LogKeyError, MemberError):
            continue


def _is_whole(head: LogHead) -> bool:
    """Whether a log is held as far as its checkpoint says."""
    return 0 < head.committed <= head.frontier.size


def _is_head(head: LogHead | None, checkpoint: Checkpoint) -> bool:
    return head is not None and (head.frontier.size, head.frontier.root) == checkpoint[1:]


def _is_of(head: LogHead | None, one: Heard) -> bool:
    """Whether it may be of the log that is held: one heard of before the log began another epoch is not."""
    return head is None or not head.checkpoint or first_line(one.note) == head.name


def _agrees(connection: Transaction, head: LogHead | None, one: Heard) -> bool | None:
    """Whether the log that is held begins with a checkpoint; nothing where it does not reach so far."""
    if head is None or not _is_whole(head) or one.size > head.committed:
        return None
    return past_frontier(connection, head.log_id, one.size).root == one.root


def _digest(text: bytes) -> bytes:
    return sha256(text).digest()[:DIGEST_BYTES]
