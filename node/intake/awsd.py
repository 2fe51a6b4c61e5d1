"""The Aid Worker Security Database of Humanitarian Outcomes, in every shape it was published in since 2016.

How its codebook counts decides how its rows are read:

- It holds major violence only: the cause is always violence.
- Each person is counted once, by staff type and outcome. Sex and employer are counted beside that and are
  not crossed with the outcome, so they are kept as tallies of their own.
- A person who was abducted and then killed is counted as killed. Where the means is kidnap-killing, its
  killed are taken to have died in captivity; a guard shot at the scene would be counted too.
- A victim of rape or sexual assault is counted as wounded (or killed) and is recognizable by the means; the
  outcome stays as the source counts it.
- Captivity is reported, its end is not: with anybody kidnapped or detained, custody is unknown.
- Verified `Yes` means that the organization concerned has confirmed it. `Pending` has a source and waits for
  that; `Archived`, and files from before the column existed, no longer say: all three are probable.
- A code that no list has counts as unknown, with a warning: a newer publication must not lose its rows.
"""

import re
from collections import Counter
from collections.abc import Sequence

from node.codes import code_list, country_from, fold
from node.errors import IncidentError
from node.intake.awsd_columns import CODES, COLUMNS, COUNTS, DEGREES, EMPLOYERS, SEXES, TOTALS
from node.intake.cells import Cells
from node.intake.columns import Layout
from node.intake.source import Reading, Readings, Source
from node.intake.table import Record
from node.model import (
    MAX_TEXT,
    Cause,
    Certainty,
    Custody,
    EmployerTally,
    Incident,
    Outcome,
    PartialDate,
    Place,
    Point,
    Sex,
    SexTally,
    Tally,
)

_IDENTIFIER = re.compile(r"[\w.-]{1,40}")
_DECIMAL = re.compile(r"-?[0-9]{1,3}(\.[0-9]+)?")
_DAMAGED = 0.05  # share of malformed pairs above which those that can still be read are not believed either
_HELD = {Outcome.ABDUCTED, Outcome.DETAINED}
_NO_NAME = {"", "unknown", "not applicable"}
_TITLES = {column.field: column.title for column in COLUMNS}
_CERTAINTY = {
    "": Certainty.PROBABLE,
    "yes": Certainty.CONFIRMED,
    "pending": Certainty.PROBABLE,
    "archived": Certainty.PROBABLE,
}


def _read(layout: Layout, records: Sequence[Record]) -> Readings:
    rows = [Cells(layout, record.cells) for record in records]
    damage = _damaged_points(rows)
    readings = (_reading(record, row, points=not damage) for record, row in zip(records, rows, strict=True))
    return tuple(readings), damage


def _damaged_points(rows: Sequence[Cells]) -> tuple[str, ...]:
    """Return the one warning about coordinates that none of can be believed, if so many are malformed.

    A spreadsheet that took the decimal point for a thousands separator spoils whole columns: 11.329444
    becomes 11.329.444, which shows, but 45.35 may have been anything.
    """
    pairs = [row for row in rows if any(map(row.text, DEGREES))]
    malformed = sum(_point(row) is None for row in pairs)
    if malformed <= _DAMAGED * len(pairs):
        return ()
    found = f"Latitude and Longitude are damaged: {malformed} of {len(pairs)} pairs are not degrees."
    return (f"{found} No coordinates of this file were taken over.",)


def _reading(record: Record, row: Cells, *, points: bool) -> Reading:
    identifier = _identifier(row)
    when = _when(row)
    incident = _incident(row, when, points=points)
    return Reading(record, identifier, when, incident, tuple(row.reasons), tuple(row.warnings))


def _identifier(row: Cells) -> str:
    text = row.text("id").removesuffix(".0")
    if not text:
        row.reasons.append(f"{row.title('id')} is empty.")
    elif not _IDENTIFIER.fullmatch(text):
        row.reasons.append(f"{row.title('id')}: {text[:40]!r} is not a number or a short name.")
        return ""
    return text


def _when(row: Cells) -> PartialDate | None:
    before = len(row.reasons)
    year, month, day = (row.number(field) for field in ("year", "month", "day"))
    if len(row.reasons) > before:
        return None
    if year is None:
        row.reasons.append(f"{row.title('year')} is empty.")
        return None
    try:
        when = PartialDate(year, month, day)
    except IncidentError as error:
        row.reasons.append(f"The date is impossible: {error.why}.")
        return None
    if day is None:
        row.warnings.append("The day is not known." if month else "The month is not known.")
    return when


