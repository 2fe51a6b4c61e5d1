"""What lies under an officer's desk: which cases their keys open, sealed events, grants, and the log of what is done.

All of it works inside a transaction that somebody else began. What an officer holds no key for does not exist here.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import NamedTuple

from casework.access import GRANT_TYPE, Grant, read_grant, write_grant
from casework.audit import NONE, AuditEntry, Head, check_purpose, write_entry
from casework.chain import FIRST, Header, Signed, link, place, read_header, sign_header
from casework.enrol import officers
from casework.errors import AuditError, CaseworkError, ErasedError, NotFoundError, RoleError, TamperedError
from casework.event import Event, Statement, read_parts, write_parts
from casework.keyring import Epoch, WrappedKey, close_for, open_key, put_on_ring
from casework.officer import RECOVERY, Officer, Unlocked
from casework.posting import Digests
from casework.store.audit import add_audit_entry
from casework.store.database import Database, Transaction
from casework.store.events import NOWHERE, Stored, add_event, case_id_of, case_ids, events_of, last_event
from casework.store.people import add_grant, grants_to, keys_of, put_key, rewrap
from casework.vocabulary import Group
from casework.vocabulary.deadlines import Rules, usual_rules
from crypto.cell import open_cell, seal_cell
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


class Keyholder:
    """One officer with their keys in memory, and what these open."""

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
                raise TamperedError("case {uid}: event {number} is missing", uid=uid[:8], number=number)
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

    def seal_to_recovery(self, connection: Transaction, case_id: int, uid: str, keys: Keys) -> None:
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
            raise TamperedError("case {uid}: its last event is not where it should be", uid=uid[:8])
        sequence = len(events) + 1
        parts = write_parts(statement, statement.known_on or self.today)
        lacking = parts.keys() - keys.keys()
        if lacking:
            raise RoleError("you hold no key for {lacking} fields of this case", lacking=min(lacking))
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

    def id_for(self, request_id: str, what: str) -> str:
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
        raise ErasedError("case {uid} was erased", uid=uid[:8])
    header = read_header(stored.signed.payload)
    try:
        parts = {
            group: open_cell(keys[group], sealed, place(uid, stored.sequence, group))
            for group, sealed in stored.sealed.items()
        }
    except CryptoError as error:
        raise TamperedError(
            "case {uid}, event {sequence}: a part does not open", uid=uid[:8], sequence=stored.sequence
        ) from error
    recorded_at = datetime.fromtimestamp(header.recorded_at, UTC)
    return read_parts(parts, header.event_id, stored.sequence, recorded_at, header.officer)
