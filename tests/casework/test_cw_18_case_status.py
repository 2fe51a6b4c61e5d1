"""CW-18: a summary holds what stands on a short list and nothing else; signed, superseded, expired, revoked."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.errors import (
    ActionError,
    ConsentError,
    FieldError,
    NotFoundError,
    RoleError,
    SecondPersonError,
    SummaryError,
)
from casework.paper import _stopped
from casework.publishing import outgoing, propose, publish, revoke, statuses
from casework.report.telling import Level
from casework.signedfile import read_file, write_file, write_line
from casework.summary import SUMMARY_TYPE, read_summary, summary_of, withheld, write_summary
from casework.taking import take
from crypto.envelope import sign_envelope
from crypto.signing import Signer
from tests.casework.conftest import Clock
from tests.casework.federation import Network
from tests.casework.story import Story
from tests.casework.test_desk import said

REF = "0123456789abcdef"
WHITELIST = {
    "public_ref", "joint_ref", "number", "host_state", "incident_quarter", "category", "employer", "persons",
    "stages", "public_status", "impunity", "best_reply", "months_since_event", "flags", "match_tokens",
    "definition", "issued", "expires",
}  # fmt: skip


def story(**about: str) -> Story:
    told = Story(public_ref=REF, **about).registered()
    told.say("consent_recorded", "2026-01-06", person="P1", purpose="share_status", answer="yes")
    return told


GOOD = json.loads(write_summary(summary_of(story().case("2026-03-02"), 1)))


@pytest.fixture
def network(tmp_path: Path, clock: Clock) -> Iterator[Network]:
    made = Network(tmp_path, clock, "aid-a", "aid-b")
    yield made
    made.close()


def text(plain: Any) -> bytes:
    return json.dumps(plain, separators=(",", ":")).encode()


def test_a_summary_holds_the_short_list_and_nothing_else() -> None:
    assert set(GOOD) == WHITELIST
    assert GOOD["incident_quarter"] == "2026-Q1"
    assert GOOD["persons"] == "1"
    assert GOOD["expires"] == "2026-09"
    assert write_summary(read_summary(text(GOOD))) == text(GOOD)


@given(st.text(min_size=1).filter(lambda name: name not in WHITELIST), st.text())
@settings(max_examples=50)
def test_an_unknown_field_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(FieldError) as refusal:
        read_summary(text({**GOOD, name: value}))
    assert refusal.value.field == name[:40]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(WHITELIST)), ANYTHING)
@settings(max_examples=200)
def test_whatever_is_read_is_written_the_same_or_refused(name: str, value: Any) -> None:
    payload = text({**GOOD, name: value})
    try:
        found = read_summary(payload)
    except FieldError:
        return
    assert write_summary(found) == payload


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_any_bytes_are_refused_by_an_error_of_ours(content: bytes) -> None:
    with pytest.raises(FieldError):
        read_summary(content)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("category", "sexual_violence"),
        ("persons", "3"),
        ("public_ref", "Gate of the clinic"),
        ("flags", ["torture_allegation"]),
        ("flags", ["pardon", "amnesty"]),
        ("definition", 2),
        ("number", True),
        ("issued", "2026-03-02"),
        ("stages", {"host": ["trial", "trial"]}),
        ("best_reply", "F"),
    ],
)
def test_another_form_or_code_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(FieldError, match=field):
        read_summary(text({**GOOD, field: value}))


def test_another_form_of_the_same_is_refused() -> None:
    for other in (
        json.dumps(GOOD).encode(),
        text(dict(reversed(GOOD.items()))),
        text(GOOD)[:-1] + b',"number":1}',
    ):
        with pytest.raises(FieldError, match="one form"):
            read_summary(other)


def test_what_never_has_a_summary() -> None:
    assert withheld(story().case("2026-03-02")) == ""
    assert "sexual violence" in withheld(
        story(categories="death_violence,sexual_violence").case("2026-03-02")
    )
    held = story()
    held.say("hold_set", "2026-02-01", reason="safety", review_on="2026-02-20")
    assert "on_hold" in withheld(held.case("2026-03-02"))
    silent = Story(public_ref=REF).registered()
    assert "share_status" in withheld(silent.case("2026-03-02"))
    withdrawn = story()
    withdrawn.say("consent_recorded", "2026-02-01", person="P1", purpose="record", answer="withdrawn")
    assert "P1" in withheld(withdrawn.case("2026-03-02"))


def test_two_persons_publish_with_a_note_on_the_risk(network: Network) -> None:
    a = network["aid-a"]
    uid = a.open(REF)
    with pytest.raises(ActionError, match="proposal"):
        publish(a.boss, uid, a.us, "none")
    propose(a.ops, uid)
    with pytest.raises(RoleError):
        publish(a.ops, uid, a.us, "none")
    summary = publish(a.boss, uid, a.us, "none")
    assert (summary.number, summary.public_ref) == (1, REF)
    with pytest.raises(ActionError, match="proposal"):
        publish(a.boss, uid, a.us, "none")
    assert a.publish(uid).number == 2
    assert "two persons" in str(_stopped(a.case(uid), Level.PUBLIC)), "it opens no public dossier"


def test_who_proposed_can_not_publish(network: Network) -> None:
    a = network["aid-a"]
    uid = a.open(REF)
    keys = (a.ops.officer.signing_key, a.ops.officer.seal_key)
    both = a.office.admit(a.boss, "ops", frozenset({"approver", "accountability_officer"}), keys)
    desk = a.office.desk(both.officer_id, None)
    propose(desk, uid)
    with pytest.raises(SecondPersonError):
        publish(desk, uid, a.us, "none")
    assert statuses(a.office.database, desk.today) == ()


@pytest.mark.slow
def test_a_file_carries_it_to_a_member_and_the_newest_counts(network: Network) -> None:
    a, b = network["aid-a"], network["aid-b"]
    uid = a.open(REF)
    a.publish(uid)
    first = a.file()
    assert [one.refused for one in b.take(first)] == [""]
    a.ops.say(uid, said("investigation_opened", investigation="I1", body="police", state="SSD"))
    a.publish(uid)
    second = a.file()

    assert [one.refused for one in b.take(second)] == [""]
    assert [one.refused for one in b.take(second)] == ["replayed: it is held already"]
    assert [one.refused for one in b.take(first)] == ["older: number 2 is held"]
    (held,) = statuses(b.office.database, b.ops.today)
    assert (held.origin, held.summary.number) == ("aid-a", 2)
    assert held.summary.stages["host"] == ("investigation", "investigation")


def test_what_is_revoked_is_gone_and_does_not_come_back(network: Network) -> None:
    a, b = network["aid-a"], network["aid-b"]
    uid = a.open(REF)
    a.publish(uid)
    first = a.file()
    b.take(first)
    revoke(a.ops, uid, a.us)
    with pytest.raises(SummaryError, match="nothing is published"):
        revoke(a.ops, uid, a.us)

    assert [one.refused for one in b.take(a.file())] == [""]
    assert statuses(b.office.database, b.ops.today) == statuses(a.office.database, a.ops.today) == ()
    assert b.take(first)[0].refused.startswith("older")
    assert a.publish(uid).number == 3


def test_what_expired_is_no_longer_shown_or_taken(network: Network, clock: Clock) -> None:
    a, b = network["aid-a"], network["aid-b"]
    a.publish(a.open(REF))
    content = a.file()
    b.take(content)
    clock.now = datetime(2026, 8, 31, 23, tzinfo=UTC)
    assert len(statuses(b.office.database, b.ops.today)) == 1
    clock.now += timedelta(hours=1)
    assert statuses(b.office.database, b.ops.today) == ()
    assert "expired" in network["aid-b"].take(content)[0].refused


def test_a_stranger_or_a_forged_byte_is_refused(network: Network) -> None:
    a, b = network["aid-a"], network["aid-b"]
    a.publish(a.open(REF))
    (envelope,) = read_file(a.file())
    forged = envelope._replace(payload=envelope.payload.replace(b'"SSD"', b'"SDN"'))
    strange = sign_envelope(Signer.generate(), SUMMARY_TYPE, envelope.payload)

    outcomes = b.take(write_file(map(write_line, (forged, strange))))

    assert all("no active member signed it" in one.refused for one in outcomes)
    assert statuses(b.office.database, b.ops.today) == ()
    with pytest.raises(SummaryError, match="line 1"):
        b.take(b"{}\n")
    assert a.take(a.file())[0].refused == "it is our own"


@pytest.mark.parametrize("line", [b"[]", b"null", b"[" * 9000, b'{"payload":1}', b"\xff", b"1" * 20000])
def test_a_line_that_is_no_document_is_refused(line: bytes) -> None:
    with pytest.raises(SummaryError, match="line 2"):
        read_file(b'{"payload":"","payloadType":"","signatures":[]}\n' + line)


def test_a_withdrawal_keeps_the_summary_out_of_the_next_file(network: Network) -> None:
    a = network["aid-a"]
    uid = a.open(REF)
    a.publish(uid)
    a.ops.say(uid, said("consent_recorded", person="P1", purpose="share_status", answer="withdrawn"))

    assert outgoing(a.ops, "aid-a") == (b"", (REF,))
    with pytest.raises(ConsentError, match="P1"):
        propose(a.ops, uid)
    revoke(a.ops, uid, a.us)
    assert len(read_file(a.file())) == 1


def test_a_member_can_not_live_longer_than_allowed_or_speak_for_the_future(network: Network) -> None:
    a, b = network["aid-a"], network["aid-b"]
    for changed, why in (({"expires": "2027-09"}, "expires"), ({"issued": "2026-06"}, "issued")):
        envelope = sign_envelope(a.us.signer, SUMMARY_TYPE, text({**GOOD, **changed}))
        (outcome,) = take(
            b.office.database, network, "aid-b", write_file([write_line(envelope)]), b.ops.today
        )
        assert outcome.refused.startswith(why)


def test_no_sealed_or_free_word_is_in_what_leaves(network: Network) -> None:
    a = network["aid-a"]
    uid = a.open(REF, title="canary-title", place="canary-place")
    a.ops.say(
        uid,
        said("note", text="canary-note"),
        said("person_updated", person="P1", name="canary-name"),
        said("party_added", party="Q1", kind="person", name="canary-party"),
        said("counterpart_added", counterpart="C1", authority="police", state="SSD", contact="canary-contact"),
        said("letter_sent", letter="L1", kind="note_verbale", counterpart="C1", document="cd" * 32),
    )  # fmt: skip
    propose(a.ops, uid)
    publish(a.boss, uid, a.us, "canary-risk")
    (envelope,) = read_file(a.file())

    for word in ("canary", "cd" * 32, uid, "2026-02-18", "ops", "P1"):
        assert word.encode() not in envelope.payload


def test_who_may_not_see_a_case_learns_nothing_of_it(network: Network) -> None:
    a = network["aid-a"]
    made = a.office.enrol("other", None)
    keys = (made.signer.public_key, made.seal.public_key)
    a.office.admit(a.boss, "other", frozenset({"accountability_officer", "approver"}), keys)
    other = a.office.desk("other", None)
    uid = a.open(REF)
    for attempt in (
        lambda: propose(other, uid),
        lambda: publish(other, uid, a.us, "none"),
        lambda: revoke(other, uid, a.us),
    ):
        with pytest.raises(NotFoundError):
            attempt()
