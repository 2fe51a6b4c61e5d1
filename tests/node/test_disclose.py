"""One signature, many views: each is exactly what its audience may see, and provably of the same record."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.errors import OpeningError
from crypto.ladder import Opening, build_ladder
from node.audience import Tier
from node.disclose import Commitment, commit, cut, verify_view
from node.errors import ViewError
from node.ladders import DIMENSIONS, Chains, chains_of
from node.model import Incident, PartialDate, Place
from node.policy import baseline
from tests.support.strategies import incidents

UID, SECRET = bytes(range(16)), bytes(range(32))
DEPTHS = st.tuples(*(st.integers(-1, len(one.levels)) for one in DIMENSIONS))
SHOOTING = Incident(PartialDate(2024, 3, 14), Place("SSD", "Unity", "Leer"), means="shooting")


def committed(incident: Incident) -> tuple[Chains, Commitment]:
    chains = chains_of(incident)
    return chains, commit(UID, SECRET, chains)


@given(incidents(), DEPTHS)
def test_a_view_is_exactly_what_was_cut_for_its_audience(incident: Incident, depths: tuple[int, ...]) -> None:
    chains, commitment = committed(incident)

    assert verify_view(UID, commitment.heads, commitment.open(depths)) == cut(chains, depths)


@given(incidents(), DEPTHS, DEPTHS)
def test_who_sees_less_sees_a_prefix(
    incident: Incident, one: tuple[int, ...], other: tuple[int, ...]
) -> None:
    _, commitment = committed(incident)
    less = verify_view(UID, commitment.heads, commitment.open(tuple(map(min, one, other))))
    more = verify_view(UID, commitment.heads, commitment.open(one))

    assert all(fine[: len(coarse)] == coarse for coarse, fine in zip(less, more, strict=True))


@given(incidents())
def test_tiers_see_prefixes_of_each_other_under_one_signature(incident: Incident) -> None:
    _, commitment = committed(incident)
    views = [
        verify_view(UID, commitment.heads, commitment.open(baseline().levels[tier])) for tier in sorted(Tier)
    ]

    for coarse, fine in pairwise(views):
        assert all(more[: len(less)] == less for less, more in zip(coarse, fine, strict=True))


@given(incidents(), DEPTHS)
def test_what_is_closed_is_not_among_the_bytes(incident: Incident, depths: tuple[int, ...]) -> None:
    chains, commitment = committed(incident)
    openings = commitment.open(depths)

    shown = [value.decode() for opening in openings for value in opening.values]
    assert shown == [value for chain in cut(chains, depths) for value in chain]


def forged(openings: tuple[Opening, ...], at: int, **fields: Any) -> tuple[Opening, ...]:
    return (*openings[:at], openings[at]._replace(**fields), *openings[at + 1 :])


@given(incidents(), st.data())
def test_a_flipped_byte_is_refused(incident: Incident, data: st.DataObject) -> None:
    _, commitment = committed(incident)
    openings = commitment.open(baseline().levels[Tier.COORDINATOR])
    at = data.draw(st.integers(0, len(openings) - 1))
    opening = openings[at]
    level = data.draw(st.integers(0, len(opening.values) - 1))
    value = opening.values[level]

    def flip(value: bytes) -> bytes:
        where = data.draw(st.integers(0, len(value) - 1))
        mask = data.draw(st.integers(1, 255))
        return bytes((*value[:where], value[where] ^ mask, *value[where + 1 :]))

    kind = data.draw(st.sampled_from(["next", "salts", *(["values"] if value else [])]))
    if kind == "values":
        before, after = opening.values[:level], opening.values[level + 1 :]
        changed = forged(openings, at, values=(*before, flip(value), *after))
    else:
        changed = forged(openings, at, **{kind: flip(getattr(opening, kind))})

    with pytest.raises((OpeningError, ViewError)):
        verify_view(UID, commitment.heads, changed)


def test_openings_of_another_record_revision_or_dimension_are_refused() -> None:
    chains, commitment = committed(SHOOTING)
    openings = commitment.open(baseline().levels[Tier.PEER])
    later = commit(UID, bytes(32), chains)
    elsewhere = commit(bytes(16), SECRET, chains)

    for heads in (later.heads, elsewhere.heads, commitment.heads[::-1]):
        with pytest.raises(OpeningError):
            verify_view(UID, heads, openings)
    with pytest.raises(OpeningError):
        verify_view(bytes(16), commitment.heads, openings)


def test_each_dimension_is_opened_once_and_in_order() -> None:
    _, commitment = committed(SHOOTING)
    openings = commitment.open(baseline().levels[Tier.PEER])

    for wrong in (
        openings[::-1],
        (*openings, openings[-1]),
        forged(openings, 0, dimension=7),
        forged(openings, 0, dimension=-1),
    ):
        with pytest.raises(ViewError, match="unknown or out of order"):
            verify_view(UID, commitment.heads, wrong)


def test_a_value_that_is_no_text_is_refused() -> None:
    ladder = build_ladder(UID, SECRET, "when", 0, [b"\xff"])

    with pytest.raises(ViewError, match="not UTF-8"):
        verify_view(UID, (ladder.head,), (ladder.open(0),))


def test_a_closed_record_shows_nothing() -> None:
    _, commitment = committed(SHOOTING)

    assert commitment.open((-1,) * len(DIMENSIONS)) == ()
    assert verify_view(UID, commitment.heads, ()) == ((),) * len(DIMENSIONS)


def test_the_same_incident_looks_different_each_time_it_is_committed() -> None:
    chains = chains_of(SHOOTING)
    one, other = commit(UID, SECRET, chains), commit(UID, bytes(32), chains)

    assert not set(one.heads) & set(other.heads)
