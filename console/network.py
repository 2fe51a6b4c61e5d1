"""Make and change a network: requests for membership, drafts that its keys sign one after the other, admission."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from console.home import NETWORK, NEXT, Home, read_file
from crypto.envelope import Envelope, add_signature, sign_envelope, verify_threshold
from crypto.errors import CryptoError
from crypto.keyfile import load_key, save_key
from crypto.signing import Signer, key_hash
from node.audience import Tier
from node.directory import (
    DIRECTORY_TYPE,
    LIFETIME,
    NO_POLICY,
    REQUEST_TYPE,
    Directory,
    Member,
    QuorumPolicy,
    Retirement,
    Status,
    retired_keys,
)
from node.discredit import discredit
from node.errors import ConfigError, DirectoryError, PayloadError
from node.store.database import Store
from node.trust import (
    ROOT_LIFETIME,
    ROOT_TYPE,
    Document,
    Role,
    Root,
    fingerprint_of,
    lacking,
    make_role,
)
from node.verify import Origin
from node.wire import records
from node.wire.membership import decode_request, encode_directory, encode_request
from node.wire.network import decode_root, encode_document, encode_root
from node.wire.records import decode_envelope, encode_envelope

Change = Callable[[tuple[Member, ...]], tuple[Member, ...]]


class Draft(NamedTuple):
    """A network's next document, and the signatures that it lacks: of the root before, of its own, of its directory."""

    document: Document
    before: int
    root: int
    directory: int
    with_new_key: bool = False  # it is in force, and this node signs with the key that waited for it

    @property
    def fingerprint(self) -> bytes:
        """Of the root by which new members believe it."""
        return fingerprint_of(self.document.roots[0])

    @property
    def lacks(self) -> bool:
        """Whether anybody still has to sign."""
        return self.before + self.root + self.directory > 0


def make_network_key(path: Path, passphrase: str | None) -> bytes:
    """Make a key of the network, for instance on a stick; gives its public half.

    Raises:
        CryptoError: There is a file already, or it can not be written.
    """
    secret = os.urandom(32)
    save_key(path, NETWORK, secret, passphrase)
    return Signer(secret).public_key


def own_network_key(home: Home, passphrase: str | None) -> Signer:
    """The key of the network that this node keeps itself.

    Raises:
        CryptoError: It keeps none, or the passphrase is wrong.
    """
    return Signer(load_key(home.key_file(NETWORK), NETWORK, passphrase))


def found_network(home: Home, name: str, passphrase: str | None, role: Role | None = None) -> Draft:
    """Start a network with this node as its first member.

    Args:
        home: Of the node.
        name: Of the network.
        passphrase: Of this node's keys.
        role: Who signs roots and directories; a key of this node's own alone when nobody else is named.

    Returns:
        What the keys of the role still have to sign; it is in force here if nobody has to.

    Raises:
        ConfigError: This node belongs to a network already.
    """
    if home.network_file.exists():
        raise ConfigError(f"this node belongs to the network {home.directory().network} already")
    # First, so that a wrong passphrase does not become that of the network's key.
    member = home.member(passphrase, home.settings.endpoint)._replace(tier=Tier.COORDINATOR)
    signers: tuple[Signer, ...] = ()
    if role is None:
        if not home.key_file(NETWORK).exists():  # it may stand from a start that was cut short
            make_network_key(home.key_file(NETWORK), passphrase)
        signers = (own_network_key(home, passphrase),)
        role = make_role([signers[0].public_key], 1)
    now = _now()
    root = Root(name, 1, now, now + ROOT_LIFETIME, role, role)
    document = Document((_unsigned(ROOT_TYPE, encode_root(root)),), None)
    document = document._replace(directory=_directory(name, 1, root, (member,)))
    return _put_in_force(home, passphrase, signed(document, signers))


def change_members(
    home: Home, passphrase: str | None, change: Change, witnesses: QuorumPolicy | None = None
) -> Draft:
    """Make the next version of the directory, valid from now for `LIFETIME`, and sign it with the key kept here.

    Who has to have cosigned a checkpoint stays as it was, unless something else is said.

    Raises:
        DirectoryError: The members that result contradict each other.
        CryptoError: The passphrase of the key that is kept here is wrong.
    """
    held = home.network()
    assert held.directory is not None, "what is trusted has a directory"
    directory = _directory(
        held.root.network,
        held.directory.version + 1,
        held.root,
        change(held.directory.members),
        held.directory.witnesses if witnesses is None else witnesses,
    )
    document = held.document._replace(directory=directory)
    return _put_in_force(home, passphrase, signed(document, _kept(home, passphrase)))


