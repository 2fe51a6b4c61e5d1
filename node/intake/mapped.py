"""The rows of a table as incidents, by a profile.

What every source has in common decides here:

- A code that no list has counts as unknown, with a warning: a newer publication must not lose its rows.
- Captivity is over only where the source says so of everybody. Who is still held, or may be, is treated as held.
- Coordinates of which the source says that they are the middle of an area are no place of an incident.
- The source's own words are kept wherever they say more than our code.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from crypto.sentence import Sentence
from node.codes import DETAIL_LISTS, code_list, country_from, fold
from node.errors import IncidentError
from node.intake.cells import Cells
from node.intake.columns import Layout
from node.intake.counts import Counts, Persons
from node.intake.dates import read_date
from node.intake.profile import CODED, Profile
from node.intake.table import Record
from node.model import (
    MAX_TEXT,
    Cause,
    Certainty,
    Custody,
    Detail,
    EmployerTally,
    Incident,
    Outcome,
    PartialDate,
    Place,
    Point,
)

_IDENTIFIER = re.compile(r"[\w.-]{1,40}")
_DECIMAL = re.compile(r"-?[0-9]{1,3}(\.[0-9]+)?")
_DAMAGED = 0.05  # share of malformed pairs above which those that can still be read are not believed either
_HELD = {Outcome.ABDUCTED, Outcome.DETAINED}
_OVER = {"freed", "escaped", "killed"}
_ONGOING = {"still_held", "missing", "convicted"}
_KEPT = ("certainty", "source_kind")  # whose own words are always kept


class Reading(NamedTuple):
    """One row as its source reads it.

    Attributes:
        record: The row itself.
        identifier: The source's own id; empty when it is missing or can not be one.
        when: Date of the incident, if it could be read.
        incident: The incident, or `None` when there is a reason against it.
        reasons: Why it can not be taken in.
        warnings: What was left open or left out.
    """

    record: Record
    identifier: str
    when: PartialDate | None
    incident: Incident | None
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]


class Rows:
    """Reads the rows of one table."""

    def __init__(self, profile: Profile, layout: Layout) -> None:
        self._profile = profile
        self._layout = layout
        present = [column for column in profile.columns if column.title in layout.places]
        self._one = {column.says.kind: column for column in present if not column.says.code}
        self._employers = [
            column for column in present if column.says.kind == "employer" and column.says.code
        ]
        self._numbered = [
            column for column in present if column.says.kind in DETAIL_LISTS and column.says.code
        ]
        self._listed = [
            column for column in present if column.says.kind in DETAIL_LISTS and not column.says.code
        ]
        self._counts = Counts(profile, present)

    def read(self, records: Sequence[Record]) -> tuple[tuple[Reading, ...], tuple[str, ...]]:
        """Read every row; also return the defects of whole columns."""
        rows = [Cells(self._profile, self._layout, record.cells) for record in records]
        damage = self._damaged_points(rows)
        readings = (
            self._reading(record, row, points=not damage) for record, row in zip(records, rows, strict=True)
        )
        return tuple(readings), damage

    def _degrees(self, row: Cells) -> tuple[str, str]:
        if "point" in self._one:
            latitude, longitude, *_ = [
                *row.text(self._one["point"]).strip("[]").replace(",", " ").split(),
                "",
                "",
            ]
            return latitude, longitude
        return row.text(self._one.get("latitude")), row.text(self._one.get("longitude"))

    def _damaged_points(self, rows: Sequence[Cells]) -> tuple[str, ...]:
        """Return the one warning about coordinates that none of can be believed, if so many are malformed.

        A spreadsheet that took the decimal point for a thousands separator spoils whole columns: 11.329444
        becomes 11.329.444, which shows, but 45.35 may have been anything.
        """
        pairs = [pair for pair in map(self._degrees, rows) if any(pair)]
        malformed = sum(_point(*pair) is None for pair in pairs)
        if malformed <= _DAMAGED * len(pairs):
            return ()
        return (
            Sentence(
                "Latitude and Longitude are damaged: {count} of {all} pairs are not degrees."
                " No coordinates of this file were taken over.",
                count=malformed,
                all=len(pairs),
            ),
        )

    def _reading(self, record: Record, row: Cells, *, points: bool) -> Reading:
        identifier = self._identifier(row)
        when = read_date(row, self._one, day_first=self._profile.day_first)
        incident = self._incident(row, when, points=points)
        return Reading(record, identifier, when, incident, tuple(row.reasons), tuple(row.warnings))

    def _identifier(self, row: Cells) -> str:
        column = self._one["id"]
        text = row.text(column).removesuffix(".0").removeprefix("uuid:")
        if not text:
            row.reasons.append(Sentence("{title} is empty.", title=row.title(column)))
        elif not _IDENTIFIER.fullmatch(text):
            row.reasons.append(
                Sentence(
                    "{title}: {text!r} is not a number or a short name.",
                    title=row.title(column),
                    text=text[:40],
                )
            )
            return ""
        return text

    def _incident(self, row: Cells, when: PartialDate | None, *, points: bool) -> Incident | None:
        """Read every field, so that every reason is found, and build the incident if there was none."""
        one, always = self._one, self._profile.always
        codes = {name: row.code(one.get(name), name, always.get(name, "unknown")) for name in CODED}
        persons = self._counts.of(row, codes["means"])
        employers = self._employed(row, persons.affected)
        details = self._details(row)
        where = self._place(row, details, points=points)
        certainty = row.code(one.get("certainty"), "certainty", always.get("certainty", Certainty.SUSPECTED))
        cause = row.code(one.get("cause"), "cause", always.get("cause", Cause.UNKNOWN))
        source_kind = row.code(one.get("source_kind"), "source_kind", always.get("source_kind", "unknown"))
        fields: dict[str, Any] = {
            **codes,
            "where": where,
            "cause": Cause(cause),
            "certainty": Certainty(certainty),
            "source_kind": source_kind,
            "actor_name": row.name(one.get("actor_name")),
            "narrative": row.text(one.get("narrative"), longest=MAX_TEXT),
            "victims": persons.victims,
            "sexes": persons.sexes,
            "killed_in_captivity": persons.killed_in_captivity,
            "killed_in_detention": persons.killed_in_detention,
            "employers": employers,
            "custody": _custody(persons, details),
            "details": details,
        }
        if when is None or row.reasons:
            return None
        try:
            return Incident(when=when, source_text=self._source_text(row, codes, where.country), **fields)
        except IncidentError as error:
            row.reasons.append(Sentence("{error}.", error=error))
            return None

    def _employed(self, row: Cells, affected: int) -> tuple[EmployerTally, ...]:
        numbers: Counter[str] = Counter()
        for column in self._employers:
            numbers[column.says.code] += row.count(column)
        if self._employers and numbers.total() != affected:
            row.warnings.append(
                Sentence("The numbers by organization do not add up to the persons affected.")
            )
        if "employer" in self._one:
            named = row.codes(self._one["employer"], "organization_type")
            if len(named) == 1:
                numbers[named[0]] += affected
            elif named and affected:
                row.warnings.append(
                    Sentence("Several organizations are named, and not how many persons of each.")
                )
        return tuple(EmployerTally(code, number) for code, number in numbers.items() if number)

    def _details(self, row: Cells) -> tuple[Detail, ...]:
        numbers: Counter[tuple[str, str]] = Counter()
        for column in self._numbered:
            flag = column.yes or column.no
            numbers[column.says[:2]] += (row.flag(column) if flag else row.count(column)) or 0
        for column in self._listed:
            for code in row.codes(column, column.says.kind):
                numbers[column.says.kind, code] = 1
        told = {topic for (topic, _), number in numbers.items() if number}
        for topic in DETAIL_LISTS:
            if topic in self._profile.always and topic not in told:
                numbers[topic, self._profile.always[topic]] = 1
        return tuple(Detail(*what, number) for what, number in numbers.items() if number)

    def _place(self, row: Cells, details: Iterable[Detail], *, points: bool) -> Place:
        admin1, admin2, settlement = (
            row.name(self._one.get(name)) for name in ("admin1", "admin2", "settlement")
        )
        degrees = self._degrees(row) if points else ("", "")
        point = _point(*degrees)
        if point is None and any(degrees):
            row.warnings.append(
                Sentence("Latitude and Longitude are not a pair of degrees; they were left out.")
            )
        precisions = code_list("geo_precision").codes
        areas = [
            code for topic, code, _ in details if topic == "geo_precision" and not precisions[code].point
        ]
        if point is not None and areas:
            row.warnings.append(
                Sentence(
                    "Coordinates of precision {areas} are the middle of an area; they were left out.",
                    areas=areas[0],
                )
            )
            point = None
        return Place(self._country(row), admin1, admin2, settlement, point)

    def _country(self, row: Cells) -> str:
        name, code = (row.text(self._one.get(kind)) for kind in ("country", "country_code"))
        words = self._profile.words.get("country", {})
        by_name, by_code = words.get(fold(name)) or country_from(name), country_from(code)
        if by_name and by_code and by_name != by_code:
            row.warnings.append(
                Sentence("Country and Country Code are two countries; the name was believed.")
            )
        country = by_name or by_code or ""
        if not country:
            row.warnings.append(
                Sentence(
                    "The country is not in the list; its text was kept."
                    if name or code
                    else "The country is empty."
                )
            )
        return country

    def _source_text(self, row: Cells, codes: dict[str, str], country: str) -> tuple[tuple[str, str], ...]:
        """Return (column, text) wherever the source's own words are not just the label of the code."""
        labels = {name: code_list(name).label(code) for name, code in codes.items()}
        labels["country"] = code_list("country").label(country)
        labels |= dict.fromkeys((*_KEPT, "employer", *DETAIL_LISTS), "")
        texts = [
            (self._one[name].title, label, row.text(self._one[name]))
            for name, label in labels.items()
            if name in self._one
        ]
        return tuple((title, text) for title, label, text in texts if text and text != label)


def _point(latitude: str, longitude: str) -> Point | None:
    if not (_DECIMAL.fullmatch(latitude) and _DECIMAL.fullmatch(longitude)):
        return None
    point = Point(float(latitude), float(longitude))
    return point if abs(point.latitude) <= 90 and abs(point.longitude) <= 180 else None


def _custody(persons: Persons, details: Iterable[Detail]) -> Custody:
    """Whether somebody may still be held: what is worst of all that the source says."""
    if not any(tally.outcome in _HELD for tally in persons.victims):
        return Custody.NONE
    fates = {code for topic, code, _ in details if topic == "fate"}
    if fates & _ONGOING:
        return Custody.ONGOING
    return Custody.ENDED if fates and fates <= _OVER else Custody.UNKNOWN
