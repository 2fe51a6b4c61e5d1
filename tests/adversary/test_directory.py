"""Only the network's own, current, consistent directory is believed, and only those in it are members."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from console.applications import fingerprint
from console.home import Home
from console.network import take_over
from crypto.envelope import sign_envelope
from crypto.signing import Signer
from node.config import new_settings
from node.directory import (
    DIRECTORY_TYPE,
    LIFETIME,
    REQUEST_TYPE,
    Directory,
    Member,
    QuorumPolicy,
    Status,
    origin_of,
)
from node.errors import DirectoryError, MemberError, NodeError, PayloadError
from node.trust import ROOT_LIFETIME, ROOT_TYPE, Document, Root, fingerprint_of, make_role, trust_first
from node.wire import network
from node.wire.membership import encode_directory
from node.wire.network import encode_document, encode_root
from node.wire.records import decode_envelope, encode_envelope
from tests.support.mutants import flips, mutants
from tests.support.network import CERTIFIED, NOW, make_credentials, make_identity, member_of
from tocsin.node.v1 import directory_pb2, envelope_pb2

KEEPER = Signer.generate()
ALPHA, BETA, GAMMA = (
    member_of(make_identity(name), make_credentials(name)) for name in ("alpha", "beta", "gamma")
)
HELD = Directory("testnet", 3, NOW, NOW + LIFETIME, (ALPHA, BETA))
ROLE = make_role([KEEPER.public_key], 1)
ROOT = sign_envelope(KEEPER, ROOT_TYPE, encode_root(Root("testnet", 1, NOW, NOW + ROOT_LIFETIME, ROLE, ROLE)))
PINNED = fingerprint_of(ROOT)


def document(directory: Directory, signer: Signer = KEEPER) -> bytes:
    """A directory as its keeper hands it out."""
    return encode_envelope(sign_envelope(signer, DIRECTORY_TYPE, encode_directory(directory)))


def in_network(directory: bytes) -> Document:
    """A directory in the file of a network."""
    return Document((ROOT,), decode_envelope(directory))


def trusted(wire: bytes, held: Directory = HELD) -> Directory:
    """Believe a document after the one held, or raise."""
    before = trust_first(in_network(document(held)), PINNED, network)
    directory = before.after(in_network(wire), network).directory
    assert directory is not None
    return directory


def sealing_to(public_key: bytes) -> Member:
    """Alpha with another seal key."""
    return ALPHA._replace(seal_keys=(ALPHA.seal_keys[0]._replace(public_key=public_key),))


def later(**changes: Any) -> Directory:
    """The next version, changed."""
    return replace(HELD, **{"version": 4} | changes)


def test_the_next_version_is_believed_and_the_same_one_again() -> None:
    assert trusted(document(later())) == later()
    assert trusted(document(HELD)) == HELD


@pytest.mark.parametrize(
    ("directory", "why"),
    [
        (later(version=2), "older"),
        (later(root_version=2), "needs version 2 of the root"),
        (later(members=(ALPHA._replace(signing_keys=GAMMA.signing_keys), BETA)), "a signing key is gone"),
        (later(network="othernet"), "of the network othernet"),
        (later(version=3, members=(ALPHA,)), "differs from version 3"),
        (later(members=(ALPHA,)), "beta is gone"),
        (later(version=3, expires=NOW + 2 * LIFETIME), "differs from version 3"),
        (later(members=(ALPHA, ALPHA)), "twice"),
        (later(members=(ALPHA, BETA._replace(org_id="alpha"))), "twice"),
        (later(members=(ALPHA, BETA._replace(tls_certificates=ALPHA.tls_certificates))), "twice"),
        (later(members=(ALPHA, BETA._replace(log_keys=ALPHA.log_keys))), "twice"),
        (later(members=(ALPHA, BETA._replace(signing_keys=ALPHA.signing_keys))), "twice"),
        (later(members=(ALPHA._replace(log_keys=ALPHA.signing_keys),)), "twice"),
        (later(members=(ALPHA._replace(cosign_keys=ALPHA.log_keys),)), "twice"),
        (later(members=(ALPHA._replace(tls_certificates=(b"nonsense",)),)), "certificate"),
        (later(members=(ALPHA, BETA._replace(seal_keys=ALPHA.seal_keys))), "twice"),
        (later(members=(sealing_to(ALPHA.log_keys[0].public_key[:-1] + b"\xff"),)), "canonical"),
        (later(members=(sealing_to(bytes(32)),)), "low order"),
    ],
)
def test_a_signed_directory_is_refused_when_it_is(directory: Directory, why: str) -> None:
    with pytest.raises(DirectoryError, match=why):
        trusted(document(directory))


@pytest.mark.parametrize("signer", [Signer.generate(), Signer(b"0" * 32)])
def test_a_directory_signed_by_anybody_else_is_refused(signer: Signer) -> None:
    with pytest.raises(DirectoryError, match="not signed"):
        trusted(document(later(), signer))


def test_a_directory_signed_as_something_else_is_refused() -> None:
    envelope = sign_envelope(KEEPER, REQUEST_TYPE, encode_directory(later()))
    with pytest.raises(DirectoryError, match="not signed"):
        trusted(encode_envelope(envelope))


@pytest.mark.slow
def test_a_flipped_bit_in_any_byte_of_a_directory_is_refused() -> None:
    sound = document(later())
    keyid = sound.rindex(sign_envelope(KEEPER, "", b"").signatures[0].keyid.encode())  # a hint, never trusted
    for at, flipped in flips(sound):
        if at < keyid:
            with pytest.raises(NodeError):
                trusted(flipped)


def test_a_change_to_any_field_of_a_directory_is_refused() -> None:
    unsigned = directory_pb2.Directory.FromString(encode_directory(later()))
    sound = envelope_pb2.Envelope.FromString(document(later()))
    changes = list(mutants(unsigned))
    assert len(changes) > 50
    for _change, payload in changes:
        sound.payload = payload
        with pytest.raises(DirectoryError):
            trusted(sound.SerializeToString())


@pytest.mark.parametrize("policy", [QuorumPolicy(1, ("beta", "alpha")), QuorumPolicy(2, ("alpha",))])
def test_a_directory_is_refused_whose_witnesses_can_not_be_so(policy: QuorumPolicy) -> None:
    with pytest.raises(PayloadError, match="witnesses"):
        trusted(document(later(witnesses=policy)))


UNREADABLE: dict[str, Callable[[directory_pb2.Member], None]] = {
    "no status": lambda member: member.ClearField("status"),
    "no tier": lambda member: member.ClearField("tier"),
    "no type": lambda member: member.ClearField("type"),
    "no log key": lambda member: member.ClearField("log_keys"),
    "a key of a wrong length": lambda member: setattr(member.log_keys[0], "public_key", b"k"),
    "a key of another algorithm": lambda member: setattr(member.log_keys[0], "alg", "rsa"),
    "no seal key": lambda member: member.ClearField("seal_keys"),
    "a seal key of a wrong length": lambda member: setattr(member.seal_keys[0], "public_key", b"k"),
    "no name": lambda member: member.ClearField("org_id"),
    "a name with a line break": lambda member: setattr(member, "org_id", "al\npha"),
    "a name that steers the terminal": lambda member: setattr(member, "org_id", "al\x1b[2Jpha"),
    "an endpoint that steers the terminal": lambda member: member.endpoints.append("a\x1b[2J:1"),
}


@pytest.mark.parametrize("fault", UNREADABLE)
def test_a_member_is_refused_that_has(fault: str) -> None:
    message = directory_pb2.Directory.FromString(encode_directory(later()))
    UNREADABLE[fault](message.members[0])
    envelope = sign_envelope(KEEPER, DIRECTORY_TYPE, message.SerializeToString())
    with pytest.raises(NodeError):
        trusted(encode_envelope(envelope))


@pytest.mark.parametrize("key", ["signing_keys", "log_keys", "cosign_keys", "seal_keys", "tls_certificates"])
def test_a_fingerprint_that_two_people_compare_covers(key: str) -> None:
    assert fingerprint(ALPHA._replace(**{key: getattr(BETA, key)})) != fingerprint(ALPHA)


# --- certificates ---------------------------------------------------------------------------------------------------

Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
P256 = ec.generate_private_key(ec.SECP256R1())
SIGNS_ONLY = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def certificate(
    key: Key = P256,
    *,
    issuer: Key | None = None,
    usage: x509.KeyUsage | None = SIGNS_ONLY,
    critical: bool = True,
    ca: bool = False,
) -> bytes:
    """A certificate that is right unless one thing about it is not."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "alpha")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(CERTIFIED[0])
        .not_valid_after(CERTIFIED[1])
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if usage is not None:
        builder = builder.add_extension(usage, critical=critical)
    signer = issuer or key
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(signer, algorithm).public_bytes(serialization.Encoding.DER)