def change_root(home: Home, passphrase: str | None, root: Role, directory: Role) -> Draft:
    """Make the next root, with a directory that its keys sign, and sign both with the key kept here.

    Raises:
        CryptoError: The passphrase of the key that is kept here is wrong.
    """
    held = home.network()
    assert held.directory is not None, "what is trusted has a directory"
    now = _now()
    following = Root(held.root.network, held.root.version + 1, now, now + ROOT_LIFETIME, root, directory)
    document = Document(
        (*held.document.roots, _unsigned(ROOT_TYPE, encode_root(following))),
        _directory(
            following.network,
            held.directory.version + 1,
            following,
            held.directory.members,
            held.directory.witnesses,
        ),
    )
    return _put_in_force(home, passphrase, signed(document, _kept(home, passphrase)))


def read_draft(document: Document) -> Draft:
    """See what a draft still lacks.

    Raises:
        DirectoryError: It is no draft.
    """
    if not document.roots or document.directory is None:
        raise DirectoryError("the file is no draft of a network: it lacks a root or a directory")
    *_, newest = document.roots
    before, root = _last_roots(document)
    return Draft(
        document,
        lacking(newest, before.root) if before else 0,
        lacking(newest, root.root),
        lacking(document.directory, root.directory),
    )


def signed(document: Document, signers: Sequence[Signer]) -> Draft:
    """Add the signatures of some keys wherever they count, each once.

    Raises:
        DirectoryError: It is no draft, or a key is none of those that sign it.
    """
    draft = read_draft(document)
    assert document.directory is not None, "a draft has a directory"
    *roots, newest = document.roots
    directory = document.directory
    before, root = _last_roots(document)
    rooted = {*root.root.keys, *(before.root.keys if before else ())}
    for signer in signers:
        if signer.public_key not in rooted.union(root.directory.keys):
            raise DirectoryError("the key is none of those that sign it")
        if signer.public_key in rooted and draft.before + draft.root:
            newest = _signed_once(newest, signer)
        if signer.public_key in root.directory.keys:
            directory = _signed_once(directory, signer)
    return read_draft(Document((*roots, newest), directory))


def _last_roots(document: Document) -> tuple[Root | None, Root]:
    """The newest root of a draft and the one before, as they stand there."""
    before, newest = [None, *document.roots][-2:]
    assert newest is not None, "a draft has a root"
    return decode_root(before.payload) if before else None, decode_root(newest.payload)


def take_over(home: Home, document: bytes, fingerprint: bytes) -> tuple[Directory, int]:
    """Believe a network's file, and stop counting what its retired keys signed too late; gives how many entries.

    Raises:
        DirectoryError: It does not hold, or is older than the one held.
    """
    trusted = home.verify_network(document, fingerprint)
    directory = trusted.directory
    assert directory is not None, "what is trusted has a directory"
    # Before the file is kept: cut short, it is done again when the file is taken over again.
    others = (one for one in directory.members if one.org_id != home.settings.org_id)
    ended = [origin for origin in map(retired_keys, others) if origin.ends]
    discredited = _discredit(home.store(), ended) if ended else 0
    home.keep_network(trusted, fingerprint)
    return directory, discredited


def use_new_key(home: Home, passphrase: str | None, directory: Directory) -> bool:
    """Begin to sign with the key that was made to follow, once the network knows it; tells whether that is so.

    Raises:
        CryptoError: The passphrase is wrong.
    """
    if not home.key_file(NEXT).exists():
        return False
    following = home.make_next_key(passphrase).public_key
    known = following in {
        key.public_key for key in directory.member(home.settings.org_id).signing_keys if not key.retirement
    }
    if known:
        home.use_next_key(following)
    return known


