"""Which picture an answer has: lines over time, bars of groups, a map of countries or areas; or none."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from casework.vocabulary.written import written
from console.areas import Areas
from console.web.coordinator.chart import MOST_LINES, Bar, Frame, Line, bars, lines
from console.web.coordinator.maps import Figures, Step, area_layer, draw, steps_of, world_layer
from console.web.languages import is_right_to_left, translations
from console.web.words import said_value
from node.codes.spelling import fold
from node.dimensions import UNKNOWN
from node.figures import Group, additive
from node.measures import Query
from node.periods import bucket_after
from node.query import Answer

PERIODS = ("year", "quarter", "month")
MOST_PERIODS = 400


class Drawn(NamedTuple):
    """A map with its legend and the names of what has figures and is not on it."""

    picture: Markup
    steps: Sequence[Step]
    absent: Sequence[str]
    hidden: bool


class Bounds(NamedTuple):
    """The figures of one measure by group, with low and high where they are not sure."""

    best: Mapping[Group, float | None]
    low: Mapping[Group, float]
    high: Mapping[Group, float]

    def bar(self, group: Group, name: str) -> Bar:
        """A figure as it is drawn; a group that nobody told anything of is nothing."""
        return Bar(name, self.best.get(group, 0), self.low.get(group), self.high.get(group))


def chart_of(found: Answer, frame: Frame, language: str) -> Markup | None:
    """The chart of an answer; none where it is a single number, or nothing."""
    query = found.query
    if not query.by or not query.measures or not found.rows:
        return None
    if query.by[0] in PERIODS and len(query.by) <= 2:
        series = _series(found, language)
        return lines(frame, series) if series else None
    told = bounds(found, 0)
    groups = sorted(told.best, key=lambda group: -(told.best[group] or 0))
    return bars(frame, [told.bar(group, _named(language, query, group)) for group in groups])


def map_of(found: Answer, frame: Frame, language: str) -> Drawn | None:
    """The map of an answer by country, of its first measure; none where its groups can not be added up by country."""
    query = found.query
    if "country" not in query.by or not query.measures or not found.rows:
        return None
    if len(query.by) > 1 and not additive(query, query.measures[0]):
        return None
    at = query.by.index("country")
    numbers: dict[str, float | None] = {}
    for group, number in bounds(found, 0).best.items():
        code = str(group[at])
        numbers[code] = (numbers.get(code) or 0) + (number or 0)
    return drawn_map(numbers, frame, language)


def area_map_of(found: Answer, frame: Frame, language: str, areas: Areas) -> Drawn | None:
    """The map of an answer by first-level area of one country; a name that no area has is told beneath it."""
    query = found.query
    if not query.measures or not found.rows or not additive(query, query.measures[0]):
        return None
    at = query.by.index("admin1")
    by_spelling = {spelling: one for one in areas.areas for spelling in one.spellings}
    names = {one.code: one.name for one in areas.areas}
    numbers: dict[str, float | None] = {}
    for group, number in bounds(found, 0).best.items():
        area = by_spelling.get(fold(str(group[at])))
        code = area.code if area is not None else str(group[at])
        numbers[code] = (numbers.get(code) or 0) + (number or 0)

    def say(code: str, number: float | None) -> str:
        name = names.get(code, said_value(language, "admin1", code))
        return f"{name}: {frame.hidden if number is None else frame.number(number)}"

    layer = area_layer(areas)
    known = {code: number for code, number in numbers.items() if code in layer.shapes}
    picture = draw(layer, Figures(frame.title, frame.told, known, say), whole=True)
    absent = [say(code, number) for code, number in numbers.items() if code not in known and number]
    return Drawn(picture, steps_of(known.values()), absent, hidden=False)


def drawn_map(numbers: Mapping[str, float | None], frame: Frame, language: str) -> Drawn:
    """A map of countries, what its colours mean, and what is not on it."""
    layer = world_layer()

    def say(code: str, number: float | None) -> str:
        said = frame.hidden if number is None else frame.number(number)
        return f"{said_value(language, 'country', code)}: {said}"

    picture = draw(layer, Figures(frame.title, frame.told, numbers, say))
    absent = [
        say(code, number) for code, number in numbers.items() if code not in layer.shapes and number != 0
    ]
    hidden = any(number is None for number in numbers.values())
    return Drawn(picture, steps_of(numbers.values()), absent, hidden)


def frame_of(language: str, title: str, told: str) -> Frame:
    """What is common to the pictures of a page in a language."""
    hidden = str(translations(language).gettext("hidden"))
    return Frame(
        title, told, lambda number: number_of(language, number), hidden, mirrored=is_right_to_left(language)
    )


def number_of(language: str, number: float) -> str:
    """A number as a language has it."""
    return written(language).number(number)


def bounds(found: Answer, measure: int) -> Bounds:
    """The figures of one of the measures, by group."""
    query = found.query
    width = len(query.by)
    at = width + measure * ((len(found.header) - width) // len(query.measures))
    best: dict[Group, float | None] = {}
    for row in found.rows:
        cell = row[at]
        best[row[:width]] = cell if isinstance(cell, int | float) else None
    once = found.once
    if once is None or not once.open:
        return Bounds(best, {}, {})
    low, high = ({group: numbers[measure] for group, numbers in one.items()} for one in (once.low, once.high))
    return Bounds(best, low, high)


def _series(found: Answer, language: str) -> list[Line]:
    """Lines over time: one for each measure, or for each of the largest groups beside the time."""
    query = found.query
    labels = _labels(query.by[0], [row[0] for row in found.rows if row[0] != UNKNOWN])
    if not labels:
        return []
    told = [bounds(found, at) for at in range(len(query.measures))]
    if len(query.by) == 1:
        return [
            Line(
                str(translations(language).gettext(name.replace("_", " "))),
                [one.bar((label,), str(label)) for label in labels],
            )
            for name, one in zip(query.measures, told, strict=True)
        ]
    sums: dict[object, float] = {}
    for group, number in told[0].best.items():
        sums[group[1]] = sums.get(group[1], 0) + (number or 0)
    largest = sorted(sums, key=lambda value: -sums[value])[:MOST_LINES]
    return [
        Line(
            said_value(language, query.by[1], str(value)),
            [told[0].bar((label, str(value)), str(label)) for label in labels],
        )
        for value in largest
    ]


def _labels(grain: str, seen: Sequence[object]) -> list[str | int]:
    """Every period from the first to the last that was told of."""
    if not seen:
        return []
    at, last = min(map(str, seen)), max(map(str, seen))
    found = [at]
    while at != last and len(found) < MOST_PERIODS:
        at = bucket_after(at, grain)
        found.append(at)
    return [int(one) for one in found] if grain == "year" else list(found)


def _named(language: str, query: Query, group: Group) -> str:
    return " · ".join(
        said_value(language, name, str(cell)) for name, cell in zip(query.by, group, strict=True)
    )
