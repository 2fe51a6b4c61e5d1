"""When a log told two stories: proof is made and kept, and nothing that only one of them holds counts any more."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from crypto.checkpoint import Checkpoint
from crypto.errors import CryptoError
from crypto.merkle import consistency_path, tree_root, verify_consistency
from crypto.sentence import Sentence
from crypto.tiles import Tiles, tiles_of
from node.directory import Directory, known_origin
from node.discredit import discredit_within
from node.errors import ForkedError, ForkProofError, PayloadError
from node.fork import Codec as ForkCodec
from node.fork import Common, Fork, Rank, rank, verify_fork
from node.gossip import Doubt, trimmed
from node.quorum import NO_QUORUM
from node.signed import Codec
from node.store.database import Store, Transaction
from node.store.forks import StoredFork, all_forks, drop_fork, fork_of, put_fork
from node.store.heads import log_head
from node.store.peer_log import leaf_hashes
from node.verify import Origin, first_line, owner_of


class Codecs(NamedTuple):
    """Between bytes and proofs of forks, and records."""

    forks: ForkCodec
    records: Codec


class Story(NamedTuple):
    """A log as it is held here to its end, to be compared with what others were shown."""

    note: bytes
    checkpoint: Checkpoint
    tree: Tiles

    def root(self, size: int) -> bytes:
        """Root of its first entries."""
        return tree_root(self.tree, size)

    def path(self, size: int) -> tuple[bytes, ...]:
        """Proof from its first entries to its end."""
        return consistency_path(self.tree, size, self.checkpoint.size)

    def doubts(self, checkpoint: Checkpoint) -> bool:
        """Whether the log does not begin with a checkpoint although it reaches so far."""
        return checkpoint.size <= self.checkpoint.size and self.root(checkpoint.size) != checkpoint.root


class Search:
    """The search for the largest beginning that a log as it is held here shares with what somebody else was shown.

    Whoever can prove beginnings of the other story is asked for one after the other, each halving what is left; what
    they do not prove is not shared, so a lie makes us believe less and never more.
    """

    def __init__(self, story: Story, doubt: Doubt) -> None:
        self._story = story
        self._doubt = doubt
        self._most = doubt.checkpoint.size
        self.common: Common | None = None

    @property
    def asks(self) -> int:
        """Size of the beginning that is to be proven next; 0 when the search is over."""
        least = self.common.size if self.common else 0
        return (least + self._most) // 2 if self._most - least > 1 else 0

    def answered(self, proof: tuple[bytes, ...]) -> None:
        """Look at the proof from the beginning that was asked for to the checkpoint that is doubted."""
        size, other = self.asks, self._doubt.checkpoint
        root = self._story.root(size)
        try:
            verify_consistency(size, other.size, root, other.root, proof)
        except CryptoError:
            self._most = size
        else:
            self.common = Common(size, root, proof, self._story.path(size))

    def fork(self) -> Fork:
        """The proof, with what is known to be shared by now."""
        ours, other = self._story, self._doubt
        root, path = ours.root(other.checkpoint.size), ours.path(other.checkpoint.size)
        first = trimmed(other.note, NO_QUORUM)
        second = trimmed(ours.note, NO_QUORUM)
        common = self.common
        if other.checkpoint.size == ours.checkpoint.size and other.checkpoint.root > ours.checkpoint.root:
            first, second, root = second, first, other.checkpoint.root
            common = common and common._replace(to_first=common.to_second, to_second=common.to_first)
        return Fork(first, second, root, path, common)


def story_of(store: Store, origin_id: str) -> Story | None:
    """A log as it is held here; nothing where it is not, or not to the end of its checkpoint."""
    with store.read() as connection:
        head = log_head(connection, origin_id)
        if head is None or not 0 < head.committed <= head.frontier.size:
            return None
        tree = tiles_of(leaf_hashes(connection, head.log_id)[: head.committed])
    size = head.committed
    return Story(head.checkpoint, Checkpoint(head.name, size, tree_root(tree, size)), tree)


def keep_fork(
    store: Store,
    wire: bytes,
    directory: Directory,
    own_id: str,
    codecs: Codecs,
    *,
    told_by: str,
    now: datetime,
) -> str | None:
    """Verify a proof that a log has forked; keep it, and stop to count what is not shared, unless a better one is held.

    Gives whose log it is if it was kept.

    Raises:
        ForkProofError: It proves nothing.
        PayloadError: It is no proof.
        MemberError: It is of the log of nobody who is known.
    """
    fork = codecs.forks.decode_fork(wire)
    member = directory.member(owner_of(first_line(fork.first)))
    origin = known_origin(member)
    found = verify_fork(fork, origin)
    with store.write() as connection:
        head, before = log_head(connection, member.org_id), fork_of(connection, member.org_id)
        if head is not None and head.name != found.first.origin:
            return None  # of an epoch that is not followed here, or no longer
        if before is not None and _ranks_first(before, origin, codecs.forks, rank(found)):
            return None
        seconds = int(now.timestamp())
        sizes = found.common_size, found.first.size
        put_fork(connection, StoredFork(member.org_id, *sizes, wire, told_by, seconds))
        if member.org_id != own_id:
            discredit_within(connection, origin, codecs.records)
    return member.org_id


def drop_disproven(store: Store, directory: Directory, own_id: str, codecs: Codecs) -> tuple[str, ...]:
    """Believe logs again whose fork is proven no longer, as a checkpoint of it was signed with a key after its end.

    Whoever stole the key of a log can tell a story in its name; once the directory says from which size on the key does
    not count, that story proves nothing against the member. Gives whose logs it is.
    """
    with store.read() as connection:
        forks = all_forks(connection)
    dropped = []
    for one in forks:
        origin = known_origin(directory.member(one.origin_id))
        try:
            verify_fork(codecs.forks.decode_fork(one.proof), origin)
        except (ForkProofError, PayloadError):
            with store.write() as connection:
                drop_fork(connection, one.origin_id)
                if one.origin_id != own_id:
                    discredit_within(connection, origin, codecs.records)
            dropped.append(one.origin_id)
    return tuple(dropped)


def unclear(store: Store, directory: Directory, codec: ForkCodec) -> tuple[Doubt, ...]:
    """Both checkpoints of each fork of which nothing is known to be shared: whoever can prove more may be asked."""
    with store.read() as connection:
        forks = [one for one in all_forks(connection) if not one.common_size]
    found = []
    for one in forks:
        fork = codec.decode_fork(one.proof)
        proven = verify_fork(fork, known_origin(directory.member(one.origin_id)))
        found += [
            Doubt(one.origin_id, proven.first, fork.first),
            Doubt(one.origin_id, proven.second, fork.second),
        ]
    return tuple(found)


def refuse_forked(connection: Transaction, origin_id: str) -> None:
    """Take in nothing more of a log that told two stories.

    Raises:
        ForkedError: It did.
    """
    found = fork_of(connection, origin_id)
    if found is not None:
        told = (
            Sentence("up to entry {number} both agree", number=found.common_size)
            if found.common_size
            else Sentence("nothing is known to be shared")
        )
        raise ForkedError(
            "the log of {origin_id} told two stories; {told}; `tocsin log forks` shows the proof",
            origin_id=origin_id,
            told=told,
        )


def _ranks_first(held: StoredFork, origin: Origin, codec: ForkCodec, other: Rank) -> bool:
    try:
        return rank(verify_fork(codec.decode_fork(held.proof), origin)) <= other
    except (ForkProofError, PayloadError):  # the key of the log is another by now
        return False


def fork_faults(store: Store, origins: Mapping[str, Origin], codec: ForkCodec) -> Iterator[tuple[str, str]]:
    """(where, what does not hold) of the proofs of forks that are kept.

    Args:
        store: Of this node.
        origins: Keys of every member, whether they are still valid or not.
        codec: Reads proofs of forks.
    """
    with store.read() as connection:
        forks = all_forks(connection)
    for one in forks:
        where = f"fork of the log of {one.origin_id}"
        if one.origin_id not in origins:
            yield where, "its keys are not in the directory"
            continue
        try:
            found = verify_fork(codec.decode_fork(one.proof), origins[one.origin_id])
        except (ForkProofError, PayloadError):
            yield where, "what is kept as its proof proves nothing"
            continue
        if (found.common_size, found.first.size) != (one.common_size, one.first_size):
            yield where, "it does not say what is held of it"
