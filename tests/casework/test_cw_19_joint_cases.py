"""CW-19: organizations find, confirm and follow one incident; contradictions stay; one answer stops all clocks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.answering import notices, take_notices
from casework.deadlines import ClockState, clocks
from casework.errors import ActionError, ConsentError, FieldError, NotFoundError, SummaryError
from casework.figures.gather import _joint
from casework.joining import candidates, confirm, joint_board
from casework.joint import (
    JointStatement,
    Side,
    group_tokens,
    read_joint,
    read_notice,
    ref_for,
    sides_of,
    write_joint,
)
from casework.publishing import revoke
from casework.signedfile import read_file
from casework.vocabulary.deadlines import usual_rules
from tests.casework.conftest import Clock
from tests.casework.federation import GROUP_KEY, LETTER, Network, Organization, origins
from tests.casework.story import Story
from tests.casework.test_cw_18_case_status import story
from tests.casework.test_desk import said

REFS = {"aid-a": "a" * 16, "aid-b": "b" * 16, "aid-c": "c" * 16}


@pytest.fixture
def network(tmp_path: Path, clock: Clock) -> Iterator[Network]:
    made = Network(tmp_path, clock, *REFS)
    yield made
    made.close()


def hit(one: Organization, *categories: str) -> str:
    """Open and publish the case of an organization about the incident."""
    uid = one.open(REFS[one.us.org_id], categories=categories or ("death_violence",))
    one.publish(uid)
    return uid


def link(one: Organization, uid: str, other: Organization, other_uid: str) -> None:
    confirm(one.ops, uid, one.us, other.us.org_id)
    one.members.exchange()
    confirm(other.ops, other_uid, other.us, one.us.org_id)
    one.members.exchange()


def test_tokens_need_the_key_and_the_same_week_state_and_category() -> None:
    def tokens(incident: str = "2026-01-04", key: bytes = GROUP_KEY, **about: str) -> set[str]:
        return set(group_tokens(Story(**about).registered(incident=incident).case("2026-03-02"), key))

    assert tokens() == tokens("2025-12-29")
    assert not tokens() & tokens("2026-01-05")
    assert not tokens() & tokens(key=bytes(32))
    assert not tokens() & tokens(host_state="SDN")
    assert tokens() & tokens(categories="abduction,death_violence")
    assert tokens() & tokens("2026-01-04..2026-01-05")
    assert tokens("2026-01") == set(), "too vague to match anybody"


def test_one_side_alone_joins_nothing(network: Network) -> None:
    a, b = network["aid-a"], network["aid-b"]
    ours, theirs = hit(a), hit(b)
    network.exchange()
    (found,) = candidates(a.ops, ours, "aid-a")
    assert (found.claim.origin, found.by_us, found.by_them) == ("aid-b", False, False)

    confirm(a.ops, ours, a.us, "aid-b")
    with pytest.raises(ActionError, match="already"):
        confirm(a.ops, ours, a.us, "aid-b")
    network.exchange()

    assert candidates(b.ops, theirs, "aid-b")[0].by_them
    for one, uid in ((a, ours), (b, theirs)):
        with pytest.raises(SummaryError, match="both confirmed"):
            joint_board(one.ops, uid, one.us.org_id)
    assert a.publish(ours).joint_ref == ""


def test_both_confirm_and_see_one_board_with_contradictions_marked(network: Network) -> None:
    a, b = network["aid-a"], network["aid-b"]
    ours, theirs = hit(a), hit(b, "death_violence", "serious_injury_violence")
    b.ops.say(theirs, said("investigation_opened", investigation="I1", body="police", state="SSD"))
    b.publish(theirs)
    network.exchange()
    link(a, ours, b, theirs)

    board = joint_board(a.ops, ours, "aid-a")
    assert board == joint_board(b.ops, theirs, "aid-b")
    assert origins(board) == ("aid-a", "aid-b")
    assert board.contradictions == ("public_status", "impunity")
    assert [one.summary.stages["host"][0] for one in board.claims] == ["unknown", "investigation"]
    assert board.sends_next == "aid-a"
    assert a.publish(ours).joint_ref == board.joint_ref
    (said_here,) = a.case(ours).of("joint_confirmed")
    assert (said_here.text("member"), said_here.text("joint_ref")) == ("aid-b", board.joint_ref)


def test_a_third_joins_by_one_link_and_leaves_by_revoking(network: Network) -> None:
    a, b, c = (network[name] for name in REFS)
    uids = {one.us.org_id: hit(one) for one in (a, b, c)}
    network.exchange()
    link(a, uids["aid-a"], b, uids["aid-b"])
    alone = joint_board(b.ops, uids["aid-b"], "aid-b")
    with pytest.raises(SummaryError, match="both confirmed"):
        joint_board(c.ops, uids["aid-c"], "aid-c")
    link(c, uids["aid-c"], a, uids["aid-a"])

    boards = [joint_board(one.ops, uids[one.us.org_id], one.us.org_id) for one in (a, b, c)]
    assert origins(alone) == ("aid-a", "aid-b")
    assert boards[0] == boards[1] == boards[2]
    assert boards[0].joint_ref == alone.joint_ref
    assert origins(boards[0]) == ("aid-a", "aid-b", "aid-c")

    revoke(c.ops, uids["aid-c"], c.us)
    network.exchange()
    assert origins(joint_board(b.ops, uids["aid-b"], "aid-b")) == ("aid-a", "aid-b")


def test_nothing_is_joined_that_may_not_be_told_or_seen(network: Network) -> None:
    a, b = network["aid-a"], network["aid-b"]
    ours = a.open(REFS["aid-a"])
    theirs = hit(b)
    network.exchange()
    with pytest.raises(SummaryError, match="nothing of this case is published"):
        candidates(a.ops, ours, "aid-a")
    a.publish(ours)
    network.exchange()
    a.ops.say(ours, said("hold_set", reason="safety", review_on=a.ops.today))
    with pytest.raises(ConsentError, match="on_hold"):
        confirm(a.ops, ours, a.us, "aid-b")
    with pytest.raises(SummaryError, match="none"):
        confirm(b.ops, theirs, b.us, "aid-c")
    with pytest.raises(NotFoundError):
        joint_board(a.ops, theirs, "aid-a")


def answered(network: Network) -> tuple[str, str, bytes]:
    """A joint demarche of two that the government acknowledged and answered to one of them."""
    a, b = network["aid-a"], network["aid-b"]
    uids = hit(a), hit(b)
    network.exchange()
    link(a, uids[0], b, uids[1])
    for one, uid, other in ((a, uids[0], "aid-b"), (b, uids[1], "aid-a")):
        letter = {"letter": "L1", "kind": "note_verbale", "counterpart": "C1", "document": LETTER}
        one.ops.say(
            uid,
            said("counterpart_added", counterpart="C1", authority="foreign_ministry", state="SSD"),
            said("letter_sent", "2026-02-21", co_senders=(other,), **letter),
        )
    a.ops.say(
        uids[0],
        said("answer_received", "2026-02-25", answer="A1", letter="L1", kind="reply", content="canary-reply"),
    )
    return *uids, notices(a.ops, uids[0], a.us)


def test_an_answer_to_one_stops_the_clocks_of_every_co_sender(network: Network) -> None:
    _, theirs, content = answered(network)
    b = network["aid-b"]

    def state(rule: str) -> ClockState:
        found = clocks(b.case(theirs), b.ops.today, usual_rules())
        return next(clock.state for clock in found if clock.key == f"{rule}:L1")

    assert b"canary" not in b"".join(one.payload for one in read_file(content))
    assert {state("D4"), state("D5")} <= {ClockState.OPEN}
    (outcome,) = take_notices(b.ops, network, "aid-b", content)

    assert outcome.refused == ""
    assert {state("D4"), state("D5")} == {ClockState.MET}
    (event,) = b.case(theirs).of("answer_received")
    assert (event.text("co_sender"), event.text("kind"), str(event.when)) == ("aid-a", "reply", "2026-02-25")
    (again,) = take_notices(b.ops, network, "aid-b", content)
    assert again.refused.startswith("replayed")
    assert notices(b.ops, theirs, b.us) == b"", "what a co-sender passed on is not passed on again"


@pytest.mark.slow
def test_of_a_file_for_several_co_senders_each_takes_its_own(network: Network) -> None:
    a, b, c = (network[name] for name in REFS)
    uids = [hit(one) for one in (a, b, c)]
    network.exchange()
    link(a, uids[0], b, uids[1])
    link(a, uids[0], c, uids[2])
    for one, uid, others in ((a, uids[0], ("aid-b", "aid-c")), (b, uids[1], ("aid-a",))):
        letter = {"letter": "L1", "kind": "note_verbale", "counterpart": "C1", "document": LETTER}
        one.ops.say(
            uid,
            said("counterpart_added", counterpart="C1", authority="foreign_ministry", state="SSD"),
            said("letter_sent", "2026-02-21", co_senders=others, **letter),
        )
    a.ops.say(uids[0], said("answer_received", "2026-02-25", answer="A1", letter="L1", kind="reply"))
    content = notices(a.ops, uids[0], a.us)

    assert [read_notice(one.payload).member for one in read_file(content)] == ["aid-b", "aid-c"]
    assert [one.refused for one in take_notices(b.ops, network, "aid-b", content)] == [""]


def test_what_is_taken_back_counts_as_joint_no_more() -> None:
    told = story()
    told.say("joint_confirmed", "2026-02-01", member="aid-b", joint_ref="1" * 16)
    assert _joint(told.case("2026-03-02")) == "1" * 16
    told.say("joint_withdrawn", "2026-02-02", member="aid-b", joint_ref="1" * 16)
    assert _joint(told.case("2026-03-02")) == ""


def test_a_notice_of_a_stranger_or_of_another_letter_changes_nothing(network: Network) -> None:
    _, theirs, content = answered(network)
    b, c = network["aid-b"], network["aid-c"]
    del network.members["aid-a"]
    assert "no active member" in take_notices(b.ops, network, "aid-b", content)[0].refused
    network.members["aid-a"] = c  # whose key did not sign it
    assert "no active member" in take_notices(b.ops, network, "aid-b", content)[0].refused
    assert not list(b.case(theirs).of("answer_received"))


def test_a_notice_about_a_case_that_is_not_joint_is_refused(network: Network) -> None:
    _, _, content = answered(network)
    (outcome,) = take_notices(network["aid-c"].ops, network, "aid-c", content)
    assert outcome.refused == "you have no joint case with that case of this member"


def test_two_joint_cases_are_not_made_one() -> None:
    a, b = Side("aid-a", "a" * 16), Side("aid-b", "b" * 16)
    signed = [
        ("aid-a", JointStatement("1" * 16, a.public_ref, "aid-c", "c" * 16, 1, "2026-03")),
        ("aid-b", JointStatement("2" * 16, b.public_ref, "aid-d", "d" * 16, 1, "2026-03")),
    ]
    with pytest.raises(SummaryError, match="different ones"):
        ref_for(a, b, signed)
    assert ref_for(a, b, []) == ref_for(b, a, [])
    assert sides_of(a, signed) == ("", ())


@pytest.mark.parametrize(
    "change", [{"text": "more"}, {"public_ref": "x"}, {"number": 0}, {"member": ["aid-b"]}]
)
def test_a_confirmation_of_another_form_is_refused_by_name(change: dict[str, object]) -> None:
    import json  # noqa: PLC0415 - only here

    good = JointStatement("1" * 16, "a" * 16, "aid-b", "b" * 16, 1, "2026-03")
    assert read_joint(write_joint(good)) == good
    with pytest.raises(FieldError, match=next(iter(change))):
        read_joint(json.dumps({**good._asdict(), **change}, separators=(",", ":")).encode())
    with pytest.raises(FieldError):
        read_notice(write_joint(good))
