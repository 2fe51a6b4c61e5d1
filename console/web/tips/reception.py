"""What becomes of what a reporter sends: taken in, read, or shown again with the reason, and nothing typed is lost.

Nothing but the words of the form comes in here, and nothing of it stays but what is sealed.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from casework.errors import CaseworkError, FieldError, IntakeError, MailboxError, ReceiptError
from casework.mailbox import read_receipt
from casework.reporting import Intake
from casework.tip import NO_ANSWER, Tip, Written, about_file
from console.web.tips.stamps import Stamp, Stamps, request_id
from console.web.tips.turns import Pace, Turns
from crypto.errors import CryptoError

T = TypeVar("T")

QUICK_SECONDS = 4.0  # nobody reads and fills in a form in less
WAITING = 12  # in each line, for the slow work that a receipt takes: it takes about a second
NEW = Pace(at_once=60, each=6.0, longest=2 * 3600)
MORE = Pace(at_once=60, each=6.0, longest=2 * 3600)
FILES = Pace(at_once=float(1 << 29), each=3600 / (1 << 28))  # bytes: 512 MiB, then 256 MiB an hour
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NOT_KEPT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Sent(NamedTuple):
    """A form as it was sent."""

    fields: Mapping[str, tuple[str, ...]]
    file: bytes = b""

    def says(self, name: str) -> str:
        """A field that stands once, or nothing."""
        return _NOT_KEPT.sub("", self.fields.get(name, ("",))[0].replace("\r\n", "\n"))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page to show.

    Attributes:
        template: Its template.
        facts: What stands in it.
        status: Of HTTP.
    """

    template: str
    facts: Mapping[str, object] = field(default_factory=dict)
    status: int = 200