def with_certificate(der: bytes) -> bytes:
    """A directory in which alpha has this certificate."""
    return document(later(members=(ALPHA._replace(tls_certificates=(der,)), BETA)))


def test_a_member_certificate_of_the_one_kind_is_accepted() -> None:
    assert trusted(with_certificate(certificate())).version == 4


@pytest.mark.parametrize(
    ("der", "why"),
    [
        (certificate(usage=None), "key usage"),
        (certificate(critical=False), "key usage"),
        (certificate(usage=SIGNS_CERTIFICATES), "key usage"),
        (certificate(ca=True), "authority"),
        (certificate(ec.generate_private_key(ec.SECP384R1())), "P-256"),
        (certificate(ed25519.Ed25519PrivateKey.generate()), "P-256"),
        (certificate(rsa.generate_private_key(65537, 2048)), "P-256"),
        (certificate(issuer=ec.generate_private_key(ec.SECP256R1())), "own key"),
    ],
    ids=[
        "no usage",
        "usage not critical",
        "signs others",
        "authority",
        "P-384",
        "Ed25519",
        "RSA",
        "issued by another",
    ],
)
def test_a_member_certificate_of_another_kind_is_refused(der: bytes, why: str) -> None:
    with pytest.raises(DirectoryError, match=why):
        trusted(with_certificate(der))


