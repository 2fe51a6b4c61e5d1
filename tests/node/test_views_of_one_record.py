"""The laws of views: of one record under one signature, for any two audiences, policies and things that were said."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crypto.envelope import sign_envelope, verify_envelope
from crypto.signing import Signer
from node.anonymize import anonymize
from node.audience import (
    ALL_CLOSED,
    CLOSED,
    FINEST,
    Audience,
    Levels,
    Purpose,
    Tier,
    Views,
    levels_for,
    narrowest,
)
from node.bounds import Bounds
from node.disclose import commit, verify_view
from node.ladders import Chains
from node.policy import Agreement, Policy, baseline
from node.rules import Case, Override, decide, label
from node.scan import NO_NAMES
from node.signed import INCIDENT_TYPE, IncidentRecord, Label
from node.wire import records
from tests.support.strategies import incidents

UID, SECRET = bytes(range(16)), bytes(range(32))
SIGNER = Signer(bytes(32))
MEMBERS = {"alpha": Tier.PUBLIC, "beta": Tier.PEER, "gamma": Tier.COORDINATOR, "delta": Tier.PEER}
AUDIENCES = (*map(Audience, Tier), *(Audience(tier, member) for member, tier in MEMBERS.items()))

levels = st.tuples(*(st.integers(CLOSED, finest) for finest in FINEST))
tiers = st.frozensets(st.sampled_from(Tier))
members = st.frozensets(st.sampled_from(sorted(MEMBERS)))
said = st.builds(Override, st.booleans(), st.none() | st.sampled_from(Label), levels, st.booleans())


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Policies of every kind: finer tiers never see less, anything else may be."""
    seen = [draw(levels) for _ in Tier]
    agreements = draw(
        st.lists(
            st.builds(Agreement, st.sampled_from(sorted(MEMBERS)), st.just(frozenset()), st.none(), levels),
            max_size=2,
        )
    )
    return replace(
        baseline(),
        levels={tier: narrowest(seen[tier - 1 :]) for tier in Tier},
        embargo={tier: timedelta(days=draw(st.sampled_from((0, 30)))) for tier in Tier},
        regular_by_default=draw(st.booleans()),
        regular=draw(levels),
        rcrc_named=draw(st.booleans()),
        agreements=tuple(agreements),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """One record on its way, released to some, on some day."""
    policy, incident = draw(policies()), draw(incidents())
    return Case(
        incident,
        anonymize(incident, rcrc_named=policy.rcrc_named),
        draw(st.sampled_from(AUDIENCES)),
        draw(tiers),
        draw(members),
        draw(st.sampled_from(Purpose)),
        draw(said),
        Bounds(policy, NO_NAMES, MEMBERS),
        date(2000, 1, 1) + timedelta(days=draw(st.integers(0, 80_000))),
    )


def views(case: Case) -> Views:
    """What a release of the record would open to each audience that has a view of its own."""
    own = case.members | case.policy.agreed_members
    asked = [one for one in AUDIENCES if (one.member in own if one.member else one.tier in case.tiers)]
    decisions = {one.name: decide(case._replace(audience=one)) for one in asked}
    return {name: one.levels for name, one in decisions.items() if one.hold is None}


def seen(case: Case, audience: Audience) -> Levels:
    """What one audience sees in the end."""
    return levels_for(views(case), audience) or ALL_CLOSED


@pytest.mark.slow
@given(cases(), st.sampled_from(AUDIENCES), st.sampled_from(AUDIENCES))
def test_who_may_see_less_sees_a_prefix_under_the_same_signature(
    case: Case, less: Audience, more: Audience
) -> None:
    coarse, fine = seen(case, less), seen(case, more)
    assume(narrowest((coarse, fine)) == coarse)
    commitment = commit(UID, SECRET, case.chains)
    record = IncidentRecord(UID, "alpha", 1, commitment.heads, 1, Label.AMBER, None)
    envelope = sign_envelope(SIGNER, INCIDENT_TYPE, records.encode_incident(record))

    def opened(depths: Levels) -> Chains:
        verify_envelope(envelope, [INCIDENT_TYPE], [SIGNER.public_key])
        signed = records.decode_incident(envelope.payload)
        return verify_view(signed.record_uid, signed.heads, commitment.open(depths))

    assert all(b[: len(a)] == a for a, b in zip(opened(coarse), opened(fine), strict=True))


@pytest.mark.slow
@given(cases(), st.sampled_from(AUDIENCES[:3]), st.sampled_from(AUDIENCES[:3]))
def test_a_coarser_tier_never_sees_more(case: Case, one: Audience, other: Audience) -> None:
    coarse, fine = sorted((one, other))

    assert narrowest((seen(case, coarse), seen(case, fine))) == seen(case, coarse)


@pytest.mark.slow
@given(cases(), st.sampled_from(Label), st.sampled_from(Label))
def test_raising_a_label_never_widens_anything_for_anybody(case: Case, one: Label, other: Label) -> None:
    narrow, wide = sorted((one, other))
    raised, before = (case._replace(override=case.override._replace(label=asked)) for asked in (narrow, wide))
    unlabelled = case._replace(override=case.override._replace(label=None))

    for audience in AUDIENCES:
        assert narrowest((seen(raised, audience), seen(before, audience))) == seen(raised, audience)
        assert narrowest((seen(before, audience), seen(unlabelled, audience))) == seen(before, audience)
    assert label(case.tiers, narrow) <= label(case.tiers, wide) <= label(case.tiers)
