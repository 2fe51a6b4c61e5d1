"""`tocsin check` finds any changed byte of any signed document, whatever was dropped, put in, put back or let out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from casework.audit import read_entry
from casework.post_check import check_post
from casework.publishing import revoke
from casework.store.audit import audit_entries
from casework.tables import case_post
from tests.casework.test_desk import said
from tests.federation.test_case_documents import answered
from tests.support.case_documents import Linked
from tests.support.network import Network


@pytest.fixture
def line(network: Network, tmp_path: Path) -> Iterator[Linked]:
    """Two organizations; at the first lie documents of every kind, its own and of the other."""
    made = Linked(network, tmp_path, "aid-a", "aid-b")
    answered(made)
    for name, ref in (("aid-a", "d" * 16), ("aid-b", "e" * 16)):
        one = made[name]
        uid = one.open(ref, incident="2026-11-18")
        one.publish(uid)
        revoke(one.ops, uid, one.us)
    a = made["aid-a"]
    silent = a.open("f" * 16, incident="2026-11-18")
    a.publish(silent)
    a.ops.say(silent, said("hold_set", "2026-11-19", reason="safety", review_on=a.ops.today))
    made.exchange()
    yield made
    made.close()


def written_down(connection: Connection) -> dict[str, list[str]]:
    """Digests in the log of an office, by kind."""
    written: dict[str, list[str]] = {}
    for stored in audit_entries(connection):
        for kind, digests in read_entry(stored.entry).digests.items():
            written.setdefault(kind, []).extend(digests)
    return written


def found(line: Linked, connection: Connection, written: dict[str, list[str]]) -> list[str]:
    keys = {name: (node.identity.signing.public_key,) for name, node in line.nodes.items()}
    return [one[1] for one in check_post(connection, keys, written) if not isinstance(one, int)]


def changed(value: Any, step: int) -> Iterator[Any]:
    """Give a value with one bit of one byte of it flipped, for every so many of its bytes."""
    if isinstance(value, bytes):
        for at in range(0, len(value), step):
            yield value[:at] + bytes((value[at] ^ 1 << at % 7,)) + value[at + 1 :]
    elif isinstance(value, str):
        for at in range(0, len(value), min(step, 11)):
            yield value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :]
        yield f"{value}x"
    else:
        yield from (1, 7) if value is None else (value + 1, value + 70, None)


def test_what_nobody_touched_is_sound(line: Linked) -> None:
    assert line.faults("aid-a") == line.faults("aid-b") == []
    with line["aid-a"].office.database.read() as connection:
        rows = connection.execute(select(case_post)).all()
    assert len(rows) == 8
    assert {row.kept_back for row in rows} == {0, 1}


@pytest.mark.parametrize("step", [97, pytest.param(1, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
def test_a_changed_byte_of_any_column_is_found(line: Linked, step: int) -> None:
    tried = 0
    with line["aid-a"].office.database.write() as connection:
        written = written_down(connection)  # in a table that is left alone here
        for row in [dict(one) for one in connection.execute(select(case_post)).mappings()]:
            for column in case_post.c:
                for value in changed(row[column.name], step):
                    tried += is_found(line, connection, written, row, column.name, value)
    assert tried > 8 * 20


def is_found(
    line: Linked,
    connection: Connection,
    written: dict[str, list[str]],
    row: dict[str, Any],
    column: str,
    value: Any,
) -> bool:
    """See that a changed value is found; tells whether the database took it."""
    this = (case_post.c.origin == row["origin"]) & (case_post.c.subject == row["subject"])
    savepoint = connection.begin_nested()
    try:
        connection.execute(update(case_post).where(this).values({column: value}))
    except DBAPIError:
        savepoint.rollback()
        return False
    assert found(line, connection, written), f"{column}: {value!r} instead of {row[column]!r}"
    savepoint.rollback()
    return True


def test_what_is_dropped_put_back_or_let_out_is_found(line: Linked) -> None:
    a = line["aid-a"]
    uid = a.open("1" * 16, incident="2026-11-18")
    a.publish(uid)
    this = case_post.c.subject == f"status {'1' * 16}"
    with a.office.database.read() as connection:
        before = connection.execute(select(case_post).where(this)).mappings().one()
    revoke(a.ops, uid, a.us)
    assert line.faults("aid-a") == []

    with a.office.database.write() as connection:
        connection.execute(delete(case_post).where(this))
    assert any("was dropped or changed" in one for one in line.faults("aid-a"))
    with a.office.database.write() as connection:
        connection.execute(insert(case_post).values(**before))
    assert "the audit log does not know it like that" in line.faults("aid-a")


def test_a_document_of_a_member_under_another_name_is_found(line: Linked) -> None:
    with line["aid-a"].office.database.write() as connection:
        connection.execute(update(case_post).where(case_post.c.origin == "aid-b").values(origin="aid-x"))
    assert any("no active member signed it" in one for one in line.faults("aid-a"))
