"""The desk of who takes anonymous reports in, with all that is done with one."""

from collections.abc import Sequence
from datetime import date

from casework.desk import Desk
from casework.enrol import officers
from casework.erasing_tips import erase_tip, propose_erasure
from casework.errors import FieldError
from casework.event import Statement
from casework.officer import Officer
from casework.tips import Report, answer_tip, list_tips, open_case_from, read_tip


class TipDesk(Desk):
    """The desk of an officer, with the reports that they take in."""

    def officers_named(self, ids: Sequence[str]) -> tuple[Officer, ...]:
        """Officers to whom keys can be handed.

        Raises:
            FieldError: Nobody of that id works on cases here.
        """
        with self.database.read() as connection:
            known = {name: one for name, one in officers(connection).items() if one.roles}
        for name in ids:
            if name not in known:
                raise FieldError("owner", "nobody works on cases here as {name!r}", name=name[:40])
        return tuple(known[name] for name in ids)

    def tips(self) -> tuple[Report, ...]:
        """See `tips.list_tips`."""
        return list_tips(self)

    def tip(self, reference: str) -> Report:
        """See `tips.read_tip`."""
        return read_tip(self, reference)

    def answer_tip(self, reference: str, text: str, *, request_id: str = "") -> None:
        """See `tips.answer_tip`."""
        answer_tip(self, reference, text, request_id)

    def open_from_tip(
        self, reference: str, statement: Statement, owners: Sequence[str] = (), *, request_id: str = ""
    ) -> str:
        """See `tips.open_case_from`; officers of these ids hold all keys of the case too."""
        return open_case_from(self, reference, statement, self.officers_named(owners), request_id)

    def propose_tip_erasure(self, reference: str) -> date:
        """See `erasing_tips.propose_erasure`."""
        return propose_erasure(self, reference)

    def erase_tip(self, reference: str) -> None:
        """See `erasing_tips.erase_tip`."""
        erase_tip(self, reference)
