"""Whatever an office was put back to, it gives no number of a document twice: members show what they hold of it."""

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from casework import shown
from casework.answering import send
from casework.errors import CaseStoreError, PostError, SummaryError, UnconfirmedError
from casework.joining import confirm, withdraw
from casework.posting import LEFT_OUT, Placed, listed
from casework.publishing import publish, revoke
from casework.shown import Ours, go_on_alone, hear_page, held_of, is_unheard, nobody_heard, note_heard
from casework.signedfile import read_line
from casework.store.post import all_posted, all_shown, cursor_of, drop_posted, note_restored, put_shown
from console.home import Home
from console.office import Office
from crypto.envelope import Envelope, Signature
from node.config import new_settings
from node.errors import NodeError
from node.restored import note_place
from node.store.places import last_place
from node.wire.statuses import Documents
from tests.federation.test_case_documents import REFS, answered, hit, joined
from tests.federation.test_case_documents import shown as standing
from tests.support.case_documents import Linked, StatusPeer, signed, summary
from tests.support.faults import Flavour, failing_at
from tests.support.network import NOW, Network, on_sqlite_alone, postgresql_when_slow
from tests.support.peer_simulator import PeerSimulator
from tests.support.processes import exit_code

REF = REFS["aid-a"]
SUBJECT = f"status {REF}"
NOBODY = "no member has said yet"


@pytest.fixture
def line(network: Network, tmp_path: Path) -> Iterator[Linked]:
    made = Linked(network, tmp_path, *REFS)
    yield made
    for name in REFS:
        assert made.faults(name) == []
    made.close()


@pytest.fixture
def pair(network: Network, tmp_path: Path) -> Iterator[Linked]:
    made = Linked(network, tmp_path, "aid-a", "aid-b")
    yield made
    made.close()


def numbers(line: Linked, name: str = "aid-b") -> dict[str, int]:
    """Which number of each subject of the first organization is held somewhere."""
    with line[name].office.database.read() as connection:
        return {one.subject: one.number for one in all_posted(connection) if one.origin == "aid-a"}


def the_shown(line: Linked) -> list[tuple[str, int]]:
    with line["aid-a"].office.database.read() as connection:
        return [(one.subject, one.number) for one in all_shown(connection)]


def set_back(line: Linked) -> str:
    """Publish a case, and again after the copy to which it is put back; everybody holds the third number."""
    a = line["aid-a"]
    uid = hit(a)
    line.exchange()
    kept = line.copy("aid-a")
    a.publish(uid)
    assert a.publish(uid).number == 3
    line.exchange()
    line.put_back("aid-a", kept)
    return uid


def test_after_a_restore_nothing_is_signed_before_members_were_asked_and_no_number_comes_twice(
    line: Linked,
) -> None:
    uid, a, b = set_back(line), line["aid-a"], line["aid-b"]
    before = a.case(uid).events
    for attempt in (lambda: a.publish(uid), lambda: revoke(a.ops, uid, a.us)):
        with pytest.raises(UnconfirmedError, match=NOBODY):
            attempt()
    assert numbers(line, "aid-a") == {SUBJECT: 1}
    assert [one.kind for one in a.case(uid).events] == [*(one.kind for one in before), "release_proposed"]

    assert line.asks("aid-a") == {}, "nobody can be reached"
    with pytest.raises(UnconfirmedError, match=NOBODY):
        publish(a.boss, uid, a.us, "none")
    asked = line.asks("aid-a", line.nodes["aid-b"], line.nodes["aid-c"]).values()
    assert {(one.error, one.of_cases) for one in asked} == {("", "")}
    assert [one[:2] for told in asked for one in told.regained] == [(SUBJECT, 3)], "it is news once"
    assert publish(a.boss, uid, a.us, "none").number == 4
    line.exchange()  # which nobody refuses, aid-c neither, whose cursor stands where the lost places were
    assert standing(b) == standing(line["aid-c"]) == [("aid-a", 4)]


@pytest.mark.slow
def test_what_was_taken_back_after_the_copy_stays_so_until_it_is_published_again(line: Linked) -> None:
    a = line["aid-a"]
    uid = hit(a)
    line.exchange()
    kept = line.copy("aid-a")
    assert revoke(a.ops, uid, a.us).number == 2
    line.exchange()
    line.put_back("aid-a", kept)
    assert standing(a) == [("aid-a", 1)]

    assert line.asks("aid-a", line.nodes["aid-b"])["aid-b"].regained
    line.asks("aid-a", line.nodes["aid-c"])
    assert (standing(a), listed(a.office.database, "", 0, 100, a.ops.today).documents) == ([], ())
    with pytest.raises(SummaryError, match="nothing is published"):
        revoke(a.ops, uid, a.us)
    assert a.publish(uid).number == 3
    line.exchange()
    assert standing(line["aid-b"]) == standing(line["aid-c"]) == [("aid-a", 3)]


