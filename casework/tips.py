"""What officers do with anonymous reports: list, read, answer, and open a case from one.

Belongs to the roles that take reports in; for everybody else there are none. Every read is written down before it is
answered, with the digest of the last message of each report, so that none that was seen can be dropped unseen. Whoever
comes to take reports in later is handed the keys by who lists them next, and whoever no longer does loses them.
"""

import secrets
from collections import Counter
from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from typing import NamedTuple

from casework.desk import Desk
from casework.enrol import officers
from casework.errors import ActionError, NotFoundError
from casework.event import Statement
from casework.figures.indicators import Line
from casework.figures.unreported import unreported
from casework.keyholder import WORK
from casework.keyring import close_for, open_key
from casework.officer import Officer
from casework.store.database import Transaction
from casework.store.tips import (
    TipRow,
    add_message,
    has_message,
    messages_of,
    put_tip_key,
    take_tip_keys,
    tip_keys,
    tip_tombstones,
    tips,
)
from casework.tip import (
    CASE_OPENED,
    INTAKE,
    REPORTER,
    Closed,
    Tip,
    Written,
    check_message,
    close_message,
    open_message,
    tip_name,
    verify_message,
    week_ends,
    week_of,
)
from casework.tombstone import TipTombstone, read_tip_tombstone
from casework.vocabulary import Group
from crypto.sentence import Sentence

_NONE = Sentence("there is no such report")
_SEVERAL = Sentence("there are several such reports")


class Report(NamedTuple):
    """A report as an officer reads it."""

    uid: str
    messages: tuple[Written, ...]

    @property
    def name(self) -> str:
        """How people name it."""
        return tip_name(self.uid)

    @property
    def tip(self) -> Tip:
        """What was told first."""
        told = self.messages[0].tip
        assert told is not None
        return told

    @property
    def waits(self) -> bool:
        """Whether the reporter has written last."""
        return self.messages[-1].author == REPORTER

    @property
    def last_day(self) -> date:
        """Last day of the week in which somebody last wrote, other than to propose that it be erased."""
        return max(week_ends(one.week) for one in self.messages if not one.proposes_erasure)

    @property
    def proposal(self) -> Written | None:
        """The message that proposes to erase it; none where the reporter has written since."""
        found = None
        for one in self.messages:
            if one.proposes_erasure:
                found = one
            elif one.author == REPORTER:
                found = None
        return found

    @property
    def has_case(self) -> bool:
        """Whether a case was opened from it."""
        return any(one.opened_case for one in self.messages)


class Held(NamedTuple):
    """A report as it is stored, and the key that opens its messages."""

    tip: TipRow
    key: bytes


def list_tips(desk: Desk, purpose: str = WORK) -> tuple[Report, ...]:
    """Every report, in the order in which they came; none for who does not take reports in.

    Raises:
        AuditError: The read could not be written down.
        TamperedError: Something is not as it was signed.
    """
    if not desk.officer.roles & INTAKE:
        return ()
    _hand_on(desk)
    with desk.database.read() as connection:
        held = _held(desk, connection)
    return _read(desk, held, purpose)


def read_tip(desk: Desk, reference: str, purpose: str = WORK) -> Report:
    """The report that somebody names by the first signs of its name.

    Raises:
        NotFoundError: None, or several, of those that this officer may see.
        AuditError: The read could not be written down.
        TamperedError: Something is not as it was signed.
    """
    return _read(desk, (find_tip(desk, reference),), purpose)[0]


def answer_tip(desk: Desk, reference: str, text: str, request_id: str = "") -> None:
    """Answer a reporter; the same request, where it has an id, writes nothing twice.

    Raises:
        NotFoundError: There is no such report, or it is not for this officer.
        FieldError: The answer is empty or too long.
    """
    check_message(text, b"")
    written = Written(desk.officer.officer_id, week_of(desk.today), text)
    answer_with(desk, reference, written, "tip_answer", request_id)


def answer_with(desk: Desk, reference: str, written: Written, act: str, request_id: str = "") -> None:
    """Put a message of the office behind the others; `act` names it in the audit log.

    Raises:
        NotFoundError: There is no such report, or it is not for this officer.
    """
    held = find_tip(desk, reference)
    with desk.database.write() as connection:
        _write(desk, connection, held, written, request_id, act)


def open_case_from(
    desk: Desk, reference: str, statement: Statement, owners: Iterable[Officer] = (), request_id: str = ""
) -> str:
    """Open a case from a report, tell the reporter so, and give the uid of the case.

    The same request, where it has an id, opens the same case and no second one.

    Raises:
        NotFoundError: There is no such report, or it is not for this officer.
        ActionError: A case was opened from it before.
        RoleError: This officer opens no cases.
        FieldError: The statement lacks something.
    """
    held = find_tip(desk, reference)

    def tell(connection: Transaction) -> None:
        messages = _messages(connection, held)
        if any(one.opened_case for one in messages):
            raise ActionError("a case was opened from {name} before", name=tip_name(held.tip.uid))
        written = Written(desk.officer.officer_id, week_of(desk.today), CASE_OPENED, opened_case=True)
        _write(desk, connection, held, written, "", "tip_open")

    return desk.open_case(statement, owners, request_id=request_id, also=tell)


