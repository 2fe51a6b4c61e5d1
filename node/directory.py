"""Who belongs to the network: the signed list of members, their keys, certificates and tiers.

A name is never an identity; what a member may do follows from the keys that the directory binds to its id. The
directory itself is believed because enough of the network's keys signed it, and it never goes back (`node.trust`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple

from crypto.certificates import check_member_certificate, spki_sha256
from crypto.errors import CryptoError
from crypto.sealing import verify_seal_key
from node.audience import Tier
from node.errors import DirectoryError, MemberError
from node.quorum import Quorum
from node.verify import Origin, witness_name

DIRECTORY_TYPE = "application/vnd.tocsin.directory.v1+protobuf"
REQUEST_TYPE = "application/vnd.tocsin.membership-request.v1+protobuf"
ALGORITHM = "ed25519"
SEAL_ALGORITHM = "x25519"
SEEN_FORMS = 2  # of one certificate that are remembered: PEM and DER
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
    LEFT = 3


class SltLevel(IntEnum):
    """How a member and the United Nations work together in a country (Saving Lives Together)."""

    REGULAR = 1
    ENHANCED = 2


class RetirementReason(IntEnum):
    """Why a key is no longer used."""

    ROTATED = 1
    COMPROMISED = 2


class Retirement(NamedTuple):
    """From which index of its member's log on a key no longer counts: the log is the clock (trust.md, part 4)."""

    reason: RetirementReason
    last_good_size: int


class MemberKey(NamedTuple):
    """One key, Ed25519 or X25519, and the time in which it may be used, aware UTC, start included, end not."""

    public_key: bytes
    valid_from: datetime
    valid_until: datetime
    retirement: Retirement | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether the key may be used at this time."""
        return self.retirement is None and self.valid_from <= now < self.valid_until


class Clearance(NamedTuple):
    """What a member was cleared for in one country."""

    country: str
    level: SltLevel


class Member(NamedTuple):
    """One organization's node as the directory knows it; of each kind of key the newest stands first.

    Attributes:
        org_id: Its name in the network.
        type: What kind of organization it is.
        status: Whether it takes part.
        tier: How finely it sees what others release.
        signing_keys: Sign its records.
        log_keys: Sign checkpoints of its log.
        tls_certificates: DER, pinned; one at least.
        endpoints: HOST:PORT in the order in which they are tried; none for who serves nobody.
        seal_keys: X25519; bundles for it are sealed to the first that is valid.
        cosign_keys: Sign checkpoints of other members' logs.
        clearances: By country; none at all where nothing is said of it.
        sponsors: Members that have compared the fingerprint of its newest keys by voice.
    """

    org_id: str
    type: OrganizationType
    status: Status
    tier: Tier
    signing_keys: tuple[MemberKey, ...]
    log_keys: tuple[MemberKey, ...]
    tls_certificates: tuple[bytes, ...]
    endpoints: tuple[str, ...]
    seal_keys: tuple[MemberKey, ...]
    cosign_keys: tuple[MemberKey, ...] = ()
    clearances: tuple[Clearance, ...] = ()
    sponsors: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[MemberKey, ...]:
        """Every key with which it signs or signed anything; as that is verified for ever, none ever goes."""
        return (*self.signing_keys, *self.log_keys, *self.cosign_keys)

    @property
    def witness_keys(self) -> tuple[MemberKey, ...]:
        """The keys with which it cosigns; of a member that joined before there were such keys, those of its log."""
        return self.cosign_keys or self.log_keys


class MembershipRequest(NamedTuple):
    """How an organization asks to be written down, with proofs of keys that sign no envelope."""

    member: Member
    seal_proof_keys: tuple[bytes, ...]  # Ed25519, in the order of the seal keys, which are made from them
    tls_proofs: tuple[bytes, ...]  # ECDSA, in the order of the certificates


class QuorumPolicy(NamedTuple):
    """Who has to have cosigned a checkpoint (docs/protocol.md).

    So many of these members, or of all when none is named; 0 asks for nobody. After `stale_seconds` without a sign of
    life a log is stale; 0 declares nothing.
    """

    needed: int = 0
    among: tuple[str, ...] = ()
    stale_seconds: int = 0


NO_POLICY = QuorumPolicy()


@dataclass(frozen=True)
class Directory:
    """A verified version of the member list; times are aware UTC."""

    network: str
    version: int
    issued: datetime
    expires: datetime
    members: tuple[Member, ...]
    root_version: int = 1  # the newest root when it was made
    witnesses: QuorumPolicy = NO_POLICY
    # Of the root under which it is read.
    root_expires: datetime = field(default=datetime.max.replace(tzinfo=UTC), compare=False)

    @cached_property
    def by_certificate(self) -> Mapping[bytes, Member]:
        """Members by the SHA-256 of their certificate's public key: the only way to tell who is calling."""
        return {
            spki_sha256(certificate): member
            for member in self.members
            for certificate in member.tls_certificates
        }

    @cached_property
    def _seen(self) -> dict[bytes, Member]:
        """Active members by the very bytes that they showed: asked for at every call of every peer."""
        return {}

    @cached_property
    def _ends(self) -> datetime:
        return min(self.expires, self.root_expires)

    def member(self, org_id: str) -> Member:
        """Find a member.

        Raises:
            MemberError: Nobody of that id belongs to the network.
        """
        for member in self.members:
            if member.org_id == org_id:
                return member
        raise MemberError("{org_id} is not a member of {network}", org_id=org_id, network=self.network)

    def verify_caller(self, certificate: bytes, now: datetime) -> Member:
        """Find the active member that a TLS certificate (PEM or DER) belongs to.

        Raises:
            MemberError: The directory has expired, the certificate is nobody's, or its member is suspended.
        """
        known = self._seen.get(certificate)
        if known is not None and now < self._ends:
            return known
        self.verify_current(now)
        member = self.by_certificate.get(spki_sha256(certificate))
        if member is None:
            raise MemberError("the certificate belongs to no member of the network")
        verify_active(member)
        if len(self._seen) < SEEN_FORMS * len(self.by_certificate):
            self._seen[certificate] = member
        return member

    def verify_current(self, now: datetime) -> None:
        """Refuse to work with a directory that may have been withheld from us.

        Raises:
            MemberError: The directory has expired, or the root that names its keys.
        """
        if now >= self.root_expires:
            raise MemberError(
                "the root of the network expired on {root_expires}",
                root_expires=f"{self.root_expires:%Y-%m-%d}",
            )
        if now >= self.expires:
            raise MemberError(
                "version {version} of the directory expired on {expires}",
                version=self.version,
                expires=f"{self.expires:%Y-%m-%d}",
            )


