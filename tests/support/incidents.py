"""A few incidents, unlike each other in what the rules look at."""

from dataclasses import replace

from node.model import (
    Cause,
    Certainty,
    Custody,
    EmployerTally,
    Incident,
    Outcome,
    PartialDate,
    Place,
    Sex,
    Staff,
    Tally,
)

SHOOTING = Incident(
    when=PartialDate(2024, 3, 14),
    where=Place("SSD", "Unity", "Leer"),
    cause=Cause.VIOLENCE,
    means="shooting",
    context="ambush",
    location_type="road",
    motive="economic",
    actor_type="armed_group_national",
    victims=(
        Tally(Outcome.KILLED, Staff.NATIONAL, Sex.FEMALE, 1),
        Tally(Outcome.INJURED, Staff.INTERNATIONAL, Sex.MALE, 2),
    ),
    employers=(EmployerTally("ingo", 3),),
    certainty=Certainty.CONFIRMED,
    source_kind="focal_point",
    narrative="what only its owner reads",
)
ROBBERY = replace(
    SHOOTING, when=PartialDate(2024, 5, 2), means="robbery", context="raid", victims=(), employers=()
)
LOOTING = replace(ROBBERY, when=PartialDate(2024, 7, 30), means="looting", where=Place("SDN", "Khartoum"))
SHELLING = replace(SHOOTING, when=PartialDate(2025, 1, 9), means="shelling", where=Place("UKR"))

ASSAULT = replace(
    SHOOTING,
    means="rape_sexual_assault",
    victims=(Tally(Outcome.SEXUALLY_ASSAULTED, Staff.NATIONAL, Sex.FEMALE, 1),),
)
"""Never leaves as a record (R14)."""

CAPTURE = replace(
    SHOOTING,
    means="kidnapping",
    custody=Custody.ONGOING,
    victims=(Tally(Outcome.ABDUCTED, Staff.NATIONAL, Sex.MALE, 1),),
)
"""Does not leave while somebody is held (R15)."""
