"""Tell something anonymously, come back with the receipt, read answers and write more.

Nothing of who asks reaches this module: no address and no name. A receipt is never kept; what a reporter reads or
writes stands in no log, as its hour would be a trace.
"""

import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime

from casework.enrol import officers
from casework.errors import IntakeError, MailboxError, ReceiptError, TamperedError
from casework.keyholder import Epochs
from casework.keyring import WrappedKey, close_for, open_key, put_on_ring
from casework.mailbox import RECEIPTS, Mailbox, make_receipt, open_mailbox, read_receipt
from casework.officer import Officer
from casework.store.database import Database, Transaction
from casework.store.tips import (
    TipRow,
    add_message,
    add_tip,
    has_message,
    messages_of,
    put_tip_key,
    tip_in,
    tip_keys,
)
from casework.tip import (
    INTAKE,
    LOST,
    REPORTER,
    Tip,
    Written,
    check_message,
    check_tip,
    close_message,
    open_message,
    verify_message,
    week_of,
)
from casework.vocabulary import Group
from crypto.cell import new_cell_key
from crypto.keyfile import MODERATE, Cost

FIRST = "first"  # the usual id of the request that tells first


def new_receipt() -> str:
    """A new receipt, for the reporter's eyes only."""
    return make_receipt(secrets.randbelow(RECEIPTS))


class Intake:
    """Where reports are taken in, for the form or the helper who passes on what a reporter says."""

    def __init__(
        self,
        database: Database,
        epochs: Callable[[], Epochs],
        salt: bytes,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        cost: Cost = MODERATE,
    ) -> None:
        self._database = database
        self._epochs = epochs
        self._salt = salt
        self._clock = clock
        self._cost = cost

    def look_at(self, tip: Tip, file: bytes = b"") -> None:
        """See whether a report can be taken in, before its reporter is shown a receipt.

        Raises:
            FieldError: Something is missing or of another form.
            IntakeError: Nobody takes in reports here yet.
        """
        check_tip(tip, self._today)
        check_message(tip.account, file)
        with self._database.read() as connection:
            _takers(connection)

    def tell(self, receipt: str, tip: Tip, file: bytes = b"", request_id: str = FIRST) -> None:
        """Take in a report under a receipt that its reporter was shown; the same request writes nothing twice.

        Raises:
            ReceiptError: It is mistyped, or belongs to another report.
            FieldError: Something is missing or of another form.
            IntakeError: Nobody takes in reports here yet.
        """
        read_receipt(receipt)
        self.look_at(tip, file)
        box = self._open(receipt)
        with self._database.write() as connection:
            found = tip_in(connection, box.mailbox_id)
            if found is not None:
                if has_message(connection, found.tip_id, box.request(request_id)):
                    return
                raise ReceiptError("receipt: it belongs to another report; please ask for a new one")
            uid, key = secrets.token_hex(16), new_cell_key()
            tip_id = add_tip(connection, uid, box.mailbox_id, box.reporter.signer.public_key)
            self._seal(connection, tip_id, uid, key, box)
            first = Written(REPORTER, week_of(self._today), tip.account, file, tip=tip)
            closed = close_message(key, box.reporter.signer, uid, 1, first)
            add_message(connection, tip_id, box.request(request_id), closed)

    def read(self, receipt: str) -> tuple[Written, ...]:
        """Everything that was written in a mailbox, in order; who of the office wrote is not told.

        Raises:
            ReceiptError: The receipt is mistyped.
            MailboxError: No mailbox belongs to it.
            TamperedError: Something is not as it was signed.
        """
        box = self._open(receipt)
        with self._database.read() as connection:
            tip, key = self._held(connection, box)
            return tuple(
                open_message(key, tip.uid, one)._replace(author="" if one.author != REPORTER else REPORTER)
                for one in messages_of(connection, tip.tip_id)
            )

    def write(self, receipt: str, text: str, file: bytes = b"", request_id: str = "") -> None:
        """Put a message of the reporter behind the others; the same request, where it has an id, writes nothing twice.

        Raises:
            ReceiptError: The receipt is mistyped.
            MailboxError: No mailbox belongs to it.
            FieldError: The message is empty or too long.
        """
        check_message(text, file)
        box = self._open(receipt)
        request = box.request(request_id or secrets.token_hex(16))
        with self._database.write() as connection:
            tip, key = self._held(connection, box)
            if has_message(connection, tip.tip_id, request):
                return
            number = len(messages_of(connection, tip.tip_id)) + 1
            written = Written(REPORTER, week_of(self._today), text, file)
            closed = close_message(key, box.reporter.signer, tip.uid, number, written)
            add_message(connection, tip.tip_id, request, closed)

    @property
    def _today(self) -> date:
        return self._clock().astimezone(UTC).date()

    def _open(self, receipt: str) -> Mailbox:
        return open_mailbox(receipt, self._salt, self._cost)

    def _held(self, connection: Transaction, box: Mailbox) -> tuple[TipRow, bytes]:
        """The report of a mailbox and its key."""
        tip = tip_in(connection, box.mailbox_id)
        if tip is None:
            raise MailboxError(LOST)
        wrapped = [one for one in tip_keys(connection, REPORTER) if one.case == tip.uid]
        if not wrapped or tip.reporter_key != box.reporter.signer.public_key:
            raise TamperedError("the mailbox is not as it was made")
        people = officers(connection)
        for number, closed in enumerate(messages_of(connection, tip.tip_id), 1):
            verify_message(people, tip.reporter_key, tip.uid, number, closed)
        return tip, open_key(self._epochs().keys, box.reporter, wrapped[0])

    def _seal(self, connection: Transaction, tip_id: int, uid: str, key: bytes, box: Mailbox) -> None:
        """Seal the key of a report to everybody who takes reports in, and to its reporter."""
        month = self._epochs().current
        for one in _takers(connection):
            wrapped = close_for(month, one.officer_id, one.seal_key, uid, Group.SOURCE, key)
            put_tip_key(connection, tip_id, wrapped)
        own = WrappedKey(uid, Group.SOURCE, REPORTER, month.name, True, b"")
        put_tip_key(connection, tip_id, put_on_ring(month, box.reporter, own, key))


def _takers(connection: Transaction) -> tuple[Officer, ...]:
    """Everybody who takes reports in."""
    people = tuple(one for one in officers(connection).values() if one.roles & INTAKE)
    if not people:
        raise IntakeError("nobody takes in reports here yet; nothing was kept")
    return people
