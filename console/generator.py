"""Make up a publication in the shape of the Aid Worker Security Database, for trying Tocsin out and for tests.

Nothing in it happened. Columns and margins are those that the database published for 2015 to 2025: how the years
compare, what was done and how it ended, whom it hit, where, and how much of that is unknown. Each margin is drawn on
its own, apart from what the means of attack decides, so how two of them go together says nothing about the world.
"""

import csv
from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date
from io import StringIO
from itertools import repeat
from random import Random
from typing import NamedTuple, TypeAlias

from node.codes import code_list, country_from

Margin: TypeAlias = Mapping[str, float]  # values, and how often each comes on any scale

PUBLISHED_ON = date(2025, 12, 18)
LAST_DAY = date(2025, 11, 25)
INCIDENTS = 3_000

EMPLOYERS = ("UN", "INGO", "ICRC", "NRCS and IFRC", "NNGO", "Other")
OUTCOMES = ("killed", "wounded", "kidnapped", "detained")
STAFF = ("Nationals", "Internationals")
SEXES = ("Male", "Female", "Unknown")
TOTALS = (*(f"Total {outcome}" for outcome in OUTCOMES), "Total affected")
HEADER = (
    *("Incident ID", "Year", "Month", "Day", "Country Code", "Country", "Region", "District", "City"),
    *EMPLOYERS,
    *(
        title
        for staff in STAFF
        for title in (*(f"{staff} {one}" for one in OUTCOMES), f"Total {staff.lower()}")
    ),
    *TOTALS,
    *(f"Gender {sex}" for sex in SEXES),
    *("Means of attack", "Attack context", "Location", "Latitude", "Longitude"),
    *("Motive", "Actor type", "Actor name", "Details", "Verified", "Source"),
)


class Means(NamedTuple):
    """One means of attack: how often, how its affected persons fare, how many they are on average, and in what."""

    name: str
    weight: float
    outcomes: tuple[float, float, float, float]  # in the order of OUTCOMES
    persons: float
    contexts: Margin


