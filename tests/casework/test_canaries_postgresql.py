"""Planted words on PostgreSQL: in no dump, no table file and no write-ahead log; what is erased is gone from them.

Sealed bytes are searched for as well: the parts, facts, messages and wrapped keys of an erased case and report.
"""

import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import select

from casework.access import ALL_RIGHTS
from casework.board import board
from casework.custody import collect, handle
from casework.desk import Desk
from casework.erasing import erase
from casework.erasing_tips import erase_tip, propose_erasure
from casework.errors import ErasedError
from casework.letting_in import let_in
from casework.officer import RECOVERY
from casework.recovering import recover
from casework.reporting import new_receipt
from casework.retention import retention_rules
from casework.tables import case_event, case_facts, case_key, tip_key, tip_message
from casework.tip import Tip
from casework.tips import answer_tip, list_tips
from console.for_cases import CaseDatabase
from console.office import Office
from console.recovery import make_recovery_key, recovery_desk
from crypto.keyfile import MIN_COST
from crypto.keyshare import write_share
from node.store.database import Store
from tests.casework.conftest import Clock
from tests.casework.test_cw_11_access import faults
from tests.casework.test_desk import SignIn, opening, said
from tests.support.postgres import Server

pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.slow,
    pytest.mark.parametrize("new_database_url", ["postgresql"], indirect=True),
]
KINDS = [
    "name",
    "contact",
    "kin",
    "medical",
    "survivor",
    "source",
    "words",
    "title",
    "place",
    "reason",
    "photo",
    "hold",
    "account",
    "answer",
    "camera",
    "recovery",
]
START_BYTES = 32  # of a sealed value, by which it is known


class Planted(NamedTuple):
    """What was planted: words, and by what each of them is sealed bytes of two cases and a report."""

    words: dict[str, bytes]
    uid: str
    kept: str
    owner: Desk
    focal: Desk
    advocate: Desk


@pytest.fixture(autouse=True)
def _public_halves(office: Office) -> None:
    for name in ("signing", "log"):
        (office.home.path / "keys" / f"{name}.pub.hex").write_text("00" * 32)


@pytest.fixture
def server(postgresql_server: Server) -> Server:
    if not (postgresql_server.programs / "pg_dump").exists():
        pytest.skip("no pg_dump beside the server of this platform")
    return postgresql_server


@pytest.fixture
def planted(office: Office, desk: SignIn) -> Planted:
    """Work with words that nobody else has in every place that can hold some."""
    words = {kind: f"canary{kind}{secrets.token_hex(4)}" for kind in KINDS}
    owner, focal, approver = desk("accountability_officer"), desk("country_focal_point"), desk("approver")
    advocate = desk("survivor_advocate")
    recovery = make_recovery_key()
    office.admit(approver, "recovery-1", frozenset({RECOVERY}), recovery.keys)
    fields: dict[str, Any] = {
        "categories": ("sexual_violence",),
        "title": words["title"],
        "place": words["place"],
    }
    uid, kept = owner.open_case(opening(**fields)), owner.open_case(opening(title="kept"))
    person: dict[str, Any] = {name: words[name] for name in ("name", "contact", "medical")}
    person |= {"person": words["survivor"], "next_of_kin": words["kin"], "cause": "violence"}
    owner.say(
        uid,
        said("person_added", harm=("sexually_assaulted",), **person),
        said("source_named", source="S1", who=words["source"]),
        said("note", text=words["words"]),
    )
    photo = said("evidence_added", evidence="E1", kind="photograph", copy="original", name=words["hold"])
    collect(owner, office.vault, uid, [words["photo"].encode() * 99], photo)
    handle(owner, office.vault, uid, "E1", "transfer", {"by": words["contact"], "to": words["source"]})
    let_in(owner, uid, "approver", ALL_RIGHTS, words["reason"])
    recover(recovery_desk(office, recovery.shares), (uid,), "country-focal-point", words["recovery"])
    board(owner)
    intake = office.intake(MIN_COST)
    intake.tell(
        new_receipt(), Tip(words["account"], "CMR", "2026-02", ("detention",)), words["camera"].encode() * 99
    )
    (report,) = list_tips(focal)
    answer_tip(focal, report.name, words["answer"])
    secret = {f"share {one.number}": one.value for one in recovery.shares}
    secret |= {f"share {one.number} as text": write_share(one).encode() for one in recovery.shares}
    return Planted(
        {**{kind: word.encode() for kind, word in words.items()}, **secret}, uid, kept, owner, focal, advocate
    )


