"""Any history of directories, under roots that change, is followed as far as python-tuf follows it, step by step.

A directory stands where a `timestamp` stands in The Update Framework: a role that the root names, with a version that
never goes back unless the root takes its keys away, and an end. What each client holds is given to it anew at each
step, as from its disk.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.signer._crypto_signer import CryptoSigner
from tuf.api._payload import MetaFile, Timestamp
from tuf.api._payload import Root as TufRoot
from tuf.api.exceptions import EqualVersionNumberError, RepositoryError
from tuf.api.metadata import Metadata
from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet
from tuf.ngclient.config import EnvelopeType

from crypto.envelope import Envelope, add_signature
from crypto.signing import Signer
from node.directory import DIRECTORY_TYPE, LIFETIME, Directory
from node.errors import MemberError, NodeError
from node.trust import (
    ROOT_LIFETIME,
    ROOT_TYPE,
    Document,
    Role,
    Root,
    Trusted,
    fingerprint_of,
    make_role,
    trust_first,
)
from node.wire import network
from node.wire.membership import encode_directory
from node.wire.network import encode_root
from tests.support.network import NOW

KEYS = 4
SIGNERS = [Signer(bytes([number]) * 32) for number in range(1, KEYS + 1)]
TUF_SIGNERS = [CryptoSigner.generate_ed25519() for _ in range(KEYS)]


class Names(NamedTuple):
    """Keys by their numbers, and how many of them have to sign."""

    keys: Sequence[int]
    threshold: int


class Turn(NamedTuple):
    """The next root with who signs it, if there is a new one, and a directory that is handed out so many days later."""

    root: Names | None
    directory: Names
    root_signed: Sequence[int]
    version: int
    signed: Sequence[int]
    days: int


numbers = st.integers(0, KEYS - 1)
some = st.lists(numbers, max_size=KEYS, unique=True)


@st.composite
def names(draw: st.DrawFn) -> Names:
    """A role that can be filled."""
    keys = draw(st.lists(numbers, min_size=1, max_size=3, unique=True))
    return Names(keys, draw(st.integers(1, len(keys))))


turns = st.builds(
    Turn, st.none() | names(), names(), some, st.integers(1, 4), some, st.sampled_from([0, 1, 20, 40, 200])
)


class Ours:
    """What a node holds."""

    def __init__(self, first: Names, directory: Names) -> None:
        self.names = directory
        self._root(first, directory, 1, NOW, range(KEYS))
        document = Document((self.root,), _directory(1, range(KEYS)))
        self.held = trust_first(document, fingerprint_of(self.root), network)

    def accepts(self, turn: Turn, now: datetime) -> bool:
        """Whether a node goes on with what it was handed; else it keeps what it has."""
        document = Document((), _directory(turn.version, turn.signed))
        if turn.root:
            version = self.held.root.version + 1
            root = self._root(turn.root, turn.directory, version, now, turn.root_signed)
            document = document._replace(roots=(root,))
        try:
            after: Trusted = self.held.after(document, network)
            assert after.directory is not None
            after.directory.verify_current(now)
        except (NodeError, MemberError):
            return False
        self.held = after
        return True

    def _root(
        self, root: Names, directory: Names, version: int, now: datetime, signed: Sequence[int]
    ) -> Envelope:
        made = Root("testnet", version, now, now + ROOT_LIFETIME, _role(root), _role(directory))
        self.root = _by(Envelope(encode_root(made), ROOT_TYPE, ()), signed)
        return self.root


class Theirs:
    """What a client of The Update Framework holds."""

    def __init__(self, first: Names, directory: Names) -> None:
        self.version = 1
        self.root = _tuf_root(first, directory, 1, NOW, range(KEYS))
        self.timestamp = _tuf_timestamp(1, range(KEYS))

    def accepts(self, turn: Turn, now: datetime) -> bool:
        """Likewise."""
        trusted = TrustedMetadataSet(self.root, EnvelopeType.METADATA)
        trusted.reference_time = now
        root, version, timestamp = self.root, self.version, _tuf_timestamp(turn.version, turn.signed)
        try:
            if turn.root:
                version += 1
                root = _tuf_root(turn.root, turn.directory, version, now, turn.root_signed)
                trusted.update_root(root)
            self._load(trusted)
            trusted.update_timestamp(timestamp)
        except EqualVersionNumberError:  # it goes on with the one that it has
            timestamp = self.timestamp
            if trusted.timestamp.is_expired(now):
                return False
        except RepositoryError:
            return False
        self.root, self.version, self.timestamp = root, version, timestamp
        return True

    def _load(self, trusted: TrustedMetadataSet) -> None:
        try:
            trusted.update_timestamp(self.timestamp)
        except RepositoryError:  # expired, which is kept as a measure, or of keys that no longer count
            return


def _role(of: Names) -> Role:
    return make_role((SIGNERS[number].public_key for number in of.keys), of.threshold)


def _end(version: int) -> datetime:
    """When a version expires; one version is always the same document."""
    return NOW + 2 * version * LIFETIME


def _directory(version: int, signed: Sequence[int]) -> Envelope:
    made = Directory("testnet", version, NOW, _end(version), ())
    return _by(Envelope(encode_directory(made), DIRECTORY_TYPE, ()), signed)


def _by(envelope: Envelope, signers: Sequence[int]) -> Envelope:
    for number in signers:
        envelope = add_signature(SIGNERS[number], envelope)
    return envelope


def _tuf_root(first: Names, directory: Names, version: int, now: datetime, signed: Sequence[int]) -> bytes:
    made = TufRoot(version=version, expires=now + ROOT_LIFETIME, consistent_snapshot=True)
    for kind, of in (("root", first), ("timestamp", directory)):
        for number in of.keys:
            made.add_key(TUF_SIGNERS[number].public_key, kind)
        made.roles[kind].threshold = of.threshold
    for kind in ("snapshot", "targets"):
        made.add_key(TUF_SIGNERS[0].public_key, kind)
    return _tuf_signed(Metadata(made), signed)


def _tuf_timestamp(version: int, signed: Sequence[int]) -> bytes:
    made = Timestamp(version=version, expires=_end(version), snapshot_meta=MetaFile(1))
    return _tuf_signed(Metadata(made), signed)


def _tuf_signed(metadata: Metadata[TufRoot] | Metadata[Timestamp], signed: Sequence[int]) -> bytes:
    for number in signed:
        metadata.sign(TUF_SIGNERS[number], append=True)
    return metadata.to_bytes()


@pytest.mark.slow
@given(names(), names(), st.lists(turns, max_size=6))
def test_any_history_is_followed_as_python_tuf_follows_it(
    first: Names, directory: Names, history: list[Turn]
) -> None:
    ours, theirs, now = Ours(first, directory), Theirs(first, directory), NOW
    for turn in history:
        now += timedelta(days=turn.days)
        assert ours.accepts(turn, now) == theirs.accepts(turn, now), turn
