"""What somebody tells anonymously, and the messages that follow: their form, and how each is signed and sealed.

Only what happened is asked, where, in which month, and why it was not told before. Of the sender nothing is kept: no
address, no program, no name of a file, and of time the week alone (casework 5.9).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

from casework.access import ADVOCATE
from casework.cleaning import working_copy
from casework.errors import FieldError, TamperedError
from casework.officer import Officer
from casework.span import parse_span
from casework.values import check_value
from casework.vocabulary import Field, Form, Group
from crypto.cell import open_cell, seal_cell
from crypto.envelope import pae
from crypto.errors import CryptoError
from crypto.signing import Signer, verify_signature

TIP_TYPE = "application/vnd.tocsin.case-tip.v1+json"
REPORTER = "-"  # stands where an officer's id would
INTAKE = frozenset({"country_focal_point", ADVOCATE})  # roles to whose keys every report is sealed
NO_ANSWER = "no_answer"
MAX_FILE_BYTES = 10 << 20
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_FIELDS = (
    Field("account", Form.TEXT, Group.SOURCE, required=True, codes=""),
    Field("country", Form.STATE, Group.SOURCE, required=True, codes=""),
    Field("month", Form.TEXT, Group.SOURCE, required=True, codes=""),
    Field("what", Form.CODES, Group.SOURCE, required=True, codes="category"),
    Field("not_reported", Form.CODES, Group.SOURCE, required=True, codes="not_reported"),
)
WHAT_NEXT = (
    "The people who take in reports here read yours, usually within a week, and answer in your mailbox.",
    "They decide with you what is useful: to record it, to find support, or to ask the government for an answer.",
    "Nobody is told who you are, as nobody here knows. Come back whenever it is safe: the mailbox stays open.",
)
COPIED = (
    "People here work with a copy of your picture without the place, the camera and all else that was hidden in it; "
    "the original stays sealed."
)
NO_COPY = (
    "Your file is kept sealed as it is. Of this kind no copy without what is hidden in it can be made, such as the "
    "name of who wrote it; only the people who take in reports can open it."
)
LOST = (
    "No mailbox belongs to this receipt. Please look at its digits once more. A lost receipt can not be restored: "
    "nobody here keeps it, and nobody can open the mailbox in your place. A report that was erased, as its mailbox had "
    "said before, opens no more either. You are welcome to report again."
)
ERASURE_PROPOSED = (
    "Your report has done what it could, and the people here mean to erase it, not before {day}. After that nobody can "
    "read it any more, and your receipt opens nothing. If it should stay, write here before that day."
)
CASE_OPENED = "A case was opened from what you told us. You can go on writing here."


@dataclass(frozen=True, slots=True)
class Tip:
    """What a reporter tells first.

    Attributes:
        account: In their own words.
        country: ISO 3166-1 alpha-3.
        month: In which it happened, such as 2026-10.
        what: Codes of the list `category`.
        not_reported: Why it was not told before: codes of the list of that name.
    """

    account: str
    country: str
    month: str
    what: tuple[str, ...]
    not_reported: tuple[str, ...] = (NO_ANSWER,)


class Written(NamedTuple):
    """One message as it is read.

    Attributes:
        author: Id of an officer, or `REPORTER`.
        week: In which it was written, such as 2026-W48.
        text: Its words; of the first, the account.
        file: What was attached, empty for nothing.
        opened_case: Whether it says that a case was opened.
        proposes_erasure: Whether it says that the report is to be erased.
        tip: What the first message tells.
    """

    author: str
    week: str
    text: str
    file: bytes = b""
    opened_case: bool = False
    proposes_erasure: bool = False
    tip: Tip | None = None


class Closed(NamedTuple):
    """One message as it is kept: sealed, and signed by who wrote it.

    Attributes:
        sequence: 1, 2, 3...
        author: As above.
        text: Sealed words.
        file: The sealed file, empty for none.
        signature: Ed25519.
    """

    sequence: int
    author: str
    text: bytes
    file: bytes
    signature: bytes

    def signed(self, uid: str) -> bytes:
        """What its author signs."""
        fields = {
            "tip": uid,
            "sequence": self.sequence,
            "author": self.author,
            "text": sha256(self.text).hexdigest(),
            "file": sha256(self.file).hexdigest(),
        }
        return pae(TIP_TYPE, json.dumps(fields, separators=(",", ":")).encode())

    def digest(self, uid: str) -> str:
        """SHA-256 of what is signed, by which the audit log names it."""
        return sha256(self.signed(uid)).hexdigest()


def about_file(file: bytes) -> str:
    """What its sender is told of a file; nothing where there is none."""
    if not file:
        return ""
    return NO_COPY if working_copy(file) is None else COPIED


def tip_name(uid: str) -> str:
    """How people name a report."""
    return f"T-{uid[:8].upper()}"


def week_of(day: date) -> str:
    """The ISO week of a day, the only time that is kept."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def week_ends(week: str) -> date:
    """The last day of a week.

    Raises:
        TamperedError: It is none.
    """
    try:
        return date.fromisoformat(f"{week}-7")
    except ValueError as error:
        raise TamperedError("a message of a report is of no week") from error


