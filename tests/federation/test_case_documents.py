"""Signed case status and joint papers travel between nodes: to whom they are for, verified, kept with the cursor."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from casework import taking
from casework.answering import send, take_fetched
from casework.erasing import erase
from casework.errors import ConsentError, NotFoundError, PostError, SummaryError
from casework.joining import candidates, confirm, joint_board, withdraw
from casework.joint import JOINT_TYPE, JointStatement, write_joint
from casework.posting import Listed, Placed, listed
from casework.publishing import propose, publish, revoke, statuses
from casework.retention import retention_rules
from casework.signedfile import write_file, write_line
from casework.store.post import Cursor, all_posted
from casework.summary import REVOCATION_TYPE, Revocation, write_revocation
from casework.taking import Fate, take_page
from console.posts import Fetched
from crypto.envelope import Envelope, Signature, sign_envelope
from crypto.signing import Signer
from node.errors import PayloadError, UnavailableError
from node.wire.statuses import Documents, DocumentsCall, decode_documents, encode_documents_call
from tests.casework.federation import LETTER, Organization, origins
from tests.casework.test_desk import said
from tests.support.bystander import Bystander
from tests.support.case_documents import Linked, StatusPeer, signed, summary
from tests.support.contract import CASE_DOCUMENTS
from tests.support.mutants import flips, mutants
from tests.support.network import Network, on_sqlite_alone
from tests.support.peer_simulator import PeerSimulator
from tests.support.wiretap import Wiretap
from tocsin.node.v1 import case_status_service_pb2

REFS = {"aid-a": "a" * 16, "aid-b": "b" * 16, "aid-c": "c" * 16}
WHEN = "2026-11-18"


@pytest.fixture
def line(network: Network, tmp_path: Path) -> Iterator[Linked]:
    made = Linked(network, tmp_path, *REFS)
    yield made
    for name in REFS:
        assert made.faults(name) == []
    made.close()


def hit(one: Organization) -> str:
    """Open and publish the case of an organization about the incident."""
    uid = one.open(REFS[one.us.org_id], incident=WHEN)
    one.publish(uid)
    return uid


def shown(one: Organization) -> list[tuple[str, int]]:
    return [(claim.origin, claim.summary.number) for claim in statuses(one.office.database, one.ops.today)]


def for_reader(one: Organization, reader: str) -> Listed:
    return listed(one.office.database, reader, 0, 100, one.ops.today)


def joined(line: Linked, *names: str) -> list[str]:
    """Cases that these have confirmed as joint, each with each."""
    uids = {name: hit(line[name]) for name in names}
    line.exchange()
    for at, name in enumerate(names):
        for other in names[at + 1 :]:
            confirm(line[name].ops, uids[name], line[name].us, other)
            line.exchange()
            confirm(line[other].ops, uids[other], line[other].us, name)
            line.exchange()
    return list(uids.values())


@pytest.mark.slow
def test_a_status_is_superseded_revoked_and_expires_over_the_line(line: Linked) -> None:
    a, b = line["aid-a"], line["aid-b"]
    uid = hit(a)
    a.publish(uid)

    first = line.fetch("aid-b", line.nodes["aid-a"])
    assert ([one.fate for one in first.outcomes], shown(b)) == ([Fate.TAKEN], [("aid-a", 2)])
    assert line.fetch("aid-b", line.nodes["aid-a"]) == Fetched(), "nothing is sent twice"
    a.publish(uid)
    line.exchange()
    assert shown(b) == shown(line["aid-c"]) == [("aid-a", 3)]

    revoke(a.ops, uid, a.us)
    line.exchange()
    assert shown(b) == []
    a.publish(uid)
    line.exchange()
    assert shown(b) == [("aid-a", 5)]
    line.clock.now = datetime(2027, 5, 1, tzinfo=UTC)
    assert shown(b) == []
    assert for_reader(a, "").documents == (), "what has expired is sent to nobody"


@pytest.mark.slow
def test_what_may_no_longer_be_told_is_sent_to_nobody_from_that_moment_on(line: Linked) -> None:
    a, b, c = (line[name] for name in REFS)
    uid = hit(a)
    line.fetch("aid-b", line.nodes["aid-a"])
    a.ops.say(uid, said("consent_recorded", person="P1", purpose="share_status", answer="withdrawn"))

    assert line.fetch("aid-c", line.nodes["aid-a"]) == Fetched()
    a.ops.say(uid, said("consent_recorded", "2026-11-20", person="P1", purpose="share_status", answer="yes"))
    assert line.fetch("aid-b", line.nodes["aid-a"]) == Fetched(), "who has it is not told that it was away"
    line.exchange()
    assert shown(b) == shown(c) == [("aid-a", 1)]
    a.ops.say(uid, said("hold_set", WHEN, reason="safety", review_on=a.ops.today))
    assert for_reader(a, "").documents == ()
    revoke(a.ops, uid, a.us)
    line.exchange()
    assert shown(b) == shown(c) == []


def test_of_an_erased_case_nothing_is_sent(line: Linked) -> None:
    a = line["aid-a"]
    uid = hit(a)
    (proposal,) = a.ops.say(uid, said("erasure_proposed", groups="all", reason="asked for", when=WHEN))
    line.clock.now += timedelta(days=retention_rules().grace_days + 1)
    erase(a.boss, a.office.vault, uid, proposal)

    assert for_reader(a, "").documents == ()
    assert line.faults("aid-a") == []


@pytest.mark.slow
def test_a_joint_case_is_confirmed_and_left_over_the_line(line: Linked) -> None:
    a, b = line["aid-a"], line["aid-b"]
    ours, theirs = joined(line, "aid-a", "aid-b")
    board = joint_board(a.ops, ours, "aid-a")
    assert board == joint_board(b.ops, theirs, "aid-b")
    assert origins(board) == ("aid-a", "aid-b")

    for one, uid, other in ((a, ours, "aid-b"), (b, theirs, "aid-a")):
        taken_back = withdraw(one.ops, uid, one.us, other)
        with pytest.raises(SummaryError, match="none"):
            withdraw(one.ops, uid, one.us, other)
        line.exchange()
        for side, its in ((a, ours), (b, theirs)):
            with pytest.raises(SummaryError, match="both confirmed"):
                joint_board(side.ops, its, side.us.org_id)
        assert one.publish(uid).joint_ref == ""
        again = confirm(one.ops, uid, one.us, other)
        line.exchange()
        assert again.number == taken_back.number + 1
        assert joint_board(a.ops, ours, "aid-a").joint_ref == board.joint_ref
    kinds = [one.kind for one in a.case(ours).of("joint_confirmed", "joint_withdrawn")]
    assert kinds == ["joint_confirmed", "joint_withdrawn", "joint_confirmed"]


@pytest.mark.slow
def test_three_that_confirmed_each_other_see_one_board(line: Linked) -> None:
    uids = joined(line, *REFS)
    boards = [
        joint_board(one.ops, uid, one.us.org_id) for one, uid in zip(line.members.values(), uids, strict=True)
    ]
    assert boards[0] == boards[1] == boards[2]
    assert origins(boards[0]) == tuple(REFS)

    withdraw(line["aid-c"].ops, uids[2], line["aid-c"].us, "aid-a")
    withdraw(line["aid-c"].ops, uids[2], line["aid-c"].us, "aid-b")
    line.exchange()
    assert origins(joint_board(line["aid-b"].ops, uids[1], "aid-b")) == ("aid-a", "aid-b")


def answered(line: Linked) -> tuple[str, str]:
    """A joint demarche of two, answered to one of them, who has passed the answer on."""
    ours, theirs = joined(line, "aid-a", "aid-b")
    for name, uid, other in (("aid-a", ours, "aid-b"), ("aid-b", theirs, "aid-a")):
        letter = {"letter": "L1", "kind": "note_verbale", "counterpart": "C1", "document": LETTER}
        line[name].ops.say(
            uid,
            said("counterpart_added", counterpart="C1", authority="foreign_ministry", state="SSD"),
            said("letter_sent", "2026-11-19", co_senders=(other, "aid-z"), **letter),
        )
    a = line["aid-a"]
    a.ops.say(ours, said("answer_received", "2026-11-20", answer="A1", letter="L1", kind="reply"))
    told = [one.member for one in send(a.ops, ours, a.us)]
    assert told == ["aid-b"], "aid-z signed the letter, and has no joint case with us"
    assert send(a.ops, ours, a.us) == ()
    return ours, theirs


@pytest.mark.slow
def test_an_answer_goes_to_its_co_sender_alone_and_waits_for_an_officer(line: Linked) -> None:
    _, theirs = answered(line)
    b, c = line["aid-b"], line["aid-c"]
    line.exchange()
    assert list(b.case(theirs).of("answer_received")) == []

    (outcome,) = take_fetched(b.ops, "aid-b")
    assert (outcome.origin, outcome.fate) == ("aid-a", Fate.TAKEN)
    (event,) = b.case(theirs).of("answer_received")
    assert (event.text("co_sender"), event.text("kind"), str(event.when)) == ("aid-a", "reply", "2026-11-20")
    assert take_fetched(b.ops, "aid-b") == ()
    assert take_fetched(c.ops, "aid-c") == ()


@pytest.mark.slow
def test_a_third_member_learns_nothing_of_what_two_others_sign(line: Linked) -> None:
    answered(line)
    a = line["aid-a"]
    assert for_reader(a, "aid-c") == Listed((), 0)
    to_all = for_reader(a, "")
    assert [one.place for one in to_all.documents] == list(range(1, to_all.last + 1)), (
        "no gap tells of others"
    )
    assert [one.place for one in for_reader(a, "aid-b").documents] == [1, 2]
    line.exchange()
    with line["aid-c"].office.database.read() as connection:
        held = {one.subject.split()[0] for one in all_posted(connection) if one.origin != "aid-c"}
    assert held == {"status"}


@pytest.mark.slow
def test_who_left_a_joint_case_is_told_no_answers_any_more(line: Linked) -> None:
    ours, _ = answered(line)
    a = line["aid-a"]
    withdraw(a.ops, ours, a.us, "aid-b")
    fetched = line.fetch("aid-b", line.nodes["aid-a"])
    assert [one.what for one in fetched.outcomes] == ["joint case withdrawn"]


@pytest.mark.slow
def test_a_colleague_without_a_grant_learns_nothing_of_a_joint_case(line: Linked) -> None:
    _, theirs = answered(line)
    b = line["aid-b"]
    line.exchange()
    made = b.office.enrol("other", None)
    keys = (made.signer.public_key, made.seal.public_key)
    b.office.admit(b.boss, "other", frozenset({"accountability_officer", "approver"}), keys)
    other = b.office.desk("other", None)
    attempts: tuple[Callable[[str], object], ...] = (
        lambda uid: candidates(other, uid, "aid-b"),
        lambda uid: confirm(other, uid, b.us, "aid-a"),
        lambda uid: withdraw(other, uid, b.us, "aid-a"),
        lambda uid: joint_board(other, uid, "aid-b"),
        lambda uid: send(other, uid, b.us),
        lambda uid: publish(other, uid, b.us, "none"),
    )
    for attempt in attempts:
        refusals = []
        for uid in (theirs, "0" * 32):
            with pytest.raises(NotFoundError) as refusal:
                attempt(uid)
            refusals.append(str(refusal.value))
        assert refusals[0] == refusals[1], "a case that there is not answers the same"
    assert take_fetched(other, "aid-b") == ()


@pytest.fixture
def b(network: Network, tmp_path: Path) -> Iterator[Linked]:
    """One organization, which fetches from a peer of the test."""
    made = Linked(network, tmp_path, "aid-b")
    yield made
    made.close()


def admitted(network: Network, made: StatusPeer) -> PeerSimulator:
    peer = made.peer
    network.admit(peer.member)
    return peer


def held(one: Organization) -> list[str]:
    return [claim.summary.public_ref for claim in statuses(one.office.database, one.ops.today)]


def refs(number: int) -> list[str]:
    return [f"{at:016x}" for at in range(number)]


def test_a_cut_costs_nothing_and_the_next_fetch_goes_on(network: Network, b: Linked) -> None:
    made = StatusPeer(most=2, answers=2)
    peer = admitted(network, made)
    made.to_all = [signed(peer.identity.signing, summary(ref)) for ref in refs(7)]

    cut = b.fetch("aid-b", peer)
    assert isinstance(cut.error, UnavailableError)
    assert held(b["aid-b"]) == refs(4)
    made.answers, made.asked = 100, []
    whole = b.fetch("aid-b", peer)
    assert (whole.error, whole.taken, held(b["aid-b"])) == (None, 3, refs(7))
    assert made.asked[0] == (False, 4)


def test_a_peer_of_an_older_version_has_nothing(network: Network, b: Linked) -> None:
    peer = PeerSimulator()
    network.admit(peer.member)
    assert b.fetch("aid-b", peer) == Fetched()


def test_whoever_was_restored_is_asked_from_the_beginning(network: Network, b: Linked) -> None:
    made = StatusPeer()
    peer = admitted(network, made)
    made.to_all = [signed(peer.identity.signing, summary(ref)) for ref in refs(5)]
    b.fetch("aid-b", peer)
    made.to_all = [*made.to_all[:2], signed(peer.identity.signing, summary("f" * 16))]
    assert b.fetch("aid-b", peer).taken == 1
    made.to_all += [signed(peer.identity.signing, summary(ref)) for ref in ("d" * 16, "e" * 16)]
    made.asked = []
    b.clock.now = datetime(2026, 12, 1, tzinfo=UTC)
    assert b.fetch("aid-b", peer).taken == 2
    assert made.asked[0] == (False, 0), "each month begins again"


@on_sqlite_alone
@pytest.mark.parametrize("number", [1, 2])
def test_what_a_member_takes_back_is_dropped_though_it_gave_the_number_before(
    network: Network, b: Linked, number: int
) -> None:
    made, ref = StatusPeer(), refs(1)[0]
    peer = admitted(network, made)
    key = peer.identity.signing
    made.to_all = [signed(key, summary(ref, number=2))]
    assert b.fetch("aid-b", peer).taken == 1
    took_back = sign_envelope(key, REVOCATION_TYPE, write_revocation(Revocation(ref, number, "2026-11")))
    in_a_file = b["aid-b"].take(write_file([write_line(took_back)]))
    assert [one.fate for one in in_a_file] == [Fate.OLDER if number == 1 else Fate.CONTRADICTS]
    assert shown(b["aid-b"]) == [(peer.member.org_id, 2)]

    made.to_all = [signed(key, summary("2" * 16)), took_back]  # it was put back to an older copy meanwhile
    assert [one.fate for one in b.fetch("aid-b", peer).outcomes] == [Fate.TAKEN]
    made.to_all.append(signed(key, summary(ref, number=number)))  # told again only under a new number
    assert [one.fate for one in b.fetch("aid-b", peer).outcomes] == [Fate.CONTRADICTS]
    assert shown(b["aid-b"]) == []
    assert b.faults("aid-b") == []


def test_what_is_sound_and_not_to_be_kept_is_refused_alone(network: Network, b: Linked) -> None:
    made = StatusPeer()
    peer = admitted(network, made)
    key = peer.identity.signing
    made.to_all = [
        signed(key, summary(refs(1)[0], number=2)),
        signed(key, summary(refs(1)[0])),
        signed(key, summary(refs(1)[0], number=2, persons="10+")),
        signed(key, summary("1" * 16, issued="2026-04", expires="2026-10")),
        sign_envelope(key, "application/vnd.tocsin.case-status.v9+json", b"{}"),
        sign_envelope(key, "application/vnd.tocsin.case-status.v1+json", b'{"name":"somebody"}'),
        signed(key, summary("2" * 16)),
    ]
    fetched = b.fetch("aid-b", peer)

    assert fetched.error is None
    assert [one.fate for one in fetched.outcomes] == [
        Fate.TAKEN,
        Fate.OLDER,
        Fate.CONTRADICTS,
        Fate.REFUSED,
        Fate.REFUSED,
        Fate.REFUSED,
        Fate.TAKEN,
    ]
    assert held(b["aid-b"]) == [refs(1)[0], "2" * 16]
    assert b.faults("aid-b") == []


@on_sqlite_alone
def test_of_one_member_no_more_is_held_than_fits(
    network: Network, b: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "MAX_OF_MEMBER", 2)
    made = StatusPeer()
    peer = admitted(network, made)
    key = peer.identity.signing
    made.to_all = [signed(key, summary(ref)) for ref in refs(3)]
    made.to_all.append(signed(key, summary(refs(1)[0], number=2)))
    fates = [one.fate for one in b.fetch("aid-b", peer).outcomes]
    assert fates == [Fate.TAKEN, Fate.TAKEN, Fate.FULL, Fate.TAKEN]


def with_place(place: int) -> Callable[[Documents], Documents]:
    return lambda page: page._replace(documents=tuple((place, one) for _, one in page.documents))


def with_envelope(change: Callable[[Envelope], Envelope]) -> Callable[[Documents], Documents]:
    return lambda page: page._replace(
        documents=tuple((place, change(one)) for place, one in page.documents[:-1]) + page.documents[-1:]
    )


STRANGER = Signer.generate()
BROKEN: dict[str, Callable[[Documents], Documents]] = {
    "a place comes twice": with_place(1),
    "a place is none": with_place(0),
    "another key signed": with_envelope(lambda one: sign_envelope(STRANGER, one.payload_type, one.payload)),
    "another type": with_envelope(lambda one: one._replace(payload_type=f"{one.payload_type}x")),
    "another payload": with_envelope(lambda one: one._replace(payload=one.payload.replace(b"SSD", b"SDN"))),
    "no signature": with_envelope(lambda one: one._replace(signatures=())),
    "two signatures": with_envelope(lambda one: one._replace(signatures=one.signatures * 2)),
    "another key is named": with_envelope(
        lambda one: one._replace(signatures=(Signature(one.signatures[0].sig, "0" * 16),))
    ),
}


@on_sqlite_alone
def test_a_page_that_does_not_hold_is_refused_by_name_and_nothing_of_it_is_kept(
    network: Network, b: Linked
) -> None:
    made = StatusPeer(most=2)
    peer = admitted(network, made)
    made.to_all = [signed(peer.identity.signing, summary(ref)) for ref in refs(4)]
    sound = made.page_as
    for name, broken in BROKEN.items():
        made.page_as = broken
        fetched = b.fetch("aid-b", peer)
        assert isinstance(fetched.error, PostError), name
        assert (fetched.error.reason, held(b["aid-b"])) == ("CASE_STATUS_LIST_REFUSED", []), name
    made.page_as = sound
    assert b.fetch("aid-b", peer).taken == 4


@on_sqlite_alone
def test_what_is_for_another_reader_is_refused(network: Network, b: Linked) -> None:

    made = StatusPeer()
    peer = admitted(network, made)
    key = peer.identity.signing
    said_to = JointStatement("1" * 16, "a" * 16, "aid-c", "c" * 16, 1, "2026-11")
    made.to_caller = [sign_envelope(key, JOINT_TYPE, write_joint(said_to))]
    assert isinstance(b.fetch("aid-b", peer).error, PostError)
    made.to_caller = [sign_envelope(key, JOINT_TYPE, write_joint(said_to._replace(member="aid-b")))]
    assert b.fetch("aid-b", peer).taken == 1
    made.to_all, made.to_caller = made.to_caller, []
    assert isinstance(b.fetch("aid-b", peer).error, PostError)


@on_sqlite_alone
def test_a_flipped_bit_in_any_byte_is_refused_or_changes_nothing_that_was_signed(
    network: Network, b: Linked
) -> None:
    """A member gives its documents what places it likes; everything else is signed."""

    made = StatusPeer()
    peer = admitted(network, made)
    sound = signed(peer.identity.signing, summary("a" * 16))
    made.to_all = [sound]
    answer = made.answer(encode_documents_call(DocumentsCall("", False, 0)))
    one = b["aid-b"]
    refused = 0
    for at, wire in flips(answer):
        try:
            page = tuple(Placed(*each) for each in decode_documents(wire).documents)
            take_page(
                one.office.database, b, "aid-b", peer.org_id, page, Cursor(), to_us=False, today=one.ops.today
            )
        except (PayloadError, PostError):
            refused += 1
            continue
        with one.office.database.read() as connection:
            assert [each.line for each in all_posted(connection)] in ([], [write_line(sound)]), at
    assert refused >= len(answer) - 6


@on_sqlite_alone
def test_a_change_to_any_field_of_a_page_is_refused_or_changes_nothing_that_was_signed(
    network: Network, b: Linked
) -> None:
    made = StatusPeer()
    peer = admitted(network, made)
    made.to_all = [signed(peer.identity.signing, summary(ref)) for ref in refs(2)]
    answer = made.answer(encode_documents_call(DocumentsCall("", False, 0)))
    sound = {write_line(one) for one in made.to_all}
    one, refused = b["aid-b"], 0
    changes = list(mutants(case_status_service_pb2.ListCaseDocumentsResponse.FromString(answer)))
    for change, wire in changes:
        try:
            page = tuple(Placed(*each) for each in decode_documents(wire).documents)
            take_page(
                one.office.database, b, "aid-b", peer.org_id, page, Cursor(), to_us=False, today=one.ops.today
            )
        except (PayloadError, PostError):
            refused += 1
            continue
        with one.office.database.read() as connection:
            assert {each.line for each in all_posted(connection)} <= sound, change
    assert len(changes) > 50
    assert refused > len(changes) - 12, "a member may leave out documents and number the others"


@pytest.mark.slow
@on_sqlite_alone
def test_a_bystander_hears_nothing_but_the_short_list_and_no_word_that_was_sealed(
    line: Linked, tmp_path: Path
) -> None:
    ours, theirs = answered(line)
    a, b = line["aid-a"], line["aid-b"]
    hidden = a.open("e" * 16, incident=WHEN, title="canary-title", place="canary-place")
    a.ops.say(
        hidden,
        said("note", text="canary-note"),
        said("person_updated", person="P1", name="canary-name"),
        said("counterpart_added", counterpart="C1", authority="police", state="SSD", contact="canary-contact"),
    )  # fmt: skip
    propose(a.ops, hidden)
    publish(a.boss, hidden, a.us, "canary-risk")
    silent = a.open("f" * 16, incident=WHEN)
    a.publish(silent)
    a.ops.say(silent, said("described", categories=("death_violence", "sexual_violence")))
    with pytest.raises(ConsentError):
        a.publish(silent)
    b.publish(theirs)
    withdraw(b.ops, theirs, b.us, "aid-a")
    revoke(b.ops, theirs, b.us)
    line.clock.now = datetime(2026, 12, 1, tzinfo=UTC)  # so that everything is sent once more
    tap = Wiretap(tmp_path)
    for reader, node in line.nodes.items():
        for name, origin in line.nodes.items():
            if name != reader:
                line.fetch(reader, tap.tapped(origin, node))

    bystander = Bystander({}, {})
    members = {one.org_id: one for one in line.network.directory.members}
    for heard in tap.lines:
        bystander.listen(heard, members, line.clock.now.date())
        plain = bytes(heard.asked) + bytes(heard.answered)
        told = [hidden, silent, ours, LETTER, "canary", "P1", "boss", "ops", "f" * 16]
        for word in told if heard.caller == "aid-c" else [one for one in told if one != LETTER]:
            assert word.encode() not in plain, f"{word} from {heard.callee} to {heard.caller}"
    heard_of = {kind: bystander.heard[kind] for kind in CASE_DOCUMENTS}
    assert heard_of == {
        "case-status": 2 * 2,
        "case-status-revocation": 2,
        "joint-case": 1,
        "joint-case-withdrawal": 1,
        "joint-answer": 1,
    }
    shown = {kind: bystander.heard[f"shown {kind}"] for kind in CASE_DOCUMENTS}
    assert shown == {  # what each held of who asked it, in the order in which they fetch
        "case-status": 3,
        "case-status-revocation": 1,
        "joint-case": 1,
        "joint-case-withdrawal": 1,
        "joint-answer": 0,
    }
