"""What P5 and P6 print of own cases: ages of open ones, how far cases came, and each year's figures."""

from collections import Counter
from collections.abc import Iterable

from casework.lifecycle import OPEN, State
from casework.report.counts import AGES, FUNNEL, Row
from casework.report.reading import Reading
from casework.vocabulary import codes

_UP_TO = (90, 365, 3 * 365, 5 * 365, 10 * 365)  # days since the incident began
_STEPS = {"investigation": "investigated", "charged": "charged"}  # from which stage on a case came so far
_SAFETY = frozenset({"death_safety", "injury_safety"})


def ages(readings: Iterable[Reading]) -> dict[str, int]:
    """How many open cases are how old."""
    found: Counter[str] = Counter()
    for one in readings:
        if one.state in OPEN and one.state != State.DRAFT:
            found[_age(one)] += 1
    return dict(found)


def funnel(readings: Iterable[Reading]) -> dict[str, int]:
    """How many registered cases came how far; accidents and illness are not among them."""
    found: Counter[str] = Counter()
    for one in readings:
        if set(one.case.categories) - _SAFETY:
            found.update(_reached(one))
    return dict(found)


def years(readings: Iterable[Reading]) -> tuple[Row, ...]:
    """The figures of each year in which the incidents lie; a case of which the year is not known counts in none."""
    grouped: dict[int, list[Reading]] = {}
    for one in readings:
        when = one.case.incident
        if when is not None and when.earliest.year == when.latest.year:
            grouped.setdefault(when.earliest.year, []).append(one)
    return tuple(Row(str(year), _figures(grouped[year])) for year in sorted(grouped))


def _figures(cases: list[Reading]) -> dict[str, int]:
    persons = [person for one in cases for person in one.case.persons]

    def harmed(harm: str, *causes: str) -> int:
        return sum(
            harm in person.many("harm") and (not causes or person.text("cause") in causes)
            for person in persons
        )

    reached = Counter(step for one in cases for step in _reached(one))
    return {
        "affected": len(persons),
        "deaths_violence": harmed("dead", "violence"),
        "deaths_safety": harmed("dead", "safety"),
        "injuries_violence": harmed("injured", "violence"),
        "injuries_safety": harmed("injured", "safety"),
        "abducted": harmed("abducted"),
        "sexual_assault": harmed("sexually_assaulted"),
        "detained": harmed("detained"),
        "harassed": sum(len(one.case.persons) for one in cases if "harassment" in one.case.categories),
        "locally_recruited": sum(person.text("staff") == "locally_recruited" for person in persons),
        **{step: reached[step] for step in FUNNEL},
        "open": sum(one.state in OPEN for one in cases),
    }


def _reached(one: Reading) -> set[str]:
    reached = set() if one.state == State.DRAFT else {"in_register"}
    reached |= {"demarche_sent"} if one.letters else set()
    reached |= {"reply"} if any(letter.answered for letter in one.letters) else set()
    furthest = list(codes("stage")).index(one.axes.stage("host").furthest)
    reached |= {step for code, step in _STEPS.items() if furthest >= list(codes("stage")).index(code)}
    courts = [
        court for court in one.axes.proceedings if court.forum_class == "host" and not court.against_staff
    ]
    if any(accused.convicted_of_a_crime for court in courts for accused in court.accused):
        reached.add("convicted")
    return reached


def _age(one: Reading) -> str:
    when = one.case.incident
    if when is None:
        return AGES[-1]
    days = (one.case.valid_as_of - when.earliest).days
    return next((name for name, most in zip(AGES, _UP_TO, strict=False) if days <= most), AGES[5])
