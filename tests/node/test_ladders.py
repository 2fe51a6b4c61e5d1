"""Ladder schema 1: its values are fixed for good, and each is what the next finer one generalizes to."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.anonymize import anonymize
from node.disclose import commit
from node.errors import ViewError
from node.facts import fact
from node.ladders import (
    ACTOR,
    CERTAINTY,
    DIMENSIONS,
    SCHEMA,
    TARGET,
    VICTIMS,
    WHAT,
    WHEN,
    WHERE,
    Chain,
    Dimension,
    band,
    chains_of,
    read_cells,
    read_target,
    unescape,
    verify_chain,
)
from node.model import (
    Cause,
    Certainty,
    EmployerTally,
    Incident,
    Outcome,
    PartialDate,
    Place,
    Point,
    Qualifier,
    Sex,
    SexTally,
    Staff,
    Tally,
)
from tests.support.strategies import incidents, names

# These are known answers: peers hold signatures over them. A change here is ladder schema 2.
FROZEN: tuple[tuple[Incident, tuple[Chain, ...]], ...] = (
    (
        Incident(PartialDate(2015)),
        (
            ("2015",),
            ("",),
            ("unknown", "unknown/unknown", "unknown/unknown/unknown", "unknown/unknown/unknown/unknown"),
            ("0", "0", "0", "0"),
            ("0", "0"),
            ("unknown", "unknown/unknown", "unknown/unknown/unknown"),
            ("suspected", "suspected/unknown"),
        ),
    ),
    (
        Incident(
            PartialDate(2015, 3, 14),
            Place("SSD", "Unity", "Leer", "Leer", Point(8.301, 30.14)),
            Cause.VIOLENCE,
            "shooting",
            "ambush",
            "road",
            "economic",
            "armed_group_national",
            "SPLA-IO",
            (Tally(Outcome.KILLED, Staff.NATIONAL, Sex.UNKNOWN, 2),),
            (),
            (EmployerTally("ingo", 2),),
            certainty=Certainty.CONFIRMED,
            source_kind="media",
        ),
        (
            ("2015", "2015-03", "2015-03-14"),
            ("SSD", "SSD/Unity", "SSD/Unity/Leer", "SSD/Unity/Leer/Leer@8.30100,30.14000"),
            ("violence", "violence/shooting", "violence/shooting/ambush", "violence/shooting/ambush/road"),
            ("1-3", "killed=2", "killed/national=2", "killed/national/unknown=2"),
            ("ngo", "INGO=2"),
            (
                "non_state",
                "non_state/armed_group_national",
                "non_state/armed_group_national/economic",
                "non_state/armed_group_national/economic/SPLA-IO",
            ),
            ("confirmed", "confirmed/media"),
        ),
    ),
    (
        Incident(
            PartialDate(2023, 10),
            Place("PSE", "", "", "Gaza/City @ 100%"),
            Cause.VIOLENCE,
            "aerial_bombardment",
            victims=(
                Tally(Outcome.INJURED, Staff.NATIONAL, Sex.MALE, 8, Qualifier.AT_LEAST),
                Tally(Outcome.KILLED, Staff.NATIONAL, Sex.FEMALE, 12),
                Tally(Outcome.KILLED, Staff.NATIONAL, Sex.MALE, 9, Qualifier.ESTIMATED),
                Tally(Outcome.KILLED, Staff.INTERNATIONAL, Sex.MALE, 1),
                Tally(Outcome.DETAINED, Staff.NATIONAL, Sex.MALE, 0),
            ),
            employers=(EmployerTally("un", 29), EmployerTally("icrc", 1), EmployerTally("rcrc", 0)),
            certainty=Certainty.PROBABLE,
        ),
        (
            ("2023", "2023-10"),
            ("PSE", "PSE/", "PSE//", "PSE///Gaza%2FCity %40 100%25@"),
            (
                "violence",
                "violence/aerial_bombardment",
                "violence/aerial_bombardment/unknown",
                "violence/aerial_bombardment/unknown/unknown",
            ),
            (
                "25+",
                "killed=~22;injured=>8",
                "killed/national=~21;killed/international=1;injured/national=>8",
                (
                    "killed/national/female=12;killed/national/male=~9;killed/international/male=1"
                    ";injured/national/male=>8"
                ),
            ),
            ("rcrc+un", "RCRC=1;UN=29"),
            ("unknown", "unknown/unknown", "unknown/unknown/unknown"),
            ("probable", "probable/unknown"),
        ),
    ),
    (
        Incident(
            PartialDate(2016, 7, 1),
            Place("AFG", "Kabul"),
            Cause.VIOLENCE,
            "kidnapping",
            victims=(
                Tally(Outcome.ABDUCTED, Staff.INTERNATIONAL, Sex.UNKNOWN, 3),
                Tally(Outcome.ABDUCTED, Staff.UNKNOWN, Sex.UNKNOWN, 1, Qualifier.AT_LEAST),
            ),
            sexes=(SexTally(Sex.UNKNOWN, 1), SexTally(Sex.MALE, 2), SexTally(Sex.FEMALE, 1)),
            employers=(EmployerTally("nngo_or_rcrc", 2), EmployerTally("io", 1), EmployerTally("other", 1)),
            certainty=Certainty.RUMOUR,
        ),
        (
            ("2016", "2016-07", "2016-07-01"),
            ("AFG", "AFG/Kabul"),
            (
                "violence",
                "violence/kidnapping",
                "violence/kidnapping/unknown",
                "violence/kidnapping/unknown/unknown",
            ),
            (
                "4-9",
                "abducted=>4",
                "abducted/international=3;abducted/unknown=>1",
                "abducted/international/unknown=3;abducted/unknown/unknown=>1|female=1;male=2;unknown=1",
            ),
            ("ngo_or_rcrc+other", "IO=1;NNGO_OR_RCRC=2;OTHER=1"),
            ("unknown", "unknown/unknown", "unknown/unknown/unknown"),
            ("rumour", "rumour/unknown"),
        ),
    ),
    (
        Incident(
            PartialDate(2020, 2, 29),
            Place("", "Somewhere"),
            Cause.SAFETY,
            victims=(Tally(Outcome.OTHER, Staff.UNKNOWN, Sex.OTHER, 10),),
            employers=(EmployerTally("ngo", 4), EmployerTally("nngo", 5), EmployerTally("ingo", 1)),
        ),
        (
            ("2020", "2020-02", "2020-02-29"),
            ("", "/Somewhere"),
            ("safety", "safety/unknown", "safety/unknown/unknown", "safety/unknown/unknown/unknown"),
            ("10-24", "other=10", "other/unknown=10", "other/unknown/other=10"),
            ("ngo", "INGO=1;NGO=4;NNGO=5"),
            ("unknown", "unknown/unknown", "unknown/unknown/unknown"),
            ("suspected", "suspected/unknown"),
        ),
    ),
    (
        Incident(PartialDate(1999), Place("XKX", "", "Pejë", "", Point(-0.0, -0.000001))),
        (
            ("1999",),
            ("XKX", "XKX/", "XKX//Pejë", "XKX//Pejë/@0.00000,0.00000"),
            ("unknown", "unknown/unknown", "unknown/unknown/unknown", "unknown/unknown/unknown/unknown"),
            ("0", "0", "0", "0"),
            ("0", "0"),
            ("unknown", "unknown/unknown", "unknown/unknown/unknown"),
            ("suspected", "suspected/unknown"),
        ),
    ),
    (
        Incident(
            PartialDate(2024, 12, 31),
            Place("UKR", "Kharkiv", "", "", Point(49.9935, 36.2304)),
            Cause.VIOLENCE,
            "shelling",
            motive="incidental",
            actor_type="foreign_forces",
            victims=(Tally(Outcome.INJURED, Staff.NATIONAL, Sex.FEMALE, 3),),
            employers=(EmployerTally("rcrc", 3),),
        ),
        (
            ("2024", "2024-12", "2024-12-31"),
            ("UKR", "UKR/Kharkiv", "UKR/Kharkiv/", "UKR/Kharkiv//@49.99350,36.23040"),
            (
                "violence",
                "violence/shelling",
                "violence/shelling/unknown",
                "violence/shelling/unknown/unknown",
            ),
            ("1-3", "injured=3", "injured/national=3", "injured/national/female=3"),
            ("rcrc", "RCRC=3"),
            ("state", "state/foreign_forces", "state/foreign_forces/incidental"),
            ("suspected", "suspected/unknown"),
        ),
    ),
    (
        Incident(
            PartialDate(2019, 1),
            Place("COD", "Nord-Kivu", "Beni"),
            Cause.VIOLENCE,
            "rape_sexual_assault",
            location_type="home",
            actor_type="unaffiliated",
            actor_name="somebody",
            victims=(Tally(Outcome.SEXUALLY_ASSAULTED, Staff.INTERNATIONAL, Sex.FEMALE, 1),),
            source_kind="focal_point",
        ),
        (
            ("2019", "2019-01"),
            ("COD", "COD/Nord-Kivu", "COD/Nord-Kivu/Beni"),
            (
                "violence",
                "violence/rape_sexual_assault",
                "violence/rape_sexual_assault/unknown",
                "violence/rape_sexual_assault/unknown/home",
            ),
            (
                "1-3",
                "sexually_assaulted=1",
                "sexually_assaulted/international=1",
                "sexually_assaulted/international/female=1",
            ),
            ("0", "0"),
            (
                "other",
                "other/unaffiliated",
                "other/unaffiliated/unknown",
                "other/unaffiliated/unknown/somebody",
            ),
            ("suspected", "suspected/focal_point"),
        ),
    ),
    (
        Incident(
            PartialDate(2021, 6, 24),
            Place("ETH", "50% / half", "a@b"),
            Cause.VIOLENCE,
            "detention_arrest",
            "detention",
            "custody",
            actor_type="police_paramilitary",
            victims=tuple(Tally(Outcome.DETAINED, Staff.NATIONAL, sex, 1_000) for sex in Sex),
            sexes=(SexTally(Sex.OTHER, 7), SexTally(Sex.MALE, 0)),
            employers=(EmployerTally("un", 4_000),),
        ),
        (
            ("2021", "2021-06", "2021-06-24"),
            ("ETH", "ETH/50%25 %2F half", "ETH/50%25 %2F half/a%40b"),
            (
                "violence",
                "violence/detention_arrest",
                "violence/detention_arrest/detention",
                "violence/detention_arrest/detention/custody",
            ),
            (
                "25+",
                "detained=4000",
                "detained/national=4000",
                (
                    "detained/national/female=1000;detained/national/male=1000;detained/national/other=1000"
                    ";detained/national/unknown=1000|other=7"
                ),
            ),
            ("un", "UN=4000"),
            ("state", "state/police_paramilitary", "state/police_paramilitary/unknown"),
            ("suspected", "suspected/unknown"),
        ),
    ),
    (
        Incident(PartialDate(2200, 1, 1), sexes=(SexTally(Sex.FEMALE, 2),), actor_type="criminal"),
        (
            ("2200", "2200-01", "2200-01-01"),
            ("",),
            ("unknown", "unknown/unknown", "unknown/unknown/unknown", "unknown/unknown/unknown/unknown"),
            ("0", "0", "0", "0|female=2"),
            ("0", "0"),
            ("criminal", "criminal/criminal", "criminal/criminal/unknown"),
            ("suspected", "suspected/unknown"),
        ),
    ),
)
# The heads of the second incident above, made with record id 00..0f and secret 00..1f.
FROZEN_HEADS = (
    "cf346f20b46e2a75c240a65c886e44d22e1d109fe525420e4a5374cc1298ac1a",
    "a33b85b8d4ebaf34837decf2bcd201f1277ab1c4b9bb626583d1bdae9ddbd4e3",
    "a97e736db0ed62f89ea0888184f4d3fa91779f1a0b7674d44f9b2aa2448ef526",
    "641acbced5cfc810fc31cf7363d7ef65dcc10f4c3f7d7c60e0552278a91791bc",
    "905a837ac5fa5928dbe7ccb561b9c9fa8e298bba35d1d14dcd45066e7b2b6e6c",
    "41fe9c57d6cc3b94fb0cb45006faa5ed9f0a4325f0412288741107174c6c16c2",
    "c15abde1894ee6e466eadc45e1950367a51a44007daac35503fc70b5ec4ffef8",
)


@pytest.mark.parametrize(("incident", "chains"), FROZEN, ids=[str(incident.when) for incident, _ in FROZEN])
def test_the_values_of_schema_1_are_final(incident: Incident, chains: tuple[Chain, ...]) -> None:
    assert SCHEMA == 1
    assert chains_of(incident) == chains


def test_the_heads_of_schema_1_are_final() -> None:
    incident, _ = FROZEN[1]
    commitment = commit(bytes(range(16)), bytes(range(32)), anonymize(incident, rcrc_named=True))

    assert [head.hex() for head in commitment.heads] == list(FROZEN_HEADS)


def test_the_dimensions_of_schema_1_are_final() -> None:
    assert [(one.number, one.name, one.levels) for one in DIMENSIONS] == [
        (0, "when", ("year", "month", "day")),
        (1, "where", ("country", "admin1", "admin2", "point")),
        (2, "what", ("cause", "means", "context", "location")),
        (3, "victims", ("band", "outcome", "staff", "sex")),
        (4, "target", ("sector", "type")),
        (5, "actor", ("group", "type", "motive", "name")),
        (6, "certainty", ("level", "source")),
    ]


@pytest.mark.parametrize(
    ("affected", "name"),
    [(0, "0"), (1, "1-3"), (3, "1-3"), (4, "4-9"), (9, "4-9"), (10, "10-24"), (24, "10-24"), (25, "25+")],
)
def test_bands_have_these_bounds(affected: int, name: str) -> None:
    assert band(affected) == name


@given(incidents())
def test_every_prefix_of_an_incidents_chain_follows_the_schema(incident: Incident) -> None:
    chains = chains_of(incident)

    assert len(chains) == len(DIMENSIONS)
    for dimension, chain in zip(DIMENSIONS, chains, strict=True):
        for length in range(1, len(chain) + 1):
            verify_chain(dimension, chain[:length])


@given(incidents(), st.data())
def test_a_level_that_does_not_follow_from_the_next_is_refused(
    incident: Incident, data: st.DataObject
) -> None:
    dimension = data.draw(st.sampled_from(DIMENSIONS))
    chain = chains_of(incident)[dimension.number]
    if len(chain) < 2:
        return
    level = data.draw(st.integers(0, len(chain) - 2))
    other = data.draw(st.sampled_from([f"{chain[level]}x", chain[level + 1], "2014", "killed=3"]))
    if other == chain[level]:
        return

    with pytest.raises(ViewError):
        verify_chain(dimension, (*chain[:level], other, *chain[level + 1 :]))


@pytest.mark.parametrize("dimension", DIMENSIONS, ids=[one.name for one in DIMENSIONS])
def test_a_chain_has_as_many_levels_as_the_schema_allows(dimension: Dimension) -> None:
    for chain in ((), ("0",) * (len(dimension.levels) + 1)):
        with pytest.raises(ViewError, match="levels where the schema has"):
            verify_chain(dimension, chain)


@given(incidents())
def test_coarser_numbers_are_sums_of_finer_ones(incident: Incident) -> None:
    band_shown, *finer = chains_of(incident)[VICTIMS.number]
    totals = {sum(cell.number for cell in read_cells(value)[0]) for value in finer}

    assert totals == {incident.count()}
    assert band_shown == band(incident.count())


@given(incidents())
def test_affected_persons_of_every_employer_are_counted(incident: Incident) -> None:
    shown = read_target(chains_of(incident)[TARGET.number][-1])

    assert sum(number for _, number in shown) == sum(tally.number for tally in incident.employers)


@given(names, names)
def test_a_name_never_spills_into_another_level(admin1: str, settlement: str) -> None:
    chain = chains_of(Incident(PartialDate(2024), Place("SSD", admin1, "Leer", settlement)))[WHERE.number]

    country, shown, admin2 = chain[2].split("/")
    assert (country, unescape(shown), admin2) == ("SSD", admin1, "Leer")
    if settlement:
        name, _, degrees = chain[3].rpartition("/")[2].partition("@")
        assert (unescape(name), degrees) == (settlement, "")


@given(incidents())
def test_details_and_who_died_in_captivity_are_in_no_value_that_could_leave(incident: Incident) -> None:
    without = replace(incident, details=(), killed_in_captivity=0, killed_in_detention=0)

    assert chains_of(incident) == chains_of(without)


@given(incidents())
def test_the_order_of_tallies_does_not_matter(incident: Incident) -> None:
    turned = Incident(
        incident.when,
        victims=incident.victims[::-1],
        sexes=incident.sexes[::-1],
        employers=incident.employers[::-1],
    )
    straight = Incident(
        incident.when, victims=incident.victims, sexes=incident.sexes, employers=incident.employers
    )

    assert chains_of(turned) == chains_of(straight)


@pytest.mark.parametrize(
    ("dimension", "chain"),
    [
        (WHEN, ("2015-03",)),
        (WHEN, ("2015", "2015-3")),
        (WHEN, ("2015", "2015-13")),
        (WHEN, ("2015", "2015-02", "2015-02-29")),
        (WHEN, ("1815",)),
        (WHEN, ("0000",)),
        (WHEN, ("\N{FULLWIDTH DIGIT TWO}015",)),
        (WHEN, ("",)),
        (WHERE, ("Atlantis",)),
        (WHERE, ("SSD/Unity",)),
        (WHERE, ("SSD", "SSD/Un\0ity")),
        (WHERE, ("SSD", "SSD/Un\x1b[2Jity")),
        (WHERE, ("SSD", "SSD/Un%41ity")),
        (WHERE, ("SSD", "SSD/Un@ity")),
        (WHERE, ("SSD", "SSD/" + "x" * 201)),
        (WHAT, ("war",)),
        (WHAT, ("violence", "violence/magic")),
        (WHAT, ("violence/shooting",)),
        (WHAT, ("violence/shooting", "violence/shooting/ambush", "violence/shooting/ambush/road")),
        (WHAT, ("a/b", "a/b/c", "a/b/c/d", "a/b/c/d/e")),
        (VICTIMS, ("lots",)),
        (VICTIMS, ("1-3", "killed=02")),
        (VICTIMS, ("1-3", "killed=2;killed=1")),
        (VICTIMS, ("1-3", "injured=1;killed=2")),
        (VICTIMS, ("1-3", "killed=~~2")),
        (VICTIMS, ("1-3", "killed=-2")),
        (VICTIMS, ("1-3", "killed=2|male=2")),
        (VICTIMS, ("1-3", "killed=2", "killed=2")),
        (VICTIMS, ("1-3", "killed=2", "killed/national/male=2")),
        (VICTIMS, ("1-3", "killed=2", "killed/national=2", "killed/national=2|male=2")),
        (VICTIMS, ("1-3", "killed=2", "killed/national=2", "killed/national/male/x=2")),
        (VICTIMS, ("1-3", "killed=2", "killed/national=2", "killed/national/male=2|")),
        (VICTIMS, ("1-3", "killed=2", "killed/national=2", "killed/national/male=2|male=1;male=1")),
        (VICTIMS, ("0", "")),
        (TARGET, ("army",)),
        (TARGET, ("un+ngo",)),
        (TARGET, ("0", "")),
        (TARGET, ("ngo", "INGO=2;INGO=3")),
        (TARGET, ("ngo+un", "UN=1;INGO=2")),
        (TARGET, ("ngo", "INGO=2;;NNGO=1")),
        (TARGET, ("other", "ARMY=2")),
        (ACTOR, ("army",)),
        (ACTOR, ("state", "state/armed_group_national")),
        (ACTOR, ("state", "state/host_state", "state/host_state/boredom")),
        (ACTOR, ("state/host_state",)),
        (CERTAINTY, ("sure",)),
        (CERTAINTY, ("confirmed", "confirmed/gossip")),
        (CERTAINTY, ("confirmed/media",)),
    ],
)
def test_a_value_in_another_form_than_the_schemas_is_refused(dimension: Dimension, chain: Chain) -> None:
    chains = list(chains_of(Incident(PartialDate(2024))))
    chains[dimension.number] = chain

    with pytest.raises(ViewError):
        fact(tuple(chains))


def test_nobody_can_claim_more_persons_than_a_number_has_digits() -> None:
    cells = ";".join(["killed/national/male=9999999"] * 300)
    chains = list(chains_of(Incident(PartialDate(2024))))
    chains[VICTIMS.number] = ("25+", "killed=2", "killed/national=2", cells)

    with pytest.raises(ViewError):
        fact(tuple(chains))


hostile = st.text(st.sampled_from("killed/national=;|>~0123456789+-unSSD\0é²@%"), max_size=30) | st.text(
    max_size=20
)


@given(st.sampled_from(DIMENSIONS), st.lists(hostile, min_size=1, max_size=5).map(tuple))
def test_whatever_a_chain_holds_only_our_error_comes_out(dimension: Dimension, chain: Chain) -> None:
    chains: list[Chain] = [("2024",), *[()] * (len(DIMENSIONS) - 1)]
    chains[dimension.number] = chain

    for read in (lambda: verify_chain(dimension, chain), lambda: fact(tuple(chains))):
        with suppress(ViewError):
            read()