# fmt: off - a margin reads as a line, not as a column
_FIGHTING: Margin = {"Combat/Crossfire": 94, "Unknown": 4, "Ambush": 2}
_CAPTURE: Margin = {"Ambush": 56, "Unknown": 18, "Raid": 14, "Individual attack": 11}
_ARREST: Margin = {"Unknown": 45, "Detention": 20, "Raid": 20, "Individual attack": 15}
_OTHERWISE: Margin = {
    "Ambush": 33,
    "Individual attack": 28,
    "Raid": 16,
    "Unknown": 10,
    "Combat/Crossfire": 9,
    "Mob violence": 4,
}
MEANS = (
    Means("Shooting", 24.7, (58, 41, 1, 0), 1.44, _OTHERWISE),
    Means("Bodily assault", 19.5, (9, 91, 0, 0), 1.31, _OTHERWISE),
    Means("Kidnapping", 16.5, (2, 1, 97, 0), 2.32, _CAPTURE),
    Means("Aerial bombardment", 15.4, (70, 30, 0, 0), 1.90, _FIGHTING),
    Means("Detention/arrest", 6.2, (1, 0, 0, 99), 2.20, _ARREST),
    Means("Unknown", 5.6, (71, 27, 0, 2), 1.52, _OTHERWISE),
    Means("Shelling", 5.2, (51, 49, 0, 0), 1.77, _FIGHTING),
    Means("Kidnap-killing", 1.6, (85, 0, 15, 0), 1.78, _CAPTURE),
    Means("Rape/sexual assault", 1.0, (2, 98, 0, 0), 1.30, _OTHERWISE),
    Means("Vehicle-born IED", 1.0, (40, 60, 0, 0), 2.50, _FIGHTING),
    Means("Roadside IED", 1.0, (45, 55, 0, 0), 2.10, _FIGHTING),
    Means("Complex attack", 0.9, (65, 28, 3, 4), 2.32, _OTHERWISE),
    Means("Other Explosives", 0.7, (40, 60, 0, 0), 1.80, _FIGHTING),
    Means("Landmine", 0.6, (40, 60, 0, 0), 2.00, _FIGHTING),
    Means("Body-borne IED", 0.1, (50, 50, 0, 0), 3.00, _FIGHTING),
)
YEARS: Mapping[int, int] = {
    2015: 157,
    2016: 166,
    2017: 162,
    2018: 234,
    2019: 279,
    2020: 288,
    2021: 315,
    2022: 273,
    2023: 443,
    2024: 611,
    2025: 355,
}
COUNTRIES: Margin = {  # ISO 3166-1 alpha-2
    "SS": 17.5,
    "PS": 14.7,
    "SY": 9.2,
    "SD": 5.7,
    "MM": 5.7,
    "CD": 5.5,
    "AF": 5.0,
    "ML": 3.8,
    "CF": 3.5,
    "YE": 3.4,
    "SO": 3.3,
    "ET": 3.0,
    "NG": 2.7,
    "UA": 2.0,
    "CM": 1.6,
    "HT": 1.6,
    "BF": 1.3,
    "BD": 0.9,
    "UG": 0.6,
    "PK": 0.6,
    "KE": 0.6,
    "LB": 0.6,
    "NE": 0.5,
    "IQ": 0.5,
    "MZ": 0.5,
    "LY": 0.4,
    "CO": 0.4,
}
EMPLOYER: Margin = {"INGO": 37.2, "NNGO": 32.9, "UN": 20.6, "NRCS and IFRC": 6.7, "ICRC": 1.2, "Other": 1.3}
LOCATION: Margin = {
    "Road": 31,
    "Unknown": 23,
    "Public location": 15,
    "Project site": 14,
    "Home": 9,
    "Office/compound": 7,
    "Custody": 1,
}
MOTIVE: Margin = {
    "Unknown": 39,
    "Incidental": 24,
    "Political": 16,
    "Economic": 14,
    "Disputed": 6,
    "Other": 1,
}
ACTOR: Margin = {
    "Unknown": 34,
    "Host state": 20,
    "Foreign or coalition forces": 6,
    "Police or paramilitary": 3,
    "State: unknown": 0.7,
    "Non-state armed group: Unknown": 9,
    "Non-state armed group: National": 8,
    "Non-state armed group: Subnational": 4,
    "Non-state armed group: Regional": 4,
    "Criminal": 5,
    "Unaffiliated": 5,
    "Aid recipient": 1.5,
    "Staff member": 0.8,
}
VERIFIED: Margin = {"Yes": 85, "Pending": 15}
SOURCE: Margin = {"Official Report": 39, "Focal Point": 35, "Media": 18, "ACLED": 8}
_COMPASS: Margin = {"North": 3, "East": 3, "South": 2, "West": 2, "Centre": 1}
# fmt: on

NATIONAL = 0.92  # of the affected persons
SEX_UNKNOWN = 0.40  # of the incidents: a source tells the sex of all or of none
MALE = 0.845  # of the affected persons whose sex is told
TWO_EMPLOYERS = 0.03  # of the incidents with several affected persons
NO_MONTH, NO_DAY = 0.005, 0.03  # of the incidents
NO_PLACE = 0.02  # of the incidents: the country is all that is known
LARGEST = 20  # affected persons in one incident


def generate(seed: int = 1, incidents: int = INCIDENTS) -> bytes:
    """Make up a publication as CSV, with the columns of 2025.

    Args:
        seed: The same seed gives the same bytes.
        incidents: How many rows; each year gets its share of them.
    """
    text = StringIO(newline="")
    table = csv.DictWriter(text, HEADER, restval="", lineterminator="\r\n")
    table.writeheader()
    chance = Random(seed)  # noqa: S311 - made-up incidents, not keys
    for number, year in enumerate(_years(incidents), start=1):
        table.writerow({"Incident ID": str(number), **_incident(chance, year)})
    return text.getvalue().encode()


