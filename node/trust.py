"""What a node believes of its network: roots and directories, by the rules of The Update Framework for both.

A root names the keys that sign directories, and those that sign the next root; enough of the old and enough of the new
keys have signed each root, so that no single stick, machine or person makes a network its own. Versions never go back,
whoever was a member stays written down, and a retired key never comes back. Nothing here reads a clock or a file: what
is trusted goes in with bytes, and what is trusted then comes out.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple, Protocol

from crypto.envelope import Envelope, verify_threshold
from crypto.errors import CryptoError
from crypto.sentence import Sentence
from node.directory import DIRECTORY_TYPE, Directory, verify_members, verify_successor
from node.errors import DirectoryError, RootError, TwoDirectoriesError

ROOT_TYPE = "application/vnd.tocsin.root.v1+protobuf"
ROOT_LIFETIME = timedelta(days=365)


class Role(NamedTuple):
    """32-byte public keys in ascending order, and how many of them have to sign."""

    keys: tuple[bytes, ...]
    threshold: int


class Root(NamedTuple):
    """One version of who speaks for the network; times are aware UTC."""

    network: str
    version: int
    issued: datetime
    expires: datetime
    root: Role
    directory: Role


class Document(NamedTuple):
    """A network as one file: roots in order, and a directory, which a draft may lack."""

    roots: tuple[Envelope, ...]
    directory: Envelope | None


class Codec(Protocol):
    """Reads payloads; called only after a signature on them was verified, or their hash was known."""

    def decode_root(self, payload: bytes, /) -> Root:
        """Read the payload of a root."""
        ...

    def decode_directory(self, payload: bytes, /) -> Directory:
        """Read the payload of a directory."""
        ...


@dataclass(frozen=True)
class Trusted:
    """A network as far as it is verified: its newest root, its newest directory, and the document that proves both."""

    root: Root
    document: Document
    directory: Directory | None = None
    signed_by: Role | None = None  # by whose keys that directory was verified

    def after(self, document: Document, codec: Codec) -> "Trusted":
        """Believe what a newer document of the network says.

        Args:
            document: As received; roots that are trusted already may stand in it or not.
            codec: Reads payloads.

        Raises:
            RootError: A root does not follow the one before, or is not signed by enough keys of both.
            DirectoryError: The directory does not hold, or goes back.
        """
        held = {one.payload for one in self.document.roots}
        trusted = self
        for envelope in document.roots:
            if envelope.payload not in held:
                trusted = _with_root(trusted, envelope, codec)
        if document.directory is None:
            raise DirectoryError("there is no directory in it")
        return _with_directory(trusted, document.directory, codec)


def trust_first(document: Document, fingerprint: bytes, codec: Codec) -> Trusted:
    """Believe a network from the root on whose fingerprint people read to each other.

    Raises:
        RootError: That root is not in the document, or one does not follow the one before.
        DirectoryError: The directory does not hold.
    """
    trusted = read_trusted(document, fingerprint, codec)
    assert trusted.directory is not None, "what is trusted has a directory"
    verify_members(trusted.directory, None)
    return trusted


def read_trusted(document: Document, fingerprint: bytes, codec: Codec) -> Trusted:
    """Read again what was believed before: everything but the members' own keys, which were looked at then.

    Raises:
        RootError: As of `trust_first`.
        DirectoryError: Likewise.
    """
    found = [at for at, one in enumerate(document.roots) if fingerprint_of(one) == fingerprint]
    if not found:
        raise RootError("it is not of the network whose fingerprint this is")
    pinned, *later = document.roots[found[0] :]
    root = codec.decode_root(pinned.payload)
    _verify_signed(pinned, root.root, Sentence("that root itself"))
    trusted = Trusted(root, Document((pinned,), None))
    for envelope in later:
        trusted = _with_root(trusted, envelope, codec)
    if document.directory is None:
        raise DirectoryError("there is no directory in it")
    directory = _read_directory(trusted.root, document.directory, codec)
    document = document._replace(roots=(pinned, *later))
    return replace(trusted, document=document, directory=directory, signed_by=trusted.root.directory)


def fingerprint_of(root: Envelope) -> bytes:
    """SHA-256 of the payload of a root: what a new member hears from somebody it knows."""
    return sha256(root.payload).digest()


def directory_digest(document: Document) -> bytes:
    """SHA-256 of the signed payload of a directory: by which two nodes see whether they hold the same one."""
    assert document.directory is not None, "what is trusted has a directory"
    return sha256(document.directory.payload).digest()


def lacking(envelope: Envelope, role: Role) -> int:
    """How many more keys of a role have to sign a draft."""
    message = (envelope, envelope.payload_type, role.keys)
    try:
        return max(0, role.threshold - len(verify_threshold(*message, 1)))
    except CryptoError:
        return role.threshold


def make_role(keys: Iterable[bytes], threshold: int) -> Role:
    """A role in its one form.

    Raises:
        RootError: The threshold is none of 1 up to the number of keys.
    """
    role = Role(tuple(sorted(set(keys))), threshold)
    verify_role(role)
    return role


def verify_role(role: Role) -> None:
    """Check that a role can be filled, and only by different keys.

    Raises:
        RootError: It can not.
    """
    if list(role.keys) != sorted(set(role.keys)):
        raise RootError("the keys of a role are not in ascending order, each once")
    if not 1 <= role.threshold <= len(role.keys):
        raise RootError(
            "{threshold} of {count} keys can not sign", threshold=role.threshold, count=len(role.keys)
        )


def _with_root(held: Trusted, envelope: Envelope, codec: Codec) -> Trusted:
    _verify_signed(
        envelope, held.root.root, Sentence("version {version} of the root", version=held.root.version)
    )
    root = codec.decode_root(envelope.payload)
    _verify_signed(envelope, root.root, Sentence("that root itself"))
    if root.network != held.root.network:
        raise RootError(
            "it is of the network {other}, not of {held_root_network}",
            other=root.network,
            held_root_network=held.root.network,
        )
    if root.version != held.root.version + 1:
        raise RootError(
            "version {version} of the root does not follow version {held}",
            version=root.version,
            held=held.root.version,
        )
    document = held.document._replace(roots=(*held.document.roots, envelope))
    return replace(held, root=root, document=document)


def _with_directory(held: Trusted, envelope: Envelope, codec: Codec) -> Trusted:
    directory = _read_directory(held.root, envelope, codec)
    verify_members(directory, held.directory)
    before = held.document.directory
    # A directory of keys that the root has replaced is no measure for what comes after it: who stole them may have
    # signed a version that nobody could ever follow.
    role = held.root.directory
    if (
        held.directory is not None
        and before is not None
        and (held.signed_by == role or not lacking(before, role))
    ):
        if directory.version == held.directory.version and envelope.payload != before.payload:
            raise TwoDirectoriesError(
                "it differs from version {version} held here but has the same number",
                version=directory.version,
            )
        verify_successor(directory, held.directory)
    document = held.document._replace(directory=envelope)
    return replace(held, document=document, directory=directory, signed_by=role)


def _read_directory(root: Root, envelope: Envelope, codec: Codec) -> Directory:
    try:
        verify_threshold(envelope, DIRECTORY_TYPE, *root.directory)
    except CryptoError as error:
        raise DirectoryError(
            "it is not signed by enough keys of the network: {error}", error=error
        ) from error
    directory = codec.decode_directory(envelope.payload)
    if directory.network != root.network:
        raise DirectoryError(
            "it is of the network {network}, this node belongs to {other}",
            network=directory.network,
            other=root.network,
        )
    if directory.root_version > root.version:
        raise DirectoryError(
            "it needs version {root_version} of the root; take that over first",
            root_version=directory.root_version,
        )
    return replace(directory, root_expires=root.expires)


def _verify_signed(envelope: Envelope, role: Role, whose: str) -> None:
    try:
        verify_threshold(envelope, ROOT_TYPE, *role)
    except CryptoError as error:
        raise RootError(
            "it is not signed by enough keys of {whose}: {error}", whose=whose, error=error
        ) from error