def origin_of(directory: Directory, org_id: str, now: datetime) -> Origin:
    """Find the keys by which the records and checkpoints of a member are to be verified now.

    Raises:
        MemberError: It is no active member, its log key is not valid, or the directory has expired.
    """
    directory.verify_current(now)
    member = directory.member(org_id)
    verify_active(member)
    if not any(key.is_valid(now) for key in member.log_keys):
        raise MemberError("no log key of {org_id} is valid now", org_id=org_id)
    past = retired_keys(member)
    now_valid = tuple(key.public_key for key in member.signing_keys if key.is_valid(now))
    logs = tuple(key.public_key for key in member.log_keys if key.is_valid(now) or key.retirement)
    return past._replace(signing_keys=(*now_valid, *past.signing_keys), log_keys=logs)


def witness_keys(directory: Directory) -> dict[str, tuple[bytes, ...]]:
    """Keys of every member as a witness, by key name; of each those of before too."""
    return {
        witness_name(one.org_id): tuple(key.public_key for key in one.witness_keys)
        for one in directory.members
    }


def quorum_of(directory: Directory, org_id: str) -> Quorum:
    """Who may cosign the log of a member now, and how many of them have to; nobody does so for itself."""
    among = directory.witnesses.among
    others = (one for one in directory.members if one.org_id != org_id and one.status is Status.ACTIVE)
    chosen = (one for one in others if not among or one.org_id in among)
    return Quorum(directory.witnesses.needed, {witness_name(one.org_id): cosigning(one) for one in chosen})


def cosigning(member: Member) -> tuple[bytes, ...]:
    """The public keys whose cosignatures count: nobody else has, or may have, one of them."""
    return tuple(
        key.public_key
        for key in member.witness_keys
        if key.retirement is None or key.retirement.reason is not RetirementReason.COMPROMISED
    )


def retired_keys(member: Member) -> Origin:
    """A member by the signing keys that it no longer uses, and up to where its retired keys count in its log."""
    signing, log = (_ends(keys) for keys in (member.signing_keys, member.log_keys))
    logs = tuple(key.public_key for key in member.log_keys)
    return Origin(member.org_id, tuple(key for key, _ in signing), logs, signing, log)