def _years(incidents: int) -> Iterator[int]:
    """A year per incident in order, each year as often as its share says."""
    reached = made = 0
    for year, weight in YEARS.items():
        reached += weight
        upto = incidents * reached // sum(YEARS.values())
        yield from repeat(year, upto - made)
        made = upto


def _incident(chance: Random, year: int) -> dict[str, str | int]:
    (means,) = chance.choices(MEANS, [one.weight for one in MEANS])
    affected = _persons(chance, means.persons)
    location = _draw(chance, LOCATION)
    return {
        **_date(chance, year),
        **_place(chance),
        **_employers(chance, affected),
        **_victims(chance, means, affected),
        **_sexes(chance, affected),
        "Means of attack": means.name,
        "Attack context": _draw(chance, means.contexts),
        "Location": location,
        "Motive": _draw(chance, MOTIVE),
        "Actor type": _draw(chance, ACTOR),
        "Actor name": "Unknown",
        "Details": f"Made up: {means.name.lower()}, {location.lower()}, persons affected: {affected}.",
        "Verified": _draw(chance, VERIFIED),
        "Source": _draw(chance, SOURCE),
    }


def _persons(chance: Random, average: float) -> int:
    """One at least, and each time another with the same chance, so that most incidents have one and few have many."""
    persons = 1
    while persons < LARGEST and chance.random() > 1 / average:
        persons += 1
    return persons


def _date(chance: Random, year: int) -> dict[str, str | int]:
    last = LAST_DAY if year == LAST_DAY.year else date(year, 12, 31)
    month = chance.randint(1, last.month)
    day = chance.randint(1, last.day if month == last.month else monthrange(year, month)[1])
    known = chance.random()
    return {
        "Year": year,
        "Month": "" if known < NO_MONTH else month,
        "Day": "" if known < NO_DAY else day,
    }


def _place(chance: Random) -> dict[str, str | int]:
    code = _draw(chance, COUNTRIES)
    region, district, town = _draw(chance, _COMPASS), chance.randint(1, 6), chance.randint(1, 9)
    country = code_list("country").label(country_from(code) or code)
    place: dict[str, str | int] = {"Country Code": code, "Country": country}
    if chance.random() < NO_PLACE:
        return place
    return {**place, "Region": region, "District": f"{region} {district}", "City": f"Town {town}"}


def _employers(chance: Random, affected: int) -> dict[str, str | int]:
    first = _draw(chance, EMPLOYER)
    second = _draw(chance, EMPLOYER) if affected > 1 and chance.random() < TWO_EMPLOYERS else first
    numbers = dict.fromkeys(EMPLOYERS, 0)
    numbers[first] += affected - 1
    numbers[second] += 1
    return {**numbers}


def _victims(chance: Random, means: Means, affected: int) -> dict[str, str | int]:
    numbers = {title: 0 for title in HEADER if title.startswith((*STAFF, "Total"))}
    for outcome in chance.choices(OUTCOMES, means.outcomes, k=affected):
        (staff,) = chance.choices(STAFF, (NATIONAL, 1 - NATIONAL))
        for title in (f"{staff} {outcome}", f"Total {staff.lower()}", f"Total {outcome}", "Total affected"):
            numbers[title] += 1
    return {**numbers}


def _sexes(chance: Random, affected: int) -> dict[str, str | int]:
    if chance.random() < SEX_UNKNOWN:
        male, female, unknown = 0, 0, affected
    else:
        male = sum(chance.random() < MALE for _ in range(affected))
        female, unknown = affected - male, 0
    return {"Gender Male": male, "Gender Female": female, "Gender Unknown": unknown}


def _draw(chance: Random, margin: Margin) -> str:
    return chance.choices(list(margin), list(margin.values()))[0]