def _incident(row: Cells, when: PartialDate | None, *, points: bool) -> Incident | None:
    """Read every field, so that every reason is found, and build the incident if there was none."""
    victims = _victims(row)
    affected = sum(tally.number for tally in victims)
    sexes, employers = _sexes(row, affected), _employers(row, affected)
    where = _place(row, points=points)
    codes = {field: row.code(field, list_name) for field, list_name in CODES.items()}
    source_kind = row.code("source", "source_kind", otherwise="other")
    certainty = _certainty(row)
    actor_name = row.name("actor_name")
    narrative = row.text("details", longest=MAX_TEXT)
    if when is None or row.reasons:
        return None
    killed = sum(tally.number for tally in victims if tally.outcome is Outcome.KILLED)
    held = any(tally.outcome in _HELD for tally in victims)
    try:
        return Incident(
            when=when,
            where=where,
            cause=Cause.VIOLENCE,
            means=codes["means"],
            context=codes["context"],
            location_type=codes["location"],
            motive=codes["motive"],
            actor_type=codes["actor_type"],
            actor_name="" if fold(actor_name) in _NO_NAME else actor_name,
            victims=victims,
            sexes=sexes,
            employers=employers,
            killed_in_captivity=killed if codes["means"] == "kidnap_killing" else 0,
            custody=Custody.UNKNOWN if held else Custody.NONE,
            certainty=certainty,
            source_kind=source_kind,
            source_text=_source_text(row, codes, where.country),
            narrative=narrative,
        )
    except IncidentError as error:
        row.reasons.append(f"{error}.")
        return None


def _victims(row: Cells) -> tuple[Tally, ...]:
    before = len(row.reasons)
    victims = tuple(
        Tally(column.outcome, column.staff, Sex.UNKNOWN, row.count(column.field)) for column in COUNTS
    )
    stated = {field: row.number(field) for field in TOTALS}
    if len(row.reasons) > before:
        return ()
    for field, of in TOTALS.items():
        total = sum(tally.number for tally in victims if of in {None, tally.staff, tally.outcome})
        if stated[field] not in {None, total}:
            row.reasons.append(f"{row.title(field)} is {stated[field]}, but its parts add up to {total}.")
    return tuple(tally for tally in victims if tally.number)


def _sexes(row: Cells, affected: int) -> tuple[SexTally, ...]:
    tallies = tuple(SexTally(sex, row.count(field)) for field, sex in SEXES.items())
    if any(map(row.has, SEXES)) and sum(tally.number for tally in tallies) != affected:
        row.warnings.append("The numbers by gender do not add up to the persons affected.")
    return tuple(tally for tally in tallies if tally.number)


def _employers(row: Cells, affected: int) -> tuple[EmployerTally, ...]:
    numbers: Counter[str] = Counter()
    for field, code in EMPLOYERS.items():
        numbers[code] += row.count(field)
    if any(map(row.has, EMPLOYERS)) and numbers.total() != affected:
        row.warnings.append("The numbers by organization do not add up to the persons affected.")
    return tuple(EmployerTally(code, number) for code, number in numbers.items() if number)


def _place(row: Cells, *, points: bool) -> Place:
    region, district, city = map(row.name, ("region", "district", "city"))
    point = _point(row) if points else None
    if points and point is None and any(map(row.text, DEGREES)):
        row.warnings.append("Latitude and Longitude are not a pair of degrees; they were left out.")
    return Place(_country(row), region, district, city, point)


def _point(row: Cells) -> Point | None:
    latitude, longitude = map(row.text, DEGREES)
    if not (_DECIMAL.fullmatch(latitude) and _DECIMAL.fullmatch(longitude)):
        return None
    point = Point(float(latitude), float(longitude))
    return point if abs(point.latitude) <= 90 and abs(point.longitude) <= 180 else None


def _country(row: Cells) -> str:
    by_name, by_code = country_from(row.text("country")), country_from(row.text("country_code"))
    if by_name and by_code and by_name != by_code:
        row.warnings.append("Country and Country Code are two countries; the name was believed.")
    country = by_name or by_code or ""
    if not country:
        known = row.text("country") or row.text("country_code")
        row.warnings.append(
            "The country is not in the list; its text was kept." if known else "The country is empty."
        )
    return country


def _certainty(row: Cells) -> Certainty:
    text = row.text("verified")
    certainty = _CERTAINTY.get(fold(text))
    if certainty is None:
        row.doubt("verified", text)
    return certainty or Certainty.PROBABLE


def _source_text(row: Cells, codes: dict[str, str], country: str) -> tuple[tuple[str, str], ...]:
    """Return (column, text) wherever the source's own words are not just the label of the code."""
    labels = {field: code_list(CODES[field]).label(code) for field, code in codes.items()}
    labels["country"] = code_list("country").label(country)
    labels |= dict.fromkeys(("verified", "source"), "")
    texts = ((field, label, row.text(field)) for field, label in labels.items())
    return tuple((_TITLES[field], text) for field, label, text in texts if text and text != label)


AWSD = Source("awsd", COLUMNS, _read)
