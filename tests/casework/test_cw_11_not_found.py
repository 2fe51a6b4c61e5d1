"""CW-11: a case that is not for somebody and one that is not there are refused by the same work and words.

Clocks say little on a shared machine. What is compared is what takes the time: every statement that reaches the
database, in order, and every call into libsodium that opens, seals or signs something.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Any, NamedTuple
from unittest.mock import patch
from uuid import UUID

import grpc
import pytest
from google.protobuf.message_factory import GetMessageClass
from nacl import bindings as sodium
from sqlalchemy import event

from casework.access import ALL_RIGHTS
from casework.casefile import case_name
from casework.custody import NOTHING, collect, content_of, destroy, export_items, handle
from casework.desk import Desk
from casework.erasing import erase
from casework.errors import CaseworkError, RoleError
from casework.letting_in import grants, let_in, shut_out
from casework.package import Leaving, export
from casework.publishing import propose
from casework.server import access, cases, evidence, portfolio
from casework.status import sentence, status_code
from casework.wire.cases import encode_statement
from console.office import Office
from node.store.database import Store
from tests.casework.remote import METHODS
from tests.casework.test_cw_11_access import entries
from tests.casework.test_desk import SignIn, opening, said
from tests.support.network import postgresql_when_slow
from tocsin.casework.v1 import evidence_service_pb2

pytestmark = postgresql_when_slow
WORK = (
    "crypto_aead_xchacha20poly1305_ietf_decrypt",
    "crypto_aead_xchacha20poly1305_ietf_encrypt",
    "crypto_box_seal_open",
    "crypto_box_seal",
    "crypto_sign",
)
NOTHING_AT_ALL = "0" * 32
READ = frozenset({"read"})


class Seen(NamedTuple):
    """What somebody who is refused could measure, and what is written down of it."""

    work: tuple[str, ...]
    error: type[CaseworkError]
    words: str
    status: grpc.StatusCode
    audit: tuple[object, ...]


@contextmanager
def watched(store: Store) -> Iterator[list[str]]:
    """Every statement and every opening, sealing and signing, in order."""
    done: list[str] = []

    def statement(_connection: object, _cursor: object, text: str, *_others: object) -> None:
        done.append(text)

    def counted(name: str) -> Callable[..., bytes]:
        real = getattr(sodium, name)

        def work(*arguments: object) -> bytes:
            done.append(name)
            found: bytes = real(*arguments)
            return found

        return work

    event.listen(store.engine, "before_cursor_execute", statement)
    try:
        with ExitStack() as until:
            for name in WORK:
                until.enter_context(patch.object(sodium, name, counted(name)))
            yield done
    finally:
        event.remove(store.engine, "before_cursor_execute", statement)


def beside_the_node(office: Office, other: Desk) -> dict[str, Callable[[str], object]]:
    """Everything that can be asked of one case, by what it is."""
    note, vault = said("note", text="x"), office.vault
    photo = said("evidence_added", evidence="E9", kind="photograph", copy="original")
    folder = office.home.path / "package"
    leaving = Leaving("a court", "a complaint", to_host_government=False)
    return {
        "read": other.read,
        "find by uid": other.find,
        "find by name": lambda uid: other.find(case_name(uid)),
        "say": lambda uid: other.say(uid, note),
        "say again": lambda uid: other.say(uid, note, request_id="r"),
        "grants": lambda uid: grants(other, uid),
        "let in": lambda uid: let_in(other, uid, "approver", READ, "why not"),
        "shut out": lambda uid: shut_out(other, uid, "approver", "why not"),
        "erase": lambda uid: erase(other, vault, uid, "0" * 32),
        "add evidence": lambda uid: collect(other, vault, uid, [b"x"], photo),
        "verify evidence": lambda uid: handle(other, vault, uid, "E1", "verify"),
        "extract evidence": lambda uid: list(content_of(other, vault, uid, "E1", "x")),
        "destroy evidence": lambda uid: destroy(other, vault, uid, "E1", "x"),
        "export evidence": lambda uid: export_items(other, vault, uid, ("E1",), NOTHING),
        "propose status": lambda uid: propose(other, uid),
        "export package": lambda uid: export(other, vault, uid, ("E1",), folder, leaving),
    }


def at_the_server(other: Desk) -> dict[str, Callable[[str], object]]:
    """Every call that names a case."""
    ids = count()
    calls = {**cases.CALLS, **access.CALLS, **evidence.CALLS, **portfolio.CALLS}
    kinds = {
        method.name: GetMessageClass(method.input_type)
        for method in METHODS
        if method.containing_service.name != "IntakeService"  # which names no case
    }

    def call(name: str, fields: Mapping[str, Any]) -> Callable[[str], object]:
        def ask(uid: str) -> object:
            request: Any = kinds[name](request_id=str(UUID(int=next(ids))))
            named = {key: fill(uid) if callable(fill) else fill for key, fill in fields.items()}
            wire = request.SerializeToString() + kinds[name](**named).SerializeToString()
            found: Any = calls[name].answer(iter((wire,)) if calls[name].uploads else wire, other)
            return list(found) if calls[name].streams else found

        return ask

    note, photo = (
        encode_statement(one)
        for one in (
            said("note", text="x"),
            said("evidence_added", evidence="E9", kind="photograph", copy="original"),
        )
    )
    given = {"officer_id": "approver", "reason": "why not"}
    written = {"language": "en", "format": "table"}
    asked: dict[str, Mapping[str, Any]] = {
        "FindCase": {"reference": str},
        "GetCase": {"uid": str},
        "ListActions": {"uid": str},
        "Act": {"uid": str, "statements": [note]},
        "ListGrants": {"uid": str},
        "LetIn": {"uid": str, "rights": ["read"], **given},
        "ShutOut": {"uid": str, **given},
        "ReadAuditLog": {"case": str},
        "EraseCase": {"uid": str, "proposal_id": "0" * 32},
        "AddEvidence": {"item": lambda uid: evidence_service_pb2.NewEvidence(uid=uid, said=photo)},
        "HandleEvidence": {"uid": str, "evidence": "E1", "act": "verify"},
        "GetEvidenceContent": {"uid": str, "evidence": "E1", "purpose": "x"},
        "ExportEvidence": {"uid": str, "evidence": ["E1"], "recipient": "a court", "purpose": "a complaint"},
        "WriteReport": {"uid": str, "report": "dossier", "level": "partner", **written},
        "WriteLetter": {"uid": str, "kind": "letter", "state": "CMR", **written},
        "ExportCases": {"uids": lambda uid: [uid]},
        "ListJointCandidates": {"uid": str},
        "GetJointBoard": {"uid": str},
        "ConfirmJoint": {"uid": str, "member": "aid-b"},
        "WithdrawJoint": {"uid": str, "member": "aid-b"},
    }
    named = {
        name
        for name, kind in kinds.items()
        if {"uid", "uids", "reference", "case", "item"} & set(kind.DESCRIPTOR.fields_by_name)
    }
    assert named - asked.keys() == {"DestroyEvidence"}  # which belongs to approvers, whatever the case
    return {name: call(name, fields) for name, fields in asked.items()}


def seen(office: Office, attempt: Callable[[str], object], uid: str) -> Seen:
    before = len(entries(office))
    with watched(office.database.store) as work, pytest.raises(CaseworkError) as refusal:
        attempt(uid)
    audit = tuple(
        (one.officer, one.act, one.purpose, one.groups, len(one.asked), one.cases, tuple(one.heads))
        for one in entries(office)[before:]
    )
    error = refusal.value
    words = str(error) + sentence(error)
    for named in (uid, case_name(uid)) if uid.isascii() and len(uid) == 32 else ():
        words = words.replace(named, "")
    return Seen(tuple(work), type(error), words, status_code(error), audit)


@pytest.fixture
def hidden(office: Office, desk: SignIn) -> str:
    """A case with a history that a colleague is not let into, among cases that they hold."""
    owner, other = desk("accountability_officer"), desk("country_focal_point")
    desk("approver")
    other.open_case(opening())
    uid = owner.open_case(opening())
    person = said("person_added", person="P1", harm=("detained",), cause="violence", name="somebody")
    owner.say(uid, person, *(said("note", text=f"note {number}") for number in range(5)))
    photo = said("evidence_added", evidence="E1", kind="photograph", copy="original")
    collect(owner, office.vault, uid, [b"x" * 999], photo)
    let_in(owner, uid, "approver", ALL_RIGHTS, "second person")
    other.ring()
    return uid


def test_the_same_work_is_done_for_what_is_hidden_and_for_what_is_not_there(
    office: Office, desk: SignIn, hidden: str
) -> None:
    other = desk("country_focal_point")
    for name, attempt in {**beside_the_node(office, other), **at_the_server(other)}.items():
        nothing = seen(office, attempt, NOTHING_AT_ALL)
        assert nothing.work or nothing.error is RoleError, name
        assert seen(office, attempt, hidden) == nothing, name


def test_whom_rights_were_taken_from_is_refused_by_the_same_work_too(
    office: Office, desk: SignIn, hidden: str
) -> None:
    other = desk("legal_adviser")
    let_in(desk("accountability_officer"), hidden, "legal-adviser", ALL_RIGHTS, "advice")
    shut_out(desk("accountability_officer"), hidden, "legal-adviser", "done")
    attempts: dict[str, Callable[[str], object]] = {"read": other.read, "find": other.find}
    for name, attempt in {**attempts, **at_the_server(other)}.items():
        assert seen(office, attempt, hidden) == seen(office, attempt, NOTHING_AT_ALL), name


def test_lists_do_the_same_work_whether_there_is_something_hidden_or_not(
    office: Office, desk: SignIn, hidden: str
) -> None:
    other = desk("country_focal_point")
    for attempt in (other.uids, other.read_all, lambda: other.read_some((hidden,))):
        with watched(office.database.store) as before:
            attempt()
        desk("accountability_officer").open_case(opening())
        with watched(office.database.store) as after:
            attempt()
        assert before == after
    with watched(office.database.store) as named:
        other.read_some((hidden,))
    with watched(office.database.store) as none:
        other.read_some((NOTHING_AT_ALL,))
    assert named == none


def test_the_work_that_is_watched_would_be_seen(office: Office, desk: SignIn, hidden: str) -> None:
    owner = desk("accountability_officer")
    with watched(office.database.store) as work:
        owner.read(hidden)

    assert set(work) & set(WORK)
    assert any(text.startswith("SELECT") for text in work)


@pytest.mark.parametrize("uid", ["", "zz", "0" * 31, "\u0661" * 32])
def test_what_can_be_no_uid_is_not_found_either(office: Office, desk: SignIn, hidden: str, uid: str) -> None:
    other = desk("country_focal_point")
    for name, attempt in at_the_server(other).items():
        if not uid and name in {"ReadAuditLog", "WriteLetter"}:
            continue  # of no case in particular
        refused = seen(office, attempt, uid)
        assert (refused.error, refused.status) == (
            seen(office, attempt, hidden).error,
            grpc.StatusCode.NOT_FOUND,
        ), name
