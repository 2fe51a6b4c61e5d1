"""Evidence: sealed files, and a chain of custody in which every act says the hash before and after it (casework 3.2).

The original is never changed: a working or redacted copy is a new item derived from it. The hash is that of the content
as it was collected; the sealed bytes beside the database have a digest of their own, which anybody can verify.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from casework.casefile import CaseFile, fold
from casework.content import Hashed, opened, rehash, seal
from casework.desk import Desk
from casework.errors import (
    CaseworkError,
    EvidenceError,
    FieldError,
    NotFoundError,
    RoleError,
    SecondPersonError,
)
from casework.event import Event, Statement, check_statement
from casework.evidence import Item, item_of, items
from casework.keyholder import WORK, Holding
from casework.lifecycle import check_action
from casework.retention import is_on_legal_hold
from casework.span import Range, on
from casework.store.database import Database, Transaction
from casework.store.events import case_id_of
from casework.store.evidence import EvidenceFile, add_evidence_file, drop_evidence_file, evidence_files
from casework.values import Value
from casework.vault import Vault
from casework.vocabulary import Group

_HANDLED = frozenset({"transfer", "access", "verify"})
_SAID = frozenset({"by", "to", "purpose"})
NOTHING: Mapping[str, Value] = MappingProxyType({})


def collect(
    desk: Desk,
    vault: Vault,
    uid: str,
    content: Iterable[bytes],
    said: Statement,
    *,
    copy_of: str = "",
    request_id: str = "",
) -> Item:
    """Seal content as a new item of evidence; its custody begins with that.

    Args:
        desk: Of who collects it.
        vault: Where sealed files lie.
        uid: Of the case.
        content: In pieces of any size.
        said: An `evidence_added` without hash, size and file, which are found here.
        copy_of: Item that it is a copy of, which is written down with both.
        request_id: The same one seals nothing twice and gives the item of before.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        CaseInputError: Something is missing, or there is such an item already; nothing is kept.
        VaultError: The file can not be written; nothing is kept.
    """
    ids = tuple(desk.id_for(request_id, f"{uid} {act}") for act in ("added", "collect", "copy"))
    evidence = str(said.fields.get("evidence", ""))
    with desk.database.read() as connection:
        held = _held(desk, connection, uid)
        case = _case(desk, connection, uid, held)
        if done := case.by_id(ids[0]):
            return item_of(case, done.text("evidence"))
        _check_new(desk, held, case, said, copy_of)
    file, hashed = secrets.token_hex(16), Hashed(content)
    with vault.writing():
        try:
            sealed, size = vault.put(file, seal(held, hashed))
            found: dict[str, Value] = {
                "sha256": hashed.digest,
                "size": Range(hashed.size, hashed.size),
                "file": file,
            }
            if copy_of:
                found["derived_from"] = copy_of
            added = replace(said, fields={**said.fields, **found})
            with desk.database.write() as connection:
                held = _held(desk, connection, uid)  # may have been taken back while the file came in
                case = _case(desk, connection, uid, held)
                _check_new(desk, held, case, said, copy_of)
                add_evidence_file(connection, case_id_of(connection, uid), EvidenceFile(file, sealed, size))
                digest = hashed.digest
                acts = [_act(evidence, "collect", digest, digest, {}, said.when.earliest)]
                if copy_of:
                    before = item_of(case, copy_of).digest
                    acts.append(_act(copy_of, "copy", before, before, {"to": evidence}, desk.today))
                _say(desk, connection, uid, held, added, *acts, ids=ids)
                desk.note(connection, "evidence", (uid,), WORK, digests={"files": (sealed.hex(),)})
        except CaseworkError:
            _sweep_one(desk, vault, file)
            raise
    return item_of(desk.read(uid), evidence)


def handle(
    desk: Desk,
    vault: Vault,
    uid: str,
    evidence: str,
    act: str,
    said: Mapping[str, Value] = NOTHING,
    *,
    request_id: str = "",
) -> Event:
    """Write down an act of custody (`transfer`, `access` or `verify`) with the hash before it and now.

    The same request, where it has an id, writes nothing twice.

    Raises:
        NotFoundError: There is no such case, or it is not for this officer.
        FieldError: It is another act.
        EvidenceError: There is no such item, or its content is no longer what was collected, which is written down.
    """
    if act not in _HANDLED:
        raise FieldError(
            "act", "{act!r} is none of {handled}", act=act[:40], handled=", ".join(sorted(_HANDLED))
        )
    for name in said.keys() - _SAID:
        raise FieldError(
            name, "of an act of custody is said {said}; hashes are found here", said=", ".join(sorted(_SAID))
        )
    event_id = desk.id_for(request_id, f"{uid} {evidence} {act}")
    with desk.database.read() as connection:
        held = _held(desk, connection, uid)
        item = item_of(_case(desk, connection, uid, held), evidence)
    now = rehash(held, vault, item)
    with desk.database.write() as connection:
        if _case(desk, connection, uid, held).by_id(event_id) is None:
            one = _act(evidence, act, item.digest, now, said, desk.today)
            _say(desk, connection, uid, held, one, ids=(event_id,))
            desk.note(connection, "evidence", (uid,), WORK)
    if now != item.digest:
        raise EvidenceError(
            "{evidence} is not what was collected; that is written down as {event_id}",
            evidence=evidence,
            event_id=event_id,
        )
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
    return opened(held, vault, item)


def derive(
    desk: Desk, vault: Vault, uid: str, evidence: str, said: Statement, content: Iterable[bytes] | None = None
) -> Item:
    """Make a working copy of an item, or keep a redacted one, as a new item derived from it.

    Raises:
        CaseInputError: There is no such item, or something is missing.
    """
    source = content_of(desk, vault, uid, evidence, "copy") if content is None else content
    return collect(desk, vault, uid, source, said, copy_of=evidence)


def destroy(desk: Desk, vault: Vault, uid: str, evidence: str, purpose: str, *, request_id: str = "") -> None:
    """Destroy the file of an item for good; what was said of it stays. The same request writes nothing twice.

    Raises:
        RoleError: It belongs to approvers.
        SecondPersonError: This officer added it.
        EvidenceError: It is on legal hold, or is not there.
    """
    if "approver" not in desk.officer.roles:
        raise RoleError("destroying evidence belongs to approver")
    event_id = desk.id_for(request_id, f"{uid} {evidence} destroy")
    with desk.database.write() as connection:
        held = _held(desk, connection, uid)
        case = _case(desk, connection, uid, held)
        if case.by_id(event_id) is None:
            item = item_of(case, evidence)
            said = _act(item.id, "destroy", item.digest, "", {"purpose": purpose}, desk.today)
            _destroy(desk, connection, held, item, case, (said, event_id))
    vault.destroy(next(one.file for one in items(case) if one.id == evidence))


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
        if rehash(held, vault, item) != item.digest:
            raise EvidenceError("{id} is not what was collected, so nothing leaves; verify it", id=item.id)
    acts = [_act(item.id, "export", item.digest, item.digest, said, desk.today) for item in taken]
    with desk.database.write() as connection:
        _say(desk, connection, uid, held, *acts)
        desk.note(connection, "export", (uid,), "legal", groups=(Group.EVIDENCE,))
        case = _case(desk, connection, uid, held)
    left = tuple(item_of(case, item.id) for item in taken)
    return case, tuple((item, opened(held, vault, item)) for item in left)


def sweep(database: Database, vault: Vault, before: float) -> int:
    """Remove files that no case knows and nobody touched since then (seconds since 1970, UTC); gives how many."""
    with database.write() as connection:
        return vault.sweep(frozenset(one.file for one in evidence_files(connection)), before)


def _destroy(
    desk: Desk,
    connection: Transaction,
    held: Holding,
    item: Item,
    case: CaseFile,
    said: tuple[Statement, str],
) -> None:
    if is_on_legal_hold(case) or item.added.text("legal_hold") == "met":
        raise EvidenceError("{id} is on legal hold", id=item.id)
    if item.added.recorded_by == desk.officer.officer_id:
        raise SecondPersonError("another person than who added it destroys evidence")
    _say(desk, connection, case.uid, held, said[0], ids=said[1:])
    files = evidence_files(connection, case_id_of(connection, case.uid))
    digests = tuple(one.digest.hex() for one in files if one.file == item.file)
    drop_evidence_file(connection, item.file)
    desk.note(connection, "destroy", (case.uid,), WORK, digests={"destroyed": digests})


def _act(
    evidence: Value, act: str, before: str, after: str, said: Mapping[str, Value], day: date
) -> Statement:
    hashes: dict[str, Value] = {"before": before, **({"after": after} if after else {})}
    if act != "destroy":
        hashes["result"] = "met" if before == after else "not_met"
    return Statement("custody", on(day), {"evidence": evidence, "act": act, **hashes, **said})


def _say(
    desk: Desk,
    connection: Transaction,
    uid: str,
    held: Holding,
    *statements: Statement,
    ids: tuple[str, ...] = (),
) -> None:
    """Append statements inside an open write, as `Desk.say` does."""
    if not held.grant.holds("write", desk.today):
        raise RoleError("you may read this case and not act on it")
    for statement, event_id in zip(statements, ids or ("",) * len(statements), strict=False):
        events = desk.events(connection, uid, held.keys)
        case = fold(uid, events, date.max, date.max)
        check_statement(statement, desk.today)
        check_action(case, statement, desk.officer.officer_id, desk.officer.roles)
        desk.append(connection, uid, events, statement, held.keys, event_id)


def _check_new(desk: Desk, held: Holding, case: CaseFile, said: Statement, copy_of: str) -> None:
    """Refuse a new item that can not be added, before its content comes in."""
    if not held.grant.holds("write", desk.today):
        raise RoleError("you may read this case and not act on it")
    complete = replace(
        said, fields={**said.fields, "sha256": "0" * 64, "size": Range(0, 0), "file": "0" * 32}
    )
    check_action(case, check_statement(complete, desk.today), desk.officer.officer_id, desk.officer.roles)
    if any(one.id == said.fields["evidence"] for one in items(case)):
        raise EvidenceError("there is evidence {evidence} already", evidence=said.fields["evidence"])
    if copy_of:
        item_of(case, copy_of)


def _held(desk: Desk, connection: Transaction, uid: str) -> Holding:
    held = desk.holding(connection, uid)
    if held is None:
        raise NotFoundError("there is no such case")
    if Group.EVIDENCE not in held.keys:
        raise RoleError("you hold no key for the evidence of this case")
    return held


def _case(desk: Desk, connection: Transaction, uid: str, held: Holding) -> CaseFile:
    return fold(uid, desk.events(connection, uid, held.keys), date.max, date.max)


def _sweep_one(desk: Desk, vault: Vault, file: str) -> None:
    """Remove a file whose row was refused; where nobody can tell whether it was, it stays until the next sweep."""
    try:
        with desk.database.read() as connection:
            known = any(one.file == file for one in evidence_files(connection))
        if not known:
            vault.destroy(file)
    except CaseworkError:
        return
