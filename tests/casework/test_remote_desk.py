"""Whoever works from another machine does what is done beside the node, with the same words where it is refused."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from casework.access import ALL_RIGHTS
from casework.board import Counting
from casework.client.desk import RemoteDesk
from casework.errors import (
    CaseworkError,
    OfficeUnavailableError,
    RefusedError,
)
from casework.evidence import items
from casework.importing import export_cases
from casework.package import Leaving
from casework.reports import Wanted, WantedLetter
from casework.retention import retention_rules
from casework.wire.parsing import parse
from console.office import Office
from tests.casework.conftest import Clock
from tests.casework.remote import At, Remote, SignIn, left_in, photograph
from tests.casework.test_cw_11_access import faults
from tests.casework.test_desk import opening, said

pytestmark = pytest.mark.parametrize("new_database_url", ["sqlite"], indirect=True)


def test_somebody_is_let_in_and_shut_out_from_afar(
    remote_owner: RemoteDesk, remote: Remote, desk: SignIn
) -> None:
    adviser = remote("legal_adviser")
    uid = remote_owner.open_for(opening())
    until = date(2026, 4, 1)

    given = remote_owner.let_in(uid, "legal-adviser", frozenset({"read", "write"}), "advice", until)

    assert (given.rights, given.expires_on) == (frozenset({"read", "write"}), until)
    assert adviser.find(uid) == uid
    assert [(one.officer_id, one.rights, one.reason) for one in remote_owner.grants(uid)] == [
        (one.officer_id, one.rights, one.reason) for one in desk("accountability_officer").grants(uid)
    ]
    with pytest.raises(RefusedError, match="letting somebody in belongs to") as refused:
        adviser.let_in(uid, "approver", frozenset({"read"}), "x")
    assert refused.value.reason == "ROLE_NOT_ALLOWED"
    with pytest.raises(RefusedError, match="nobody works on cases here as 'nobody'") as unknown:
        remote_owner.let_in(uid, "nobody", frozenset({"read"}), "x")
    assert unknown.value.reason == "OFFICER_UNKNOWN"

    remote_owner.shut_out(uid, "legal-adviser", "done")

    with pytest.raises(RefusedError):
        adviser.read(uid)
    assert {one.officer_id: one.rights for one in remote_owner.grants(uid)}["legal-adviser"] == frozenset()


def test_another_owner_holds_the_keys_from_the_beginning(remote_owner: RemoteDesk, remote: Remote) -> None:
    focal = remote("country_focal_point")

    uid = focal.open_for(opening(), ("accountability-officer",))

    assert [case.uid for case in remote_owner.read_all()] == [uid]
    with pytest.raises(RefusedError, match="owner: nobody works on cases here as 'nobody'"):
        focal.open_for(opening(), ("nobody",))


def test_an_approver_admits_and_erases_from_afar(
    remote_owner: RemoteDesk, remote: Remote, office: Office, desk: SignIn, clock: Clock
) -> None:
    approver = remote("approver")
    uid = remote_owner.open_for(opening())
    remote_owner.let_in(uid, "approver", ALL_RIGHTS, "second person")
    (proposal,) = remote_owner.say(uid, said("erasure_proposed", groups="all", reason="asked for"))
    unlocked = office.enrol("new-1", None)
    keys = (unlocked.signer.public_key, unlocked.seal.public_key)

    admitted = approver.admit("new-1", frozenset({"auditor"}), keys)
    assert (admitted.officer_id, admitted.admitted_by) == ("new-1", "approver")
    assert admitted.roles == frozenset({"auditor"})
    assert approver.admit("new-1", frozenset()).roles == frozenset()
    assert [(one.officer_id, one.roles, one.signing_key) for one in approver.colleagues()] == [
        (one.officer_id, one.roles, one.signing_key) for one in desk("approver").colleagues()
    ]
    for wrong in (
        lambda: remote_owner.admit("new-1", frozenset({"auditor"})),
        lambda: approver.admit("new-2", frozenset({"auditor"})),
        lambda: approver.admit("new-1", frozenset({"recovery"})),
        lambda: approver.erase(uid, proposal),
    ):
        with pytest.raises(RefusedError):
            wrong()

    clock.now += timedelta(days=retention_rules().grace_days + 1)
    assert "case" in approver.erase(uid, proposal)
    assert remote_owner.board() == ()
    assert (remote_owner.check().faults, faults(office)) == ((), [])


def test_who_read_a_case_is_told_to_who_may_know(
    remote_owner: RemoteDesk, remote: Remote, desk: SignIn
) -> None:
    uid, auditor = remote_owner.open_for(opening()), remote("auditor")
    remote_owner.read(uid)

    log = auditor.read_log()

    assert [(one.number, one.entry.act, one.cases) for one in log] == [
        (one.number, one.entry.act, one.cases) for one in desk("auditor").read_log()[: len(log)]
    ]
    assert {"open", "grant", "read"} <= {one.entry.act for one in remote_owner.read_log(uid)}
    theirs = auditor.read_log(officer_id="accountability-officer")
    assert {one.entry.officer for one in theirs} == {"accountability-officer"}
    with pytest.raises(RefusedError, match="belongs to auditor"):
        remote_owner.read_log()
    with pytest.raises(RefusedError, match="belongs to auditor"):
        remote_owner.verify_log()
    assert auditor.verify_log().faults == ()


def test_an_auditor_is_told_what_does_not_hold(
    remote_owner: RemoteDesk, remote: Remote, office: Office
) -> None:
    uid = remote_owner.open_for(opening())
    remote_owner.add_evidence(uid, photograph(), [b"film"])
    (file,) = left_in(office)
    file.write_bytes(b"another")

    assert [one.what for one in remote("auditor").verify_log().faults] == [
        "it is not the one that was sealed"
    ]


def test_boards_figures_reports_and_letters_are_those_of_beside_the_node(
    remote_owner: RemoteDesk, desk: SignIn
) -> None:
    beside = desk("accountability_officer")
    uid = remote_owner.open_for(opening())
    remote_owner.say(
        uid,
        said("detention_started", detention="D1", persons=("P1",), state="CMR"),
        said("person_added", person="P1", harm=("detained",), cause="violence"),
    )

    assert remote_owner.board() == beside.board()
    assert remote_owner.figures(Counting("CMR", population=9)) == beside.figures(
        Counting("CMR", population=9)
    )
    assert (remote_owner.rules, remote_owner.treaties) == (beside.rules, beside.treaties)
    for report in ("dossier", "timeline", "correction", "state", "worklist", "ageing", "yearly", "detention"):
        wanted = Wanted(report, uid, state="CMR", valid_as_of=date(2026, 3, 1))
        for style in ("table", "html"):
            assert remote_owner.report(wanted, style) == beside.report(wanted, style)
    for wrong in (Wanted("gossip"), Wanted("ageing", level="enemy"), Wanted("ageing", language="tlh")):
        with pytest.raises(RefusedError, match="is none of") as refused:
            remote_owner.report(wrong, "table")
        assert refused.value.reason == "CASE_FIELD_INVALID"
    with pytest.raises(RefusedError, match="letter_sent is not possible while a case is draft"):
        remote_owner.letter(WantedLetter(uid, "note_verbale"), "table")


def test_the_tables_of_the_organization_count_from_afar_too(remote_owner: RemoteDesk, office: Office) -> None:
    (office.home.path / "deadlines.toml").write_text("[D4.days]\nacknowledgement = 21\n")

    assert remote_owner.rules["D4"].days["acknowledgement"] == 21
    assert remote_owner.tables.treaty_actions == ""


def test_old_cases_come_in_and_go_out(remote_owner: RemoteDesk, desk: SignIn, remote: Remote) -> None:
    outcome = "person=P1; harm=dead; cause=violence"
    text = f"{export_cases(())[0]}c-1,1,2015-03-14,2015-03-14,,person_added,,SSD,,,{outcome},read,a paper,"
    broken = text.replace("harm=dead", "harm=nonsense").replace("c-1", "c-2")

    (found,) = remote_owner.import_cases(text)
    (again,) = remote_owner.import_cases(text)
    (refused,) = remote_owner.import_cases(broken)

    assert (found.result, again.result, refused.result) == ("imported", "unchanged", "refused")
    assert (refused.problems[0].row, refused.problems[0].column) == (2, "outcome")
    assert remote_owner.export_cases() == desk("accountability_officer").export_cases()
    assert "a paper" in remote_owner.export_cases().text
    remote("legal_adviser")
    remote_owner.let_in(found.uid, "legal-adviser", frozenset({"read"}), "to look")
    assert remote("legal_adviser").export_cases().not_allowed == 1
    with pytest.raises(RefusedError, match="the first row has to be case_id"):
        remote_owner.import_cases("nonsense")


def test_pages_are_bounded_and_lead_through_everything(
    remote_owner: RemoteDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    uids = [remote_owner.open_for(opening(public_ref=f"r{number}")) for number in range(5)]
    monkeypatch.setattr("casework.server.cases.MAX_PAGE_BYTES", 1)
    monkeypatch.setattr("casework.client.access.MAX_PAGE", 1)
    monkeypatch.setattr("casework.server.call.LISTED", 2)

    heard: list[Any] = []

    def listening(message: Any, wire: bytes) -> Any:
        heard.append(parse(message, wire))
        return heard[-1]

    monkeypatch.setattr("casework.client.line.parse", listening)
    assert [case.uid for case in remote_owner.read_all()] == uids
    assert [len(one.cases) for one in heard] == [1] * 5
    heard.clear()
    assert [one.uid for one in remote_owner.board()] == uids
    assert [len(one.cases) for one in heard] == [2, 2, 1]
    remote_owner.let_in(uids[0], "approver", frozenset({"read"}), "x")
    assert len(remote_owner.grants(uids[0])) == 2


def test_what_is_refused_beside_the_node_is_refused_from_afar_with_the_same_words(
    remote_owner: RemoteDesk, desk: SignIn
) -> None:
    beside = desk("accountability_officer")
    uid = remote_owner.open_for(opening())
    asks: tuple[Callable[[Any], object], ...] = (
        lambda work: work.let_in(uid, "accountability-officer", frozenset({"read"}), "x"),
        lambda work: work.handle_evidence(uid, "E9", "verify"),
        lambda work: work.handle_evidence(uid, "E9", "burn"),
        lambda work: work.add_evidence(uid, photograph(kind="gossip"), [b"x"]),
        lambda work: list(work.evidence_package(uid, ("E1",), Leaving(" ", "x", to_host_government=False))),
        lambda work: work.joint_board(uid),
        lambda work: work.confirm_joint(uid, "aid-b"),
        lambda work: work.withdraw_joint(uid, "aid-b"),
        lambda work: work.report(Wanted("ageing"), "odt"),
        lambda work: work.find("zz"),
    )
    for ask in asks:
        told = []
        for work in (beside, remote_owner):
            with pytest.raises(CaseworkError) as refused:
                ask(work)
            told.append((str(refused.value), refused.value.reason))
        assert told[0] == told[1]


def test_a_line_that_is_cut_is_told_as_that(at: At, remote_owner: RemoteDesk) -> None:
    uid = remote_owner.open_for(opening())
    gone = At("127.0.0.1:1", at.certificate).desk()
    with pytest.raises(OfficeUnavailableError):
        gone.add_evidence(uid, photograph(), [b"film"])
    with pytest.raises(OfficeUnavailableError):
        gone.board()
    gone.close()
    assert items(remote_owner.read(uid)) == ()
