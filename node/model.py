"""The incident: what happened, when, where, to how many people of which kind, and how surely it is known.

An incident holds counts of affected persons, never persons. Every coded field is a code of a versioned list in
`node.codes`; the source's own words are kept beside it in `source_text`. Nothing here reads a clock, a file or a
database.
"""

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

from node.codes import DETAIL_LISTS, code_list
from node.errors import IncidentError

MAX_TEXT = 65_536  # characters of narrative; longer text belongs into a document beside the record
MAX_NAME = 200  # characters of a place or group name
MAX_DETAILS = 100  # things more that are known of one incident
MAX_COUNT = 1_000_000  # affected persons of one incident; more is a typing mistake
# What a name has no use for and a terminal or a database may choke on; half a UTF-16 pair is not a character.
NOT_IN_NAMES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_CODED = (
    "means",
    "context",
    "location_type",
    "motive",
    "actor_type",
    "source_kind",
)  # fields named like their list
SEXUAL_VIOLENCE = "rape_sexual_assault"  # the code of the list `means`
_NOT_IN_TEXT = re.compile(r"[\ud800-\udfff]")


class Outcome(StrEnum):
    """What happened to an affected person; each person is counted once, under the gravest outcome of the source."""

    KILLED = "killed"
    INJURED = "injured"
    ABDUCTED = "abducted"
    DETAINED = "detained"
    SEXUALLY_ASSAULTED = "sexually_assaulted"
    OTHER = "other"


class Staff(StrEnum):
    """How an affected person was recruited."""

    NATIONAL = "national"
    INTERNATIONAL = "international"
    UNKNOWN = "unknown"


