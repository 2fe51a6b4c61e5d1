"""Our own records in the categories of others, by the crosswalks of the code lists.

`hcid` counts what Health Care in Danger counts and `ssa` the types of attack of the Surveillance System for Attacks on
Health Care, both of incidents that struck health care; `unsms` counts as the UN security management system does. Which
of them counts persons, cases or things stands in the lists.
"""

from collections.abc import Iterator, Mapping

from sqlalchemy import ColumnElement, Integer, Select, Text, and_, case, literal_column, or_, select

from node.codes import code_list
from node.dimensions import MEASURED
from node.model import Cause, Outcome
from node.tables.facts import detail, fact

_HEALTH = {"facility", "transport", "supplies", "patient"}  # resources that only health care has
_OUTCOMES: Mapping[str, tuple[tuple[str, Outcome, Cause | None], ...]] = {
    "hcid": (
        ("personnel_killed", Outcome.KILLED, None),
        ("personnel_injured", Outcome.INJURED, None),
        ("personnel_kidnapped", Outcome.ABDUCTED, None),
        ("personnel_arrested", Outcome.DETAINED, None),
    ),
    "ssa": (
        ("abduction_arrest", Outcome.ABDUCTED, None),
        ("abduction_arrest", Outcome.DETAINED, None),
        ("sexual_assault", Outcome.SEXUALLY_ASSAULTED, None),
    ),
    "unsms": (
        ("death_violence", Outcome.KILLED, Cause.VIOLENCE),
        ("death_safety", Outcome.KILLED, Cause.SAFETY),
        ("injury_violence", Outcome.INJURED, Cause.VIOLENCE),
        ("injury_safety", Outcome.INJURED, Cause.SAFETY),
        ("abduction", Outcome.ABDUCTED, None),
        ("arrest", Outcome.DETAINED, None),
        ("sexual_assault", Outcome.SEXUALLY_ASSAULTED, None),
    ),
}


def categories(scheme: str) -> Iterator[Select[tuple[int, str, int]]]:
    """Statements that give revision, category and number; what gives one category twice is to be added up."""
    some = _struck_health() if scheme in {"hcid", "ssa"} else fact.c.revision_id.is_not(None)
    for category, outcome, cause in _OUTCOMES[scheme]:
        first, *others = (fact.c[name] for name in MEASURED[outcome].columns)
        number = sum(others, start=first)
        of_cause = [fact.c.cause == cause] if cause else []
        yield select(fact.c.revision_id, text_of(category).label("code"), number.label("number")).where(
            and_(some, number > 0, *of_cause)
        )
    by_means, means = _mapped(fact.c.means, "means", scheme)
    if means:
        one = literal_column("1", Integer).label("number")
        yield select(fact.c.revision_id, by_means.label("code"), one).where(
            and_(some, fact.c.means.in_(means))
        )
    by_harm, harms = _mapped(detail.c.code, "harm", scheme)
    yield select(detail.c.revision_id, by_harm.label("code"), detail.c.number).where(
        and_(detail.c.topic == "harm", detail.c.code.in_(harms))
    )


def cases(scheme: str) -> list[str]:
    """Categories that count cases, of which an incident is one, however many persons it struck."""
    return [
        code.code for code in code_list(scheme).codes.values() if code.counts == "case" or scheme == "ssa"
    ]


def text_of(value: str) -> ColumnElement[str]:
    """A word of ours within a statement; no bound value, as it is grouped by."""
    return literal_column(f"'{value}'", Text)


def _mapped(column: ColumnElement[str], name: str, scheme: str) -> tuple[ColumnElement[str], list[str]]:
    """The category of a code, and the codes that have one."""
    found: dict[str, list[str]] = {}
    for code in code_list(name).codes.values():
        if getattr(code, scheme):
            found.setdefault(getattr(code, scheme), []).append(code.code)
    if not found:
        return column, []
    mapped = case(*((column.in_(codes), text_of(category)) for category, codes in found.items()))
    return mapped, [code for codes in found.values() for code in codes]


def _struck_health() -> ColumnElement[bool]:
    harms = [code.code for code in code_list("harm").codes.values() if code.resource in _HEALTH]
    told = select(detail.c.revision_id).where(
        or_(
            and_(detail.c.topic == "programme", detail.c.code == "health"),
            and_(detail.c.topic == "harm", detail.c.code.in_(harms)),
        )
    )
    return fact.c.revision_id.in_(told)
