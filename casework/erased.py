"""What was erased, as a list that says nothing of it; and done again where an older copy of the database was put back.

A line is an entry of the audit log that destroyed something, with one-way names of the cases that it was about. Who has
the list and no copy of the cases learns that something was erased, in which hour and by whom. The numbers of cases are
not enough to find them: a copy that was worked with since has given them out again.
"""

import json
from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from casework.audit import NONE, AuditEntry, read_entry, write_entry
from casework.errors import TamperedError
from casework.posting import joined, keep_back_again
from casework.store.audit import add_audit_entry, audit_entries
from casework.store.database import Transaction
from casework.store.events import case_ids
from casework.store.evidence import drop_evidence_file, evidence_files
from casework.store.tips import destroy_tip, messages_of, tips
from casework.store.tombstones import destroy_parts, parts_left
from casework.vocabulary import Group

ERASES = frozenset({"erase", "destroy", "tip_erase"})
_NAME_CONTEXT = "tocsin-erased/1 "


class Erased(NamedTuple):
    """What was erased.

    Attributes:
        audit_size: Up to which entry of the audit log it is complete.
        lines: One for each entry that destroyed something, in order.
    """

    audit_size: int
    lines: tuple[bytes, ...]


def list_erased(connection: Transaction) -> Erased:
    """What was erased according to this database."""
    names = {number: _name(uid) for uid, number in case_ids(connection).items()}
    size, lines = 0, []
    for stored in audit_entries(connection):
        size = stored.number + 1
        try:
            entry = read_entry(stored.entry)
        except TamperedError:  # which `tocsin check` tells; what else was erased is to stay so
            continue
        if entry.act in ERASES:
            cases = {str(number): names[number] for number in entry.cases if number in names}
            line = {"entry": stored.entry.decode(), "cases": cases}
            lines.append(json.dumps(line, separators=(",", ":")).encode())
    return Erased(size, tuple(lines))


def erase_again(connection: Transaction, lines: Iterable[bytes]) -> tuple[str, ...]:
    """Destroy what these lines name and is here again, inside an open write; gives the sealed files that can go.

    What an entry of this database destroyed is left alone, so it can be done again and with several lists.

    Raises:
        TamperedError: A line is none.
    """
    known = {stored.entry for stored in audit_entries(connection)}
    gone: list[str] = []
    for line in dict.fromkeys(lines):
        entry, named = _read(line)
        if entry not in known:
            gone += _again(connection, read_entry(entry), named)
    return tuple(gone)


def _again(connection: Transaction, entry: AuditEntry, named: dict[int, str]) -> list[str]:
    by_name = {_name(uid): number for uid, number in case_ids(connection).items()}
    here = {number: by_name[name] for number, name in named.items() if name in by_name}
    erased = {}
    for number in here.keys() & entry.erased.keys():
        groups = frozenset(map(Group, entry.erased[number])) & parts_left(connection, here[number])
        if groups:
            erased[here[number]] = groups
    files = [
        one for one in evidence_files(connection) if one.digest.hex() in entry.digests.get("destroyed", ())
    ]
    for number, groups in erased.items():
        if Group.EVIDENCE in groups:
            files += (one for one in evidence_files(connection, number) if one not in files)
        destroy_parts(connection, number, groups)
    for one in files:
        drop_evidence_file(connection, one.file)
    messages = set(entry.digests.get("erased_tips", ()))
    found = []
    for tip in tips(connection):
        digests = [closed.digest(tip.uid) for closed in messages_of(connection, tip.tip_id)]
        if messages.intersection(digests):
            destroy_tip(connection, tip.tip_id)
            found += digests
    if not (erased or files or found):
        return []
    digests_now = {
        "destroyed": tuple(one.digest.hex() for one in files),
        "erased_tips": tuple(found),
        **joined(keep_back_again(connection, frozenset(entry.digests.get("replaced", ())))),
    }
    cases = tuple(sorted(here.values()))
    again = entry._replace(
        cases=cases,
        heads=NONE,
        digests=digests_now,
        erased={number: tuple(sorted(groups)) for number, groups in erased.items()},
    )
    add_audit_entry(connection, write_entry(again))
    return [one.file for one in files]


def _read(line: bytes) -> tuple[bytes, dict[int, str]]:
    try:
        fields = json.loads(line)
        return fields["entry"].encode(), {int(number): str(name) for number, name in fields["cases"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise TamperedError("a line of the list of what was erased can not be read") from error


def _name(uid: str) -> str:
    return sha256(f"{_NAME_CONTEXT}{uid}".encode()).hexdigest()[:32]