class Sex(StrEnum):
    """Sex of an affected person as the source states it; `OTHER` is a statement, `UNKNOWN` is none."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class Qualifier(StrEnum):
    """How a number is meant, from firm to loose; a sum is as loose as its loosest part."""

    EXACT = "exact"
    AT_LEAST = "at_least"
    ESTIMATED = "estimated"


class Cause(StrEnum):
    """Violence or safety (road, accident, illness); their totals are never mixed silently (R23)."""

    VIOLENCE = "violence"
    SAFETY = "safety"
    UNKNOWN = "unknown"


class Certainty(StrEnum):
    """The four levels of the Surveillance System for Attacks on Health Care, from hearsay to own verification."""

    RUMOUR = "rumour"
    SUSPECTED = "suspected"
    PROBABLE = "probable"
    CONFIRMED = "confirmed"


class Custody(StrEnum):
    """Whether somebody may still be held; `UNKNOWN` when the source speaks of captivity but not of its end."""

    NONE = "none"
    ONGOING = "ongoing"
    ENDED = "ended"
    UNKNOWN = "unknown"


class Sensitive(StrEnum):
    """Whom an incident concerns, where counts do not tell it; somebody who knows marks the record."""

    CHILDREN = "children"
    SURVIVORS = "survivors"
    PATIENTS = "patients"


class Tally(NamedTuple):
    """Number of affected persons of one outcome, staff type and sex."""

    outcome: Outcome
    staff: Staff
    sex: Sex
    number: int
    qualifier: Qualifier = Qualifier.EXACT


class SexTally(NamedTuple):
    """Number of affected persons of one sex, over all outcomes: sources that do not cross sex with outcome."""

    sex: Sex
    number: int


class EmployerTally(NamedTuple):
    """Number of affected persons employed by one broad type of organization (code list `organization_type`)."""

    organization_type: str
    number: int


class Detail(NamedTuple):
    """One thing more that is known: a code of a list of `DETAIL_LISTS`, and how many; 1 where nothing is counted."""

    topic: str
    code: str
    number: int = 1


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A day, month or year of the proleptic Gregorian calendar, as precise as the source is.

    Raises:
        IncidentError: The parts are not a date, or a day comes without its month.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if not 1900 <= self.year <= 2200:
            raise IncidentError("when", "year {year} is not between 1900 and 2200", year=self.year)
        if self.month is None and self.day is not None:
            raise IncidentError("when", "a day is given without its month")
        if self.month is not None and not 1 <= self.month <= 12:
            raise IncidentError("when", "month {month} is not between 1 and 12", month=self.month)
        if self.month is not None and self.day is not None and not 1 <= self.day <= 28:
            last = monthrange(self.year, self.month)[1]
            if not 1 <= self.day <= last:
                raise IncidentError("when", "day {day} is not between 1 and {last}", day=self.day, last=last)

    @property
    def earliest(self) -> date:
        """First day that the date can mean."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        """Last day that the date can mean."""
        if self.day is not None:
            return self.earliest
        month = self.month or 12
        return date(self.year, month, monthrange(self.year, month)[1])

    def __str__(self) -> str:
        parts = [f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part is not None)]
        return "-".join(parts)


class Point(NamedTuple):
    """WGS 84 degrees."""

    latitude: float
    longitude: float


def _check_name(field: str, name: str) -> None:
    if len(name) > MAX_NAME:
        raise IncidentError(field, "longer than {most} characters", most=MAX_NAME)
    if NOT_IN_NAMES.search(name):
        raise IncidentError(field, "holds a character that can not stand in a name")


def _check_numbers(field: str, numbers: Sequence[int]) -> None:
    if min(numbers, default=0) < 0:
        raise IncidentError(field, "the number {numbers} is negative", numbers=min(numbers))
    if sum(numbers) > MAX_COUNT:
        raise IncidentError(field, "more than {most} persons", most=MAX_COUNT)


def _check_code(field: str, name: str, code: str) -> None:
    if code not in code_list(name).codes:
        raise IncidentError(field, "{code!r} is not a code of the list {name}", code=code[:40], name=name)


def _check_details(details: Sequence[Detail]) -> None:
    if len(details) > MAX_DETAILS:
        raise IncidentError("details", "more than {most}", most=MAX_DETAILS)
    for topic, code, number in details:
        if topic not in DETAIL_LISTS:
            raise IncidentError(
                "details",
                "{topic!r} is none of {detail_lists}",
                topic=topic[:40],
                detail_lists=", ".join(DETAIL_LISTS),
            )
        _check_code("details", topic, code)
        if not 1 <= number <= MAX_COUNT:
            raise IncidentError(
                "details", "{number} is not between 1 and {most}", number=number, most=MAX_COUNT
            )
    if len({detail[:2] for detail in details}) != len(details):
        raise IncidentError("details", "the same code stands twice")


@dataclass(frozen=True, slots=True)
class Place:
    """Where, as precise as the source is: empty text or `None` is unknown.

    Attributes:
        country: ISO 3166-1 alpha-3, or a user-assigned code of the list `country`; empty when unknown.
        admin1: First-level area by name.
        admin2: Second-level area by name.
        settlement: City, town, village or camp by name.
        point: Coordinates as the source gives them.
    """

    country: str = ""
    admin1: str = ""
    admin2: str = ""
    settlement: str = ""
    point: Point | None = None

    def __post_init__(self) -> None:
        for field in ("country", "admin1", "admin2", "settlement"):
            _check_name(field, getattr(self, field))
        if self.country:
            _check_code("country", "country", self.country)
        if self.point is not None and not (
            -90 <= self.point.latitude <= 90 and -180 <= self.point.longitude <= 180
        ):
            raise IncidentError("point", "coordinates are outside the globe")

    @property
    def precision(self) -> str:
        """Finest level that is known: point, settlement, admin2, admin1, country or unknown."""
        if self.point is not None:
            return "point"
        for level in ("settlement", "admin2", "admin1", "country"):
            if getattr(self, level):
                return level
        return "unknown"


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident as its originator knows it; immutable, a correction is a new revision.

    Codes default to `unknown`, which is a code of each list and a row of its own in every table, never dropped.
    `killed_in_captivity` counts persons among the killed who died abducted, and `killed_in_detention` those who died
    arrested, so that sources that count them as killed and sources that count them as taken can both be reproduced.
    `details` holds what ladder schema 1 has no place for: it never leaves the node. `source_text` keeps (column, text)
    pairs wherever the source's own spelling says more than our code. `narrative` never leaves the node.
    `sensitive` is set by the organization itself, not by a source, and holds the record.

    Raises:
        IncidentError: A field contradicts another or is out of its range; it names field and reason.
    """

    when: PartialDate
    where: Place = Place()
    cause: Cause = Cause.UNKNOWN
    means: str = "unknown"
    context: str = "unknown"
    location_type: str = "unknown"
    motive: str = "unknown"
    actor_type: str = "unknown"
    actor_name: str = ""
    victims: tuple[Tally, ...] = ()
    sexes: tuple[SexTally, ...] = ()
    employers: tuple[EmployerTally, ...] = ()
    killed_in_captivity: int = 0
    custody: Custody = Custody.NONE
    certainty: Certainty = Certainty.SUSPECTED
    source_kind: str = "unknown"
    source_text: tuple[tuple[str, str], ...] = ()
    narrative: str = ""
    sensitive: frozenset[Sensitive] = frozenset()
    killed_in_detention: int = 0
    details: tuple[Detail, ...] = ()

    def __post_init__(self) -> None:
        if len(self.narrative) > MAX_TEXT:
            raise IncidentError("narrative", "longer than {most} characters", most=MAX_TEXT)
        _check_name("actor_name", self.actor_name)
        for field in _CODED:
            _check_code(field, field, getattr(self, field))
        for tally in self.employers:
            _check_code("employers", "organization_type", tally.organization_type)
        for field, tallies in (
            ("victims", self.victims),
            ("sexes", self.sexes),
            ("employers", self.employers),
        ):
            _check_numbers(field, [tally.number for tally in tallies])
        cells = [tally[:3] for tally in self.victims]
        if len(set(cells)) != len(cells):
            raise IncidentError("victims", "the same outcome, staff type and sex is counted twice")
        if any(map(_NOT_IN_TEXT.search, (self.narrative, *chain.from_iterable(self.source_text)))):
            raise IncidentError("narrative", "holds half a character")
        if min(self.killed_in_captivity, self.killed_in_detention) < 0:
            raise IncidentError("killed_in_captivity", "less than nobody")
        if self.killed_in_captivity + self.killed_in_detention > self.count(Outcome.KILLED):
            raise IncidentError("killed_in_captivity", "more persons than were killed")
        if self.details:
            _check_details(self.details)

    def count(self, outcome: Outcome | None = None) -> int:
        """Number of persons affected, of one outcome or of all."""
        return sum(tally.number for tally in self.victims if outcome in {None, tally.outcome})


def is_sexual_violence(means: str | None, sexually_assaulted: int) -> bool:
    """Whether an incident falls under the rule that sexual violence never travels as a record (R14)."""
    return means == SEXUAL_VIOLENCE or sexually_assaulted > 0