def reasons(desk: Desk, state: str = "") -> tuple[Line, ...]:
    """I26 over the reports of a State, or of all, also of erased ones; nothing for who does not take reports in.

    Raises:
        AuditError: The read could not be written down.
        TamperedError: Something is not as it was signed.
    """
    if not desk.officer.roles & INTAKE:
        return ()
    there = [one.tip for one in list_tips(desk, "statistics")]
    with desk.database.read() as connection:
        erased = [read_tip_tombstone(signed.payload) for signed in tip_tombstones(connection)]
    everything: tuple[Tip | TipTombstone, ...] = (*there, *erased)
    told = [one for one in everything if state in {"", one.country}]
    given = Counter(reason for one in told for reason in set(one.not_reported))
    return unreported(given, len(told))


def _held(desk: Desk, connection: Transaction) -> tuple[Held, ...]:
    """Reports to which this officer holds a key, as long as they take reports in."""
    if not desk.officer.roles & INTAKE:
        return ()
    known = {one.uid: one for one in tips(connection)}
    months = desk.epochs.keys
    return tuple(
        Held(known[key.case], open_key(months, desk.unlocked, key))
        for key in tip_keys(connection, desk.officer.officer_id)
    )


def find_tip(desk: Desk, reference: str) -> Held:
    """The report that somebody names by the first signs of its name, with its key.

    Raises:
        NotFoundError: None, or several, of those that this officer may see.
    """
    wanted = reference.strip().upper().removeprefix("T-")
    with desk.database.read() as connection:
        found = [one for one in _held(desk, connection) if wanted and one.tip.uid.upper().startswith(wanted)]
    if len(found) != 1:
        desk.write_down("denied", (sha256(reference.encode()).hexdigest()[:32],), WORK)
        raise NotFoundError(_SEVERAL if found else _NONE)
    return found[0]


def _read(desk: Desk, held: tuple[Held, ...], purpose: str) -> tuple[Report, ...]:
    with desk.database.read() as connection:
        people = officers(connection)
        closed = {one: messages_of(connection, one.tip.tip_id) for one in held}
    seen = tuple(messages[-1].digest(one.tip.uid) for one, messages in closed.items() if messages)
    desk.write_down("tip_read", (), purpose, (Group.SOURCE,), {"tips": seen})
    for one, messages in closed.items():
        for number, message in enumerate(messages, 1):
            verify_message(people, one.tip.reporter_key, one.tip.uid, number, message)
    return tuple(Report(one.tip.uid, opened(one, messages)) for one, messages in closed.items())


def _messages(connection: Transaction, held: Held) -> tuple[Written, ...]:
    return opened(held, messages_of(connection, held.tip.tip_id))


def opened(held: Held, messages: tuple[Closed, ...]) -> tuple[Written, ...]:
    """Messages of a report as they are read.

    Raises:
        TamperedError: One does not open.
    """
    return tuple(open_message(held.key, held.tip.uid, one) for one in messages)


def _write(
    desk: Desk,
    connection: Transaction,
    held: Held,
    written: Written,
    request_id: str,
    act: str,
) -> None:
    """Sign a message, put it behind the others and write down that it was done, inside an open write."""
    asked = f"{desk.officer.officer_id} {request_id or secrets.token_hex(16)} {held.tip.uid}"
    request = sha256(asked.encode()).digest()[:16]
    if has_message(connection, held.tip.tip_id, request):
        return
    number = len(messages_of(connection, held.tip.tip_id)) + 1
    closed = close_message(held.key, desk.unlocked.signer, held.tip.uid, number, written)
    add_message(connection, held.tip.tip_id, request, closed)
    desk.note(connection, act, (), WORK, digests={"tips": (closed.digest(held.tip.uid),)})


def _hand_on(desk: Desk) -> None:
    """Give keys to those who take reports in by now, and take them from those who no longer do."""
    with desk.database.read() as connection:
        people = officers(connection)
        intake = {name: one for name, one in people.items() if one.roles & INTAKE}
        keys = tip_keys(connection)
        holders = {(one.case, one.officer_id) for one in keys}
        held = _held(desk, connection)
        missing = [(one, name) for one in held for name in intake if (one.tip.uid, name) not in holders]
        over = {one.officer_id for one in keys} - intake.keys() - {REPORTER}
    if not missing and not over:
        return
    with desk.database.write() as connection:
        month = desk.epochs.current
        now = {(one.case, one.officer_id) for one in tip_keys(connection)}
        for one, name in missing:
            if (one.tip.uid, name) not in now:
                seal_key = intake[name].seal_key
                wrapped = close_for(month, name, seal_key, one.tip.uid, Group.SOURCE, one.key)
                put_tip_key(connection, one.tip.tip_id, wrapped)
        for name in sorted(over):
            take_tip_keys(connection, name)
        desk.note(connection, "tip_keys", (), WORK)
