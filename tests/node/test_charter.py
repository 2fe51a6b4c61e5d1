"""What an audience says of who belongs, and that it never gives anybody more than the rules do."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.envelope import Envelope, sign_envelope
from crypto.signing import Signer
from node.audience import (
    Audience,
    Purpose,
    Tier,
    chartered_name,
    chartered_of,
    members_of,
    narrowest,
    tiers_of,
)
from node.charter import (
    CHARTER_TYPE,
    EVERYTHING,
    MAX_MEMBERS,
    NOTHING,
    Charter,
    Joining,
    Standing,
    read_back_fill,
    verify_charter,
    verify_form,
)
from node.errors import AudienceError, CharterError, PayloadError
from node.model import Incident
from node.verify import Origin
from node.wire.charters import decode_charter, encode_charter
from tests.support.deciding import decided
from tests.support.incidents import LOOTING, ROBBERY, SHELLING, SHOOTING

UID = bytes(range(16))
CHARTER = Charter(
    "alpha",
    UID,
    1,
    "forum",
    frozenset({"beta", "gamma"}),
    None,
    frozenset(),
    frozenset(),
    hidden=False,
    issued=datetime(2026, 11, 23, 12, tzinfo=UTC),
)
NETWORK = {"beta": Tier.PEER, "gamma": Tier.COORDINATOR, "delta": Tier.PUBLIC}
KEY = Signer.generate()
OWNER = Origin("alpha", (KEY.public_key,), (KEY.public_key,))

names = st.sampled_from(["beta", "gamma", "delta", "unknown-member"])
incidents = st.sampled_from([SHOOTING, ROBBERY, LOOTING, SHELLING])
back_fills = st.sampled_from([NOTHING, EVERYTHING, "2024-05-01"])


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    """Any audience, with members that the network knows or does not, and any decision about each."""
    members = draw(st.frozensets(names))
    charter = CHARTER._replace(
        members=members,
        tier=draw(st.sampled_from([None, *Tier])),
        countries=draw(st.frozensets(st.sampled_from(["SSD", "SDN", "UKR"]))),
        purposes=draw(st.frozensets(st.sampled_from(list(Purpose)))),
    )
    return Standing(
        charter,
        {one: Joining(UID, one, 1, draw(st.integers(0, 9)), draw(back_fills), "kb", 0) for one in members},
    )


def signed(charter: Charter, signer: Signer = KEY) -> Envelope:
    return sign_envelope(signer, CHARTER_TYPE, encode_charter(charter))


@given(standings(), incidents, st.sampled_from(list(Purpose)), st.none() | st.integers(0, 9))
def test_nobody_but_active_members_of_the_charter_is_entitled(
    found: Standing, incident: Incident, purpose: Purpose, asked_from: int | None
) -> None:
    entitled = found.entitled(incident, purpose, asked_from, NETWORK)

    assert entitled <= found.charter.members & NETWORK.keys()
    assert not replace_members(found).entitled(incident, purpose, asked_from, NETWORK)


def replace_members(found: Standing) -> Standing:
    """The same audience with nobody in it."""
    return found._replace(charter=found.charter._replace(members=frozenset()))


@given(standings(), incidents, st.sampled_from(list(Purpose)), st.integers(0, 9))
def test_what_is_old_for_somebody_is_theirs_by_the_back_fill_alone(
    found: Standing, incident: Incident, purpose: Purpose, asked_from: int
) -> None:
    for member in found.entitled(incident, purpose, asked_from, NETWORK):
        joined = found.joinings[member]
        old = asked_from < joined.log_size
        assert not old or joined.back_fill != NOTHING
        if old and joined.back_fill not in {NOTHING, EVERYTHING}:
            assert incident.when.latest >= date.fromisoformat(joined.back_fill)


@given(standings(), incidents, st.sampled_from(list(Purpose)))
def test_an_audience_never_gives_a_member_more_than_the_rules_give_it_by_name(
    found: Standing, incident: Incident, purpose: Purpose
) -> None:
    for member in found.entitled(incident, purpose, None, NETWORK):
        audience = Audience(NETWORK[member], member)
        today = date(2026, 11, 23)
        by_audience = decided(
            incident, today, audience, tiers=frozenset(), members=frozenset({member}), purpose=purpose
        )
        by_tier = decided(incident, today, Audience(NETWORK[member]), purpose=purpose)

        assert narrowest((by_audience.levels, by_tier.levels)) == by_audience.levels


def test_names_of_audiences_are_told_apart() -> None:
    asked = {"peer", "@beta", chartered_name(UID), "?0-0"}

    assert (tiers_of(asked), members_of(asked), chartered_of(asked)) == (
        frozenset({Tier.PEER}),
        frozenset({"beta"}),
        frozenset({UID}),
    )


def test_a_charter_is_read_as_it_was_signed_and_a_hidden_copy_names_its_reader_alone() -> None:
    assert verify_charter(signed(CHARTER), OWNER, "beta", decode_charter) == CHARTER
    copy = CHARTER._replace(hidden=True).copy_for("beta")

    assert verify_charter(signed(copy), OWNER, "beta", decode_charter).members == {"beta"}


@pytest.mark.parametrize(
    ("charter", "field"),
    [
        (CHARTER._replace(owner_id="gamma"), "owner_id"),
        (CHARTER._replace(members=frozenset({"gamma"})), "members"),
        (CHARTER._replace(members=frozenset()), "members"),
        (CHARTER._replace(hidden=True), "members"),
        (CHARTER._replace(name="Two words"), "name"),
        (CHARTER._replace(version=0), "version"),
        (CHARTER._replace(countries=frozenset({"XXX"})), "countries"),
    ],
)
def test_a_charter_that_does_not_hold_is_refused(charter: Charter, field: str) -> None:
    with pytest.raises(CharterError, match=f"^{field}: ") as refused:
        verify_charter(signed(charter), OWNER, "beta", decode_charter)

    assert refused.value.reason == "CHARTER_INVALID"


def test_a_forged_charter_is_refused() -> None:
    with pytest.raises(CharterError, match="not signed by its owner"):
        verify_charter(signed(CHARTER, Signer.generate()), OWNER, "beta", decode_charter)
    other = signed(CHARTER)
    hint = replace_hint(other)
    with pytest.raises(CharterError, match="keyid"):
        verify_charter(hint, OWNER, "beta", decode_charter)


def replace_hint(envelope: Envelope) -> Envelope:
    (signature,) = envelope.signatures
    return envelope._replace(signatures=(signature._replace(keyid="x"),))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        encode_charter(CHARTER) + b"\x98\x06\x01",
        encode_charter(CHARTER) + b"\x2a\x05gamma",  # the same member twice
        encode_charter(CHARTER._replace(uid=b"short")),
    ],
)
def test_only_the_one_form_of_a_charter_is_read(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        decode_charter(payload)


def test_more_members_or_versions_than_there_may_be_are_refused() -> None:
    assert (CHARTER_TYPE, MAX_MEMBERS) == ("application/vnd.tocsin.charter.v1+protobuf", 500)
    verify_form(CHARTER._replace(members=frozenset(f"m{at}" for at in range(500)), version=2_147_483_647))
    with pytest.raises(AudienceError, match="version"):
        verify_form(CHARTER._replace(version=2_147_483_648))
    with pytest.raises(AudienceError, match="members"):
        verify_form(CHARTER._replace(members=frozenset(f"m{at}" for at in range(MAX_MEMBERS + 1))))


@pytest.mark.parametrize("text", ["", "some", "2026-13-01", "yesterday"])
def test_a_back_fill_is_all_none_or_a_day(text: str) -> None:
    assert [read_back_fill(one) for one in ("all", "none", "2026-01-31")] == ["all", "none", "2026-01-31"]
    with pytest.raises(AudienceError, match="back_fill"):
        read_back_fill(text)


def test_joining_covers_a_record_by_when_it_happened() -> None:
    joined = Joining(UID, "beta", 1, 5, "2024-07-01", "kb", 0)

    assert not joined.covers(4, SHOOTING)
    assert joined.covers(5, SHOOTING)
    assert joined.covers(None, SHOOTING)
    assert joined.covers(4, LOOTING)
    assert joined._replace(back_fill=SHOOTING.when.latest.isoformat()).covers(4, SHOOTING)
    assert joined.covers(4, replace(SHOOTING, when=LOOTING.when))
