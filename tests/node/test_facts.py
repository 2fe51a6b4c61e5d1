"""Index columns say what the opened values say: all of it, and nothing more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.anonymize import anonymize
from node.codes import code_list
from node.disclose import cut
from node.errors import ViewError
from node.facts import COLUMNS, EMPLOYERS, Value, employer_column, fact, sex_column, staff_column
from node.ladders import BROAD_SECTORS, DIMENSIONS, VICTIMS, Chains, chains_of
from node.model import Incident, Outcome, PartialDate, Qualifier, Sex, Staff, Tally
from tests.support.strategies import incidents

NAMES = [column.name for column in COLUMNS]
COUNTS = [staff_column(outcome, staff) for outcome in Outcome for staff in Staff]
SEXES = [sex_column(sex) for sex in Sex]
DEPTHS = st.tuples(*(st.integers(0 if at == 0 else -1, 3) for at in range(len(DIMENSIONS))))


def columns(chains: Chains) -> dict[str, Value]:
    return dict(zip(NAMES, fact(chains), strict=True))


def total(seen: dict[str, Value], names: list[str]) -> int:
    return sum(number for name in names if isinstance(number := seen[name], int))


@given(incidents())
def test_at_full_depth_the_columns_are_the_incident(incident: Incident) -> None:
    seen = columns(chains_of(incident))

    when, place = incident.when, incident.where
    assert (seen["year"], seen["month"], seen["day"]) == (when.year, when.month, when.day)
    assert seen["first_day"] == int(when.earliest.strftime("%Y%m%d"))
    assert seen["last_day"] == int(when.latest.strftime("%Y%m%d"))
    assert (seen["country"], seen["admin1"], seen["admin2"]) == (
        place.country or None,
        place.admin1 or None,
        place.admin2 or None,
    )
    coded = ("cause", "means", "context", "location_type", "actor_type", "motive", "certainty", "source_kind")
    assert {name: seen[name] for name in coded} == {name: getattr(incident, name) for name in coded}
    assert seen["actor_group"] == code_list("actor_type").codes[incident.actor_type].group


@given(incidents())
def test_at_full_depth_every_affected_person_is_counted(incident: Incident) -> None:
    seen = columns(chains_of(incident))

    for outcome in Outcome:
        for staff in Staff:
            tallies = [one for one in incident.victims if one[:2] == (outcome, staff)]
            assert seen[staff_column(outcome, staff)] == sum(one.number for one in tallies)
    apart = [one for one in incident.sexes if one.number]
    for sex in Sex:
        counted = apart or incident.victims
        assert seen[sex_column(sex)] == sum(one.number for one in counted if one.sex is sex)
    types = code_list("organization_type").codes
    for broad in EMPLOYERS:
        employed = [one for one in incident.employers if types[one.organization_type].broad == broad]
        assert seen[employer_column(broad)] == sum(one.number for one in employed)
    inexact = [one for one in incident.victims if one.number and one.qualifier is not Qualifier.EXACT]
    assert (seen["inexact"], seen["undisclosed"]) == (int(bool(inexact)), 0)


@given(incidents(), DEPTHS, DEPTHS)
def test_a_coarser_view_never_claims_more_than_a_finer_one(
    incident: Incident, one: tuple[int, ...], other: tuple[int, ...]
) -> None:
    whole = chains_of(incident)
    coarse = columns(cut(whole, tuple(map(min, one, other))))
    fine = columns(cut(whole, one))

    for name in NAMES:
        if name in {"first_day", "last_day", "undisclosed", *COUNTS, *SEXES}:
            continue
        assert coarse[name] in {fine[name], None, 0}
    assert total(coarse, ["first_day"]) <= total(fine, ["first_day"])
    assert total(coarse, ["last_day"]) >= total(fine, ["last_day"])
    assert total(coarse, COUNTS) in {total(fine, COUNTS), 0}
    for kind in (Outcome.KILLED, Outcome.OTHER):
        known = [staff_column(kind, staff) for staff in Staff]
        assert total(coarse, known) in {total(fine, known), 0}
    for staff in (Staff.NATIONAL, Staff.INTERNATIONAL):
        known = [staff_column(outcome, staff) for outcome in Outcome]
        assert total(coarse, known) in {total(fine, known), 0}


@given(incidents(), DEPTHS)
def test_what_is_not_opened_is_unknown_and_never_nobody(incident: Incident, depths: tuple[int, ...]) -> None:
    seen = columns(cut(chains_of(incident), depths))
    counted = incident.count()

    if depths[VICTIMS.number] < 1:
        assert total(seen, COUNTS) == 0
        nobody = depths[VICTIMS.number] == 0 and counted == 0
        assert seen["undisclosed"] == (0 if nobody else 1)
    else:
        assert (total(seen, COUNTS), seen["undisclosed"]) == (counted, 0)
    for dimension, names in {1: ("country", "admin1"), 2: ("cause", "means"), 6: ("certainty",)}.items():
        if depths[dimension] < 0:
            assert [seen[name] for name in names] == [None] * len(names)


def test_persons_whose_staff_type_or_sex_is_not_opened_count_as_unknown() -> None:
    incident = Incident(PartialDate(2024), victims=(Tally(Outcome.KILLED, Staff.NATIONAL, Sex.FEMALE, 3),))
    seen = columns(cut(chains_of(incident), (2, 3, 3, 1, 1, 3, 1)))

    assert (seen["killed_national"], seen["killed_unknown"]) == (0, 3)
    assert (seen["sex_female"], seen["sex_unknown"]) == (0, 3)


def test_a_view_without_its_year_is_refused() -> None:
    chains = chains_of(Incident(PartialDate(2024)))

    with pytest.raises(ViewError, match="the year must be opened"):
        fact(((), *chains[1:]))


@given(incidents(), st.booleans())
def test_anonymized_values_are_counted_like_any_other(incident: Incident, consent: bool) -> None:  # noqa: FBT001
    whole, shown = columns(chains_of(incident)), columns(anonymize(incident, rcrc_named=consent))
    employed = [employer_column(broad) for broad in EMPLOYERS]

    assert {name: shown[name] for name in NAMES if name not in employed} == {
        name: whole[name] for name in NAMES if name not in employed
    }
    assert total(shown, employed) == total(whole, employed)


def test_columns_are_fixed() -> None:
    # The database has a column for each of them: another one is a migration.
    assert len(NAMES) == len(set(NAMES)) == 5 + 3 + 4 + 18 + 4 + 2 + 8 + 3 + 2 + 1 + 2
    assert set(EMPLOYERS) == set(BROAD_SECTORS)
    assert {kind.broad for kind in code_list("organization_type").codes.values()} == set(EMPLOYERS)
    assert {kind.sector for kind in code_list("organization_type").codes.values()} == set(
        BROAD_SECTORS.values()
    )
