"""Make and change a network: the directory key, requests for membership, admission, suspension."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from console.home import DIRECTORY, Home, read_file
from crypto.envelope import add_signature, sign_envelope, verify_threshold
from crypto.errors import CryptoError
from crypto.keyfile import load_key, save_key
from crypto.signing import Signer, key_hash
from node.audience import Tier
from node.directory import DIRECTORY_TYPE, LIFETIME, REQUEST_TYPE, Directory, Member, Status
from node.errors import ConfigError, DirectoryError, PayloadError
from node.wire.membership import decode_request, encode_directory, encode_request
from node.wire.records import decode_envelope, encode_envelope


def found_network(home: Home, name: str, passphrase: str | None) -> Directory:
    """Start a network with this node as its first member and the keeper of the directory key.

    Raises:
        ConfigError: This node belongs to a network already.
    """
    if home.directory_file.exists():
        raise ConfigError(f"this node belongs to the network {home.directory().network} already")
    # First, so that a wrong passphrase does not become that of the directory key.
    member = home.member(passphrase, home.settings.endpoint)._replace(tier=Tier.COORDINATOR)
    key_file = home.key_file(DIRECTORY)
    if not key_file.exists():  # it may stand from a start that was cut short
        save_key(key_file, DIRECTORY, os.urandom(32), passphrase)
    return _publish(home, passphrase, name, 1, (member,))


def request_membership(home: Home, passphrase: str | None, endpoint: str) -> bytes:
    """Make a request for membership, signed with every key that it names."""
    identity = home.identity(passphrase)
    payload = encode_request(home.member(passphrase, endpoint))
    return encode_envelope(
        add_signature(identity.log, sign_envelope(identity.signing, REQUEST_TYPE, payload))
    )


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
    keys = (*(key.public_key for key in member.signing_keys), member.log_key.public_key)
    try:
        verify_threshold(envelope, REQUEST_TYPE, keys, len(set(keys)))
    except CryptoError as error:
        raise DirectoryError(f"{path.name} is not signed with every key that it names") from error
    return member


def change_members(
    home: Home, passphrase: str | None, change: Callable[[tuple[Member, ...]], tuple[Member, ...]]
) -> Directory:
    """Sign the next version of the directory, valid from now for `LIFETIME`.

    Raises:
        DirectoryError: The members that result contradict each other.
        CryptoError: This node does not keep the directory key.
    """
    held = home.directory()
    return _publish(home, passphrase, held.network, held.version + 1, change(held.members))


def admitted(new: Sequence[Member]) -> Callable[[tuple[Member, ...]], tuple[Member, ...]]:
    """A change that admits members, or replaces what was known of them."""
    names = {member.org_id for member in new}
    return lambda members: (*(one for one in members if one.org_id not in names), *new)


def suspended(org_id: str) -> Callable[[tuple[Member, ...]], tuple[Member, ...]]:
    """A change that suspends a member."""
    return lambda members: tuple(
        one._replace(status=Status.SUSPENDED) if one.org_id == org_id else one for one in members
    )


def fingerprint(member: Member) -> str:
    """What two people compare by voice before a member is admitted: hash of all its keys, in groups of four."""
    signing = b"".join(key.public_key for key in (*member.signing_keys, member.log_key))
    digits = key_hash(signing + member.seal_key + member.tls_certificate).hex()[:32]
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _publish(
    home: Home, passphrase: str | None, name: str, version: int, members: tuple[Member, ...]
) -> Directory:
    signer = Signer(load_key(home.key_file(DIRECTORY), DIRECTORY, passphrase))
    now = datetime.now(UTC).replace(microsecond=0)
    directory = Directory(name, version, now, now + LIFETIME, tuple(sorted(members)))
    document = encode_envelope(sign_envelope(signer, DIRECTORY_TYPE, encode_directory(directory)))
    return home.install_directory(document, signer.public_key)
