"""Receipts of reporters, and the mailbox that each opens.

A receipt is twenty decimal digits, the last a check digit by the Luhn formula (ISO/IEC 7812-1, annex B). It is shown
once and kept nowhere: what names the mailbox and what opens it come out of it by Argon2id, so that whoever holds the
database pays that for each guess among 10^19.
"""

from typing import NamedTuple

from casework.errors import ReceiptError
from casework.officer import Unlocked
from crypto.cell import derive_key
from crypto.keyfile import MODERATE, Cost, stretch

DIGITS = 20
RECEIPTS = 10 ** (DIGITS - 1)  # how many there are
ID_BYTES = 16
_GROUP = 5
_AS_PRINTED = str.maketrans("", "", " -\t")


class Mailbox(NamedTuple):
    """What comes out of a receipt.

    Attributes:
        mailbox_id: Under which the report is found.
        reporter: The reporter's keys, for signing what they write and for opening the key of their report.
    """

    mailbox_id: bytes
    reporter: Unlocked

    def request(self, request_id: str) -> bytes:
        """What is kept of the id of a request, so that it tells nobody anything."""
        return derive_key(self.reporter.ring_key, f"request {request_id}")[:ID_BYTES]


def make_receipt(number: int) -> str:
    """The receipt of a number below `RECEIPTS`, which chance has chosen, as it is shown: in groups of five digits."""
    digits = f"{number:0{DIGITS - 1}}"
    digits += str(-_luhn_sum(digits + "0") % 10)
    return " ".join(digits[at : at + _GROUP] for at in range(0, DIGITS, _GROUP))


def read_receipt(text: str) -> str:
    """The twenty digits of a receipt as somebody typed them; blanks and hyphens between them do not count.

    Raises:
        ReceiptError: They are not twenty, or the last does not fit: one digit at least is mistyped.
    """
    digits = text.strip().translate(_AS_PRINTED)
    if not digits.isascii() or not digits.isdigit():
        raise ReceiptError("receipt: it is made of digits only; please look at it once more")
    if len(digits) != DIGITS:
        raise ReceiptError(
            "receipt: it has {digits} digits, and these are {count}; none was looked up",
            digits=DIGITS,
            count=len(digits),
        )
    if _luhn_sum(digits) % 10:
        raise ReceiptError(
            "receipt: at least one digit is mistyped; please compare it with what you wrote down"
        )
    return digits


def open_mailbox(receipt: str, salt: bytes, cost: Cost = MODERATE) -> Mailbox:
    """The mailbox of a receipt.

    Args:
        receipt: As somebody typed it.
        salt: 16 bytes, the same for every receipt of an office and for no other office.
        cost: Of one guess.

    Raises:
        ReceiptError: It is mistyped.
        KeyFileError: This machine has not the memory.
    """
    seed = stretch(read_receipt(receipt), salt, cost)
    return Mailbox(derive_key(seed, "mailbox id")[:ID_BYTES], Unlocked(derive_key(seed, "mailbox key")))


def _luhn_sum(digits: str) -> int:
    """Sum of the digits, every second from the right doubled and its own digits added."""
    doubled = (int(digit) * 2 for digit in reversed(digits[:-1][::-1][::2]))
    return sum(value - 9 * (value > 9) for value in doubled) + sum(map(int, digits[::-1][::2]))
