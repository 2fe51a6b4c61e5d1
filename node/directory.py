"""Who belongs to the network: the signed list of members, their keys, certificates and tiers.

A name is never an identity; what a member may do follows from the keys that the directory binds to its id. The
directory itself is believed because the network's directory key signed it, and it never goes back to an older version.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple

from crypto.certificates import check_member_certificate, spki_sha256
from crypto.envelope import Envelope, verify_threshold
from crypto.errors import CryptoError
from crypto.sealing import verify_seal_key
from node.audience import Tier
from node.errors import DirectoryError, MemberError
from node.verify import Origin

DIRECTORY_TYPE = "application/vnd.tocsin.directory.v1+protobuf"
REQUEST_TYPE = "application/vnd.tocsin.membership-request.v1+protobuf"
ALGORITHM = "ed25519"
LIFETIME = timedelta(days=30)  # short, so that a member who is fed an old directory notices


class OrganizationType(IntEnum):
    """Broad type of a member organization."""

    UN = 1
    INGO = 2
    NNGO = 3
    RCRC = 4
    IO = 5


class Status(IntEnum):
    """Whether a member takes part."""

    ACTIVE = 1
    SUSPENDED = 2


class MemberKey(NamedTuple):
    """One Ed25519 key and the time in which it may sign, aware UTC, start included, end not."""

    public_key: bytes
    valid_from: datetime
    valid_until: datetime

    def is_valid(self, now: datetime) -> bool:
        """Whether the key may sign at this time."""
        return self.valid_from <= now < self.valid_until


class Member(NamedTuple):
    """One organization's node as the directory knows it: certificate in DER, X25519 key to which bundles are sealed."""

    org_id: str
    type: OrganizationType
    status: Status
    tier: Tier
    signing_keys: tuple[MemberKey, ...]
    log_key: MemberKey
    tls_certificate: bytes
    endpoint: str
    seal_key: bytes


@dataclass(frozen=True)
class Directory:
    """A verified version of the member list; times are aware UTC."""

    network: str
    version: int
    issued: datetime
    expires: datetime
    members: tuple[Member, ...]

    @cached_property
    def by_certificate(self) -> Mapping[bytes, Member]:
        """Members by the SHA-256 of their certificate's public key: the only way to tell who is calling."""
        return {spki_sha256(member.tls_certificate): member for member in self.members}

    def member(self, org_id: str) -> Member:
        """Find a member.

        Raises:
            MemberError: Nobody of that id belongs to the network.
        """
        for member in self.members:
            if member.org_id == org_id:
                return member
        raise MemberError(f"{org_id} is not a member of {self.network}")

    def verify_caller(self, certificate: bytes, now: datetime) -> Member:
        """Find the active member that a TLS certificate (PEM or DER) belongs to.

        Raises:
            MemberError: The directory has expired, the certificate is nobody's, or its member is suspended.
        """
        self.verify_current(now)
        member = self.by_certificate.get(spki_sha256(certificate))
        if member is None:
            raise MemberError("the certificate belongs to no member of the network")
        if member.status is not Status.ACTIVE:
            raise MemberError(f"{member.org_id} is suspended")
        return member

    def verify_current(self, now: datetime) -> None:
        """Refuse to work with a directory that may have been withheld from us.

        Raises:
            MemberError: The directory has expired.
        """
        if now >= self.expires:
            raise MemberError(f"version {self.version} of the directory expired on {self.expires:%Y-%m-%d}")


def origin_of(directory: Directory, org_id: str, now: datetime) -> Origin:
    """Find the keys by which the records and checkpoints of a member are to be verified now.

    Raises:
        MemberError: It is no active member, its log key is not valid, or the directory has expired.
    """
    directory.verify_current(now)
    member = directory.member(org_id)
    if member.status is not Status.ACTIVE:
        raise MemberError(f"{org_id} is suspended")
    if not member.log_key.is_valid(now):
        raise MemberError(f"the log key of {org_id} is not valid now")
    keys = tuple(key.public_key for key in member.signing_keys if key.is_valid(now))
    return Origin(org_id, keys, member.log_key.public_key)


def verify_directory(
    envelope: Envelope,
    decode: Callable[[bytes], Directory],
    directory_key: bytes,
    held: Directory | None,
) -> Directory:
    """Check a directory document against the network's key and the version that we already hold.

    Args:
        envelope: As received.
        decode: Reads the payload; called only after the signature has been verified.
        directory_key: The network's public key, pinned when this node joined.
        held: The directory trusted so far.

    Raises:
        DirectoryError: The signature is not the network's, the version goes back, the network is another one, or a
            member contradicts itself or another.
    """
    try:
        verify_threshold(envelope, DIRECTORY_TYPE, (directory_key,), 1)
    except CryptoError as error:
        raise DirectoryError("it is not signed with the network's directory key") from error
    directory = decode(envelope.payload)
    if held is not None:
        if directory.network != held.network:
            raise DirectoryError(
                f"it is of the network {directory.network}, this node belongs to {held.network}"
            )
        if directory.version < held.version:
            raise DirectoryError(
                f"version {directory.version} is older than version {held.version} held here"
            )
        if directory.version == held.version and directory != held:
            raise DirectoryError(f"it differs from version {held.version} held here but has the same number")
    _verify_members(directory)
    return directory


def _verify_members(directory: Directory) -> None:
    seen: set[bytes | str] = set()
    for member in directory.members:
        try:
            check_member_certificate(member.tls_certificate)
            verify_seal_key(member.seal_key)
        except CryptoError as error:
            raise DirectoryError(f"{member.org_id}: {error}") from error
        keys = [*(key.public_key for key in (*member.signing_keys, member.log_key)), member.seal_key]
        names: list[bytes | str] = [member.org_id, spki_sha256(member.tls_certificate), *keys]
        for name in names:
            if name in seen:
                raise DirectoryError(
                    f"{member.org_id}: its id or one of its keys stands twice in the directory"
                )
            seen.add(name)