def check_tip(tip: Tip, today: date) -> Tip:
    """Return what can be taken in.

    Raises:
        FieldError: A part is missing, of another form, or of a month to come.
    """
    for field in _FIELDS:
        value = getattr(tip, field.name)
        if not value or (isinstance(value, str) and not value.strip()):
            raise FieldError(field.name, "is missing")
        check_value(field, value)
    if not _MONTH.fullmatch(tip.month):
        raise FieldError("month", "{month!r} is no month; write 2026-03", month=tip.month[:40])
    if parse_span(tip.month, "month").earliest > today:
        raise FieldError("month", "lies in the future")
    if NO_ANSWER in tip.not_reported and len(tip.not_reported) > 1:
        raise FieldError("not_reported", "{no_answer} stands alone", no_answer=NO_ANSWER)
    return tip


def check_message(text: str, file: bytes) -> None:
    """Look at a message before it is sealed.

    Raises:
        FieldError: It says nothing, or too much.
    """
    if not text.strip():
        raise FieldError("text", "is missing")
    check_value(_FIELDS[0], text)
    if len(file) > MAX_FILE_BYTES:
        raise FieldError("file", "has more than {most} MiB", most=MAX_FILE_BYTES >> 20)


def close_message(key: bytes, signer: Signer, uid: str, sequence: int, written: Written) -> Closed:
    """Seal a message for its place and sign it."""
    fields: dict[str, Any] = {"week": written.week, "text": written.text}
    if written.opened_case:
        fields["opened_case"] = True
    if written.proposes_erasure:
        fields["proposes_erasure"] = True
    if written.tip is not None:
        tip = written.tip
        fields |= {"country": tip.country, "month": tip.month}
        fields |= {"what": tip.what, "not_reported": tip.not_reported}
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    closed = Closed(
        sequence,
        written.author,
        seal_cell(key, text, _place(uid, sequence, "text")),
        seal_cell(key, written.file, _place(uid, sequence, "file")) if written.file else b"",
        b"",
    )
    return closed._replace(signature=signer.sign(closed.signed(uid)))


def open_message(key: bytes, uid: str, closed: Closed) -> Written:
    """Open a message.

    Raises:
        TamperedError: It is damaged or of another place.
    """
    try:
        fields = json.loads(open_cell(key, closed.text, _place(uid, closed.sequence, "text")))
        file = open_cell(key, closed.file, _place(uid, closed.sequence, "file")) if closed.file else b""
        tip = _tip(fields) if closed.sequence == 1 else None
        return Written(
            closed.author,
            fields["week"],
            fields["text"],
            file,
            bool(fields.get("opened_case")),
            bool(fields.get("proposes_erasure")),
            tip,
        )
    except (CryptoError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise TamperedError(
            "report {name}: message {sequence} does not open", name=tip_name(uid), sequence=closed.sequence
        ) from error


def verify_message(
    people: Mapping[str, Officer], reporter_key: bytes, uid: str, number: int, closed: Closed
) -> None:
    """Check place and signature of a message, without opening it.

    Args:
        people: Every officer by id.
        reporter_key: With which the reporter signs.
        uid: Of the report.
        number: Where the message should stand.
        closed: The message.

    Raises:
        TamperedError: It is not the one that its author signed there.
    """
    if closed.sequence != number:
        raise TamperedError("report {name}: message {number} is missing", name=tip_name(uid), number=number)
    officer = people.get(closed.author)
    if officer is None and closed.author != REPORTER:
        raise TamperedError(
            "report {name}: message {number} is by nobody of the office", name=tip_name(uid), number=number
        )
    author_key = officer.signing_key if officer else reporter_key
    try:
        verify_signature(author_key, closed.signed(uid), closed.signature)
    except CryptoError as error:
        raise TamperedError(
            "report {name}: message {number} is not as it was signed", name=tip_name(uid), number=number
        ) from error


def _tip(fields: Mapping[str, Any]) -> Tip:
    return Tip(
        fields["text"],
        fields["country"],
        fields["month"],
        tuple(fields["what"]),
        tuple(fields["not_reported"]),
    )


def _place(uid: str, sequence: int, part: str) -> bytes:
    return f"tocsin-case-tip/1 {uid} {sequence} {part}".encode()
