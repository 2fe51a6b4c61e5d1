"""Who was not let in learns nothing from any call of the server, and no message holds more than its reader may know."""

from collections.abc import Callable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from casework.board import Counting
from casework.client.desk import RemoteDesk
from casework.errors import (
    CaseworkError,
    RefusedError,
)
from casework.package import write_package
from casework.reports import Wanted, WantedLetter
from casework.wire.parsing import parse
from tests.casework.remote import TERMS, Remote, photograph
from tests.casework.test_desk import opening, said

pytestmark = pytest.mark.parametrize("new_database_url", ["sqlite"], indirect=True)
TOLD_TO_NOBODY = {one: f"canary-{one}-5e1d" for one in ("name", "medical", "source", "photo", "item")}


def asks_of_a_case(work: RemoteDesk, folder: Path) -> dict[str, Callable[[str], Any]]:
    """Every call that names a case, by the name of the method."""
    note = said("note", text="x")
    return {
        "read": work.read,
        "find": work.find,
        "say": lambda uid: work.say(uid, note),
        "grants": work.grants,
        "let_in": lambda uid: work.let_in(uid, "approver", frozenset({"read"}), "x"),
        "shut_out": lambda uid: work.shut_out(uid, "approver", "x"),
        "read_log": work.read_log,
        "erase": lambda uid: work.erase(uid, "0" * 32),
        "add_evidence": lambda uid: work.add_evidence(uid, photograph(), [b"x"]),
        "handle_evidence": lambda uid: work.handle_evidence(uid, "E1", "verify"),
        "destroy_evidence": lambda uid: work.destroy_evidence(uid, "E1", "x"),
        "evidence_content": lambda uid: list(work.evidence_content(uid, "E1", "x")),
        "evidence_package": lambda uid: write_package(
            folder / "out", work.evidence_package(uid, ("E1",), TERMS)
        ),
        "report": lambda uid: work.report(Wanted("dossier", uid), "table"),
        "report_page": lambda uid: work.report_page(Wanted("dossier", uid)),
        "letter": lambda uid: work.letter(WantedLetter(uid, "note_verbale"), "table"),
        "export_cases": lambda uid: work.export_cases((uid,)),
        "joint_candidates": work.joint_candidates,
        "joint_board": work.joint_board,
        "confirm_joint": lambda uid: work.confirm_joint(uid, "aid-b"),
        "withdraw_joint": lambda uid: work.withdraw_joint(uid, "aid-b"),
    }


OF_NO_CASE = {
    "admit",
    "board",
    "check",
    "colleagues",
    "endings",
    "remains",
    "figures",
    "import_cases",
    "importing",
    "open_for",
    "read_all",
    "verify_log",
    "tips",
    "tip",
    "answer_tip",
    "open_from_tip",
    "propose_tip_erasure",
    "erase_tip",
}


@pytest.mark.slow
def test_who_was_not_let_in_learns_nothing_from_any_call(
    remote_owner: RemoteDesk, remote: Remote, tmp_path: Path
) -> None:
    uid = remote_owner.open_for(opening())
    remote_owner.add_evidence(uid, photograph(), [b"found"])
    for role in ("survivor_advocate", "approver"):
        other = remote(role)
        asks = asks_of_a_case(other, tmp_path)
        calls = {name for name in dir(RemoteDesk) if not name.startswith("_")}
        assert calls - asks.keys() - OF_NO_CASE == {
            "close",
            "first_key",
            "rules",
            "sign_in",
            "tables",
            "today",
            "treaties",
        }
        for name, ask in asks.items():
            told = []
            for asked in (uid, "f" * 32):
                with pytest.raises(RefusedError) as refused:
                    ask(asked)
                told.append((str(refused.value).replace(asked, "UID"), refused.value.reason))
            assert (name, len(set(told))) == (name, 1)
        assert (other.board(), other.read_all(), other.export_cases().text.count("\n")) == ((), (), 1)
        assert (other.figures(Counting()).cases, other.endings()) == (0, ())
        assert (other.check().verified, other.check().faults) == (0, ())
        assert uid[:8] not in other.report(Wanted("state", state="CMR"), "html").decode()
    assert [one.officer_id for one in remote_owner.grants(uid)] == ["accountability-officer"]


def tried(ask: Callable[[], object]) -> bytes:
    """What is told where something is refused."""
    try:
        ask()
    except CaseworkError as refused:
        return str(refused).encode()
    return b""


@pytest.mark.slow
def test_no_canary_is_in_a_message_that_should_not_have_it(
    remote_owner: RemoteDesk, remote: Remote, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    heard: list[bytes] = []

    def listening(message: Any, wire: bytes) -> Any:
        heard.append(wire)
        return parse(message, wire)

    monkeypatch.setattr("casework.client.line.parse", listening)
    adviser, auditor = remote("legal_adviser"), remote("auditor")
    uid = remote_owner.open_for(opening())
    harmed = {"person": "P1", "cause": "violence", "name": TOLD_TO_NOBODY["name"]}
    remote_owner.say(uid, said("person_added", harm=("detained",), **harmed))
    remote_owner.say(uid, said("source_named", source="S1", who=TOLD_TO_NOBODY["source"]))
    photo = photograph(name=TOLD_TO_NOBODY["item"])
    remote_owner.add_evidence(uid, photo, [TOLD_TO_NOBODY["photo"].encode()])
    remote_owner.let_in(uid, "legal-adviser", frozenset({"read", "write", "export"}), "advice")
    remote_owner.read(uid)
    assert TOLD_TO_NOBODY["name"].encode() in b"".join(heard)
    heard.clear()

    for desk in (adviser, remote_owner):  # the owner holds every key, and these leave even so
        desk.board()
        desk.figures(Counting())
        desk.export_cases()
        for level, report in product(("partner", "public"), ("dossier", "timeline", "state")):
            heard.append(tried(partial(desk.report, Wanted(report, uid, level, state="CMR"), "html")))
    for report, style in product(("dossier", "timeline", "correction", "worklist"), ("table", "html")):
        adviser.report(Wanted(report, uid), style)
    adviser.read_all()
    heard += (tried(partial(ask, uid)) for ask in asks_of_a_case(adviser, tmp_path).values())
    auditor.read_log()
    auditor.verify_log()

    assert len(heard) > 30
    for name, canary in TOLD_TO_NOBODY.items():
        assert (name, canary.encode() in b"".join(heard)) == (name, False)
