"""P5 and P6: pages of figures. The figures come as they were counted; nothing is counted here."""

from collections.abc import Mapping
from dataclasses import dataclass

from casework.report.dossier import note, page
from casework.report.page import Page, Section, Table
from casework.report.telling import DASH, Level, Telling
from casework.span import Range

FUNNEL = ("in_register", "demarche_sent", "reply", "investigated", "charged", "convicted")
AGES = ("age_90", "age_365", "age_3y", "age_5y", "age_10y", "age_more", "age_unknown")
YEARLY = (
    "affected",
    "deaths_violence",
    "deaths_safety",
    "injuries_violence",
    "injuries_safety",
    "abducted",
    "sexual_assault",
    "detained",
    "harassed",
    "locally_recruited",
    "in_register",
    "demarche_sent",
    "reply",
    "investigated",
    "charged",
    "convicted",
    "open",
)
_OF_PERSONS = frozenset(YEARLY[:10])
HIDDEN = "*"  # stands for a cell that is not shown
_FEWEST = 5  # persons in a cell that leaves the organization (casework 4)


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of one year by the names of `YEARLY`; a figure that is missing was not reported, and is not zero."""

    year: str
    figures: Mapping[str, int | Range]


def ageing(ages: Mapping[str, int], funnel: Mapping[str, int], telling: Telling) -> Page:
    """P5: how old open cases are, and how many cases came how far."""
    words = telling.words
    opened, cases = sum(ages.values()), funnel.get("in_register", 0)
    old = tuple(
        (words.say(name), telling.number(ages.get(name, 0)), _share(ages.get(name, 0), opened, telling))
        for name in AGES
    )
    far = tuple(
        (words.say(name), telling.number(funnel.get(name, 0)), _share(funnel.get(name, 0), cases, telling))
        for name in FUNNEL
    )
    tables: list[Section] = [
        Table(words.say("open"), (words.say("age"), words.say("number"), words.say("share")), old),
        Table(words.say("funnel"), (words.say("stage"), words.say("number"), words.say("share")), far),
    ]
    return page(words.word("report", "ageing"), (), telling, None, tables)


def yearly(rows: tuple[Row, ...], telling: Telling) -> Page:
    """P6: the yearly table in the form of the Secretary-General's report; small cells are not shown outside."""
    words = telling.words
    header = (words.say("year"), *(words.say(name) for name in YEARLY))
    told = tuple((row.year, *(_cell(row, name, telling) for name in YEARLY)) for row in rows)
    turned = tuple(
        (header[at], *(row[at] for row in told)) for at in range(1, len(header))
    )  # years side by side: seventeen columns fit on no page
    years = (words.say("what"), *(row[0] for row in told))
    sections: list[Section] = [
        Table(words.word("report", "yearly"), years, turned),
        note(words.say("not_reported")),
    ]
    if telling.level is not Level.INTERNAL:
        sections.append(note(words.say("suppressed")))
    return page(words.word("report", "yearly"), (), telling, None, sections)


def _cell(row: Row, name: str, telling: Telling) -> str:
    figure = row.figures.get(name)
    if figure is None:
        return DASH
    if telling.level is not Level.INTERNAL and name in _hidden(row):
        return HIDDEN
    return telling.number(figure)


def _hidden(row: Row) -> set[str]:
    """Cells of fewer than five persons, and the next smallest where one alone could be had by subtraction."""
    most = {
        name: figure if isinstance(figure, int) else figure.high
        for name, figure in row.figures.items()
        if name in _OF_PERSONS
    }
    hidden = {name for name, number in most.items() if 0 < number < _FEWEST}
    if len(hidden) == 1:
        rest = sorted((number, name) for name, number in most.items() if number and name not in hidden)
        hidden |= {name for _, name in rest[:1]}
    return hidden


def _share(number: int, of: int, telling: Telling) -> str:
    return telling.words.say("no_cases") if of == 0 else f"{round(100 * number / of)} %"
