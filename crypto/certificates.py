"""The TLS certificates of members: self-signed, ECDSA P-256, pinned by the directory.

A member is known by the hash of its certificate's public key, never by a name in it. TLS libraries let every
pinned certificate stand as a trust anchor; one without a critical key usage could then vouch for certificates
in other members' names. So there is one kind only, with that key usage, and `check_member_certificate`
refuses all others. TLS keys are P-256 because BoringSSL, and with it gRPC, offers no Ed25519.
"""

import re
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from crypto.errors import CertificateError

_ORG_ID = re.compile(r"[a-z0-9-]{2,63}")
_DIGITAL_SIGNATURE_ONLY = x509.KeyUsage(
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
# What the X.509 reader raises for bytes that are not what they should be.
_UNREADABLE = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
    Warning,  # it warns of what it will refuse one day; some runs turn warnings into errors
)


def server_name(org_id: str) -> str:
    """Return the DNS name in a member's certificate: a label that resolves nowhere (RFC 6761 6.4)."""
    return f"{org_id}.tocsin.invalid"


def make_member_certificate(org_id: str, not_before: datetime, not_after: datetime) -> tuple[bytes, bytes]:
    """Make a new key and its certificate; return them as DER, the key in PKCS #8.

    Args:
        org_id: 2 to 63 lower-case letters, digits and hyphens.
        not_before: UTC-aware, inclusive.
        not_after: UTC-aware, inclusive, later than `not_before`.

    Raises:
        CertificateError: `org_id` has another form.
    """
    if not _ORG_ID.fullmatch(org_id):
        raise CertificateError("org_id: 2 to 63 lower-case letters, digits and hyphens are needed")
    assert None not in {not_before.tzinfo, not_after.tzinfo}, "a time without a zone is a guess"
    assert not_before < not_after, "the certificate would never be valid"
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, org_id)])
    dns = x509.DNSName(server_name(org_id))
    spiffe = x509.UniformResourceIdentifier(f"spiffe://tocsin/org/{org_id}")
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_DIGITAL_SIGNATURE_ONLY, critical=True)
        .add_extension(x509.SubjectAlternativeName([dns, spiffe]), critical=False)
        .sign(key, hashes.SHA256())
    )
    der = serialization.Encoding.DER
    return _private_key_bytes(key, der), certificate.public_bytes(der)


def check_member_certificate(certificate: bytes) -> None:
    """Accept a DER certificate of the one kind that members may use.

    Raises:
        CertificateError: Not a certificate; not P-256; without a critical key usage, or with any other than
            digital signature; a certificate authority; not signed with its own key; or with a serial number
            that is not positive.
    """
    parsed = _load_der(certificate)
    if parsed.serial_number < 1:
        raise CertificateError("serial number: is not positive (RFC 5280 4.1.2.2)")
    try:
        key = parsed.public_key()
        extensions = parsed.extensions
        usage = extensions.get_extension_for_class(x509.KeyUsage)
        parsed.verify_directly_issued_by(parsed)
    except x509.ExtensionNotFound as error:
        raise CertificateError("key usage: is missing") from error
    except InvalidSignature as error:
        raise CertificateError("certificate: is not signed with its own key") from error
    except _UNREADABLE as error:
        raise CertificateError("certificate: has a part that can not be read") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise CertificateError("public key: is not of the curve P-256")
    if not usage.critical or usage.value != _DIGITAL_SIGNATURE_ONLY:
        raise CertificateError("key usage: is not critical with digital signature only")
    if any(
        isinstance(extension.value, x509.BasicConstraints) and extension.value.ca for extension in extensions
    ):
        raise CertificateError("basic constraints: a member's certificate is no authority")


