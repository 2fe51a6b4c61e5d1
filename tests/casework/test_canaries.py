"""Planted words are in nothing that leaves the owner's keys: files, rows, write-ahead log, dump, log lines, errors."""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import select

from casework.access import ALL_RIGHTS
from casework.auditlog import make_checkpoint
from casework.custody import collect, handle
from casework.desk import Desk
from casework.errors import CaseworkError
from casework.letting_in import let_in, shut_out
from casework.tables import metadata
from console.doctor import examine
from console.erased import FILE, note_erased
from console.metrics import Looked
from console.office import Office
from crypto.signing import Signer
from tests.casework.test_desk import SignIn, opening, said

CANARIES = {
    one: f"canary-{one}-7f3a"
    for one in ("name", "contact", "medical", "source", "words", "title", "reason", "photo")
}


@pytest.fixture
def planted(office: Office, desk: SignIn, caplog: pytest.LogCaptureFixture) -> list[str]:
    """Work with a canary in every place that can hold words; gives what was told to who may not know."""
    caplog.set_level(logging.DEBUG)
    owner, other = desk("accountability_officer"), desk("survivor_advocate")
    desk("legal_adviser")
    uid = owner.open_case(opening(title=CANARIES["title"]))
    person = said("person_added", person="P1", harm=("injured",), cause="violence", name=CANARIES["name"])
    owner.say(uid, person, said("note", text=CANARIES["words"]))
    photo = said(
        "evidence_added", evidence="E1", kind="photograph", copy="original", name=CANARIES["medical"]
    )
    collect(owner, office.vault, uid, [CANARIES["photo"].encode() * 99], photo)
    handle(owner, office.vault, uid, "E1", "transfer", {"by": CANARIES["contact"], "to": CANARIES["source"]})
    let_in(owner, uid, "legal-adviser", ALL_RIGHTS, CANARIES["reason"])
    shut_out(owner, uid, "legal-adviser", CANARIES["reason"])
    owner.read_all()
    make_checkpoint(office.database, "first-aid", Signer.generate())
    told = [record.getMessage() for record in caplog.records]
    for attempt in (lambda: other.read(uid), lambda: other.find(uid)):
        with pytest.raises(CaseworkError) as refusal:
            attempt()
        told.append(str(refusal.value))
    return told


def assert_clean(held: bytes, where: str) -> None:
    assert held, where
    for name, canary in CANARIES.items():
        for form in (canary.encode(), canary.encode().hex().encode(), canary.encode("utf-16-le")):
            assert form not in held, f"{name} stands in {where}"


def test_no_canary_is_in_files_rows_dumps_log_lines_or_errors(
    office: Office, planted: list[str], tmp_path: Path
) -> None:
    assert_clean("\n".join(planted).encode(), "log lines and errors")
    with office.database.read() as connection:
        for name, table in metadata.tables.items():
            for row in connection.execute(select(table)):
                held = b" ".join(v if isinstance(v, bytes) else str(v).encode() for v in row)
                assert_clean(held, name)
    for file in tmp_path.rglob("*"):
        if file.is_file() and file.stat().st_size:
            assert_clean(file.read_bytes(), file.name)
    if office.database.store.engine.dialect.name == "sqlite":
        database = str(office.database.store.engine.url.database)
        assert Path(f"{database}-wal").exists()
        with closing(sqlite3.connect(database)) as connection_of_an_administrator:
            assert_clean("\n".join(connection_of_an_administrator.iterdump()).encode(), "dump")


def test_no_canary_is_in_findings_numbers_or_the_list_of_what_was_erased(
    office: Office, planted: list[str]
) -> None:
    assert planted
    findings = examine(office.home, office.clock())
    assert any(one.what == "own log" for one in findings)
    registry = CollectorRegistry()
    registry.register(Looked(office.home, office.database.store))
    note_erased(office.home, office.database.store)
    assert_clean(repr(findings).encode(), "findings")
    assert_clean(generate_latest(registry), "numbers")
    assert_clean((office.home.path / FILE).read_bytes(), FILE)


def test_the_canaries_would_be_found(planted: list[str], desk: SignIn) -> None:
    owner: Desk = desk("accountability_officer")
    (case,) = owner.read_all()

    assert planted
    assert CANARIES["words"] in {event.text("text") for event in case.of("note")}
    with pytest.raises(AssertionError):
        assert_clean(str(case).encode(), "what an officer reads")
