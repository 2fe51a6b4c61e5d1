"""Evidence: sealed files, and a chain of custody in which every act says the hash before and after it (casework 3.2).

The original is never changed: a working or redacted copy is a new item derived from it. The hash is that of the content
as it was collected; the sealed bytes beside the database have a digest of their own, which anybody can verify.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple

from casework.casefile import CaseFile, fold
from casework.desk import WORK, Desk, Holding
from casework.errors import (
    CaseworkError,
    EvidenceError,
    NotFoundError,
    RoleError,
    SecondPersonError,
    TamperedError,
)
from casework.event import Event, Statement, check_statement
from casework.lifecycle import check_action
from casework.retention import is_on_legal_hold
from casework.span import Range, on
from casework.store.database import Database, Transaction
from casework.store.events import case_id_of
from casework.store.evidence import EvidenceFile, add_evidence_file, drop_evidence_file, evidence_files
from casework.values import Value
from casework.vault import Vault
from casework.vocabulary import Group
from crypto.cell import derive_key
from crypto.errors import CryptoError
from crypto.sealing import HEAD_BYTES, Sealer, SealKey, open_sealed

_FILES = "evidence-files"  # what the key that files are sealed to is derived for
NOTHING: Mapping[str, Value] = MappingProxyType({})


class Item(NamedTuple):
    """One item of evidence: what was said when it was added, and every act since, in order."""

    added: Event
    acts: tuple[Event, ...]

    @property
    def id(self) -> str:
        """Its id in the case."""
        return self.added.text("evidence")

    @property
    def digest(self) -> str:
        """SHA-256 of its content as it was collected, hexadecimal."""
        return self.added.text("sha256")

    @property
    def file(self) -> str:
        """Name of its sealed file; empty where none is kept here."""
        return self.added.text("file")

    @property
    def is_destroyed(self) -> bool:
        """Whether its sealed file is gone."""
        return any(act.text("act") == "destroy" for act in self.acts)

    @property
    def verified(self) -> Event | None:
        """When it was last hashed again, and with which result."""
        return next((act for act in reversed(self.acts) if act.text("act") == "verify"), None)


@dataclass(slots=True)
class _Hashed:
    """Bytes on their way, counted and hashed."""

    parts: Iterable[bytes]
    size: int = 0
    digest: str = ""

    def __iter__(self) -> Iterator[bytes]:
        found = sha256()
        for part in self.parts:
            found.update(part)
            self.size += len(part)
            yield part
        self.digest = found.hexdigest()


def items(case: CaseFile) -> tuple[Item, ...]:
    """Every item of evidence of a case with its chain of custody."""
    return tuple(
        Item(
            added, tuple(one for one in case.of("custody") if one.text("evidence") == added.text("evidence"))
        )
        for added in case.of("evidence_added")
    )


def item_of(case: CaseFile, evidence: str) -> Item:
    """Find an item.

    Raises:
        EvidenceError: There is none of that id, or its file is gone.
    """
    for one in items(case):
        if one.id == evidence:
            if one.is_destroyed or not one.file:
                raise EvidenceError(f"the file of {evidence} is not kept here")
            return one
    raise EvidenceError(f"there is no evidence {evidence[:40]!r} in this case")


def collect(desk: Desk, vault: Vault, uid: str, content: Iterable[bytes], said: Statement) -> Item:
    """Seal content as a new item of evidence; its custody begins with that.

    Args:
        desk: Of who collects it.
        vault: Where sealed files lie.
        uid: Of the case.
        content: In pieces of any size.
        said: An `evidence_added` without hash, size and file, which are found here.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        CaseInputError: Something is missing, or there is such an item already; nothing is kept.
        VaultError: The file can not be written; nothing is kept.
    """
    with desk.database.read() as connection:
        held = _held(desk, connection, uid)
    file, hashed = secrets.token_hex(16), _Hashed(content)
    sealed, size = vault.put(file, Sealer(_seal_key(held).public_key).seal(hashed))
    found: dict[str, Value] = {"sha256": hashed.digest, "size": Range(hashed.size, hashed.size), "file": file}
    added = Statement(
        said.kind, said.when, {**said.fields, **found}, said.known_on, said.sources, said.reliability
    )
    taken = _act(added.fields["evidence"], "collect", hashed.digest, hashed.digest, {}, said.when.earliest)
    try:
        with desk.database.write() as connection:
            case = _case(desk, connection, uid, held)
            if any(one.id == added.fields["evidence"] for one in items(case)):
                raise EvidenceError(f"there is evidence {added.fields['evidence']} already")
            add_evidence_file(connection, case_id_of(connection, uid), EvidenceFile(file, sealed, size))
            _say(desk, connection, uid, held, added, taken)
            desk.note(connection, "evidence", (uid,), WORK, digests={"files": (sealed.hex(),)})
    except CaseworkError:
        _sweep_one(desk, vault, file)
        raise
    return item_of(desk.read(uid), str(added.fields["evidence"]))


def handle(
    desk: Desk, vault: Vault, uid: str, evidence: str, act: str, said: Mapping[str, Value] = NOTHING
) -> Event:
    """Write down an act of custody (`transfer`, `access` or `verify`) with the hash before it and now.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        EvidenceError: There is no such item, or its content is no longer what was collected, which is written down.
    """
    with desk.database.read() as connection:
        held = _held(desk, connection, uid)
        item = item_of(_case(desk, connection, uid, held), evidence)
    now = _rehash(held, vault, item)
    with desk.database.write() as connection:
        (event_id,) = _say(
            desk, connection, uid, held, _act(evidence, act, item.digest, now, said, desk.today)
        )
        desk.note(connection, "evidence", (uid,), WORK)
    if now != item.digest:
        raise EvidenceError(f"{evidence} is not what was collected; that is written down as {event_id}")
    found = desk.read(uid).by_id(event_id)
    assert found is not None
    return found


def content_of(desk: Desk, vault: Vault, uid: str, evidence: str, purpose: str) -> Iterator[bytes]:
    """Give the content of an item, after its access was written down.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        EvidenceError: There is no such item, or its content is no longer what was collected.
    """
    handle(desk, vault, uid, evidence, "access", {"purpose": purpose})
    with desk.database.read() as connection:
        held = _held(desk, connection, uid)
        item = item_of(_case(desk, connection, uid, held), evidence)
    return _open(held, vault, item)


def derive(
    desk: Desk, vault: Vault, uid: str, evidence: str, said: Statement, content: Iterable[bytes] | None = None
) -> Item:
    """Make a working copy of an item, or keep a redacted one, as a new item derived from it.

    Raises:
        CaseInputError: There is no such item, or something is missing.
    """
    source = content_of(desk, vault, uid, evidence, "copy") if content is None else content
    made = collect(desk, vault, uid, source, _with(said, derived_from=evidence))
    with desk.database.write() as connection:
        held = _held(desk, connection, uid)
        item = item_of(_case(desk, connection, uid, held), evidence)
        copied = _act(evidence, "copy", item.digest, item.digest, {"to": made.id}, desk.today)
        _say(desk, connection, uid, held, copied)
        desk.note(connection, "evidence", (uid,), WORK)
    return made


def destroy(desk: Desk, vault: Vault, uid: str, evidence: str, purpose: str) -> None:
    """Destroy the file of an item for good; what was said of it stays.

    Raises:
        RoleError: It belongs to approvers.
        SecondPersonError: This officer added it.
        EvidenceError: It is on legal hold, or is not there.
    """
    if "approver" not in desk.officer.roles:
        raise RoleError("destroying evidence belongs to approver")
    with desk.database.write() as connection:
        held = _held(desk, connection, uid)
        case = _case(desk, connection, uid, held)
        item = item_of(case, evidence)
        if is_on_legal_hold(case) or item.added.text("legal_hold") == "met":
            raise EvidenceError(f"{evidence} is on legal hold")
        if item.added.recorded_by == desk.officer.officer_id:
            raise SecondPersonError("another person than who added it destroys evidence")
        said = _act(evidence, "destroy", item.digest, "", {"purpose": purpose}, desk.today)
        _say(desk, connection, uid, held, said)
        files = evidence_files(connection, case_id_of(connection, uid))
        digests = tuple(one.digest.hex() for one in files if one.file == item.file)
        drop_evidence_file(connection, item.file)
        desk.note(connection, "destroy", (uid,), WORK, digests={"destroyed": digests})
    vault.destroy(item.file)


def export_items(
    desk: Desk, vault: Vault, uid: str, chosen: Iterable[str], said: Mapping[str, Value]
) -> tuple[CaseFile, tuple[tuple[Item, Iterator[bytes]], ...]]:
    """Write down that items leave, and give the case as it then stands, with the content of each.

    Raises:
        RoleError: This officer may not export.
        EvidenceError: One is not there, or is not what was collected; then nothing leaves.
    """
    with desk.database.read() as connection:
        held = _held(desk, connection, uid)
        if not held.grant.holds("export", desk.today):
            raise RoleError("you may not export of this case")
        case = _case(desk, connection, uid, held)
    taken = [item_of(case, one) for one in dict.fromkeys(chosen)]
    for item in taken:
        if _rehash(held, vault, item) != item.digest:
            raise EvidenceError(f"{item.id} is not what was collected, so nothing leaves; verify it")
    acts = [_act(item.id, "export", item.digest, item.digest, said, desk.today) for item in taken]
    with desk.database.write() as connection:
        _say(desk, connection, uid, held, *acts)
        desk.note(connection, "export", (uid,), "legal", groups=(Group.EVIDENCE,))
        case = _case(desk, connection, uid, held)
    left = tuple(item_of(case, item.id) for item in taken)
    return case, tuple((item, _open(held, vault, item)) for item in left)


def sweep(database: Database, vault: Vault, before: float) -> int:
    """Remove files that no case knows and nobody touched since then (seconds since 1970, UTC); gives how many."""
    with database.write() as connection:
        return vault.sweep(frozenset(one.file for one in evidence_files(connection)), before)


def _act(
    evidence: Value, act: str, before: str, after: str, said: Mapping[str, Value], day: date
) -> Statement:
    hashes: dict[str, Value] = {"before": before, **({"after": after} if after else {})}
    if act != "destroy":
        hashes["result"] = "met" if before == after else "not_met"
    return Statement("custody", on(day), {"evidence": evidence, "act": act, **hashes, **said})


def _say(
    desk: Desk, connection: Transaction, uid: str, held: Holding, *statements: Statement
) -> tuple[str, ...]:
    """Append statements inside an open write, as `Desk.say` does."""
    if not held.grant.holds("write", desk.today):
        raise RoleError("you may read this case and not act on it")
    ids = []
    for statement in statements:
        events = desk.events(connection, uid, held.keys)
        case = fold(uid, events, date.max, date.max)
        check_statement(statement, desk.today)
        check_action(case, statement, desk.officer.officer_id, desk.officer.roles)
        ids.append(desk.append(connection, uid, events, statement, held.keys))
    return tuple(ids)


def _held(desk: Desk, connection: Transaction, uid: str) -> Holding:
    held = desk.holding(connection, uid)
    if held is None:
        raise NotFoundError("there is no such case")
    if Group.EVIDENCE not in held.keys:
        raise RoleError("you hold no key for the evidence of this case")
    return held


def _case(desk: Desk, connection: Transaction, uid: str, held: Holding) -> CaseFile:
    return fold(uid, desk.events(connection, uid, held.keys), date.max, date.max)


def _seal_key(held: Holding) -> SealKey:
    return SealKey(derive_key(held.keys[Group.EVIDENCE], _FILES))


def _open(held: Holding, vault: Vault, item: Item) -> Iterator[bytes]:
    waiting = _Reader(vault.read(item.file))
    try:
        yield from open_sealed(_seal_key(held), waiting.read(HEAD_BYTES), waiting.read)
    except CryptoError as error:
        raise TamperedError(f"the sealed file of {item.id} does not open") from error


def _rehash(held: Holding, vault: Vault, item: Item) -> str:
    """SHA-256 of the content as it is now; empty where it does not open."""
    found = sha256()
    try:
        for part in _open(held, vault, item):
            found.update(part)
    except CaseworkError:
        return ""
    return found.hexdigest()


def _with(said: Statement, **fields: Value) -> Statement:
    return Statement(
        said.kind, said.when, {**said.fields, **fields}, said.known_on, said.sources, said.reliability
    )


def _sweep_one(desk: Desk, vault: Vault, file: str) -> None:
    """Remove a file whose row was refused; where nobody can tell whether it was, it stays until the next sweep."""
    try:
        with desk.database.read() as connection:
            known = any(one.file == file for one in evidence_files(connection))
        if not known:
            vault.destroy(file)
    except CaseworkError:
        return


class _Reader:
    """Pieces of any size, read as so many bytes at a time."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._waiting = bytearray()

    def read(self, size: int) -> bytes:
        while len(self._waiting) < size:
            part = next(self._parts, b"")
            if not part:
                break
            self._waiting += part
        found = bytes(self._waiting[:size])
        del self._waiting[:size]
        return found
