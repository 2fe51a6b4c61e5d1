"""The desk of one officer: open a case, read one, say something of one. Every read is written down before its answer.

What the officer holds no key for, or no longer may see, does not exist here: not in lists, counts or errors. What is
said is checked against the one table of actions, sealed, signed and put behind the event before it, in one transaction.
"""

from collections.abc import Callable, Iterable
from datetime import date

from casework.access import ALL_RIGHTS, Grant
from casework.audit import NONE
from casework.casefile import CaseFile, find_case, fold
from casework.deadlines import check_clock
from casework.errors import CaseInputError, FieldError, NotFoundError, RoleError
from casework.event import Event, Statement, check_statement
from casework.keyholder import WORK, Keyholder, Keys
from casework.lifecycle import check_action
from casework.officer import Officer
from casework.posting import Digests, settle, told_of
from casework.span import check_day
from casework.store.database import Transaction
from casework.store.events import add_case
from casework.vocabulary import Group, kinds
from crypto.cell import new_cell_key


class Desk(Keyholder):
    """The cases of one officer."""

    def open_case(
        self,
        statement: Statement,
        owners: Iterable[Officer] = (),
        *,
        then: Iterable[Statement] = (),
        request_id: str = "",
        also: Callable[[Transaction], None] | None = None,
    ) -> str:
        """Open a case and give its uid; whoever opens it, and its owners, hold all its keys.

        What is said of it then is written down with it, all or nothing. The same request, where it has an id, opens the
        same case and no second one. What is `also` to be written is written in the same transaction.

        Raises:
            FieldError: The statement lacks something.
            RoleError: This officer opens no cases.
            CaseInputError: Of what is said then something can not be said; the error names which.
        """
        check_statement(statement, self.today)
        if not kinds()["opened"].roles & self.officer.roles:
            raise RoleError(
                "{name} belongs to {roles}", name="opened", roles=" or ".join(sorted(kinds()["opened"].roles))
            )
        uid = self.id_for(request_id, "case")
        keys = {group: new_cell_key() for group in Group}
        people = {one.officer_id: one for one in (self.officer, *owners)}
        with self.database.write() as connection:
            if self.holding(connection, uid):
                return uid
            case_id = add_case(connection, uid)
            for one in people.values():
                grant = Grant(
                    uid,
                    one.officer_id,
                    ALL_RIGHTS,
                    "opened the case",
                    None,
                    self.officer.officer_id,
                    self._now(),
                )
                self.hand_over(connection, case_id, grant, one, keys)
            self.seal_to_recovery(connection, case_id, uid, keys)
            self.append(connection, uid, (), statement, keys, self.id_for(request_id, uid))
            listed = [(self.id_for(request_id, f"{uid} then {at}"), one) for at, one in enumerate(then)]
            self._say(connection, uid, keys, listed)
            self.note(connection, "open", (uid,), WORK)
            if also is not None:
                also(connection)
        return uid

    def find(self, reference: str) -> str:
        """Uid of the case that somebody names by the first signs of its name or uid.

        Raises:
            NotFoundError: None, or several, of those that this officer may see.
        """
        with self.database.read() as connection:
            return find_case(self.holdings(connection), reference)

    def read(
        self, uid: str, purpose: str = WORK, valid_as_of: date | None = None, known_as_of: date | None = None
    ) -> CaseFile:
        """Read a case as of two days, after writing down that it is read.

        Raises:
            FieldError: A day is before 1900 or after 2999.
            NotFoundError: There is none, or it is not for this officer.
            AuditError: The read could not be written down.
            TamperedError: What is stored does not hold.
        """
        check_day("as_of", valid_as_of or self.today, known_as_of or self.today)
        with self.database.read() as connection:
            held = self.holding(connection, uid)
        if held is None:
            self.write_down("denied", (uid,), purpose)
            raise NotFoundError("there is no such case")
        self.write_down("read", (uid,), purpose, held.keys)
        with self.database.read() as connection:
            events = self.events(connection, uid, held.keys)
        return fold(uid, events, valid_as_of or self.today, known_as_of or self.today)

    def read_all(
        self, purpose: str = WORK, valid_as_of: date | None = None, known_as_of: date | None = None
    ) -> tuple[CaseFile, ...]:
        """Read every case of this officer, in the order in which they were opened, likewise.

        Raises:
            AuditError: The read could not be written down.
            TamperedError: What is stored does not hold.
        """
        return self.read_some(self.uids(), purpose, valid_as_of, known_as_of)

    def uids(self, right: str = "read") -> tuple[str, ...]:
        """Uids of the cases to which this officer holds a right, in the order in which they were opened."""
        with self.database.read() as connection:
            held = self.holdings(connection)
        return tuple(uid for uid, one in held.items() if one.grant.holds(right, self.today))

    def read_some(
        self,
        uids: tuple[str, ...],
        purpose: str = WORK,
        valid_as_of: date | None = None,
        known_as_of: date | None = None,
    ) -> tuple[CaseFile, ...]:
        """Read those of these cases that are this officer's, likewise.

        Raises:
            AuditError: The read could not be written down.
            TamperedError: What is stored does not hold.
        """
        check_day("as_of", valid_as_of or self.today, known_as_of or self.today)
        with self.database.read() as connection:
            holdings = self.holdings(connection)
        chosen = tuple(uid for uid in uids if uid in holdings)
        groups = {group for uid in chosen for group in holdings[uid].keys}
        self.write_down("list", chosen, purpose, groups)
        days = (valid_as_of or self.today, known_as_of or self.today)
        with self.database.read() as connection:
            return tuple(fold(uid, self.events(connection, uid, holdings[uid].keys), *days) for uid in chosen)

    def say(self, uid: str, *statements: Statement, request_id: str = "") -> tuple[str, ...]:
        """Put statements behind what is known of a case, all or none, and give their ids.

        The same request, where it has an id, writes nothing twice and gives the ids of before.

        Raises:
            NotFoundError: There is none, or it is not for this officer.
            RoleError: This officer may only read it, or the action belongs to another role.
            CaseInputError: A statement lacks something, or the case is in another state.
        """
        with self.database.write() as connection:
            held = self.holding(connection, uid)
            if held is None:
                raise NotFoundError("there is no such case")
            if not held.grant.holds("write", self.today):
                raise RoleError("you may read this case and not act on it")
            ids = tuple(self.id_for(request_id, f"{uid} {number}") for number in range(len(statements)))
            events = self.events(connection, uid, held.keys)
            if {event.event_id for event in events} & set(ids):
                return ids
            self._say(connection, uid, held.keys, list(zip(ids, statements, strict=True)))
            digests = self._settle(connection, uid, held.keys, fold(uid, events, self.today, self.today))
            self.note(connection, "write", (uid,), WORK, digests=digests)
        return ids

    def _say(
        self, connection: Transaction, uid: str, keys: Keys, statements: list[tuple[str, Statement]]
    ) -> None:
        for number, (event_id, statement) in enumerate(statements):
            events = self.events(connection, uid, keys)
            case = self._as_written(uid, events)
            try:
                check_statement(statement, self.today)
                check_action(case, statement, self.officer.officer_id, self.officer.roles)
                check_clock(case, statement, self.today, self.rules)
                if statement.supersedes and case.by_id(statement.supersedes) is None:
                    raise FieldError("supersedes", "there is no such event that still stands")
            except CaseInputError as error:
                error.statement = number
                raise
            self.append(connection, uid, events, statement, keys, event_id)

    def _as_written(self, uid: str, events: tuple[Event, ...]) -> CaseFile:
        """The case by all that is written down: another machine's clock may be ahead, whatever day it bears."""
        day = max((self.today, *(max(event.known_on, event.when.earliest) for event in events)))
        return fold(uid, events, day, day)

    def _settle(self, connection: Transaction, uid: str, keys: Keys, before: CaseFile) -> Digests:
        """Keep back what members fetch of a case, or let it out, by what was just said of it."""
        if not told_of(connection, before):
            return NONE
        return settle(connection, self._as_written(uid, self.events(connection, uid, keys)))
