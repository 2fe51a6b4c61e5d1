"""The desk of one officer: open a case, read one, say something of one. Every read is written down before its answer.

What the officer holds no key for, or no longer may see, does not exist here: not in lists, counts or errors. What is
said is checked against the one table of actions, sealed, signed and put behind the event before it, in one transaction.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import NamedTuple

from casework.access import ALL_RIGHTS, GRANT_TYPE, Grant, read_grant, write_grant
from casework.audit import NONE, AuditEntry, Head, check_purpose, write_entry
from casework.casefile import CaseFile, find_case, fold
from casework.chain import FIRST, Header, Signed, link, place, read_header, sign_header
from casework.deadlines import check_clock
from casework.enrol import officers
from casework.errors import (
    AuditError,
    CaseInputError,
    CaseworkError,
    ErasedError,
    FieldError,
    NotFoundError,
    RoleError,
    TamperedError,
)
from casework.event import Event, Statement, check_statement, read_parts, write_parts
from casework.keyring import Epoch, WrappedKey, close_for, open_key, put_on_ring
from casework.lifecycle import check_action
from casework.officer import RECOVERY, Officer, Unlocked
from casework.posting import Digests, settle, told_of
from casework.store.audit import add_audit_entry
from casework.store.database import Database, Transaction
from casework.store.events import (
    NOWHERE,
    Stored,
    add_case,
    add_event,
    case_id_of,
    case_ids,
    events_of,
    last_event,
)
from casework.store.people import add_grant, grants_to, keys_of, put_key, rewrap
from casework.vocabulary import Group, kinds
from casework.vocabulary.deadlines import Rules, usual_rules
from crypto.cell import new_cell_key, open_cell, seal_cell
from crypto.envelope import pae
from crypto.errors import CryptoError

Keys = Mapping[Group, bytes]
WORK = "work"  # the usual purpose of a read
_WRITES = frozenset({"open", "write", "evidence", "export", "destroy", "break_glass", "erase"})


class Epochs(NamedTuple):
    """Keys of the months that can still be opened, and the one that new keys are put under."""

    current: Epoch
    keys: Mapping[str, bytes]


class Holding(NamedTuple):
    """What an officer holds of one case: the grant, and the keys that it gives."""

    grant: Grant
    keys: Keys


class Desk:
    """The cases of one officer, with their keys in memory."""

    def __init__(
        self,
        database: Database,
        officer: Officer,
        unlocked: Unlocked,
        epochs: Callable[[], Epochs],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        rules: Rules | None = None,
    ) -> None:
        self.database = database
        self.officer = officer
        self._epochs = epochs
        self.clock = clock
        self.unlocked = unlocked
        self.rules = rules or usual_rules()

    @property
    def epochs(self) -> Epochs:
        """Keys of the months as they are now: the month may turn while an officer works."""
        return self._epochs()

    @property
    def today(self) -> date:
        """The UTC day."""
        return self.clock().astimezone(UTC).date()

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
            raise RoleError("opened belongs to " + " or ".join(sorted(kinds()["opened"].roles)))
        uid = self._id(request_id, "case")
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
            self._seal_to_recovery(connection, case_id, uid, keys)
            self.append(connection, uid, (), statement, keys, self._id(request_id, uid))
            listed = [(self._id(request_id, f"{uid} then {at}"), one) for at, one in enumerate(then)]
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
            NotFoundError: There is none, or it is not for this officer.
            AuditError: The read could not be written down.
            TamperedError: What is stored does not hold.
        """
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
            ids = tuple(self._id(request_id, f"{uid} {number}") for number in range(len(statements)))
            events = self.events(connection, uid, held.keys)
            if {event.event_id for event in events} & set(ids):
                return ids
            self._say(connection, uid, held.keys, list(zip(ids, statements, strict=True)))
            digests = self._settle(connection, uid, held.keys, fold(uid, events, self.today, self.today))
            self.note(connection, "write", (uid,), WORK, digests=digests)
        return ids

    def holding(self, connection: Transaction, uid: str) -> Holding | None:
        """What this officer holds of one case; nothing where it is not for them, or there is none.

        Both take the same way, so that nobody learns from the time of a refusal which of them it is.
        """
        try:
            case_id = case_id_of(connection, uid)
        except NotFoundError:
            case_id = NOWHERE
        return self.holdings(connection, case_id).get(uid)

    def holdings(
        self, connection: Transaction, case_id: int | None = None, only: frozenset[Group] = frozenset(Group)
    ) -> dict[str, Holding]:
        """What this officer holds of each case, or of one, by uid, in the order in which the cases were opened.

        Opening keys is what takes time: whoever needs some groups only says so.
        """
        grants: dict[str, Grant] = {}
        for signed in grants_to(connection, self.officer.officer_id, case_id):
            grant = read_grant(signed.payload)
            grants[grant.case] = grant
        wrapped: dict[str, list[WrappedKey]] = {}
        for key in keys_of(connection, self.officer.officer_id, case_id):
            wrapped.setdefault(key.case, []).append(key)
        found, months = {}, self.epochs.keys
        for uid, closed in wrapped.items():
            held = grants.get(uid)
            if held is not None and held.holds("read", self.today):
                groups = held.groups & only
                keys = {
                    key.group: open_key(months, self.unlocked, key) for key in closed if key.group in groups
                }
                if Group.CASE in keys:
                    found[uid] = Holding(held, keys)
        return found

    def ring(self) -> int:
        """Put keys that were sealed to this officer on their ring, which opens faster; gives how many."""
        with self.database.write() as connection:
            fresh = [key for key in keys_of(connection, self.officer.officer_id) if not key.on_ring]
            epochs = self.epochs
            changed = {
                key: put_on_ring(
                    epochs.current, self.unlocked, key, open_key(epochs.keys, self.unlocked, key)
                )
                for key in fresh
            }
            rewrap(connection, changed)
        return len(changed)

    def events(self, connection: Transaction, uid: str, keys: Keys) -> tuple[Event, ...]:
        """Every event of a case, opened with these keys; no permission is asked here.

        Raises:
            TamperedError: A part or the order of events does not hold.
        """
        case_id = case_id_of(connection, uid)
        found = []
        for number, stored in enumerate(events_of(connection, case_id, frozenset(keys)), 1):
            if stored.sequence != number:
                raise TamperedError(f"case {uid[:8]}: event {number} is missing")
            found.append(_open_event(uid, stored, keys))
        return tuple(found)

    def hand_over(self, connection: Transaction, case_id: int, grant: Grant, to: Officer, keys: Keys) -> None:
        """Sign a grant and seal its keys to whom it lets in, inside an open write, and write down that it was done."""
        reason = seal_cell(keys[Group.CASE], grant.reason.encode(), grant.place)
        payload = write_grant(grant._replace(sealed_reason=reason))
        signed = Signed(payload, self.unlocked.signer.sign(pae(GRANT_TYPE, payload)))
        add_grant(connection, case_id, to.officer_id, signed)
        for group in sorted(grant.groups & keys.keys()):
            put_key(
                connection,
                case_id,
                close_for(self.epochs.current, to.officer_id, to.seal_key, grant.case, group, keys[group]),
            )
        self.note(
            connection,
            "grant" if grant.rights else "revoke",
            (grant.case,),
            WORK,
            digests={"grants": (sha256(payload).hexdigest(),)},
        )

    def _seal_to_recovery(self, connection: Transaction, case_id: int, uid: str, keys: Keys) -> None:
        """Seal keys to the recovery key too, if the office has set one up."""
        current = self.epochs.current
        for one in officers(connection).values():
            if RECOVERY in one.roles:
                for group, key in keys.items():
                    wrapped = close_for(current, one.officer_id, one.seal_key, uid, group, key)
                    put_key(connection, case_id, wrapped)

    def note(
        self,
        connection: Transaction,
        act: str,
        cases: tuple[str, ...],
        purpose: str,
        *,
        groups: Iterable[Group] = (),
        digests: Digests = NONE,
        erased: Iterable[Group] = (),
    ) -> None:
        """Write down what is done, inside an open write: who, what, which cases, what for, in which hour.

        What was written to the cases before in the same transaction is named by its new heads.

        Raises:
            FieldError: There is no such purpose.
        """
        numbers = self._numbers(connection, cases)
        heads = {}
        if act in _WRITES:
            for number in numbers:
                last = last_event(connection, number)
                if last is not None:
                    heads[number] = Head(last.sequence, link(last.signed.payload).hex())
        lost = tuple(sorted(erased))
        entry = AuditEntry(
            self._now(),
            self.officer.officer_id,
            act,
            check_purpose(purpose),
            () if act == "denied" else numbers,
            _asked(cases) if act == "denied" else "",
            tuple(sorted(groups)),
            heads,
            digests,
            dict.fromkeys(numbers, lost) if lost else NONE,
        )
        add_audit_entry(connection, write_entry(entry))

    def _numbers(self, connection: Transaction, cases: tuple[str, ...]) -> tuple[int, ...]:
        """Numbers of those of these cases that there are."""
        if len(cases) == 1:
            try:
                return (case_id_of(connection, cases[0]),)
            except NotFoundError:
                return ()
        known = case_ids(connection)
        return tuple(known[uid] for uid in cases if uid in known)

    def write_down(
        self,
        act: str,
        cases: tuple[str, ...],
        purpose: str,
        groups: Iterable[Group] = (),
        digests: Digests = NONE,
    ) -> None:
        """Write down a read before it is answered.

        Raises:
            FieldError: There is no such purpose.
            AuditError: It could not be written, so nothing may be read.
        """
        check_purpose(purpose)
        try:
            with self.database.write() as connection:
                self.note(connection, act, cases, purpose, groups=groups, digests=digests)
        except CaseworkError as error:
            raise AuditError("the read could not be written down, so nothing is shown") from error

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

    def append(
        self,
        connection: Transaction,
        uid: str,
        events: tuple[Event, ...],
        statement: Statement,
        keys: Keys,
        event_id: str = "",
    ) -> str:
        """Seal, sign and put a checked statement behind the events of a case, inside an open write; gives its id.

        Raises:
            TamperedError: The case has other events than these.
            RoleError: A key is lacking for what it says.
        """
        case_id = case_id_of(connection, uid)
        before = last_event(connection, case_id)
        if (before.sequence if before else 0) != len(events):
            raise TamperedError(f"case {uid[:8]}: its last event is not where it should be")
        sequence = len(events) + 1
        parts = write_parts(statement, statement.known_on or self.today)
        lacking = parts.keys() - keys.keys()
        if lacking:
            raise RoleError(f"you hold no key for {min(lacking)} fields of this case")
        sealed = {
            group: seal_cell(keys[group], part, place(uid, sequence, group)) for group, part in parts.items()
        }
        header = Header(
            uid,
            sequence,
            link(before.signed.payload) if before else FIRST,
            event_id or secrets.token_hex(16),
            self._now(),
            self.officer.officer_id,
            {group: sha256(part).digest() for group, part in sealed.items()},
        )
        add_event(connection, case_id, sequence, sign_header(self.unlocked.signer, header), sealed)
        return header.event_id

    def _id(self, request_id: str, what: str) -> str:
        """A new id of 32 hexadecimal digits; of a request that has one itself, always the same."""
        if not request_id:
            return secrets.token_hex(16)
        return sha256(f"{self.officer.officer_id} {request_id} {what}".encode()).hexdigest()[:32]

    def _now(self) -> int:
        return int(self.clock().timestamp())


def _asked(cases: tuple[str, ...]) -> str:
    return sha256("".join(sorted(cases)).encode()).hexdigest()[:32]


def _open_event(uid: str, stored: Stored, keys: Keys) -> Event:
    if Group.CASE not in stored.sealed:
        raise ErasedError(f"case {uid[:8]} was erased")
    header = read_header(stored.signed.payload)
    try:
        parts = {
            group: open_cell(keys[group], sealed, place(uid, stored.sequence, group))
            for group, sealed in stored.sealed.items()
        }
    except CryptoError as error:
        raise TamperedError(f"case {uid[:8]}, event {stored.sequence}: a part does not open") from error
    recorded_at = datetime.fromtimestamp(header.recorded_at, UTC)
    return read_parts(parts, header.event_id, stored.sequence, recorded_at, header.officer)
