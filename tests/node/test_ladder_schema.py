"""Ladder schema 1 is fixed for good: these are known answers."""

import pytest

from node.anonymize import anonymize
from node.disclose import commit
from node.ladders import (
    DIMENSIONS,
    SCHEMA,
    Chain,
    chains_of,
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