@pytest.mark.slow
def test_what_was_published_and_lost_can_be_taken_back(line: Linked) -> None:
    a = line["aid-a"]
    uid = a.open(REF)
    kept = line.copy("aid-a")
    a.publish(uid)
    line.exchange()
    line.put_back("aid-a", kept)
    line.asks("aid-a", line.nodes["aid-b"])

    assert standing(a) == [], "what was lost is told to nobody again"
    assert revoke(a.ops, uid, a.us).number == 2
    line.exchange()
    assert standing(line["aid-b"]) == standing(line["aid-c"]) == []


@pytest.mark.slow
def test_a_paper_for_one_member_waits_for_that_member(line: Linked) -> None:
    ours, a = hit(line["aid-a"]), line["aid-a"]
    hit(line["aid-b"])
    line.exchange()
    kept = line.copy("aid-a")
    confirm(a.ops, ours, a.us, "aid-b")
    withdraw(a.ops, ours, a.us, "aid-b")
    line.exchange()
    line.put_back("aid-a", kept)

    line.asks("aid-a", line.nodes["aid-c"])  # who knows nothing of what is between the others
    assert a.publish(ours).number == 1 + LEFT_OUT, "aid-b may hold more"
    with pytest.raises(UnconfirmedError, match="aid-b has not said"):
        confirm(a.ops, ours, a.us, "aid-b")
    fetched = line.fetch("aid-a", line.nodes["aid-b"])
    assert [one.number for one in fetched.regained] == [2]
    assert confirm(a.ops, ours, a.us, "aid-b").number == 3
    line.exchange()


@pytest.mark.slow
def test_an_answer_that_was_lost_is_told_again_and_is_no_news(pair: Linked) -> None:
    a = pair["aid-a"]
    ours, _ = answered(pair)
    pair.exchange()
    with a.office.database.write() as connection:
        (answer,) = (one for one in all_posted(connection) if one.subject.startswith("answer"))
        drop_posted(connection, answer)
        note_restored(connection, "aid-a", pair.clock.now)
    assert pair.asks("aid-a", pair.nodes["aid-b"])["aid-b"].regained == ()
    assert len(send(a.ops, ours, a.us)) == 1
    assert pair.fetch("aid-b", pair.nodes["aid-a"]).refused == ()


@pytest.mark.slow
def test_whoever_decides_alone_leaves_out_numbers_that_may_be_given(line: Linked) -> None:
    uid, a = set_back(line), line["aid-a"]
    go_on_alone(a.office.database, "aid-a")
    assert a.publish(uid).number == 1 + LEFT_OUT
    assert a.publish(uid).number == 2 + LEFT_OUT, "once is enough"
    new = a.open("d" * 16)
    assert a.publish(new).number == LEFT_OUT, "it may have been lost as a whole"
    line.exchange()
    assert ("aid-a", 2 + LEFT_OUT) in standing(line["aid-b"])
    assert line.fetch("aid-a", line.nodes["aid-b"]).regained == ()
    assert a.publish(uid).number == 3 + LEFT_OUT


@pytest.mark.slow
def test_what_nobody_noticed_is_found_in_the_next_month(line: Linked) -> None:
    a = line["aid-a"]
    uid = hit(a)
    line.exchange()
    kept = line.copy("aid-a")
    a.publish(uid)
    line.exchange()
    line.put_back("aid-a", kept, noticed=False)
    assert line.fetch("aid-a", line.nodes["aid-b"]).regained == ()
    line.clock.now = line.clock.now.replace(month=12)
    assert [one.number for one in line.fetch("aid-a", line.nodes["aid-b"]).regained] == [2]
    assert line.fetch("aid-a", line.nodes["aid-c"]).regained == (), "it is known by now"
    assert a.publish(uid).number == 3


def test_who_was_never_restored_asks_once_a_month_and_signs_without_being_asked(pair: Linked) -> None:
    a = pair["aid-a"]
    uid = hit(a)
    pair.exchange()
    assert the_shown(pair) == []
    with a.office.database.read() as connection:
        assert cursor_of(connection, "aid-a").to_all == 0
        assert cursor_of(connection, "aid-b").month == f"{a.ops.today:%Y-%m}"
    assert a.publish(uid).number == 2
    with a.office.database.read() as connection:
        places = [one.place for one in all_posted(connection) if one.origin == "aid-a"]
    assert places == [2]


def the_peer(pair: Linked, made: StatusPeer) -> PeerSimulator:
    peer = made.peer
    pair.network.admit(peer.member)
    return peer


