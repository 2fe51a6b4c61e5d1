"""Requests for membership: made with proof of every key, confirmed by sponsors who heard their words, and read."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from pathlib import Path
from typing import NamedTuple

from mnemonic import Mnemonic

from console.home import SEAL, Home, read_file
from console.keyring import as_member, open_ring
from console.network import Change
from crypto.certificates import sign_as_holder, spki_sha256, verify_holder
from crypto.envelope import Envelope, add_signature, sign_envelope, verify_threshold
from crypto.errors import CryptoError
from crypto.sealing import seal_public_key_from
from crypto.signing import Signer, key_hash
from node.directory import (
    REQUEST_TYPE,
    Directory,
    Member,
    MemberKey,
    MembershipRequest,
    Status,
    speaker_of,
)
from node.errors import DirectoryError, MemberError, PayloadError
from node.logbook import Identity
from node.wire.membership import decode_request, encode_request
from node.wire.records import decode_envelope, encode_envelope

SEAL_OVERLAP = timedelta(days=90)  # a bundle may be on its way for so long when its reader has a new seal key
_DIGEST_BYTES = 16


class Application(NamedTuple):
    """A request that holds: who asks, and the envelope with all its signatures."""

    member: Member
    envelope: Envelope

    def signed_by(self, keys: Collection[MemberKey]) -> bool:
        """Whether one of some keys signed it, too."""
        try:
            verify_threshold(self.envelope, REQUEST_TYPE, [key.public_key for key in keys], 1)
        except CryptoError:
            return False
        return True

    def sponsors(self, directory: Directory, now: datetime) -> tuple[str, ...]:
        """The members that have signed that they heard this fingerprint, in order."""
        others = (one for one in directory.members if one.org_id != self.member.org_id)
        active = (one for one in others if one.status is Status.ACTIVE)
        return tuple(
            one.org_id
            for one in active
            if self.signed_by([key for key in one.signing_keys if key.is_valid(now)])
        )


def request_membership(
    home: Home, passphrase: str | None, endpoints: tuple[str, ...], following: Collection[str] = ()
) -> bytes:
    """Make a request for membership, signed with every key that it names.

    Args:
        home: Of the node.
        passphrase: Of its keys.
        endpoints: Where peers reach it.
        following: For which uses other keys are to follow; the ones of before sign, too.

    Raises:
        CryptoError: A key can not be read or written, or the passphrase is wrong.
    """
    ring, before = (open_ring(home, passphrase, uses) for uses in (following, ()))
    member = as_member(home, ring, endpoints, _now())
    statement = _statement(member)
    proof_keys = (ring.signers[SEAL].public_key,)
    payload = encode_request(
        MembershipRequest(member, proof_keys, (sign_as_holder(ring.line.key, statement),))
    )
    old = [before.signers[use] for use in before.signers if use in following and use != SEAL]
    first, *others = {one.public_key: one for one in (*ring.signers.values(), *old)}.values()
    signed_once = sign_envelope(first, REQUEST_TYPE, payload)
    return encode_envelope(reduce(lambda envelope, one: add_signature(one, envelope), others, signed_once))


def read_application(path: Path) -> Application:
    """Read a file with a request for membership, as `open_application` does."""
    return open_application(read_file(path), path.name)


def open_application(content: bytes, name: str) -> Application:
    """Read a request for membership and check that the applicant holds the keys in it.

    Raises:
        DirectoryError: It is no request, or the proof of a key is missing; it is told by its name.
    """
    try:
        envelope = decode_envelope(content)
        member, proof_keys, tls_proofs = decode_request(envelope.payload)
    except PayloadError as error:
        raise DirectoryError("{name} is not a request for membership", name=name) from error
    keys = {*(key.public_key for key in member.keys), *proof_keys}
    try:
        verify_threshold(envelope, REQUEST_TYPE, keys, len(keys))
        if [key.public_key for key in member.seal_keys] != list(map(seal_public_key_from, proof_keys)):
            raise DirectoryError("{name} does not prove that the applicant holds its seal key", name=name)
        if len(tls_proofs) != len(member.tls_certificates):
            raise DirectoryError("{name} does not prove that the applicant holds its TLS key", name=name)
        for certificate, proof in zip(member.tls_certificates, tls_proofs, strict=True):
            verify_holder(certificate, _statement(member), proof)
    except CryptoError as error:
        raise DirectoryError(
            "{name} is not signed with every key that it names: {error}", name=name, error=error
        ) from error
    return Application(member, envelope)


def sponsor(home: Home, identity: Identity, found: Application, now: datetime) -> bytes:
    """The request with the signature of this node, whose people have heard its words; one that has it stays as it is.

    Raises:
        MemberError: The directory knows another signing key of this node, or it takes no part.
        DirectoryError: There is no network yet.
    """
    directory = home.directory()
    if identity.signing.public_key not in speaker_of(directory, identity.org_id, now).signing_keys:
        raise MemberError("the directory holds another signing key of this node; nobody would believe it")
    if identity.org_id in found.sponsors(directory, now):
        return encode_envelope(found.envelope)
    return sponsored(found, identity.signing)


def sponsored(application: Application, signer: Signer) -> bytes:
    """The request with the signature of a member that has heard its fingerprint."""
    return encode_envelope(add_signature(signer, application.envelope))


def fingerprint(member: Member) -> str:
    """Twelve words that two people compare by voice: of the keys in a request, from the list of BIP 39."""
    return Mnemonic("english").to_mnemonic(_digest(member)[:_DIGEST_BYTES])


def verify_known(application: Application, directory: Directory) -> None:
    """Check that a request for a member that is known comes from who holds one of the keys that are known.

    Raises:
        DirectoryError: It may be from anybody.
    """
    org_id = application.member.org_id
    for known in directory.members:
        usable = [key for key in known.keys if key.retirement is None]
        if known.org_id == org_id and not application.signed_by(usable):
            raise DirectoryError(
                "the request of {org_id} is signed with none of the keys that it had; if they are lost, "
                "and two people have heard its words from somebody whom they know, say --without-old-key",
                org_id=org_id,
            )


def admitted(new: Sequence[Member]) -> Change:
    """A change that admits members, or adds keys to those that a member had before; its other data is replaced.

    Keys that sign stay as they were, retired or not, and count as long as they did. The line may be held with either
    certificate. What is sealed to the seal key of before opens for `SEAL_OVERLAP` yet.
    """

    def change(members: tuple[Member, ...]) -> tuple[Member, ...]:
        known = {member.org_id: member for member in members}
        return tuple((known | {one.org_id: _joined(one, known.get(one.org_id)) for one in new}).values())

    return change


def _joined(member: Member, before: Member | None) -> Member:
    if before is None:
        return member
    lines = {spki_sha256(one): one for one in (*before.tls_certificates, *member.tls_certificates)}
    newest = spki_sha256(member.tls_certificates[0])
    return member._replace(
        signing_keys=_with_past(member.signing_keys, before.signing_keys),
        log_keys=_with_past(member.log_keys, before.log_keys),
        cosign_keys=_with_past(member.cosign_keys, before.cosign_keys),
        seal_keys=_with_past(member.seal_keys, before.seal_keys, _now() + SEAL_OVERLAP),
        tls_certificates=(lines.pop(newest), *lines.values()),
        clearances=before.clearances,
    )


def _with_past(
    now: tuple[MemberKey, ...], past: tuple[MemberKey, ...], until: datetime | None = None
) -> tuple[MemberKey, ...]:
    """New keys before those of before, which end at a time where there is a new one."""
    new = [key for key in now if key.public_key not in {one.public_key for one in past}]
    if new and until is not None:
        past = tuple(key._replace(valid_until=min(key.valid_until, until)) for key in past)
    return (*new, *past)


def _statement(member: Member) -> bytes:
    return b"tocsin/membership-request/1\n" + member.org_id.encode() + b"\n" + _digest(member)


def _digest(member: Member) -> bytes:
    keys = (key.public_key for key in (*member.keys, *member.seal_keys))
    return key_hash(b"".join((*keys, *member.tls_certificates)))


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