class Reception:
    """Takes in what reporters send; lives in one event loop."""

    def __init__(self, intake: Intake, seconds: Callable[[], float]) -> None:
        """Take where reports are taken in, and a clock that only goes forward."""
        self.failed: Counter[str] = Counter()  # since somebody last looked, by reason
        self._intake = intake
        self._seconds = seconds
        self._stamps = Stamps()
        self._turns = {"new": Turns(NEW), "more": Turns(MORE)}
        self._files = Turns(FILES)
        self._waiting: Counter[str] = Counter()
        self._worker = ThreadPoolExecutor(1, "receipts")  # each takes a quarter of a gigabyte

    def blank_form(self) -> Sheet:
        """The form of a new report."""
        return self._form("tips/tell.html", Sent({}), self._stamps.new(self._seconds()))

    async def tell(self, sent: Sent) -> Sheet:
        """Take in a report."""
        stamp, why = self._looked_at("new", sent)
        again = Sheet("tips/tell.html")
        if why is not None:
            return self._again(again, sent, stamp, why)
        tip = _tip(sent)
        receipt = self._stamps.receipt(stamp)
        asked = request_id(
            stamp, *map(str, (tip.account, tip.country, tip.month, tip.what, tip.not_reported)), sent.file
        )

        def take() -> bool:
            try:
                self._intake.tell(receipt, tip, sent.file, asked)
            except ReceiptError:  # it was sent before, with other words
                return False
            return True

        try:
            self._intake.look_at(tip, sent.file)
            why, late = self._turn("new", stamp, sent)
            if why is not None:
                return self._again(again, sent, late, why)
            first = await self._work("new", take)
        except (CaseworkError, CryptoError, _BusyError) as error:
            return self._again(again, sent, stamp, self._why(error))
        facts = {"receipt": receipt, "changed": not first, "file": about_file(sent.file)}
        return Sheet("tips/told.html", facts)

    async def open(self, sent: Sent) -> Sheet:
        """Open the mailbox of a receipt."""
        receipt = sent.says("receipt")
        try:
            digits = read_receipt(receipt)
            messages = await self._work("more", lambda: self._intake.read(digits))
        except (CaseworkError, CryptoError, _BusyError) as error:
            why = self._why(error)
            return Sheet("tips/open.html", {"why": why, "receipt": receipt[:40]}, why.status)
        return self._mailbox(digits, messages)

    async def write(self, sent: Sent) -> Sheet:
        """Put a message behind the others of a mailbox, and show it."""
        stamp, why = self._looked_at("more", sent)
        again = Sheet("tips/write.html")
        if why is not None:
            return self._again(again, sent, stamp, why)
        receipt, text = stamp.receipt or sent.says("receipt"), sent.says("text")
        asked = request_id(stamp, text, sent.file)

        def take() -> tuple[Written, ...]:
            self._intake.write(receipt, text, sent.file, asked)
            return self._intake.read(receipt)

        try:
            read_receipt(receipt)
            if not text.strip():
                raise FieldError("text", "is missing")
            why, late = self._turn("more", stamp, sent)
            if why is not None:
                return self._again(again, sent, late, why)
            messages = await self._work("more", take)
        except (CaseworkError, CryptoError, _BusyError) as error:
            return self._again(again, sent, stamp, self._why(error))
        return self._mailbox(receipt, messages, about_file(sent.file))

    def _mailbox(self, receipt: str, messages: tuple[Written, ...], file: str = "") -> Sheet:
        stamp = self._stamps.new(self._seconds(), receipt)
        facts = {"messages": [(one, _DAY.findall(one.text)[-1:]) for one in messages], "file": file}
        form = self._form("tips/mailbox.html", Sent({}), stamp)
        return Sheet(
            form.template, {**form.facts, **facts, "answered": not all(one.author for one in messages)}
        )

    def _looked_at(self, line: str, sent: Sent) -> tuple[Stamp, "Why | None"]:
        """The stamp of a form, and why it has to be sent once more, if it has to."""
        now = self._seconds()
        stamp = self._stamps.read(sent.says("stamp"), now)
        if stamp is None:
            return self._stamps.new(now - QUICK_SECONDS), Why("old", 422)
        if line == "new" and now - stamp.at < QUICK_SECONDS:
            return stamp, Why("quick", 422)
        if now < stamp.turn:
            return stamp, Why("turn", 503, minutes=_minutes(stamp.turn - now))
        return stamp, None

    def _turn(self, line: str, stamp: Stamp, sent: Sent) -> tuple["Why | None", Stamp]:
        """Nothing where a form is taken in now; else why not, and the stamp with which it is later."""
        now = self._seconds()
        if sent.file and self._files.take(now, float(len(sent.file))) is None:
            return Why("files", 503), stamp
        if stamp.turn:  # it has waited for it
            return None, stamp
        turn = self._turns[line].take(now)
        if turn is None:
            return Why("full", 503), stamp
        if turn > now:
            return Why("turn", 503, minutes=_minutes(turn - now)), stamp._replace(turn=turn)
        return None, stamp

    async def _work(self, line: str, job: Callable[[], T]) -> T:
        if self._waiting[line] >= WAITING:
            raise _BusyError
        self._waiting[line] += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, job)
        finally:
            self._waiting[line] -= 1

    def _why(self, error: Exception) -> "Why":
        match error:
            case FieldError():
                return Why("fault", 422, error.field)
            case ReceiptError():
                return Why("digits", 422, "receipt")
            case MailboxError():
                return Why("lost", 404, "receipt")
            case IntakeError():
                return Why("nobody", 503)
            case CaseworkError() | CryptoError():
                self.failed[error.reason] += 1
                return Why("failed", 503)
            case _:
                return Why("busy", 503)

    def _again(self, sheet: Sheet, sent: Sent, stamp: Stamp, why: "Why") -> Sheet:
        form = self._form(sheet.template, sent, stamp)
        return Sheet(sheet.template, {**form.facts, "why": why, "had_file": bool(sent.file)}, why.status)

    def _form(self, template: str, sent: Sent, stamp: Stamp) -> Sheet:
        facts = {"typed": sent, "stamp": self._stamps.write(stamp), "known": bool(stamp.receipt), "why": None}
        return Sheet(template, {**facts, "had_file": False})


class Why(NamedTuple):
    """Why a form is shown again: its name in the templates, which field it is about, and how long to wait."""

    name: str
    status: int
    field: str = ""
    minutes: int = 0


class _BusyError(Exception):
    """Too many wait already."""


def _tip(sent: Sent) -> Tip:
    month, year = sent.says("month"), sent.says("year")
    return Tip(
        sent.says("account"),
        sent.says("country"),
        f"{year}-{month}" if month and year else "",
        sent.fields.get("what", ()),
        sent.fields.get("not_reported", ()) or (NO_ANSWER,),
    )


def _minutes(seconds: float) -> int:
    return int(seconds // 60) + 1