def test_an_older_version_can_not_show_it_and_is_asked_again(pair: Linked) -> None:
    uid, a = set_back(pair), pair["aid-a"]
    made = StatusPeer(of_caller=None)
    peer = the_peer(pair, made)
    made.to_all = [signed(peer.identity.signing, summary("9" * 16))]
    told = pair.asks("aid-a", peer)["mirage"]
    assert (told.error, told.of_cases) == ("", "it has an older version, which can not show it")
    for _ in range(2):
        fetched = pair.fetch("aid-a", peer)
        assert (fetched.error, len(fetched.outcomes)) == (None, 1), "its own lists are taken as ever"
        assert is_unheard(a.office.database, "aid-a", "mirage")
        with pytest.raises(UnconfirmedError, match=NOBODY):
            a.publish(uid)
    made.of_caller = []  # it was brought up to date
    assert pair.fetch("aid-a", peer).error is None
    assert not is_unheard(a.office.database, "aid-a", "mirage")
    assert not nobody_heard(a.office.database, "aid-a")


def changed(one: Envelope) -> Envelope:
    payload = one.payload.replace(b'"number":3', b'"number":2000000000')
    assert payload != one.payload
    return one._replace(payload=payload)


def forged(one: Envelope) -> Envelope:
    (signature,) = one.signatures
    return one._replace(signatures=(Signature(bytes(64), signature.keyid),))


def placed_at(place: int) -> Callable[[Documents], Documents]:
    return lambda page: page._replace(documents=tuple((place, one) for _, one in page.documents))


LIES: dict[str, Callable[[Envelope, Envelope, Envelope], StatusPeer]] = {
    "a greater number": lambda ours, _theirs, _joint: StatusPeer(of_caller=[changed(ours)]),
    "another signature": lambda ours, _theirs, _joint: StatusPeer(of_caller=[ours, forged(ours)]),
    "of another member": lambda _ours, theirs, _joint: StatusPeer(of_caller=[theirs]),
    "for another member": lambda _ours, _theirs, joint: StatusPeer(of_caller=[joint]),
    "one place twice": lambda ours, _theirs, _joint: StatusPeer(of_caller=[ours] * 2, page_as=placed_at(1)),
    "place 0": lambda ours, _theirs, _joint: StatusPeer(of_caller=[ours], page_as=placed_at(0)),
    "no end of it": lambda ours, _theirs, _joint: StatusPeer(of_caller=[ours] * 50, most=7),
}


@on_sqlite_alone
def test_whoever_lies_is_refused_and_nothing_is_signed_for_that(
    pair: Linked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shown, "MAX_OF_MEMBER", 40)
    a, b = pair["aid-a"], pair["aid-b"]
    ours, _ = joined(pair, "aid-a", "aid-b")
    kept = pair.copy("aid-a")
    assert (a.publish(ours).number, a.publish(ours).number) == (2, 3)
    pair.exchange()
    pair.put_back("aid-a", kept)
    with b.office.database.read() as connection:
        held = {one.subject: read_line(one.line) for one in all_posted(connection)}
    joint = next(one for subject, one in held.items() if subject.startswith(f"joint {REF}"))
    for name, lie in LIES.items():
        peer = the_peer(pair, lie(held[SUBJECT], held[f"status {REFS['aid-b']}"], joint))
        told = pair.asks("aid-a", peer)["mirage"]
        assert told.of_cases.endswith("[CASE_STATUS_LIST_REFUSED]"), name
        assert isinstance(pair.fetch("aid-a", peer).error, PostError), name
        with pytest.raises(UnconfirmedError, match=NOBODY):
            a.publish(ours)
        assert the_shown(pair) == ([(SUBJECT, 3)] if name == "no end of it" else []), name


@on_sqlite_alone
def test_who_shows_an_old_one_takes_nothing_away_from_what_another_shows(pair: Linked) -> None:
    a, b = pair["aid-a"], pair["aid-b"]
    uid = hit(a)
    kept = pair.copy("aid-a")
    a.publish(uid)
    pair.exchange()
    with b.office.database.read() as connection:
        (old,) = (read_line(one.line) for one in all_posted(connection))
    a.publish(uid)
    pair.exchange()
    pair.put_back("aid-a", kept)
    peer = the_peer(pair, StatusPeer(of_caller=[old]))
    for shower, number in ((peer, 2), (pair.nodes["aid-b"], 3), (peer, 3)):
        pair.asks("aid-a", shower)
        assert the_shown(pair) == [(SUBJECT, number)]
    assert a.publish(uid).number == 4
    assert pair.faults("aid-a") == []


@on_sqlite_alone
def test_whoever_hides_what_it_holds_does_no_harm_while_others_are_away(pair: Linked) -> None:
    uid, a = set_back(pair), pair["aid-a"]
    pair.asks("aid-a", the_peer(pair, StatusPeer()))
    assert (the_shown(pair), a.publish(uid).number) == ([], 1 + LEFT_OUT)
    fetched = pair.fetch("aid-b", pair.nodes["aid-a"])
    assert (fetched.taken, fetched.refused) == (1, ())


