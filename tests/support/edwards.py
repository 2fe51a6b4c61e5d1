"""Points of edwards25519 (RFC 8032 5.1) by the plain formulas, for keys and signatures that no honest signer makes."""

from hashlib import sha512
from typing import NamedTuple

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]
IDENTITY: Point = (0, 1)
BASE: Point = (
    15112221349535400772501151409588531511454012693041857206046113283949847762202,
    4 * pow(5, -1, P) % P,
)


class Odd(NamedTuple):
    """A key, what it is said to have signed, and how; `factor` is that of the key in the equation, modulo 8."""

    public_key: bytes
    message: bytes
    signature: bytes
    factor: int


def add(one: Point, two: Point) -> Point:
    """The sum of two points."""
    (x1, y1), (x2, y2) = one, two
    product = D * x1 * x2 * y1 * y2
    return (
        (x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P,
        (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P,
    )


def times(factor: int, point: Point) -> Point:
    """A multiple of a point."""
    total = IDENTITY
    while factor:
        if factor & 1:
            total = add(total, point)
        point, factor = add(point, point), factor >> 1
    return total


def encode(point: Point) -> bytes:
    """The one form of a point."""
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def _of_order_eight() -> Point:
    y = int.from_bytes(
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
    )
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    return (root if root * root % P == square else root * pow(2, (P - 1) // 4, P) % P), y


def small_order() -> list[bytes]:
    """Every encoding, also those that are not reduced, of the eight points that eight times themselves make nothing."""
    eight = _of_order_eight()
    reduced = {times(number, eight) for number in range(8)}
    numbers = {y + more for _, y in reduced for more in (0, P) if y + more < 2**255}
    return [(y | sign << 255).to_bytes(32, "little") for y in sorted(numbers) for sign in (0, 1)]


def signed_with_a_mixed_key(message: bytes) -> Odd:
    """A signature whose equation lacks `factor` times a point of order eight, which the key has too many."""
    secret, nonce = 1234567, 7654321
    key = encode(add(times(secret, BASE), _of_order_eight()))
    return _sign(key, encode(times(nonce, BASE)), message, secret, nonce)


def signed_with_a_mixed_nonce(message: bytes) -> Odd:
    """A signature whose R has a point of order eight too many."""
    secret, nonce = 1234567, 7654321
    commitment = encode(add(times(nonce, BASE), _of_order_eight()))
    return _sign(encode(times(secret, BASE)), commitment, message, secret, nonce)


def _sign(key: bytes, commitment: bytes, message: bytes, secret: int, nonce: int) -> Odd:
    factor = int.from_bytes(sha512(commitment + key + message).digest(), "little") % ORDER
    scalar = (nonce + factor * secret) % ORDER
    return Odd(key, message, commitment + scalar.to_bytes(32, "little"), factor % 8)
