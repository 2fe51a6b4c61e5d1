"""Stamps: what a form carries in the place of a cookie, sealed with a key that lives as long as the process.

Nobody but this process reads one, so that a page that was saved tells neither its hour nor its receipt, and a form of
which nobody asked is worth nothing. There is no list of stamps: the receipt of a report comes out of its stamp, so that
the same form sent twice, as a bad line makes people do, is one report with one receipt.
"""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import NamedTuple

from casework.mailbox import RECEIPTS, make_receipt
from crypto.cell import derive_key, new_cell_key, open_cell, seal_cell
from crypto.errors import SealError

GOOD_FOR = 24 * 3600  # seconds: people write with pauses
_PLACE = b"tocsin-stamp/1"
_NONCE_BYTES = 16


class Stamp(NamedTuple):
    """What a form carries.

    Attributes:
        nonce: Of this form alone.
        at: When its page was made, in seconds of the clock of the process.
        turn: When it may be sent in again; 0 where nobody had to wait.
        receipt: Of the mailbox that its page shows; empty on the form of a new report.
    """

    nonce: str
    at: float
    turn: float = 0.0
    receipt: str = ""


class Stamps:
    """Makes stamps and reads them."""

    def __init__(self) -> None:
        self._key = new_cell_key()

    def new(self, now: float, receipt: str = "") -> Stamp:
        """A stamp for a page that is made now."""
        return Stamp(secrets.token_hex(_NONCE_BYTES), now, 0.0, receipt)

    def write(self, stamp: Stamp) -> str:
        """A stamp as it stands in a page."""
        return urlsafe_b64encode(seal_cell(self._key, json.dumps(stamp).encode(), _PLACE)).decode()

    def read(self, text: str, now: float) -> Stamp | None:
        """The stamp of a form that was sent; `None` where it is none of ours, or is too old."""
        try:
            stamp = Stamp(*json.loads(open_cell(self._key, urlsafe_b64decode(text.encode()), _PLACE)))
        except (SealError, ValueError):
            return None
        return stamp if now - stamp.at < GOOD_FOR else None

    def receipt(self, stamp: Stamp) -> str:
        """The receipt of the report that is sent with a stamp."""
        chance = int.from_bytes(derive_key(self._key, f"receipt {stamp.nonce}"), "big")
        return make_receipt(chance % RECEIPTS)


def request_id(stamp: Stamp, *content: str | bytes) -> str:
    """Id of what is sent with a stamp: other words are another request."""
    told = sha256(stamp.nonce.encode())
    for part in content:
        told.update(sha256(part if isinstance(part, bytes) else part.encode()).digest())
    return told.hexdigest()
