"""The joint board in a browser: what members signed, our word and what takes it back, each written once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pytest

from casework.about import status_subject
from casework.joint import JOINT_TYPE, JointStatement, Side, ref_for, write_joint
from casework.publishing import propose, publish
from casework.signedfile import read_line, write_file, write_line
from casework.store.post import all_posted, posted
from casework.summary import SUMMARY_TYPE, read_summary, write_summary
from casework.taking import take
from console.joint import keep_group_key, us_of
from console.web.roles import Role
from console.web.visit import Works
from crypto.envelope import sign_envelope
from crypto.signing import Signer
from tests.console.web.test_officer import Place, office
from tests.support.browser import Browser, Clock, Shown
from tests.support.faults import Flavour, failing_at
from tests.support.offices import ABOUT, Staffed, say, statement

pytestmark = pytest.mark.slow
__all__ = ["office"]
REF, THEIRS = "a" * 16, "b" * 16
BETA = Signer.generate()
FORM = "/case/joint"


class Beta:
    """The one other member."""

    def keys(self) -> Mapping[str, tuple[bytes, ...]]:
        return {"beta": (BETA.public_key,)}


def told(made: Staffed, payload_type: str, payload: bytes) -> None:
    """Something that the member signed comes with a sync."""
    content = write_file([write_line(sign_envelope(BETA, payload_type, payload))])
    (outcome,) = take(made.office.database, Beta(), "alpha", content, made.desks["ops"].today)
    assert outcome.refused == ""


def their_word(made: Staffed, number: int = 1) -> None:
    ref = ref_for(Side("beta", THEIRS), Side("alpha", REF), ())
    word = JointStatement(ref, THEIRS, "alpha", REF, number, f"{made.desks['ops'].today:%Y-%m}")
    told(made, JOINT_TYPE, write_joint(word))


@pytest.fixture(scope="module")
def joint(works: Works, office: tuple[Staffed, str]) -> str:
    """A case of which the state is published, and that of a member who was hit by the same incident."""
    made, _ = office
    ops = made.desks["ops"]
    about = {**ABOUT, "public_ref": REF}
    day = statement(
        "opened", ops.today, categories="detention", host_state="CMR", title="Two drivers", **about
    )
    uid = ops.open_for(day)
    say(ops, uid, "incident", 3)
    say(ops, uid, "person_added", 1, person="P1", harm="detained", cause="violence")
    say(ops, uid, "consent_recorded", 1, person="P1", purpose="share_status", answer="yes")
    for name, rights in (("boss", {"read", "write"}), ("focal", {"read", "write"}), ("care", {"read"})):
        ops.let_in(uid, name, frozenset(rights), "works on it")
    say(made.desks["focal"], uid, "registered")
    keep_group_key(works.home, None)
    propose(ops, uid)
    publish(made.desks["boss"], uid, us_of(works.home, None), "nobody is there any more")
    with made.office.database.read() as connection:
        ours = posted(connection, "alpha", status_subject(REF))
    assert ours is not None
    summary = replace(
        read_summary(read_line(ours.line).payload),
        public_ref=THEIRS,
        public_status="ongoing_unresolved",
        persons="10+",
    )
    told(made, SUMMARY_TYPE, write_summary(summary))
    return uid


@pytest.fixture
def place(
    works: Works,
    office: tuple[Staffed, str],
    joint: str,
    signed_in: Callable[[Role], Browser],
    clock: Clock,
) -> Iterator[Place]:
    del clock
    yield Place(works, office[0], joint, signed_in)
    works.desks.clear()


def sent(place: Place, browser: Browser, act: str) -> Shown:
    page = f"{FORM}?id={place.uid}"
    key = browser.get(page).form("/leave")["form_key"]
    return browser.post(page, {"form_key": key, "act": act, "member": "beta", "ref": THEIRS})


def words_said(place: Place) -> list[str]:
    case = place.office.desks["ops"].read(place.uid)
    return [one.kind for one in case.of("joint_confirmed", "joint_withdrawn")]


def test_a_case_is_confirmed_as_joint_seen_side_by_side_and_left(place: Place) -> None:
    browser, page = place.at("ops"), f"{FORM}?id={place.uid}"
    sent(place, browser, "withdraw")  # what another test may have left
    past = words_said(place)
    before = browser.get(page)
    assert "This is no joint case yet." in before.words
    assert f"beta {THEIRS}" in before.words
    assert "Confirm: it is the same incident" in before.words

    first, confirmed = (sent(place, browser, "confirm") for _ in range(2))  # sent twice, and said once
    assert first.header("location") == confirmed.header("location") == f"{page}&done=confirm"
    assert words_said(place) == [*past, "joint_confirmed"]
    shown = browser.follow(confirmed)
    assert "Confirmed. The member learns it" in shown.words
    assert "This is no joint case yet." in shown.words

    their_word(place.office)
    board = browser.get(page)
    assert "This is no joint case yet." not in board.words
    assert "The next demarche is for" in board.words
    assert board.words.count("Contradictions") >= 1
    assert "10+" in board.words

    for _ in range(2):
        assert sent(place, browser, "withdraw").header("location") == f"{page}&done=withdraw"
    assert words_said(place) == [*past, "joint_confirmed", "joint_withdrawn"]
    assert "This is no joint case yet." in browser.get(page).words


def test_who_may_only_read_a_case_says_nothing_in_the_name_of_the_organization(place: Place) -> None:
    sent(place, place.at("ops"), "withdraw")  # what another test may have left
    before = words_said(place)
    refused = sent(place, place.at("care"), "confirm")
    assert (refused.status, "you may read this case and not act on it" in refused.words) == (422, True)
    assert sent(place, place.at("other"), "confirm").status == 404
    assert words_said(place) == before


def test_a_member_that_has_no_such_case_is_told_nothing(place: Place) -> None:
    browser, page = place.at("ops"), f"{FORM}?id={place.uid}"
    key = browser.get(page).form("/leave")["form_key"]
    refused = browser.post(page, {"form_key": key, "act": "confirm", "member": "<b>gamma", "ref": "c" * 16})
    assert (refused.status, "<b>gamma" in refused.text) == (422, False)
    assert "that match this one: none" in refused.words


@pytest.mark.parametrize("flavour", [Flavour.REFUSED, Flavour.DONE_BUT_REPORTED_AS_FAILED])
def test_a_word_that_could_not_be_written_is_said_once_when_it_is_sent_again(
    flavour: Flavour, place: Place
) -> None:
    browser, store = place.at("ops"), place.office.office.database.store
    for act in ("confirm", "withdraw"):
        opposite = "withdraw" if act == "confirm" else "confirm"
        assert sent(place, browser, opposite).status in {303, 422}  # so that there is something to say
        with failing_at(store, None, flavour) as writes:
            assert sent(place, browser, act).status == 303
        assert sent(place, browser, opposite).status == 303
        commits = [number for number, kind in enumerate(writes) if kind == "COMMIT"]
        for number in {commits[0], *commits[-3:]}:
            before = len(words_said(place))
            with failing_at(store, number, flavour):
                failed = sent(place, browser, act)
            assert failed.status in {303, 422, 500, 503}, failed.words
            assert sent(place, browser, act).status == 303
            assert len(words_said(place)) == before + 1, (act, number)
            with place.office.office.database.read() as connection:
                ours = [one for one in all_posted(connection) if one.origin == "alpha"]
            assert len([one for one in ours if one.subject == f"joint {REF} beta {THEIRS}"]) == 1
            assert sent(place, browser, opposite).status == 303
