"""CW-01: what was written can not be edited, cut off or put in another order without `tocsin check` naming it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Table, delete, insert, select, update

from casework.access import ALL_RIGHTS
from casework.auditlog import make_checkpoint
from casework.check import CaseFault, check_desk
from casework.desk import Desk
from casework.errors import TamperedError
from casework.tables import case_audit, case_event, case_file, case_grant, case_key, metadata
from console.office import Office
from crypto.signing import Signer
from node.errors import StoreError
from tests.casework.test_desk import opening, said

SignIn = Callable[[str], Desk]
LOG = Signer.generate()
NOW = "as it stands now"
# Numbers that the database gives out hold nothing that was written; what they order is compared.
UNSIGNED = {("case_event", "id"), ("case_grant", "id")}


@pytest.fixture(autouse=True)
def public_halves(office: Office) -> None:
    for name in ("signing", "log"):
        (office.home.path / "keys" / f"{name}.pub.hex").write_text(LOG.public_key.hex())


@pytest.fixture
def written(office: Office, desk: SignIn) -> Desk:
    """An office in which every table holds something."""
    focal, adviser = desk("country_focal_point"), desk("legal_adviser")
    uid = ""
    for number in range(2):
        uid = focal.open_case(opening(), (desk("accountability_officer").officer,))
        focal.say(
            uid, said("person_added", person="P1", harm=("detained",), cause="violence", name="somebody")
        )
        focal.say(uid, said("note", text=f"number {number}"))
        with focal.database.write() as connection:
            held = focal.holdings(connection)[uid]
            grant = held.grant._replace(officer_id="legal-adviser", rights=ALL_RIGHTS - {"medical"})
            focal.hand_over(connection, number + 1, grant, adviser.officer, held.keys)
    focal.read(uid)
    make_checkpoint(office.database, "first-aid", LOG)
    adviser.read_all()
    return focal


def faults(office: Office) -> list[CaseFault]:
    return [one for one in office.check({}) if isinstance(one, CaseFault)]


def flipped(value: Any) -> Iterator[Any]:
    if isinstance(value, bytes):
        for at in {0, len(value) // 2, len(value) - 1}:
            yield value[:at] + bytes((value[at] ^ 1,)) + value[at + 1 :]
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str):
        yield value[:-1] + chr(ord(value[-1]) ^ 1)


def test_an_office_that_nobody_touched_is_sound(office: Office, written: Desk) -> None:
    assert faults(office) == []
    assert [one for one in check_desk(written) if isinstance(one, CaseFault)] == []


def put(office: Office, table: Table, row: Any, column: str, value: Any) -> bool:
    """Write a value behind the back of casework; tells whether the database took it."""
    this = [one == row[one.name] for one in table.primary_key.columns if one.name != column]
    this += [table.c[column] == row[NOW]] if column in table.primary_key.columns else []
    try:
        with office.database.store.write() as connection:
            connection.execute(update(table).where(*this).values({column: value}))
    except StoreError:
        return False
    row[NOW] = value
    return True


@pytest.mark.parametrize(
    "name", ["officer", "case_file", "case_event", "case_grant", "case_key", "case_audit", "case_checkpoint"]
)
def test_every_changed_value_is_found(office: Office, written: Desk, name: str) -> None:
    table = metadata.tables[name]
    with written.database.read() as connection:
        rows = [dict(row._mapping) for row in connection.execute(select(table))]
    tried = 0
    for row in (rows[0], rows[-1]):
        for column in row.keys() - {NOW}:
            if row[column] is None or (name, column) in UNSIGNED:
                continue
            row[NOW] = row[column]
            for changed in flipped(row[column]):
                if put(office, table, row, column, changed):
                    assert faults(office), f"{name}.{column}: {changed!r} instead of {row[column]!r}"
                    tried += 1
            assert put(office, table, row, column, row[column])
    assert tried >= len(table.columns)
    assert faults(office) == []


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("name", ["officer", "case_event", "case_grant", "case_key", "case_audit"])
def test_a_row_that_was_dropped_is_found(office: Office, name: str) -> None:
    table = metadata.tables[name]
    with office.database.read() as connection:
        rows = connection.execute(select(table)).all()
    # The end of the audit log since the last checkpoint is the one thing that only a later checkpoint protects.
    for row in rows if name != "case_audit" else rows[:-1]:
        this = [column == row._mapping[column.name] for column in table.primary_key.columns]
        with office.database.store.write() as connection:
            connection.execute(delete(table).where(*this))
        assert faults(office), row
        with office.database.store.write() as connection:
            connection.execute(insert(table).values(**row._mapping))
    assert faults(office) == []


@pytest.mark.usefixtures("written")
def test_the_last_events_of_a_case_or_the_whole_case_can_not_be_cut_off(office: Office) -> None:
    with office.database.store.write() as connection:
        connection.execute(delete(case_event).where(case_event.c.case_id == 2, case_event.c.sequence > 1))
    assert "its last event is not the one that the audit log knows" in {one.what for one in faults(office)}

    with office.database.store.write() as connection:
        for table in (case_event, case_grant, case_key):
            connection.execute(delete(table).where(table.c.case_id == 2))
        connection.execute(delete(case_file).where(case_file.c.id == 2))
    assert ("case number 2", "the whole case is missing") in faults(office)


@pytest.mark.usefixtures("written")
def test_an_older_grant_does_not_come_back(office: Office) -> None:
    with office.database.store.write() as connection:
        connection.execute(update(case_grant).where(case_grant.c.id == 1).values(id=99))

    assert ("grants", "they were put in another order") in faults(office)


@pytest.mark.usefixtures("written")
def test_a_log_that_no_longer_is_that_of_its_checkpoint_is_not_signed_again(office: Office) -> None:
    with office.database.store.write() as connection:
        connection.execute(update(case_audit).where(case_audit.c.id == 1).values(leaf_hash=bytes(32)))

    with pytest.raises(TamperedError, match="nothing is signed"):
        make_checkpoint(office.database, "first-aid", LOG)


def test_an_officer_finds_what_was_exchanged_inside_a_sealed_part(office: Office, written: Desk) -> None:
    with office.database.store.write() as connection:
        connection.execute(update(case_event).where(case_event.c.id == 1).values(sealed_case=bytes(100)))

    found = [one for one in check_desk(written) if isinstance(one, CaseFault)]

    assert len(found) == 1
    assert "does not open" in found[0].what