def forms(held: bytes) -> tuple[bytes, ...]:
    """How bytes can stand in a file: as they are, and as the digits of a dump."""
    return held, held.hex().encode(), held.hex().upper().encode()


def sealed(office: Office, number: int) -> set[bytes]:
    """The start of every sealed value of a case, and of everything of reports."""
    tables = (
        (case_event, "case_id"),
        (case_facts, "case_id"),
        (case_key, "case_id"),
        (tip_message, ""),
        (tip_key, ""),
    )
    found = set()
    with office.database.read() as connection:
        for table, column in tables:
            rows = select(table) if not column else select(table).where(table.c[column] == number)
            for row in connection.execute(rows).mappings():
                found |= {
                    bytes(value)[:START_BYTES]
                    for name, value in row.items()
                    if value is not None and (name.startswith("sealed") or name == "wrapped")
                }
    return found


def copies(server: Server, url: str) -> Iterator[tuple[str, bytes]]:
    """Everything that an administrator can copy of a database."""
    yield "dump", server.dump(url)
    yield "archive", server.dump(url, "--format=custom", "--compress=0")
    yield "table files", server.files_of(url)
    yield "write-ahead log", server.files("pg_wal")
    yield "shared files", server.files("global")


def test_no_planted_word_is_in_a_dump_a_table_file_or_the_log(
    server: Server, database_url: str, planted: Planted
) -> None:
    for where, held in copies(server, database_url):
        assert held, where
        for kind, word in planted.words.items():
            for form in (*forms(word), word.decode("latin-1").encode("utf-16-le")):
                assert form not in held, f"{kind} stands in the {where}"


def test_what_lies_there_sealed_is_found_so_that_its_absence_means_something(
    office: Office, server: Server, database_url: str, planted: Planted
) -> None:
    lying = sealed(office, 1)
    assert len(lying) > 30
    (case,) = (one for one in planted.owner.read_all() if one.uid == planted.uid)
    assert planted.words["words"].decode() in {event.text("text") for event in case.of("note")}
    for where, held in copies(server, database_url):
        if where != "shared files":
            missing = [one for one in lying if not any(form in held for form in forms(one))]
            # The log is cut into pages, and a page may begin in the middle of a value.
            assert len(missing) <= (len(lying) // 10 if where == "write-ahead log" else 0), where


def test_after_erasure_nothing_of_it_is_in_dumps_tables_or_the_log_and_an_old_dump_opens_nothing(
    office: Office,
    desk: SignIn,
    server: Server,
    database_url: str,
    planted: Planted,
    clock: Clock,
) -> None:
    approver = desk("approver")
    said_so = said("erasure_proposed", groups="all", reason="asked for", when="2026-03-01")
    (proposal,) = planted.owner.say(planted.uid, said_so)
    (report,) = list_tips(planted.focal)
    propose_erasure(planted.focal, report.name)
    lying, staying = sealed(office, 1), sealed(office, 2) - sealed(office, 1)
    before = server.dump(database_url)
    clock.now += timedelta(days=retention_rules().grace_days + 10)
    office.epochs()

    erase(approver, office.vault, planted.uid, proposal)
    erase_tip(planted.advocate, report.name)

    for where in ("dump", "archive"):
        held = dict(copies(server, database_url))[where]
        assert [one for one in lying if any(form in held for form in forms(one))] == [], where
        assert all(any(form in held for form in forms(one)) for one in staying)
    server.rewrite(database_url)
    server.forget_log()
    for where, held in copies(server, database_url):
        assert [one for one in lying if any(form in held for form in forms(one))] == [], where
        assert not any(form in held for word in planted.words.values() for form in forms(word)), where

    office.turn()
    assert planted.owner.uids() == (planted.kept,)
    assert planted.owner.read(planted.kept).host_state == "CMR"
    assert faults(office) == []
    with server.database() as url:
        server.restore(before, url)
        old = CaseDatabase(Store(url))
        restored = Desk(old, planted.owner.officer, planted.owner.unlocked, office.epochs, clock)
        with pytest.raises(ErasedError, match="destroyed"):
            restored.uids()
        old.store.close()
