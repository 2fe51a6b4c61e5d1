"""Verify all of casework again: without any key of a case, and with those of an officer who is signed in.

Without keys: who admitted whom, the chain and signatures of every case, the digests of sealed parts, grants and who
gave them, keys against grants, the tree of the audit log against its checkpoints, and everything that was written
against the audit log. Whoever drops the last events of a case, a case, a grant or a file is found by that, and whoever
drops a message of a report that an officer has seen.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple

from casework.access import GRANT_TYPE, Grant, check_granter, read_grant
from casework.audit import AuditEntry, Head, audit_log_name, read_entry
from casework.auditlog import root_of
from casework.chain import FIRST, Signed, link, read_header, verify_header
from casework.desk import Desk
from casework.enrol import officers
from casework.errors import CaseInputError, CaseworkError, TamperedError
from casework.keyring import open_outer
from casework.officer import RECOVERY, Officer
from casework.post_check import check_post
from casework.store.audit import audit_checkpoints, audit_entries
from casework.store.database import Database, Transaction
from casework.store.events import Stored, case_ids, events_of
from casework.store.evidence import evidence_files
from casework.store.notices import notices_kept
from casework.store.people import all_keys, grant_rows, officer_rows
from casework.store.tips import messages_of, tip_keys, tip_tombstones, tips
from casework.store.tombstones import tombstones
from casework.tip import tip_name, verify_message
from casework.tombstone import TIP_TOMBSTONE_TYPE, TOMBSTONE_TYPE, read_tip_tombstone, read_tombstone
from casework.vocabulary import Group
from crypto.checkpoint import verify_checkpoint
from crypto.cosignature import cosignatures
from crypto.envelope import pae
from crypto.errors import CryptoError
from crypto.merkle import leaf_hash
from crypto.signing import verify_signature

DigestOf = Callable[[str], tuple[bytes, int] | None]
"""SHA-256 and size of a sealed file by its name, or nothing where there is none."""


class CaseFault(NamedTuple):
    """Something that does not hold, and where."""

    where: str
    what: str


class Trusted(NamedTuple):
    """What casework is held against, none of it from the database.

    Attributes:
        org_id: Of this node.
        log_keys: Ed25519 public keys that sign its checkpoints, or did.
        witnesses: Likewise of members, by key name.
        epochs: Keys of the months.
        digest_of: Reads a sealed file again.
        today: UTC day.
        signers: Public signing keys of this organization and of members, by id.
    """

    org_id: str
    log_keys: tuple[bytes, ...]
    witnesses: Mapping[str, tuple[bytes, ...]]
    epochs: Mapping[str, bytes]
    digest_of: DigestOf
    today: date
    signers: Mapping[str, tuple[bytes, ...]] = MappingProxyType({})


class Checked(NamedTuple):
    """How much was verified, and what does not hold."""

    verified: int
    faults: tuple[CaseFault, ...]


def checked(found: Iterable[CaseFault | int]) -> Checked:
    """Count what was verified, and keep what does not hold."""
    listed = tuple(found)
    return Checked(
        sum(one for one in listed if isinstance(one, int)),
        tuple(one for one in listed if isinstance(one, CaseFault)),
    )


def check_office(database: Database, trusted: Trusted) -> Iterator[CaseFault | int]:
    """Give everything that does not hold, and how many events, grants and entries were verified."""
    with database.read() as connection:
        yield from _Checker(connection, trusted).check()


def check_desk(desk: Desk) -> Iterator[CaseFault | int]:
    """Open everything that an officer can, after writing that down.

    Raises:
        AuditError: It could not be written down.
    """
    uids = desk.uids()
    desk.write_down("check", uids, "check")
    with desk.database.read() as connection:
        holdings = desk.holdings(connection)
        for uid in uids:
            try:
                yield len(desk.events(connection, uid, holdings[uid].keys))
            except CaseworkError as error:
                yield CaseFault(f"case {uid[:8]}", str(error))


class _Checker:
    """Goes through the tables and keeps what the next one is held against."""

    def __init__(self, connection: Transaction, trusted: Trusted) -> None:
        self._connection = connection
        self._trusted = trusted
        self._entries: list[AuditEntry] = []
        self._heads: dict[int, Head] = {}
        self._written: dict[str, list[str]] = {}
        self._erased: dict[int, set[str]] = {}
        self._people: dict[str, Officer] = {}
        self._roles: dict[str, set[str]] = {}  # that somebody has ever had
        self._opened_by: dict[str, str] = {}
        self._grants: dict[tuple[str, str], Grant] = {}
        self._numbers: dict[str, int] = {}
        self._broken: set[tuple[int, int]] = (
            set()
        )  # cases opened with the recovery key, and where they say so

    def check(self) -> Iterator[CaseFault | int]:
        yield from self._audit()
        yield from self._officers()
        yield from self._cases()
        yield from self._given()
        yield from self._keys()
        yield from self._notices()
        yield from self._files()
        yield from self._tombstones()
        yield from self._tips()
        yield from self._tip_tombstones()
        for found in check_post(self._connection, self._trusted.signers, self._written):
            yield found if isinstance(found, int) else CaseFault(*found)

    def _audit(self) -> Iterator[CaseFault | int]:
        leaves: list[bytes] = []
        for index, stored in enumerate(audit_entries(self._connection)):
            where = f"audit log, entry {index}"
            leaves.append(leaf_hash(stored.entry))
            if stored.number != index or stored.leaf_hash != leaves[-1]:
                yield CaseFault(where, "it is not the one that was written, or one before it is missing")
            try:
                entry = read_entry(stored.entry)
            except TamperedError as error:
                yield CaseFault(where, str(error))
                continue
            self._entries.append(entry)
            self._heads |= entry.heads
            if entry.act == "break_glass":
                self._broken |= {(number, head.sequence) for number, head in entry.heads.items()}
            for kind, digests in entry.digests.items():
                self._written.setdefault(kind, []).extend(digests)
            for number, groups in entry.erased.items():
                self._erased.setdefault(number, set()).update(groups)
        yield from self._checkpoints(leaves)
        yield len(leaves)

    def _checkpoints(self, leaves: list[bytes]) -> Iterator[CaseFault]:
        name = audit_log_name(self._trusted.org_id)
        for stored_checkpoint in audit_checkpoints(self._connection):
            where = f"audit log, checkpoint of {stored_checkpoint.size}"
            try:
                checkpoint = verify_checkpoint(stored_checkpoint.note, name, *self._trusted.log_keys)
                cosignatures(stored_checkpoint.note, self._trusted.witnesses)
            except CryptoError as error:
                yield CaseFault(where, str(error))
                continue
            if checkpoint.size != stored_checkpoint.size:
                yield CaseFault(where, "it is of another size")
            elif checkpoint.size > len(leaves):
                yield CaseFault(where, f"entries were dropped: there are {len(leaves)} left")
            elif root_of(leaves[: checkpoint.size]) != checkpoint.root:
                yield CaseFault(where, "the log had other entries then")

    def _officers(self) -> Iterator[CaseFault | int]:
        try:
            self._people = officers(self._connection)
        except TamperedError as error:
            yield CaseFault("officers", str(error))
        payloads = []
        try:
            rows = officer_rows(self._connection)
        except TamperedError as error:
            yield CaseFault("officers", str(error))
            return
        for row in rows:
            payloads.append(row.signed.payload)
            self._roles.setdefault(row.officer.officer_id, set()).update(row.officer.roles)
            known = self._people.get(row.officer.officer_id)
            if (row.officer_id, row.version) != (row.officer.officer_id, row.officer.version):
                yield CaseFault(f"officer {row.officer_id}", "the entry is of another officer or version")
            elif known and known.signing_key != row.officer.signing_key:
                yield CaseFault(f"officer {row.officer_id}", "the entry has other keys")
        yield from self._same("officer", "officers", payloads, in_order=False)
        yield len(payloads)

    def _cases(self) -> Iterator[CaseFault | int]:
        self._numbers = case_ids(self._connection)
        known = {number: uid for uid, number in self._numbers.items()}
        for number in sorted(self._heads.keys() - known.keys()):
            yield CaseFault(f"case number {number}", "the whole case is missing")
        for number, uid in known.items():
            yield from self._case(number, uid)

    def _case(self, number: int, uid: str) -> Iterator[CaseFault | int]:
        where, previous, count = f"case {uid[:8]}", FIRST, 0
        for count, stored in enumerate(events_of(self._connection, number), 1):
            try:
                signer = self._event(number, uid, stored, count, previous)
                self._opened_by.setdefault(uid, signer)
            except TamperedError as error:
                yield CaseFault(where, str(error))
            previous = link(stored.signed.payload)
        if self._heads.get(number) != (count, previous.hex()):
            yield CaseFault(where, "its last event is not the one that the audit log knows")
        yield count

    def _event(self, number: int, uid: str, stored: Stored, count: int, previous: bytes) -> str:
        """Check one event and give who signed it."""
        where = f"case {uid[:8]}, event {count}"
        if stored.sequence != count:
            raise TamperedError("{where}: it is missing", where=where)
        header = read_header(stored.signed.payload)
        signer = self._people.get(header.officer)
        if signer is None:
            raise TamperedError("{where}: {officer} was never admitted", where=where, officer=header.officer)
        verify_header(stored.signed, signer.signing_key, uid, count, previous, stored.sealed)
        lost = {str(group) for group in header.parts.keys() - stored.sealed.keys()}
        if lost - self._erased.get(number, set()):
            raise TamperedError("{where}: a sealed part is missing and was not erased", where=where)
        return header.officer

    def _given(self) -> Iterator[CaseFault | int]:
        payloads = []
        for row in grant_rows(self._connection):
            where = f"grant of case {row.case[:8]} to {row.officer_id}"
            payloads.append(row.signed.payload)
            try:
                grant = read_grant(row.signed.payload)
                self._check_grant(grant, row.signed.payload, row.signed.signature)
            except CaseworkError as error:
                yield CaseFault(where, str(error))
                continue
            if (grant.case, grant.officer_id) != (row.case, row.officer_id):
                yield CaseFault(where, "it was given for another case or officer")
            self._grants[grant.case, grant.officer_id] = grant
        yield from self._same("grant", "grants", payloads, in_order=True)
        yield len(payloads)

    def _check_grant(self, grant: Grant, payload: bytes, signature: bytes) -> None:
        by = self._people.get(grant.granted_by)
        if by is None:
            raise TamperedError("{granted_by} was never admitted", granted_by=grant.granted_by)
        try:
            verify_signature(by.signing_key, pae(GRANT_TYPE, payload), signature)
        except CryptoError as error:
            raise TamperedError("it is not signed by who gave it") from error
        itself = grant.officer_id == grant.granted_by and (grant.case, grant.granted_by) not in self._grants
        if itself and self._opened_by.get(grant.case) == grant.granted_by:
            return  # who opens a case holds all of it
        day = datetime.fromtimestamp(grant.granted_at, UTC).date()
        held = self._grants.get((grant.case, by.officer_id))
        before = self._grants.get((grant.case, grant.officer_id))
        then = by._replace(roles=frozenset(self._roles.get(by.officer_id, by.roles)))  # they may have changed
        try:
            check_granter(then, held, before, grant, day)
        except CaseInputError as error:
            raise TamperedError(
                "{officer_id} could not give it: {error}", officer_id=by.officer_id, error=error
            ) from error

    def _keys(self) -> Iterator[CaseFault | int]:
        held: set[tuple[str, str, Group]] = set()
        try:
            keys = all_keys(self._connection)
        except TamperedError as error:
            yield CaseFault("keys", str(error))
            return
        for key in keys:
            where = f"key {key.group} of case {key.case[:8]} for {key.officer_id}"
            held.add((key.case, key.officer_id, key.group))
            grant = self._grants.get((key.case, key.officer_id))
            recovers = RECOVERY in self._roles.get(key.officer_id, ())
            if not recovers and (grant is None or key.group not in grant.groups):
                yield CaseFault(where, "no grant gives it")
            if str(key.group) in self._erased.get(self._numbers.get(key.case, 0), ()):
                yield CaseFault(where, "it was erased and is there again")
            try:
                open_outer(self._trusted.epochs, key)
            except CaseworkError as error:
                yield CaseFault(where, str(error))
        for (case, officer_id), grant in self._grants.items():
            if grant.expires_on is not None and grant.expires_on < self._trusted.today:
                continue
            erased = self._erased.get(self._numbers.get(case, 0), set())
            missing = {
                one for one in grant.groups if (case, officer_id, one) not in held and str(one) not in erased
            }
            if missing:
                yield CaseFault(f"case {case[:8]}", f"{officer_id} has lost the key {min(missing)}")
        yield len(keys)

    def _notices(self) -> Iterator[CaseFault]:
        kept = notices_kept(self._connection)
        for number, sequence in sorted(self._broken ^ kept):
            missing = (number, sequence) in self._broken
            what = "was dropped" if missing else "is in no entry of the audit log"
            yield CaseFault(
                f"case number {number}", f"the notice that event {sequence} used the recovery key {what}"
            )

    def _files(self) -> Iterator[CaseFault | int]:
        written = set(self._written.get("files", ())) - set(self._written.get("destroyed", ()))
        found = set()
        for row in evidence_files(self._connection):
            where = f"evidence file {row.file}"
            found.add(row.digest.hex())
            if row.digest.hex() not in written:
                yield CaseFault(where, "the audit log does not know it")
            there = self._trusted.digest_of(row.file)
            if there is None:
                yield CaseFault(where, "it is missing")
            elif there != (row.digest, row.size):
                yield CaseFault(where, "it is not the one that was sealed")
        yield from (CaseFault("evidence", f"{digest[:16]} was dropped") for digest in sorted(written - found))
        yield len(found)

    def _tombstones(self) -> Iterator[CaseFault | int]:
        payloads = []
        for uid, signed in tombstones(self._connection):
            payloads.append(signed.payload)
            try:
                self._check_tombstone(uid, signed)
            except (TamperedError, CryptoError) as error:
                yield CaseFault(f"tombstone of case {uid[:8]}", str(error))
        yield from self._same("tombstone", "tombstones", payloads, in_order=False)

    def _check_tombstone(self, uid: str, signed: Signed) -> None:
        stone = read_tombstone(signed.payload)
        by = self._people.get(stone.erased_by)
        if by is None or stone.case != uid:
            raise TamperedError("it is of another case, or signed by nobody")
        verify_signature(by.signing_key, pae(TOMBSTONE_TYPE, signed.payload), signed.signature)

    def _tips(self) -> Iterator[CaseFault | int]:
        """Check messages of reports, and that each that an officer has seen is still there."""
        found = set()
        for tip in tips(self._connection):
            for number, closed in enumerate(messages_of(self._connection, tip.tip_id), 1):
                found.add(closed.digest(tip.uid))
                try:
                    verify_message(self._people, tip.reporter_key, tip.uid, number, closed)
                except TamperedError as error:
                    yield CaseFault("reports", str(error))
        erased = set(self._written.get("erased_tips", ()))
        for digest in dict.fromkeys(self._written.get("tips", ())):
            if digest not in found | erased:
                yield CaseFault("reports", f"message {digest[:16]} was dropped or changed")
        for digest in sorted(found & erased):
            yield CaseFault("reports", f"message {digest[:16]} was erased and is there again")
        for key in tip_keys(self._connection):
            try:
                open_outer(self._trusted.epochs, key)
            except CaseworkError as error:
                yield CaseFault(f"key of report {tip_name(key.case)} for {key.officer_id}", str(error))
        yield len(found)

    def _tip_tombstones(self) -> Iterator[CaseFault]:
        payloads = []
        for number, signed in enumerate(tip_tombstones(self._connection), 1):
            payloads.append(signed.payload)
            try:
                self._check_tip_tombstone(signed)
            except (TamperedError, CryptoError) as error:
                yield CaseFault(f"tombstone {number} of a report", str(error))
        yield from self._same("tombstone of a report", "tip_tombstones", payloads, in_order=False)

    def _check_tip_tombstone(self, signed: Signed) -> None:
        by = self._people.get(read_tip_tombstone(signed.payload).erased_by)
        if by is None:
            raise TamperedError("it is signed by nobody")
        verify_signature(by.signing_key, pae(TIP_TOMBSTONE_TYPE, signed.payload), signed.signature)

    def _same(self, name: str, kind: str, payloads: list[bytes], *, in_order: bool) -> Iterator[CaseFault]:
        """Compare what is stored with what the audit log says was written."""
        stored = [sha256(payload).hexdigest() for payload in payloads]
        written = self._written.get(kind, [])
        for digest in dict.fromkeys(written):
            if digest not in stored:
                yield CaseFault(kind, f"{name} {digest[:16]} was dropped or changed")
        for digest in stored:
            if digest not in written:
                yield CaseFault(kind, f"{name} {digest[:16]} was put in or changed")
        if in_order and sorted(stored) == sorted(written) and stored != written:
            yield CaseFault(kind, "they were put in another order")