# --- what a believed directory lets through -------------------------------------------------------------------------


def test_after_its_last_day_a_directory_lets_nobody_in_and_nobody_out() -> None:
    assert HELD.verify_caller(ALPHA.tls_certificates[0], HELD.expires - timedelta(seconds=1)) == ALPHA
    with pytest.raises(MemberError, match="expired"):
        HELD.verify_caller(ALPHA.tls_certificates[0], HELD.expires)
    with pytest.raises(MemberError, match="expired"):
        origin_of(HELD, "alpha", HELD.expires)


@pytest.mark.parametrize(("status", "why"), [(Status.SUSPENDED, "suspended"), (Status.LEFT, "left")])
def test_a_member_that_takes_no_part_is_neither_let_in_nor_asked(status: Status, why: str) -> None:
    directory = later(members=(ALPHA._replace(status=status), BETA))
    with pytest.raises(MemberError, match=why):
        directory.verify_caller(ALPHA.tls_certificates[0], NOW)
    with pytest.raises(MemberError, match=why):
        origin_of(directory, "alpha", NOW)


def test_a_certificate_in_a_members_name_with_another_key_is_nobodys() -> None:
    with pytest.raises(MemberError, match="no member"):
        HELD.verify_caller(make_credentials("alpha").certificate, NOW)


@pytest.mark.parametrize(
    "moment", [ALPHA.log_keys[0].valid_from - timedelta(seconds=1), ALPHA.log_keys[0].valid_until]
)
def test_a_log_key_outside_its_time_is_not_used(moment: Any) -> None:
    directory = later(expires=moment + LIFETIME)
    with pytest.raises(MemberError, match="valid now"):
        origin_of(directory, "alpha", moment)


def test_a_signing_key_outside_its_time_verifies_nothing() -> None:
    over = ALPHA.signing_keys[0]._replace(valid_until=NOW)
    directory = later(members=(ALPHA._replace(signing_keys=(over,)), BETA))
    assert origin_of(directory, "alpha", NOW).signing_keys == ()


# --- documents in files ---------------------------------------------------------------------------------------------


def file_of(directory: bytes) -> bytes:
    """The file of the network with this directory in it."""
    return encode_document(in_network(directory))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A node's folder that trusts version 3."""
    (tmp_path / "network").mkdir()
    made = Home(tmp_path, new_settings(org_id="alpha", org_type="INGO"))
    take_over(made, file_of(document(HELD)), PINNED)
    return made


@pytest.mark.parametrize(
    "wire",
    [
        file_of(document(later(version=2))),
        file_of(document(later(network="othernet"))),
        file_of(document(later(), Signer.generate())),
        file_of(document(later()))[:-1],
        b"",
        b"<html>",
    ],
)
def test_a_refused_directory_leaves_the_trusted_one_in_its_place(home: Home, wire: bytes) -> None:
    with pytest.raises(NodeError):
        take_over(home, wire, PINNED)
    assert home.network_file.read_bytes() == file_of(document(HELD))
    assert home.directory() == HELD


def test_a_fingerprint_is_pinned_for_good(home: Home) -> None:
    with pytest.raises(DirectoryError, match="another"):
        take_over(home, file_of(document(later())), bytes(32))
    assert home.fingerprint() == PINNED


def test_a_directory_file_that_somebody_changed_is_not_believed(home: Home) -> None:
    home.network_file.write_bytes(file_of(document(later(), Signer.generate())))
    with pytest.raises(DirectoryError):
        home.directory()
