"""A log that told two stories, and what proves it to anybody: two of its checkpoints that can not both be true.

Of one size they differ at sight. Of two sizes the larger comes with the proof which root its own log had at the smaller
size, and that is another. So whoever holds a log to its end can prove a fork to everybody with what anybody else was
shown of it, and nobody can prove one that there was not. Whoever found it says, and proves too, up to which size both
stories agree: what stands before is believed as ever, what comes after is not.
"""

from typing import NamedTuple, Protocol, TypeAlias

from crypto.checkpoint import Checkpoint
from crypto.errors import CryptoError
from crypto.merkle import verify_consistency
from node.errors import ForkProofError, LogKeyError
from node.verify import Origin, read_checkpoint

MAX_FORK_BYTES = 16 * 1024

Rank: TypeAlias = tuple[bool, int, int, bytes, bytes]


class Common(NamedTuple):
    """A beginning that both stories share, with a consistency proof to each."""

    size: int
    root: bytes
    to_first: tuple[bytes, ...]
    to_second: tuple[bytes, ...]


class Fork(NamedTuple):
    """Two checkpoints, as signed; `root` is what the log of the second, the larger one, had at the size of the first.

    `path` proves that; there is none between equal sizes. Without `common` nothing is known to be shared.
    """

    first: bytes
    second: bytes
    root: bytes
    path: tuple[bytes, ...]
    common: Common | None


class Codec(Protocol):
    """Between a proof of a fork and bytes."""

    def encode_fork(self, fork: Fork, /) -> bytes:
        """As it is stored, sent and compared."""
        ...

    def decode_fork(self, wire: bytes, /) -> Fork:
        """Read one; raises `PayloadError`."""
        ...


class Proven(NamedTuple):
    """A fork that was verified: the checkpoints, and the size up to which both stories are known to agree."""

    first: Checkpoint
    second: Checkpoint
    common_size: int


def verify_fork(fork: Fork, origin: Origin) -> Proven:
    """Check that a member has signed two checkpoints that can not both be true, and what they share.

    Args:
        fork: As received.
        origin: Whose log it is said to be, with every log key that it has or had.

    Raises:
        ForkProofError: It proves nothing.
    """
    try:
        first, second = (read_checkpoint(note, origin) for note in (fork.first, fork.second))
        if first.origin != second.origin:
            raise ForkProofError("the checkpoints are of two epochs of the log, which are two logs")
        if not first.size:
            raise ForkProofError("an empty log is the beginning of every other")
        verify_consistency(first.size, second.size, fork.root, second.root, fork.path)
        if fork.root == first.root:
            raise ForkProofError("one checkpoint only adds to the other")
        return Proven(first, second, _common_size(fork.common, first, second))
    except (CryptoError, LogKeyError) as error:
        raise ForkProofError(str(error)) from error


def rank(found: Proven) -> Rank:
    """Which of two proofs of one log is kept, the lesser: whatever order they come in, all nodes end with the same.

    One that says what is shared before one that does not; then whose stories part earlier; then who knows more of what
    they share.
    """
    first, second, common_size = found
    return not common_size, first.size, -common_size, first.root, second.root


def _common_size(common: Common | None, first: Checkpoint, second: Checkpoint) -> int:
    if common is None:
        return 0
    if not 1 <= common.size < first.size:
        raise ForkProofError("what is said to be shared is not less than what differs")
    verify_consistency(common.size, first.size, common.root, first.root, common.to_first)
    verify_consistency(common.size, second.size, common.root, second.root, common.to_second)
    return common.size