@lru_cache(maxsize=256)  # asked for at every call of every peer
def spki_sha256(certificate: bytes) -> bytes:
    """Return SHA-256 of the SubjectPublicKeyInfo in a DER or PEM certificate: what its holder is known by.

    Raises:
        CertificateError: Not a certificate.
    """
    try:
        load = x509.load_pem_x509_certificate if _is_pem(certificate) else x509.load_der_x509_certificate
        key = load(certificate).public_key()
    except _UNREADABLE as error:
        raise CertificateError("certificate: can not be read") from error
    info = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return sha256(info).digest()


def validity(certificate: bytes) -> tuple[datetime, datetime]:
    """Return the first and the last moment at which a DER certificate is valid, aware UTC.

    Raises:
        CertificateError: Not a certificate.
    """
    parsed = _load_der(certificate)
    return parsed.not_valid_before_utc, parsed.not_valid_after_utc


def certificate_name(certificate: bytes) -> str:
    """Return the DNS name in a DER certificate.

    Raises:
        CertificateError: Not a certificate, or one without such a name.
    """
    parsed = _load_der(certificate)
    try:
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as error:
        raise CertificateError("subject alternative name: is missing") from error
    except _UNREADABLE as error:
        raise CertificateError("certificate: has a part that can not be read") from error
    found = names.get_values_for_type(x509.DNSName)
    if not found:
        raise CertificateError("subject alternative name: holds no DNS name")
    return found[0]


def certificate_end(certificate: bytes) -> datetime:
    """Return the last moment, aware UTC, of a DER certificate.

    Raises:
        CertificateError: Not a certificate.
    """
    return _load_der(certificate).not_valid_after_utc


def certificate_pem(certificate: bytes) -> bytes:
    """Return a DER certificate as PEM.

    Raises:
        CertificateError: Not a certificate.
    """
    return _load_der(certificate).public_bytes(serialization.Encoding.PEM)


def private_key_pem(key: bytes) -> bytes:
    """Return a private key in DER (PKCS #8) as unencrypted PEM, the form that TLS libraries take.

    Raises:
        CertificateError: Not a P-256 key.
    """
    return _private_key_bytes(_load_key(key), serialization.Encoding.PEM)


def sign_as_holder(key: bytes, message: bytes) -> bytes:
    """Prove that one holds the private key (DER, PKCS #8) of a certificate: ECDSA with SHA-256 over a message.

    Raises:
        CertificateError: Not a P-256 key.
    """
    return _load_key(key).sign(message, ec.ECDSA(hashes.SHA256()))


def verify_holder(certificate: bytes, message: bytes, proof: bytes) -> None:
    """Check what `sign_as_holder` made.

    Raises:
        CertificateError: The holder of the key of this DER certificate did not sign the message.
    """
    key = _load_der(certificate).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise CertificateError("public key: is not of the curve P-256")
    try:
        key.verify(proof, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise CertificateError("proof: the holder of the certificate's key did not make it") from error


def verify_pair(key: bytes, certificate: bytes) -> None:
    """Check that a private key (DER, PKCS #8) is that of a DER certificate.

    Raises:
        CertificateError: It is not, or one of them is none.
    """
    public = _load_der(certificate).public_key()
    if _load_key(key).public_key() != public:
        raise CertificateError("private key: is not that of the certificate")


def _load_key(key: bytes) -> ec.EllipticCurvePrivateKey:
    try:
        parsed = serialization.load_der_private_key(key, password=None)
    except _UNREADABLE as error:
        raise CertificateError("private key: can not be read") from error
    if not isinstance(parsed, ec.EllipticCurvePrivateKey) or not isinstance(parsed.curve, ec.SECP256R1):
        raise CertificateError("private key: is not of the curve P-256")
    return parsed


def _load_der(certificate: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(certificate)
    except _UNREADABLE as error:
        raise CertificateError("certificate: can not be read") from error


def _is_pem(certificate: bytes) -> bool:
    return certificate.lstrip().startswith(b"-----BEGIN ")


def _private_key_bytes(key: ec.EllipticCurvePrivateKey, encoding: serialization.Encoding) -> bytes:
    return key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