def request_membership(
    home: Home, passphrase: str | None, endpoint: str, *, with_new_key: bool = False
) -> bytes:
    """Make a request for membership, signed with every key that it names; `with_new_key`, for another signing key."""
    identity = home.identity(passphrase)
    member = home.member(passphrase, endpoint)
    signing = identity.signing
    if with_new_key:
        signing = home.make_next_key(passphrase)
        (key,) = member.signing_keys
        member = member._replace(signing_keys=(key._replace(public_key=signing.public_key),))
    signed_once = sign_envelope(signing, REQUEST_TYPE, encode_request(member))
    signed_twice = add_signature(identity.log, signed_once)
    cosigning = identity.cosigning
    return encode_envelope(add_signature(cosigning, signed_twice) if cosigning else signed_twice)


def read_request(path: Path) -> Member:
    """Read a request for membership and check that the applicant holds the keys in it.

    Raises:
        DirectoryError: It is no request, or a key's signature is missing.
    """
    try:
        envelope = decode_envelope(read_file(path))
        member = decode_request(envelope.payload)
    except PayloadError as error:
        raise DirectoryError(f"{path.name} is not a request for membership") from error
    keys = [key.public_key for key in member.keys]
    try:
        verify_threshold(envelope, REQUEST_TYPE, keys, len(set(keys)))
    except CryptoError as error:
        raise DirectoryError(f"{path.name} is not signed with every key that it names") from error
    return member


def admitted(new: Sequence[Member]) -> Change:
    """A change that admits members, or replaces what was known of them but for signing keys that they had before."""

    def change(members: tuple[Member, ...]) -> tuple[Member, ...]:
        known = {member.org_id: member for member in members}
        return tuple(
            (known | {one.org_id: _with_past_keys(one, known.get(one.org_id)) for one in new}).values()
        )

    return change


def with_status(org_id: str, status: Status) -> Change:
    """A change that suspends a member, lets it take part again, or writes down that it has left."""
    return lambda members: tuple(
        one._replace(status=status) if one.org_id == org_id else one for one in members
    )


def retired(org_id: str, public_key: bytes, retirement: Retirement) -> Change:
    """A change after which what a key signed from an index of its member's log on no longer counts."""

    def without(member: Member) -> Member:
        keys = (
            key._replace(retirement=retirement) if key.public_key == public_key else key
            for key in member.signing_keys
        )
        return member._replace(signing_keys=tuple(keys))

    return lambda members: tuple(without(one) if one.org_id == org_id else one for one in members)


def fingerprint(member: Member) -> str:
    """What two people compare by voice before a member is admitted: hash of all its keys, in groups of four."""
    signing = b"".join(key.public_key for key in member.keys)
    return grouped(key_hash(signing + member.seal_key + member.tls_certificate))


def grouped(digest: bytes) -> str:
    """The first 16 bytes of a hash as people read them to each other, in groups of four digits."""
    digits = digest.hex()[:32]
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _directory(
    name: str,
    version: int,
    root: Root,
    members: tuple[Member, ...],
    witnesses: QuorumPolicy = NO_POLICY,
) -> Envelope:
    now = _now()
    made = Directory(
        name,
        version,
        now,
        now + LIFETIME,
        tuple(sorted(members, key=lambda member: member.org_id)),
        root.version,
        witnesses,
    )
    return _unsigned(DIRECTORY_TYPE, encode_directory(made))


def _with_past_keys(member: Member, before: Member | None) -> Member:
    named = {key.public_key for key in member.signing_keys}
    past = [key for key in before.signing_keys if key.public_key not in named] if before else []
    return member._replace(signing_keys=(*member.signing_keys, *past))


def _discredit(store: Store, ended: Sequence[Origin]) -> int:
    try:
        return sum(discredit(store, origin, records) for origin in ended)
    finally:
        store.close()


def _put_in_force(home: Home, passphrase: str | None, draft: Draft) -> Draft:
    if draft.lacks:
        return draft
    known = home.fingerprint() if home.network_file.exists() else draft.fingerprint
    directory, _ = take_over(home, encode_document(draft.document), known)
    return draft._replace(with_new_key=use_new_key(home, passphrase, directory))


def _kept(home: Home, passphrase: str | None) -> tuple[Signer, ...]:
    return (own_network_key(home, passphrase),) if home.key_file(NETWORK).exists() else ()


def _signed_once(envelope: Envelope, signer: Signer) -> Envelope:
    if not lacking(envelope, Role((signer.public_key,), 1)):
        return envelope
    return add_signature(signer, envelope)


def _unsigned(kind: str, payload: bytes) -> Envelope:
    return Envelope(payload, kind, ())


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
