"""Shares of a key: so many of them together give it, and fewer tell nothing of it (Shamir 1979).

A share is 28 bytes, written as 45 signs of Crockford's base 32, in which no letter looks like a digit:

    1 byte    1, the version of this form
    4 bytes   the set: shares of different sets never go together
    3 bytes   how many are needed, how many there are, and which of them this is, from 1
    16 bytes  the value at that place of a polynomial over GF(2^128)
    4 bytes   start of the SHA-256 of all that, which shows whether a share was copied rightly

The polynomial is that of the program `ssss` without its diffusion layer, so `ssss-combine -x -D` gives the same secret:
the secret stands alone in it, and its highest coefficient is 1.
"""

from collections.abc import Iterable
from hashlib import sha256
from secrets import randbits
from typing import NamedTuple

from crypto.errors import KeyShareDamagedError, KeySharesMixedError, KeySharesTooFewError
from crypto.field import BITS, value_at, value_at_zero

SECRET_BYTES = 16
MOST = 16  # people keep them
SIGNS = 45
_GROUP = 5
_VERSION = 1
_CHECK_BYTES = 4
_BYTES = 28
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_AS_TYPED = str.maketrans("OIL", "011", " -\t\r\n")


class KeyShare(NamedTuple):
    """One share.

    Attributes:
        set_id: Eight hexadecimal digits that all shares of one secret have.
        needed: How many give the secret.
        of: How many there are.
        number: Which of them it is, from 1.
        value: 16 bytes.
    """

    set_id: str
    needed: int
    of: int
    number: int
    value: bytes

    def __repr__(self) -> str:
        """Name which share it is and leave its value out."""
        return f"KeyShare({self.number} of {self.of} of set {self.set_id})"


def split(secret: bytes, needed: int, of: int, set_id: str) -> tuple[KeyShare, ...]:
    """Split 16 secret bytes into shares.

    Args:
        secret: What any `needed` of the shares give.
        needed: At least 2, as one alone would be the secret.
        of: How many shares, at most 16.
        set_id: Eight hexadecimal digits, the same for no other secret.

    Raises:
        KeySharesTooFewError: So many shares can not be needed of so many.
    """
    if not 2 <= needed <= of <= MOST:
        raise KeySharesTooFewError(
            "shares: {needed} of {of} can not be; need 2 at least of {most} at most",
            needed=needed,
            of=of,
            most=MOST,
        )
    assert len(secret) == SECRET_BYTES
    coefficients = (1, *(randbits(BITS) for _ in range(needed - 1)), int.from_bytes(secret, "big"))
    return tuple(
        KeyShare(set_id, needed, of, number, value_at(coefficients, number).to_bytes(SECRET_BYTES, "big"))
        for number in range(1, of + 1)
    )


def put_in(shares: tuple[KeyShare, ...], share: KeyShare) -> tuple[KeyShare, ...]:
    """Put one more share beside others that are there already.

    Raises:
        KeySharesMixedError: It is of another set, or there already.
    """
    for other in shares:
        if (other.set_id, other.needed, other.of) != (share.set_id, share.needed, share.of):
            raise KeySharesMixedError(
                "share: it is of set {set_id}, the others are of set {other}",
                set_id=share.set_id,
                other=other.set_id,
            )
        if other.number == share.number:
            raise KeySharesMixedError("share: number {number} was put in already", number=share.number)
    return (*shares, share)


def combine(shares: Iterable[KeyShare]) -> bytes:
    """Give the secret that shares were split from; more of them than needed give the same.

    Raises:
        KeySharesTooFewError: More are needed.
        KeySharesMixedError: They are not of one set, or one is there twice.
    """
    listed: tuple[KeyShare, ...] = ()
    for share in shares:
        listed = put_in(listed, share)
    if not listed or len(listed) < listed[0].needed:
        why = f"{listed[0].needed} are needed, and there are {len(listed)}" if listed else "none was put in"
        raise KeySharesTooFewError("shares: {why}", why=why)
    highest = (1, *(0,) * listed[0].needed)
    values = {
        share.number: int.from_bytes(share.value, "big") ^ value_at(highest, share.number)
        for share in listed[: listed[0].needed]
    }
    return value_at_zero(values).to_bytes(SECRET_BYTES, "big")


def write_share(share: KeyShare) -> str:
    """A share as people copy it: nine groups of five signs."""
    body = bytes((_VERSION,)) + bytes.fromhex(share.set_id)
    body += bytes((share.needed, share.of, share.number)) + share.value
    number = int.from_bytes(body + _check(body), "big")
    signs = "".join(_ALPHABET[number >> shift & 31] for shift in range((SIGNS - 1) * 5, -1, -5))
    return " ".join(signs[at : at + _GROUP] for at in range(0, SIGNS, _GROUP))


def read_share(text: str) -> KeyShare:
    """Read what `write_share` wrote, as somebody typed it: blanks, hyphens, case and O, I, L for 0, 1, 1 do not count.

    Raises:
        KeyShareDamagedError: It has another length or another sign, or at least one sign is mistyped.
    """
    signs = text.upper().translate(_AS_TYPED)
    if len(signs) != SIGNS:
        raise KeyShareDamagedError(
            "share: it has {needed} signs, and these are {count}", needed=SIGNS, count=len(signs)
        )
    if not set(signs) <= set(_ALPHABET):
        raise KeyShareDamagedError("share: a sign in it stands in no share; please look at it once more")
    number = 0
    for sign in signs:
        number = number << 5 | _ALPHABET.index(sign)
    if number >> 8 * _BYTES:
        raise KeyShareDamagedError("share: its first sign is mistyped")
    wire = number.to_bytes(_BYTES, "big")
    body, check = wire[:-_CHECK_BYTES], wire[-_CHECK_BYTES:]
    if _check(body) != check:
        raise KeyShareDamagedError(
            "share: at least one sign is mistyped; please compare it with what was written down"
        )
    needed, of, place = body[5:8]
    if body[0] != _VERSION or not 2 <= needed <= of <= MOST or not 1 <= place <= of:
        raise KeyShareDamagedError("share: it is of a form that this version does not know")
    return KeyShare(body[1:5].hex(), needed, of, place, body[8:])


def _check(body: bytes) -> bytes:
    return sha256(body).digest()[:_CHECK_BYTES]