def test_a_member_is_shown_all_that_it_signed_and_nothing_else_page_by_page(pair: Linked) -> None:
    joined(pair, "aid-a", "aid-b")
    b = pair["aid-b"].office.database
    pages = [held_of(b, "aid-a", after, 1) for after in range(3)]
    assert [[one.place for one in page.documents] for page in pages] == [[1], [2], []]
    assert {page.last for page in pages} == {2}
    assert held_of(b, "aid-c", 0, 100).documents == ()
    assert held_of(b, "aid-b", 0, 100).documents == (), "its own are no others'"


@on_sqlite_alone
def test_check_finds_whatever_was_put_in_as_shown(pair: Linked) -> None:
    set_back(pair)
    pair.asks("aid-a", pair.nodes["aid-b"])
    assert pair.faults("aid-a") == []
    database = pair["aid-a"].office.database
    with database.write() as connection:
        (one,) = all_shown(connection)
        put_shown(connection, one._replace(number=9))
    assert pair.faults("aid-a") == ["it is entered as another than it is"]
    with database.write() as connection:
        put_shown(connection, one._replace(line=one.line.replace(b'"sig":"', b'"sig":"AAAA')))
    assert len(pair.faults("aid-a")) == 1


@dataclass(frozen=True)
class Hears:
    """Hear a page of the first organization's documents, at that organization; runs in a process of its own too."""

    page: tuple[Placed, ...]
    key: bytes
    folder: Path
    url: str

    def __call__(self, flavour: Flavour, number: int) -> None:
        """Do so, with one write of it going wrong."""
        settings = new_settings(org_id="aid-a", org_type="INGO", database_url=self.url)
        database = Office(Home(self.folder, settings), lambda: NOW).database
        with closing(database.store), failing_at(database.store, number, flavour):
            hear_page(database, Ours("aid-a", (self.key,)), "aid-b", self.page, 0, NOW)
            note_heard(database, "aid-a", "aid-b", NOW.date())


@dataclass(frozen=True)
class Killed:
    """Likewise, as what a process does."""

    hears: Hears
    flavour: Flavour
    number: int


def perform(job: Killed) -> None:
    """Do it; runs in that process."""
    job.hears(job.flavour, job.number)


@pytest.mark.parametrize(
    "flavour",
    [
        Flavour.REFUSED,
        *(pytest.param(one, marks=pytest.mark.slow) for one in Flavour if one is not Flavour.REFUSED),
    ],
)
@postgresql_when_slow
def test_whichever_write_goes_wrong_nothing_is_signed_before_all_was_kept(
    pair: Linked, flavour: Flavour
) -> None:
    a, b = pair["aid-a"], pair["aid-b"]
    taken_back, uid = hit(a), a.open("d" * 16)
    a.publish(uid)
    kept = pair.copy("aid-a")
    revoke(a.ops, taken_back, a.us)
    a.publish(uid)
    pair.exchange()
    page = held_of(b.office.database, "aid-a", 0, 100).documents
    pair.put_back("aid-a", kept)
    url = pair.nodes["aid-a"].store.engine.url.render_as_string(hide_password=False)
    hears = Hears(page, a.us.signer.public_key, a.office.home.path, url)
    for number in range(30):
        if flavour in {Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED}:
            with suppress(CaseStoreError):
                hears(flavour, number)
        else:
            ended = exit_code(perform, Killed(hears, flavour, number))
            assert ended in {0, -signal.SIGKILL}
        assert pair.faults("aid-a") == []
        heard = not nobody_heard(a.office.database, "aid-a")
        assert the_shown(pair) in ([], [(SUBJECT, 2), (f"status {'d' * 16}", 2)])
        assert not heard or the_shown(pair)
        if heard:
            break
    assert 4 <= number < 29
    assert a.publish(uid).number == 3
    assert a.publish(taken_back).number == 3


@on_sqlite_alone
@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_whichever_write_goes_wrong_a_restored_office_is_known_as_one(pair: Linked, flavour: Flavour) -> None:
    node, database = pair.nodes["aid-a"], pair["aid-a"].office.database

    def noted(mark: str) -> None:
        note_place(
            node.store,
            "aid-a",
            mark,
            seen=1,
            in_network=True,
            restored_too=lambda connection: note_restored(connection, "aid-a", NOW),
        )

    noted("here")
    note_heard(database, "aid-a", "aid-b", NOW.date())
    for number in range(8):
        with failing_at(node.store, number, flavour), suppress(NodeError):
            noted("there")
            break
        with node.store.read() as connection:
            place = last_place(connection)
        assert place
        assert nobody_heard(database, "aid-a") == (place.mark == "there")
    assert 2 <= number < 7
    assert is_unheard(database, "aid-a", "aid-b")
