"""Member certificates: the one kind that is made, and the many kinds that are refused."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from crypto.certificates import (
    certificate_pem,
    check_member_certificate,
    make_member_certificate,
    private_key_pem,
    server_name,
    spki_sha256,
)
from crypto.errors import CertificateError, CryptoError

FROM = datetime(2026, 1, 1, tzinfo=UTC)
UNTIL = FROM + timedelta(days=365)
KEY_DER, CERTIFICATE = make_member_certificate("example-org", FROM, UNTIL)
SIGNED_PART = x509.load_der_x509_certificate(CERTIFICATE).tbs_certificate_bytes
USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def _usage(*names: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{name: name in names for name in USAGES})


def _certificate(
    *,
    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | None = None,
    issuer_key: ec.EllipticCurvePrivateKey | None = None,
    usage: x509.KeyUsage | None = None,
    usage_critical: bool = True,
    ca: bool = False,
) -> bytes:
    """Make a certificate that differs from a member's as the arguments say."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example-org")])
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, FROM, UNTIL)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage or _usage("digital_signature"), critical=usage_critical)
    )
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(issuer_key or key, algorithm).public_bytes(serialization.Encoding.DER)


def test_a_made_certificate_is_of_the_accepted_kind() -> None:
    check_member_certificate(CERTIFICATE)
    check_member_certificate(_certificate())


def test_a_made_certificate_says_who_and_how_long_and_can_issue_nothing() -> None:
    parsed = x509.load_der_x509_certificate(CERTIFICATE)
    names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    assert (
        names.get_values_for_type(x509.DNSName)
        == ["example-org.tocsin.invalid"]
        == [server_name("example-org")]
    )
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["spiffe://tocsin/org/example-org"]
    assert (parsed.not_valid_before_utc, parsed.not_valid_after_utc) == (FROM, UNTIL)
    assert parsed.extensions.get_extension_for_class(x509.BasicConstraints).critical
    assert not parsed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.parametrize("org_id", ["ab", "x" * 63])
def test_the_shortest_and_the_longest_organization_id_fit(org_id: str) -> None:
    check_member_certificate(make_member_certificate(org_id, FROM, UNTIL)[1])


@pytest.mark.parametrize("org_id", ["", "a", "x" * 64, "Example", "a.b", "a b", "ab\n", "a_b", "é-org"])
def test_another_form_of_organization_id_is_refused(org_id: str) -> None:
    with pytest.raises(CertificateError, match="org_id"):
        make_member_certificate(org_id, FROM, UNTIL)


def test_a_time_without_a_zone_is_a_mistake_of_the_caller() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - what the test is about
    with pytest.raises(AssertionError):
        make_member_certificate("example-org", naive, UNTIL)
    with pytest.raises(AssertionError):
        make_member_certificate("example-org", UNTIL, FROM)


def test_a_tls_library_takes_the_pair(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("tls") / "pair.pem"
    file.write_bytes(private_key_pem(KEY_DER) + certificate_pem(CERTIFICATE))

    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file)


def test_a_holder_is_known_by_the_public_key_in_either_form() -> None:
    public_key = x509.load_der_x509_certificate(CERTIFICATE).public_key()
    info = public_key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )

    assert spki_sha256(CERTIFICATE) == sha256(info).digest() == spki_sha256(certificate_pem(CERTIFICATE))
    assert spki_sha256(CERTIFICATE) != spki_sha256(_certificate())


OTHER_KINDS: dict[str, tuple[Callable[[], bytes], str]] = {
    "ed25519": (lambda: _certificate(key=ed25519.Ed25519PrivateKey.generate()), "public key"),
    "p384": (lambda: _certificate(key=ec.generate_private_key(ec.SECP384R1())), "public key"),
    "usage not critical": (lambda: _certificate(usage_critical=False), "key usage"),
    "issues only": (lambda: _certificate(usage=_usage("key_cert_sign")), "key usage"),
    "issues too": (lambda: _certificate(usage=_usage("digital_signature", "key_cert_sign")), "key usage"),
    "agrees too": (lambda: _certificate(usage=_usage("digital_signature", "key_agreement")), "key usage"),
    "authority": (lambda: _certificate(ca=True), "basic constraints"),
    "of another": (lambda: _certificate(issuer_key=ec.generate_private_key(ec.SECP256R1())), "own key"),
    "pem": (lambda: certificate_pem(CERTIFICATE), "can not be read"),
    "trailing byte": (lambda: CERTIFICATE + b"\0", "can not be read"),
    "cut off": (lambda: CERTIFICATE[:-1], "can not be read"),
}


@pytest.mark.parametrize(("make", "why"), OTHER_KINDS.values(), ids=OTHER_KINDS.keys())
def test_every_other_kind_is_refused(make: Callable[[], bytes], why: str) -> None:
    with pytest.raises(CertificateError, match=why):
        check_member_certificate(make())


def test_a_certificate_without_key_usage_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example-org")])
    bare = x509.CertificateBuilder(name, name, key.public_key(), 1, FROM, UNTIL).sign(key, hashes.SHA256())

    with pytest.raises(CertificateError, match="key usage: is missing"):
        check_member_certificate(bare.public_bytes(serialization.Encoding.DER))


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_a_serial_number_that_is_not_positive_is_refused() -> None:
    negative = _certificate().replace(b"\x02\x01\x01", b"\x02\x01\xff", 1)

    with pytest.raises(CertificateError, match="serial number"):
        check_member_certificate(negative)


def test_a_private_key_of_another_kind_is_refused() -> None:
    other = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

    with pytest.raises(CertificateError, match="P-256"):
        private_key_pem(other)


@given(st.integers(0, len(SIGNED_PART) * 8 - 1))
def test_a_flipped_bit_of_the_signed_part_is_refused(bit: int) -> None:
    flipped = (int.from_bytes(SIGNED_PART, "big") ^ 1 << bit).to_bytes(len(SIGNED_PART), "big")

    with pytest.raises(CertificateError):
        check_member_certificate(CERTIFICATE.replace(SIGNED_PART, flipped))


@given(st.binary(max_size=200))
def test_whatever_a_certificate_holds_only_our_errors_come_out(junk: bytes) -> None:
    for read in (check_member_certificate, spki_sha256, certificate_pem, private_key_pem):
        for content in (junk, b"-----BEGIN " + junk, CERTIFICATE + junk + b"!", CERTIFICATE[: len(junk)]):
            with pytest.raises(CryptoError):
                read(content)
