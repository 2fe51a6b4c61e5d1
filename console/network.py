"""Make and change a network: drafts that its keys sign one after the other, and what they change."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from console.forks import CODECS as FORK_CODECS
from console.home import NETWORK, Home
from console.keyring import as_member, open_ring, use_waiting
from crypto.certificates import spki_sha256
from crypto.envelope import Envelope, add_signature
from crypto.keyfile import load_key, save_key
from crypto.signing import Signer
from node.audience import Tier
from node.contain import drop_disproven
from node.directory import (
    DIRECTORY_TYPE,
    LIFETIME,
    NO_POLICY,
    Clearance,
    Directory,
    Member,
    MemberKey,
    QuorumPolicy,
    Retirement,
    Status,
    retired_keys,
)
from node.discredit import discredit
from node.errors import ConfigError, DirectoryError
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
from node.wire import records
from node.wire.membership import encode_directory
from node.wire.network import decode_root, encode_document, encode_root

Change = Callable[[tuple[Member, ...]], tuple[Member, ...]]


class Draft(NamedTuple):
    """A network's next document, and the signatures that it lacks: of the root before, of its own, of its directory."""

    document: Document
    before: int
    root: int
    directory: int
    new_keys: tuple[str, ...] = ()  # it is in force, and this node uses keys for this that waited for it

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
        raise ConfigError(
            "this node belongs to the network {network} already", network=home.directory().network
        )
    # First, so that a wrong passphrase does not become that of the network's key.
    ring, now = open_ring(home, passphrase), _now()
    member = as_member(home, ring, home.settings.endpoints, now)._replace(tier=Tier.COORDINATOR)
    signers: tuple[Signer, ...] = ()
    if role is None:
        if not home.key_file(NETWORK).exists():  # it may stand from a start that was cut short
            make_network_key(home.key_file(NETWORK), passphrase)
        signers = (own_network_key(home, passphrase),)
        role = make_role([signers[0].public_key], 1)
    root = Root(name, 1, now, now + ROOT_LIFETIME, role, role)
    document = Document((_unsigned(ROOT_TYPE, encode_root(root)),), None)
    document = document._replace(directory=_directory(name, 1, root, (member,)))
    return _put_in_force(home, signed(document, signers))


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
    return _put_in_force(home, signed(document, _kept(home, passphrase)))


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
    return _put_in_force(home, signed(document, _kept(home, passphrase)))


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
    discredited = _discredit(home, directory)
    home.keep_network(trusted, fingerprint)
    return directory, discredited


def with_status(org_id: str, status: Status) -> Change:
    """A change that suspends a member, lets it take part again, or writes down that it has left."""
    return lambda members: tuple(
        one._replace(status=status) if one.org_id == org_id else one for one in members
    )


def cleared(org_id: str, clearances: Sequence[Clearance]) -> Change:
    """A change after which a member is cleared for these countries, and for those of before."""

    def with_these(member: Member) -> Member:
        found = {one.country: one for one in (*member.clearances, *clearances)}
        return member._replace(clearances=tuple(found[country] for country in sorted(found)))

    return lambda members: tuple(with_these(one) if one.org_id == org_id else one for one in members)


def retired(org_id: str, name: bytes, retirement: Retirement) -> Change:
    """A change after which a key of a member is no longer used.

    What a signing key signed from an index of the member's log on, and checkpoints of a log key beyond that size, no
    longer count; a certificate is gone.

    Args:
        org_id: Of the member.
        name: The public key, or `spki_sha256` of a certificate.
        retirement: Why, and up to where it counts.
    """

    def end(keys: tuple[MemberKey, ...]) -> tuple[MemberKey, ...]:
        return tuple(key._replace(retirement=retirement) if key.public_key == name else key for key in keys)

    def without(member: Member) -> Member:
        return member._replace(
            signing_keys=end(member.signing_keys),
            log_keys=end(member.log_keys),
            cosign_keys=end(member.cosign_keys),
            seal_keys=end(member.seal_keys),
            tls_certificates=tuple(one for one in member.tls_certificates if spki_sha256(one) != name),
        )

    return lambda members: tuple(without(one) if one.org_id == org_id else one for one in members)


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


def _discredit(home: Home, directory: Directory) -> int:
    """Stop counting what no longer counts by a directory, and count again what its log was wrongly forked for."""
    known = [retired_keys(one) for one in directory.members]
    if not any(one.ends or one.log_ends for one in known):
        return 0
    store = home.store()
    try:
        own_id = home.settings.org_id
        drop_disproven(store, directory, own_id, FORK_CODECS)
        return sum(discredit(store, one, records) for one in known if one.org_id != own_id)
    finally:
        store.close()


def _put_in_force(home: Home, draft: Draft) -> Draft:
    if draft.lacks:
        return draft
    known = home.fingerprint() if home.network_file.exists() else draft.fingerprint
    directory, _ = take_over(home, encode_document(draft.document), known)
    return draft._replace(new_keys=use_waiting(home, directory))


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
