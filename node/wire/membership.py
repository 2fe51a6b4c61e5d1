"""The directory and requests for membership as bytes."""

import re

from node.audience import Tier
from node.codes import code_list
from node.config import ORG_ID
from node.directory import (
    ALGORITHM,
    NO_POLICY,
    SEAL_ALGORITHM,
    Clearance,
    Directory,
    Member,
    MemberKey,
    MembershipRequest,
    OrganizationType,
    QuorumPolicy,
    Retirement,
    RetirementReason,
    SltLevel,
    Status,
)
from node.errors import PayloadError
from node.wire.parsing import HASH_BYTES, from_stamp, member_of, parse, sized, to_stamp
from tocsin.node.v1 import directory_pb2

_ORG_ID = re.compile(ORG_ID)
_ENDPOINT = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):[0-9]{1,5}")


def encode_directory(directory: Directory) -> bytes:
    """Payload of a directory document."""
    return directory_pb2.Directory(
        network=directory.network,
        version=directory.version,
        issue_time=to_stamp(directory.issued),
        expire_time=to_stamp(directory.expires),
        members=map(_member_message, directory.members),
        root_version=directory.root_version,
        witnesses=_policy_message(directory.witnesses),
    ).SerializeToString()


def decode_directory(payload: bytes) -> Directory:
    """Read the payload of a directory document.

    Raises:
        PayloadError: It is not one, or a field is missing or of the wrong size.
    """
    message = parse(directory_pb2.Directory(), payload)
    return Directory(
        message.network,
        message.version,
        from_stamp("issue_time", message.issue_time),
        from_stamp("expire_time", message.expire_time),
        tuple(map(_member, message.members)),
        message.root_version,
        _policy(message.witnesses),
    )


def encode_request(request: MembershipRequest) -> bytes:
    """Payload of a membership request."""
    return directory_pb2.MembershipRequest(
        member=_member_message(request.member),
        seal_proof_keys=request.seal_proof_keys,
        tls_proofs=request.tls_proofs,
    ).SerializeToString()


def decode_request(payload: bytes) -> MembershipRequest:
    """Read the payload of a membership request.

    Raises:
        PayloadError: It is not one, or a field is missing or of the wrong size.
    """
    message = parse(directory_pb2.MembershipRequest(), payload)
    proof_keys = tuple(sized("seal_proof_keys", key, HASH_BYTES) for key in message.seal_proof_keys)
    return MembershipRequest(_member(message.member), proof_keys, tuple(message.tls_proofs))


def _member_message(member: Member) -> directory_pb2.Member:
    return directory_pb2.Member(
        org_id=member.org_id,
        type=directory_pb2.OrganizationType.ValueType(member.type),
        status=directory_pb2.MemberStatus.ValueType(member.status),
        tier=directory_pb2.Tier.ValueType(member.tier),
        signing_keys=map(_key_message, member.signing_keys),
        log_keys=map(_key_message, member.log_keys),
        tls_certificates=member.tls_certificates,
        endpoints=member.endpoints,
        seal_keys=(_key_message(key, SEAL_ALGORITHM) for key in member.seal_keys),
        cosign_keys=map(_key_message, member.cosign_keys),
        clearances=(
            directory_pb2.Clearance(country=one.country, level=directory_pb2.SltLevel.ValueType(one.level))
            for one in member.clearances
        ),
        sponsors=member.sponsors,
    )


def _member(message: directory_pb2.Member) -> Member:
    if not _ORG_ID.fullmatch(message.org_id):
        raise PayloadError("org_id: not 2 to 63 lower-case letters, digits and hyphens")
    if not all(map(_ENDPOINT.fullmatch, message.endpoints)):
        raise PayloadError("endpoints: not host:port")
    for field in ("log_keys", "tls_certificates", "seal_keys"):
        if not getattr(message, field):
            raise PayloadError("{field}: there is none", field=field)
    if not all(map(_ORG_ID.fullmatch, message.sponsors)):
        raise PayloadError("sponsors: not 2 to 63 lower-case letters, digits and hyphens")
    return Member(
        message.org_id,
        member_of("type", OrganizationType, message.type),
        member_of("status", Status, message.status),
        member_of("tier", Tier, message.tier),
        tuple(map(_key, message.signing_keys)),
        tuple(map(_key, message.log_keys)),
        tuple(message.tls_certificates),
        tuple(message.endpoints),
        tuple(_key(key, SEAL_ALGORITHM) for key in message.seal_keys),
        tuple(map(_key, message.cosign_keys)),
        _clearances(message),
        _in_order("sponsors", tuple(message.sponsors)),
    )


def _clearances(message: directory_pb2.Member) -> tuple[Clearance, ...]:
    if not message.clearances:
        return ()
    countries = _in_order("clearances", tuple(one.country for one in message.clearances))
    unknown = set(countries) - set(code_list("country").codes)
    if unknown:
        raise PayloadError("clearances: a country is not a code of the list")
    return tuple(
        Clearance(one.country, member_of("level", SltLevel, one.level)) for one in message.clearances
    )


def _in_order(field: str, names: tuple[str, ...]) -> tuple[str, ...]:
    if list(names) != sorted(set(names)):
        raise PayloadError("{field}: not in ascending order, each once", field=field)
    return names


def _policy_message(policy: QuorumPolicy) -> directory_pb2.QuorumPolicy | None:
    if policy == NO_POLICY:
        return None
    needed, among, stale_seconds = policy
    return directory_pb2.QuorumPolicy(needed=needed, witness_ids=among, stale_seconds=stale_seconds)


def _policy(message: directory_pb2.QuorumPolicy) -> QuorumPolicy:
    among = tuple(message.witness_ids)
    if list(among) != sorted(set(among)) or (among and message.needed > len(among)):
        raise PayloadError("witnesses: not in order, each once, and as many as are needed")
    return QuorumPolicy(message.needed, among, message.stale_seconds)


def _key_message(key: MemberKey, algorithm: str = ALGORITHM) -> directory_pb2.MemberKey:
    return directory_pb2.MemberKey(
        public_key=key.public_key,
        alg=algorithm,
        valid_from_time=to_stamp(key.valid_from),
        valid_until_time=to_stamp(key.valid_until),
        retirement=_retirement_message(key.retirement) if key.retirement else None,
    )


def _retirement_message(retirement: Retirement) -> directory_pb2.KeyRetirement:
    return directory_pb2.KeyRetirement(
        reason=directory_pb2.RetirementReason.ValueType(retirement.reason),
        last_good_size=retirement.last_good_size,
    )


def _key(message: directory_pb2.MemberKey, algorithm: str = ALGORITHM) -> MemberKey:
    sized("public_key", message.public_key, HASH_BYTES)
    if message.alg != algorithm:
        raise PayloadError("alg: {alg!r} is not {algorithm}", alg=message.alg[:20], algorithm=algorithm)
    return MemberKey(
        message.public_key,
        from_stamp("valid_from_time", message.valid_from_time),
        from_stamp("valid_until_time", message.valid_until_time),
        _retirement(message.retirement) if message.HasField("retirement") else None,
    )


def _retirement(message: directory_pb2.KeyRetirement) -> Retirement:
    return Retirement(member_of("reason", RetirementReason, message.reason), message.last_good_size)
