"""What may be shared at all is never more than the incident, and never who was hit or who speaks."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.anonymize import anonymize
from node.audience import Tier
from node.codes import code_list
from node.disclose import commit, cut
from node.ladders import ACTOR, DIMENSIONS, TARGET, WHERE, Chains, chains_of, read_target, verify_chain
from node.model import EmployerTally, Incident, PartialDate
from node.policy import baseline
from node.signed import Entry
from node.wire.records import encode_entry
from tests.support.strategies import incidents

CANARY = "Zmrzlina"
ORGANIZATION_TYPES = code_list("organization_type").codes
MOVEMENT = {code for code, kind in ORGANIZATION_TYPES.items() if "RCRC" in kind.broad}
consents = st.booleans()


def employed(incident: Incident) -> dict[str, int]:
    """Affected persons by broad type of their employer."""
    numbers: dict[str, int] = {}
    for kind, number in incident.employers:
        broad = ORGANIZATION_TYPES[kind].broad
        numbers[broad] = numbers.get(broad, 0) + number
    return {broad: number for broad, number in numbers.items() if number}


def values(chains: Chains) -> str:
    return "\n".join(value for chain in chains for value in chain)


@pytest.mark.slow
@given(incidents(), consents)
def test_every_value_is_one_of_the_incident_or_a_sum_of_them(incident: Incident, consent: bool) -> None:  # noqa: FBT001
    whole = chains_of(incident)
    shown = anonymize(incident, rcrc_named=consent)

    for dimension, before, after in zip(DIMENSIONS, whole, shown, strict=True):
        if dimension is not TARGET:
            assert after == before[: len(after)]
    target = dict(read_target(shown[TARGET.number][-1]))
    moved = {broad: number for broad, number in employed(incident).items() if broad not in target}
    kept = {broad: number for broad, number in employed(incident).items() if broad in target}
    assert sum(target.values()) == sum(kept.values()) + sum(moved.values())
    assert all(target[broad] == number for broad, number in kept.items() if broad != "OTHER")
    assert not moved or not consent


@given(incidents(), consents)
def test_every_prefix_still_follows_the_schema(incident: Incident, consent: bool) -> None:  # noqa: FBT001
    for dimension, chain in zip(DIMENSIONS, anonymize(incident, rcrc_named=consent), strict=True):
        for length in range(1, len(chain) + 1):
            verify_chain(dimension, chain[:length])


@given(incidents(), consents)
def test_an_incident_that_is_anonymous_already_stays_as_it_is(incident: Incident, consent: bool) -> None:  # noqa: FBT001
    merged: dict[str, int] = {}
    for kind, number in incident.employers:
        shown = "other" if kind in MOVEMENT and not consent else kind
        merged[shown] = merged.get(shown, 0) + number
    once = anonymize(incident, rcrc_named=consent)
    named = len(once[ACTOR.number]) == len(ACTOR.levels)
    already = replace(
        incident,
        employers=tuple(EmployerTally(*pair) for pair in merged.items()),
        actor_name=incident.actor_name if named else "",
        narrative="",
        source_text=(),
    )

    assert anonymize(already, rcrc_named=consent) == once


@given(incidents())
def test_without_consent_nothing_tells_the_movement_from_other_employers(incident: Incident) -> None:
    shown = anonymize(incident, rcrc_named=False)[TARGET.number]

    assert "rcrc" not in " ".join(shown).lower()


@given(incidents())
def test_a_consent_that_is_taken_back_shows_less_and_never_more(incident: Incident) -> None:
    with_it, without = (anonymize(incident, rcrc_named=consent) for consent in (True, False))

    assert without[: TARGET.number] == with_it[: TARGET.number]
    assert without[TARGET.number + 1 :] == with_it[TARGET.number + 1 :]
    named, left = (dict(read_target(chains[TARGET.number][-1])) for chains in (with_it, without))
    assert left.keys() <= named.keys() | {"OTHER"}
    assert sum(left.values()) == sum(named.values())


def test_with_consent_the_movement_is_named_as_one_class() -> None:
    incident = Incident(
        PartialDate(2024),
        employers=(EmployerTally("icrc", 1), EmployerTally("rcrc", 2), EmployerTally("un", 1)),
    )

    assert anonymize(incident, rcrc_named=True)[TARGET.number] == ("rcrc+un", "RCRC=3;UN=1")
    assert anonymize(incident, rcrc_named=False)[TARGET.number] == ("other+un", "OTHER=3;UN=1")


def test_persons_of_the_movement_are_added_to_those_of_other_employers() -> None:
    incident = Incident(
        PartialDate(2018),
        employers=tuple(EmployerTally(kind, 1) for kind in ("other", "rcrc", "nngo_or_rcrc", "io")),
    )

    assert anonymize(incident, rcrc_named=False)[TARGET.number] == ("other", "IO=1;OTHER=3")


@given(incidents(), consents)
def test_only_broad_types_stand_for_organizations(incident: Incident, consent: bool) -> None:  # noqa: FBT001
    shown = read_target(anonymize(incident, rcrc_named=consent)[TARGET.number][-1])

    assert {broad for broad, _ in shown} <= {kind.broad for kind in ORGANIZATION_TYPES.values()}


@pytest.mark.parametrize("actor_type", code_list("actor_type").codes)
def test_only_states_and_armed_groups_are_named(actor_type: str) -> None:
    incident = Incident(PartialDate(2024), actor_type=actor_type, actor_name=CANARY)
    group = code_list("actor_type").codes[actor_type].group

    shown = CANARY in values(anonymize(incident, rcrc_named=True))

    assert shown == (group in {"state", "non_state"})


@given(incidents(), consents, st.sampled_from(list(Tier)))
def test_no_text_leaves_at_any_tier(incident: Incident, consent: bool, tier: Tier) -> None:  # noqa: FBT001
    spoken = replace(
        incident,
        narrative=f"{CANARY} {incident.narrative}",
        source_text=((f"Source {CANARY}", CANARY), *incident.source_text),
    )
    chains = anonymize(spoken, rcrc_named=consent)

    assert CANARY not in values(chains)
    openings = commit(bytes(16), bytes(32), chains).open(baseline().levels[tier])
    assert CANARY.encode() not in b"".join(value for opening in openings for value in opening.values)


@given(incidents(), st.sampled_from(list(Tier)))
def test_no_tier_sees_the_name_of_an_actor_or_more_than_the_second_area(
    incident: Incident, tier: Tier
) -> None:
    seen = cut(anonymize(incident, rcrc_named=True), baseline().levels[tier])

    assert len(seen[ACTOR.number]) <= ACTOR.levels.index("name")
    assert len(seen[WHERE.number]) <= WHERE.levels.index("point")


def test_what_travels_holds_no_text_beyond_the_opened_values() -> None:
    incident = Incident(
        PartialDate(2024, 3, 14),
        actor_type="unaffiliated",
        actor_name=f"actor {CANARY}",
        narrative=f"narrative {CANARY}",
        source_text=(("Details", f"details {CANARY}"),),
    )
    commitment = commit(bytes(16), bytes(32), anonymize(incident, rcrc_named=True))
    wire = encode_entry(Entry(bytes(128), None, commitment.open(baseline().levels[Tier.COORDINATOR])))

    assert CANARY.encode() not in wire + b"".join(commitment.heads)
