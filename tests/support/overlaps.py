"""Synthetic events with known truth: each told by some of several organizations, late, elsewhere or in other words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from node.candidates import Pair, pair_of
from node.codes import code_list
from node.facts import Fact, fact
from node.ladders import chains_of
from node.model import Cause, Certainty, Incident, Outcome, PartialDate, Place, Sex, Staff, Tally
from node.signed import RecordName

ORGANIZATIONS = tuple("abcdefgh")
_MEANS = (
    "shooting",
    "kidnapping",
    "bodily_assault",
    "looting",
    "robbery",
    "shelling",
    "threat",
    "roadside_ied",
)
# As many, and as unevenly, as one database of severe incidents has: every tenth has another on its day in its country.
_COUNTRIES = sorted(code_list("country").codes)[:24]
_FOLDS = (1, 1, 1, 1, 1, 2, 2, 2, 3, 4)  # by how many organizations an event is reported
_FIRST_DAY = date(2015, 1, 1)


@dataclass(frozen=True)
class Truth:
    """What was reported, by whom, and of which event each report is."""

    incidents: Mapping[RecordName, Incident]
    event_of: Mapping[RecordName, int]

    @property
    def facts(self) -> Mapping[RecordName, Fact]:
        """Each report as its index row."""
        return {name: fact(chains_of(one)) for name, one in self.incidents.items()}

    @property
    def pairs(self) -> frozenset[Pair]:
        """Every pair of reports of one event."""
        by_event: dict[int, list[RecordName]] = {}
        for name, event in self.event_of.items():
            by_event.setdefault(event, []).append(name)
        return frozenset(
            pair_of(one, other)
            for names in by_event.values()
            for at, one in enumerate(names)
            for other in names[at + 1 :]
        )

    @property
    def events(self) -> int:
        """How many there were."""
        return len(set(self.event_of.values()))


def make_truth(seed: int, events: int, days: int = 3_650) -> Truth:
    """Let so many events happen, and be reported."""
    random = Random(seed)
    incidents: dict[RecordName, Incident] = {}
    event_of: dict[RecordName, int] = {}
    for event in range(events):
        true = _event(random, days)
        for org_id in sorted(random.sample(ORGANIZATIONS, random.choice(_FOLDS))):
            name = RecordName(org_id, random.randbytes(16))
            incidents[name] = _told(random, true)
            event_of[name] = event
    return Truth(incidents, event_of)


def _event(random: Random, days: int) -> Incident:
    day = _FIRST_DAY + timedelta(days=random.randrange(days))
    country = _COUNTRIES[int(len(_COUNTRIES) * random.random() ** 1.5)]
    province = int(12 * random.random() ** 1.5)
    return Incident(
        when=PartialDate(day.year, day.month, day.day),
        where=Place(
            country, f"Province of {country} number {province}", f"District {province}.{random.randrange(6)}"
        ),
        cause=Cause.VIOLENCE,
        means=_MEANS[int(len(_MEANS) * random.random() ** 1.5)],
        victims=_victims(random),
        certainty=random.choice(list(Certainty)),
        source_kind=random.choice(("own_staff", "focal_point", "media")),
    )


def _victims(random: Random) -> tuple[Tally, ...]:
    number = random.choice((0, 0, 1, 1, 1, 2, 3, 5))
    outcome = random.choice((Outcome.KILLED, Outcome.INJURED, Outcome.ABDUCTED))
    return (Tally(outcome, Staff.NATIONAL, Sex.UNKNOWN, number),) if number else ()


def _told(random: Random, true: Incident) -> Incident:
    """An event as one organization reports it: the day late, the next district, other words, own staff alone."""
    told = true
    late = random.choices((0, 1, -1, 2, 3, 6), (72, 12, 6, 4, 4, 2))[0]
    if late:
        day = true.when.earliest + timedelta(days=late)
        told = replace(told, when=PartialDate(day.year, day.month, day.day))
    if random.random() < 0.05:
        told = replace(told, when=PartialDate(told.when.year, told.when.month))
    place = told.where
    if random.random() < 0.15:
        place = replace(place, admin2="")
    elif random.random() < 0.12:
        place = replace(place, admin2=place.admin2 + " West and beyond")
    if random.random() < 0.05:
        place = replace(place, admin1="Another province", admin2="")
    elif random.random() < 0.1:
        place = replace(place, admin1=place.admin1.upper().replace("OF", "of the"))
    if random.random() < 0.15:
        told = replace(told, means=random.choice(_MEANS))
    if random.random() < 0.5:
        told = replace(told, victims=_victims(random))
    return replace(told, where=place)


def shuffled(names: Sequence[RecordName], seed: int) -> list[RecordName]:
    """The same in another order."""
    ordered = list(names)
    Random(seed).shuffle(ordered)
    return ordered
