"""What P5 and P6 print: ages of open cases, how far cases came, and the figures of each year, counted from facts."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from casework.figures.facts import Answer, Facts
from casework.figures.indicators import has_reply
from casework.report.counts import AGES, FUNNEL, Row

_UP_TO = (90, 365, 3 * 365, 5 * 365, 10 * 365)  # days since the incident began (I17)


def ages(cases: Iterable[Facts], today: date) -> dict[str, int]:
    """How many open cases are how old."""
    return dict(Counter(_age(case, today) for case in cases if case.is_open and case.state != "draft"))


def funnel(cases: Iterable[Facts]) -> dict[str, int]:
    """How many registered cases came how far; accidents and illness are not among them."""
    crimes = (
        case for case in cases if not case.persons or any(one.cause != "safety" for one in case.persons)
    )
    return dict(Counter(step for case in crimes for step in _reached(case)))


def years(cases: Iterable[Facts]) -> tuple[Row, ...]:
    """The figures of each year in which the incidents lie; a case of which the year is not known counts in none."""
    grouped: dict[int, list[Facts]] = {}
    for case in cases:
        if case.year is not None and case.state != "void":
            grouped.setdefault(case.year, []).append(case)
    return tuple(Row(str(year), _figures(grouped[year])) for year in sorted(grouped))


def _figures(cases: list[Facts]) -> dict[str, int]:
    persons = [person for case in cases for person in case.persons]

    def harmed(harm: str, cause: str = "") -> int:
        """Whoever died of an injury is counted among the dead alone; an unknown cause is neither of the two."""
        return sum(
            harm in one.harm and cause in {"", one.cause} and (harm != "injured" or "dead" not in one.harm)
            for one in persons
        )

    reached = Counter(step for case in cases for step in _reached(case))
    return {
        "affected": len(persons),
        "deaths_violence": harmed("dead", "violence"),
        "deaths_safety": harmed("dead", "safety"),
        "injuries_violence": harmed("injured", "violence"),
        "injuries_safety": harmed("injured", "safety"),
        "abducted": harmed("abducted"),
        "sexual_assault": harmed("sexually_assaulted"),
        "detained": harmed("detained"),
        "harassed": sum("harassment" in case.categories for case in cases),
        "locally_recruited": sum(one.staff in {"locally_recruited", "national"} for one in persons),
        **{step: reached[step] for step in FUNNEL},
        "open": sum(case.is_open for case in cases),
    }


def _reached(case: Facts) -> set[str]:
    host = case.forum("host")
    steps = {
        "in_register": case.state != "draft",
        "demarche_sent": bool(case.demarches),
        "reply": has_reply(case) or any(letter.answered for letter in case.demarches),
        "investigated": host.investigated is Answer.YES,
        "charged": host.charged is Answer.YES,
        "convicted": host.convicted is Answer.YES,
    }
    return {step for step, there in steps.items() if there}


def _age(case: Facts, today: date) -> str:
    if case.incident is None:
        return AGES[-1]
    days = (today - case.incident.earliest).days
    return next((name for name, most in zip(AGES, _UP_TO, strict=False) if days <= most), AGES[5])