def known_origin(member: Member) -> Origin:
    """A member by all keys that it has or had, and up to where retired ones count: for what was signed at any time."""
    return retired_keys(member)._replace(signing_keys=tuple(key.public_key for key in member.signing_keys))


def seal_key_of(member: Member, now: datetime) -> bytes:
    """The key to which one seals for a member.

    Raises:
        MemberError: None of its seal keys is valid.
    """
    for key in member.seal_keys:
        if key.is_valid(now):
            return key.public_key
    raise MemberError("no seal key of {org_id} is valid now", org_id=member.org_id)


def _ends(keys: Sequence[MemberKey]) -> tuple[tuple[bytes, int], ...]:
    return tuple((key.public_key, key.retirement.last_good_size) for key in keys if key.retirement)


def speaker_of(directory: Directory, org_id: str, now: datetime) -> Origin:
    """Find the keys with which a member speaks now, outside its log: there no index says what a retired key still may.

    Raises:
        MemberError: As of `origin_of`.
    """
    origin = origin_of(directory, org_id, now)
    ended = dict(origin.ends)
    return origin._replace(
        signing_keys=tuple(key for key in origin.signing_keys if key not in ended), ends=()
    )


def verify_active(member: Member) -> None:
    """Refuse a member that takes no part now.

    Raises:
        MemberError: It is suspended, or has left.
    """
    if member.status is not Status.ACTIVE:
        if member.status is Status.LEFT:
            raise MemberError("{org_id} has left the network", org_id=member.org_id)
        raise MemberError("{org_id} is suspended", org_id=member.org_id)


def verify_successor(directory: Directory, held: Directory) -> None:
    """Check that a directory follows the one that is held: nothing that still counts is gone.

    Raises:
        DirectoryError: It goes back, a member or a key that signed for it is gone, a retired key counts again or
            longer, or a member that left is back.
    """
    for what in ("version", "root_version"):
        if getattr(directory, what) < getattr(held, what):
            raise DirectoryError(
                "{what}: {value} is older than {held} held here",
                what=what,
                value=getattr(directory, what),
                held=getattr(held, what),
            )
    members = {member.org_id: member for member in directory.members}
    for before in held.members:
        now = members.get(before.org_id)
        if now is None:
            raise DirectoryError(
                "{org_id} is gone; a member that leaves stays in the directory", org_id=before.org_id
            )
        if before.status is Status.LEFT and now.status is not Status.LEFT:
            raise DirectoryError(
                "{org_id} has left for good; it can only come back under another id", org_id=before.org_id
            )
        if now != before:
            _verify_keys(before, now)


def _verify_keys(before: Member, now: Member) -> None:
    for use in ("signing", "log", "cosign"):
        keys = {key.public_key: key for key in getattr(now, f"{use}_keys")}
        for past in getattr(before, f"{use}_keys"):
            key = keys.get(past.public_key)
            if key is None:
                raise DirectoryError(
                    "{org_id}: a {use} key is gone, by which what is old is verified",
                    org_id=before.org_id,
                    use=use,
                )
            end = key.retirement.last_good_size if key.retirement else None
            if past.retirement and (end is None or end > past.retirement.last_good_size):
                raise DirectoryError("{org_id}: a retired key counts again", org_id=before.org_id)


def verify_members(directory: Directory, held: Directory | None) -> None:
    """Check that the members contradict neither themselves nor each other; what was held already was looked at then.

    Raises:
        DirectoryError: They do.
    """
    sound = {(member.tls_certificates, member.seal_keys) for member in held.members} if held else set()
    fresh = [one for one in directory.members if (one.tls_certificates, one.seal_keys) not in sound]
    for member in fresh:
        _verify_line_keys(member)
    seen: set[bytes | str] = set()
    for member in directory.members:
        # Two certificates of one key were looked for when they came.
        lines = map(spki_sha256, member.tls_certificates) if fresh else member.tls_certificates
        keys = (key.public_key for key in (*member.keys, *member.seal_keys))
        for name in (member.org_id, *lines, *keys):
            if name in seen:
                raise DirectoryError(
                    "{org_id}: its id or one of its keys stands twice in the directory", org_id=member.org_id
                )
            seen.add(name)


def _verify_line_keys(member: Member) -> None:
    try:
        for certificate in member.tls_certificates:
            check_member_certificate(certificate)
        for key in member.seal_keys:
            verify_seal_key(key.public_key)
    except CryptoError as error:
        raise DirectoryError("{org_id}: {error}", org_id=member.org_id, error=error) from error
