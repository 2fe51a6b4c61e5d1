"""Arithmetic of GF(2^128), whose elements are numbers of 128 bits, and polynomials over it (Shamir 1979).

The modulus is x^128 + x^7 + x^2 + x + 1, as in the program `ssss`. No branch depends on a secret bit.
"""

from collections.abc import Mapping, Sequence

BITS = 128
_MODULUS = 1 << BITS | 0b10000111


def times(one: int, other: int) -> int:
    """The product of two elements; their sum is `one ^ other`."""
    product = 0
    for bit in reversed(range(BITS)):
        product = product << 1 ^ (product >> BITS - 1) * _MODULUS ^ (other >> bit & 1) * one
    return product


def inverse(element: int) -> int:
    """What gives 1 times an element that is not 0: its power of 2^128 - 2."""
    power, found = element, 1
    for _ in range(BITS - 1):
        power = times(power, power)
        found = times(found, power)
    return found


def value_at(coefficients: Sequence[int], at: int) -> int:
    """The value of a polynomial, given from its highest coefficient to the one that stands alone."""
    value = 0
    for coefficient in coefficients:
        value = times(value, at) ^ coefficient
    return value


def value_at_zero(values: Mapping[int, int]) -> int:
    """What the polynomial that has these values, by place, is at 0; there is one of a degree below their number."""
    found = 0
    for at, value in values.items():
        above, below = value, 1
        for other in values.keys() - {at}:
            above, below = times(above, other), times(below, at ^ other)
        found ^= times(above, inverse(below))
    return found
