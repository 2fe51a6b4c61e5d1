"""Everything that an officer does at their desk, in one place: the command line and the server both ask here.

Whoever works from another machine has the same calls at `client.desk.RemoteDesk`, so that nothing is decided twice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from casework.access import Grant
from casework.auditing import Audited, Verdict, may_verify, read_log
from casework.board import Counting, Figures, Standing, figures, standings
from casework.check import Checked, check_desk, checked
from casework.custody import NOTHING, collect, content_of, destroy, handle
from casework.enrol import admit, officers
from casework.erasing import erase
from casework.errors import FieldError
from casework.event import Statement
from casework.importing import Imported, export_cases, import_cases, importing
from casework.joining import Candidate, candidates, confirm, joint_board, withdraw
from casework.joint import JointBoard
from casework.legal import NO_TREATIES, Treaties, read_treaties
from casework.letting_in import grants, let_in, shut_out
from casework.officer import RECOVERY, Officer
from casework.package import Leaving, PackageFile, package_files
from casework.publishing import Us
from casework.remains import Remains, remains
from casework.report.page import Page
from casework.reports import Ending, Wanted, WantedLetter, endings, letter_page, printed, report_page
from casework.tipdesk import TipDesk
from casework.values import Value
from casework.vault import Vault
from casework.vocabulary import Group

PDF = "pdf"


class Tables(NamedTuple):
    """The tables of one organization as they stand in its files; empty where it has none.

    Attributes:
        deadlines: `deadlines.toml`.
        treaty_actions: What States did with treaties, CSV.
        treaties_as_of: Up to which day that is complete, CSV.
    """

    deadlines: str = ""
    treaty_actions: str = ""
    treaties_as_of: str = ""

    @property
    def treaties(self) -> Treaties:
        """The table of treaties; without one every answer is `unknown`.

        Raises:
            FieldError: It can not be read.
        """
        if not self.treaty_actions:
            return NO_TREATIES
        return read_treaties(self.treaty_actions, self.treaties_as_of)


class Surroundings(NamedTuple):
    """What stands around the desks of one office.

    Attributes:
        org_id: The organization.
        vault: Where sealed files lie.
        first_key: Gives the public key of the first officer, to whom every signature leads back.
        tables: Gives the tables of the organization.
        verdict: Verifies the audit log and all that it tells of.
        pdf: Sets a page of a day as PDF.
        erased: Told after something was erased, so that the list of it is kept.
        us: Gives the organization as it signs, for what is said in its name.
    """

    org_id: str
    vault: Vault
    first_key: Callable[[], bytes]
    tables: Callable[[], Tables]
    verdict: Callable[[], Verdict]
    pdf: Callable[[Page, date], bytes]
    erased: Callable[[], None]
    us: Callable[[], Us]


class Sealed(NamedTuple):
    """An item of evidence that was sealed: its id, and SHA-256 of its content in hexadecimal digits."""

    id: str
    digest: str


class Export(NamedTuple):
    """Cases as a file that `import_cases` reads.

    Attributes:
        text: CSV.
        kept_back: Names of cases that never leave singly.
        not_allowed: How many this officer may not export.
    """

    text: str
    kept_back: tuple[str, ...]
    not_allowed: int


class Workplace(TipDesk):
    """The desk of an officer, with everything around it."""

    def __init__(self, *desk: Any, around: Surroundings) -> None:
        super().__init__(*desk)
        self.around = around

    @property
    def tables(self) -> Tables:
        """The tables of the organization."""
        return self.around.tables()

    @property
    def treaties(self) -> Treaties:
        """Who is bound by which treaty, as the organization has it."""
        return self.tables.treaties

    @property
    def first_key(self) -> bytes:
        """Public key of the first officer."""
        return self.around.first_key()

    def open_for(self, statement: Statement, owners: Sequence[str] = (), *, request_id: str = "") -> str:
        """Open a case of which other officers hold all keys too, and give its uid.

        Raises:
            FieldError: Nobody of that id works on cases here; or as `open_case` says.
        """
        return self.open_case(statement, self.officers_named(owners), request_id=request_id)

    # ------------------------------------------------------------------------------------------------- who may read
    def grants(self, uid: str) -> tuple[Grant, ...]:
        """See `letting_in.grants`."""
        return grants(self, uid)

    def let_in(
        self, uid: str, officer_id: str, rights: frozenset[str], reason: str, expires_on: date | None = None
    ) -> Grant:
        """See `letting_in.let_in`."""
        return let_in(self, uid, officer_id, rights, reason, expires_on)

    def shut_out(self, uid: str, officer_id: str, reason: str, *, for_good: bool = False) -> None:
        """See `letting_in.shut_out`."""
        shut_out(self, uid, officer_id, reason, for_good=for_good)

    def read_log(self, case: str = "", officer_id: str = "") -> tuple[Audited, ...]:
        """See `auditing.read_log`."""
        return read_log(self, case, officer_id)

    def verify_log(self) -> Verdict:
        """See `auditing.verdict`.

        Raises:
            RoleError: It belongs to auditors.
        """
        may_verify(self)
        return self.around.verdict()

    def colleagues(self) -> tuple[Officer, ...]:
        """Everybody who works or has worked on cases here, as last admitted."""
        with self.database.read() as connection:
            return tuple(officers(connection).values())

    def admit(
        self, officer_id: str, roles: frozenset[str], keys: tuple[bytes, bytes] | None = None
    ) -> Officer:
        """Admit an officer with public keys for signing and sealing, or give one who is known other roles.

        Raises:
            FieldError: No keys of this officer are known, or it would be a recovery key, which is made as shares.
            CaseworkError: As `enrol.admit` says.
        """
        if RECOVERY in roles:
            raise FieldError("role", "a recovery key is made as shares: `tocsin case recovery new`")
        known = {one.officer_id: (one.signing_key, one.seal_key) for one in self.colleagues()}
        found = keys or known.get(officer_id)
        if found is None:
            raise FieldError("keys", "copy the whole line that `officer new` printed")
        by, now = self.officer.officer_id, int(self.clock().timestamp())
        return admit(
            self.database, self.officer, self.unlocked, Officer(officer_id, 1, roles, *found, by, now)
        )

    def erase(self, uid: str, proposal_id: str) -> frozenset[Group]:
        """See `erasing.erase`."""
        groups = erase(self, self.around.vault, uid, proposal_id)
        self.around.erased()
        return groups

    def erase_tip(self, reference: str) -> None:
        """See `erasing_tips.erase_tip`."""
        super().erase_tip(reference)
        self.around.erased()

    def check(self) -> Checked:
        """See `check.check_desk`."""
        return checked(check_desk(self))

    # ------------------------------------------------------------------------------------------------------ evidence
    def add_evidence(
        self, uid: str, said: Statement, content: Iterable[bytes], copy_of: str = "", *, request_id: str = ""
    ) -> Sealed:
        """See `custody.collect`."""
        made = collect(self, self.around.vault, uid, content, said, copy_of=copy_of, request_id=request_id)
        return Sealed(made.id, made.digest)

    def handle_evidence(
        self,
        uid: str,
        evidence: str,
        act: str,
        said: Mapping[str, Value] = NOTHING,
        *,
        request_id: str = "",
    ) -> str:
        """Write down an act of custody, and give the id of its event; see `custody.handle`."""
        return handle(self, self.around.vault, uid, evidence, act, said, request_id=request_id).event_id

    def destroy_evidence(self, uid: str, evidence: str, purpose: str, *, request_id: str = "") -> None:
        """See `custody.destroy`."""
        destroy(self, self.around.vault, uid, evidence, purpose, request_id=request_id)
        self.around.erased()

    def evidence_content(self, uid: str, evidence: str, purpose: str) -> Iterator[bytes]:
        """See `custody.content_of`."""
        return content_of(self, self.around.vault, uid, evidence, purpose)

    def evidence_package(self, uid: str, chosen: tuple[str, ...], terms: Leaving) -> Iterator[PackageFile]:
        """See `package.package_files`."""
        return package_files(self, self.around.vault, uid, chosen, terms)

    # ----------------------------------------------------------------------------------------------- all cases at once
    def board(self) -> tuple[Standing, ...]:
        """See `board.standings`."""
        return standings(self)

    def figures(self, asked: Counting) -> Figures:
        """See `board.figures`."""
        return figures(self, asked)

    def report(self, wanted: Wanted, style: str) -> bytes:
        """A report as a file; see `reports.report_page` and `reports.printed`."""
        return self._written(report_page(self, wanted), style, wanted.valid_as_of)

    def report_page(self, wanted: Wanted) -> Page:
        """A report as a page that can be shown; see `reports.report_page`."""
        return report_page(self, wanted)

    def letter(self, wanted: WantedLetter, style: str) -> tuple[bytes, int]:
        """A letter as a file, and how many open cases may not stand in it; see `reports.letter_page`."""
        page, left_out = letter_page(self, wanted._replace(sender=wanted.sender or self.around.org_id))
        return self._written(page, style, None), left_out

    def _written(self, page: Page, style: str, day: date | None) -> bytes:
        return self.around.pdf(page, day or self.today) if style == PDF else printed(page, style)

    def import_cases(self, text: str) -> tuple[Imported, ...]:
        """See `importing.import_cases`."""
        return import_cases(self, text)

    def importing(self, text: str) -> Iterator[Imported]:
        """See `importing.importing`."""
        return importing(self, text)

    def export_cases(self, uids: Sequence[str] = ()) -> Export:
        """Cases that this officer may export, of these or of all, as a file.

        Raises:
            NotFoundError: One is not there, or not for this officer.
            AuditError: The read could not be written down.
        """
        may, seen = self.uids("export"), self.uids()
        for uid in set(uids) - set(seen):
            self.read(uid)  # says that there is none, and writes down that it was asked for
        wanted = tuple(uids) or seen
        read = self.read_some(tuple(uid for uid in wanted if uid in may), purpose="handover")
        text, kept_back = export_cases(read)
        return Export(text, tuple(case.name for case in kept_back), sum(uid not in may for uid in wanted))

    def endings(self) -> tuple[Ending, ...]:
        """See `reports.endings`."""
        return endings(self)

    def remains(self) -> Remains:
        """See `remains.remains`."""
        return remains(self)

    def joint_candidates(self, uid: str) -> tuple[Candidate, ...]:
        """See `joining.candidates`."""
        return candidates(self, uid, self.around.org_id)

    def joint_board(self, uid: str) -> JointBoard:
        """See `joining.joint_board`."""
        return joint_board(self, uid, self.around.org_id)

    def confirm_joint(self, uid: str, member: str, member_ref: str = "") -> str:
        """See `joining.confirm`; gives the joint reference."""
        self.read(uid)  # whoever may not see it learns nothing of our keys
        return confirm(self, uid, self.around.us(), member, member_ref).joint_ref

    def withdraw_joint(self, uid: str, member: str, member_ref: str = "") -> int:
        """See `joining.withdraw`; gives the number of what the member is told."""
        self.read(uid)
        return withdraw(self, uid, self.around.us(), member, member_ref).number
