"""What people prove who they are with: a passphrase, kept as Argon2id, and a code of their authenticator (RFC 6238)."""

import hashlib
import hmac
import secrets
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from datetime import datetime

import pyotp
from nacl.exceptions import CryptoError, InvalidkeyError
from nacl.pwhash import argon2id

from console.errors import AccountError

MIN_PASSPHRASE = 12  # characters
MAX_PASSPHRASE = 1024
KEY_BYTES = 32
STEP_SECONDS = 30


def hash_passphrase(name: str, passphrase: str) -> str:
    """Text by which a passphrase is known again.

    Raises:
        AccountError: It is too short, too long, or holds little but the name.
    """
    text = _normal(passphrase)
    if not MIN_PASSPHRASE <= len(text) <= MAX_PASSPHRASE:
        raise AccountError(
            "the passphrase has to have {least} to {most} characters",
            least=MIN_PASSPHRASE,
            most=MAX_PASSPHRASE,
        )
    if len(text.casefold().replace(name.casefold(), "")) < MIN_PASSPHRASE // 2 or len(set(text)) < 5:
        raise AccountError("the passphrase is too easy to guess; take several words")
    return argon2id.str(text.encode(), argon2id.OPSLIMIT_INTERACTIVE, argon2id.MEMLIMIT_INTERACTIVE).decode()


def is_passphrase(known: str, passphrase: str) -> bool:
    """Whether a passphrase is the one; takes as long where there is none to compare with."""
    try:
        return argon2id.verify(
            (known or _NOBODYS).encode(), _normal(passphrase)[:MAX_PASSPHRASE].encode()
        ) and bool(known)
    except (InvalidkeyError, CryptoError):
        return False


# Of a random passphrase that nobody kept, with the costs above.
_NOBODYS = "$argon2id$v=19$m=65536,t=2,p=1$nDWPr5thcje+99hyS9Bv2w$1KdMPSDYd40QySGPNl4X71wlZVaCiU1lx+43EnbQoCg"


def new_second_step() -> str:
    """Secret for an authenticator."""
    return pyotp.random_base32()


def second_step_address(secret: str, name: str, issuer: str) -> str:
    """What an authenticator reads from a picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def step_of(secret: str, code: str, now: datetime, last: int) -> int | None:
    """The step of time that a code belongs to: this one, the one before or after, but none up to the last used."""
    digits = "".join(code.split())
    if not (digits.isascii() and digits.isdigit()):
        return None
    totp = pyotp.TOTP(secret)
    here = int(now.timestamp()) // STEP_SECONDS
    fitting = [
        step
        for step in (here - 1, here, here + 1)
        if hmac.compare_digest(totp.at(step * STEP_SECONDS), digits)
    ]
    return next((step for step in fitting if step > last), None)


def new_token() -> str:
    """What a browser holds to show whose session it is."""
    return secrets.token_urlsafe(KEY_BYTES)


def digest(text: str) -> bytes:
    """What is kept of a secret of full length, or of a name that was typed."""
    return hashlib.sha256(text.encode(errors="replace")).digest()


def write_form_key(key: bytes) -> str:
    """A form key, written differently on each page: a compressed page would else tell it bit by bit."""
    pad = secrets.token_bytes(len(key))
    return urlsafe_b64encode(pad + _xor(pad, key)).decode()


def is_form_key(key: bytes, text: str) -> bool:
    """Whether a form shows the key of its session."""
    try:
        shown = urlsafe_b64decode(text.encode())
    except (Base64Error, ValueError):
        return False
    half = len(key)
    return len(shown) == 2 * half and hmac.compare_digest(_xor(shown[:half], shown[half:]), key)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(left, right, strict=True))


def _normal(passphrase: str) -> str:
    return unicodedata.normalize("NFKC", passphrase)
