"""How long cases and anonymous reports are kept, and what is to be looked at when; decided by two persons."""

import tomllib
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from casework.casefile import CaseFile
from casework.lifecycle import State, follow


class RetentionRules(NamedTuple):
    """The table `vocabulary/retention.toml`; years and days as their names say."""

    years_after_closure: int
    identity_review_years: int
    warnings_days: tuple[int, ...]
    grace_days: int
    report_years: int


class Retention(NamedTuple):
    """Something that is due of a case or report: `erase` all of it, or `review` the identities.

    Attributes:
        what: One of the two.
        on: Day on which it is due.
        warning: Days of the warning that has been reached; 0 when it is due, `None` before the first warning.
        blocked: By a legal hold.
    """

    what: str
    on: date
    warning: int | None
    blocked: bool


@cache
def retention_rules() -> RetentionRules:
    """The table, read when first asked for."""
    table = tomllib.loads((files("casework.vocabulary") / "retention.toml").read_text("utf-8"))
    return RetentionRules(**{**table, "warnings_days": tuple(table["warnings_days"])})


def is_on_legal_hold(case: CaseFile) -> bool:
    """Whether nothing of it may be erased."""
    last = case.last("legal_hold_set", "legal_hold_lifted")
    return last is not None and last.kind == "legal_hold_set"


def retention(case: CaseFile, today: date, rules: RetentionRules) -> tuple[Retention, ...]:
    """What is due of a case, and when."""
    blocked, followed, found = is_on_legal_hold(case), follow(case), []
    if followed.state in {State.CLOSED, State.VOID}:
        found.append(("erase", _years_later(followed.since, rules.years_after_closure)))
    if case.last("person_added"):
        looked_at = case.last("identities_reviewed") or next(iter(case.of("person_added")))
        found.append(("review", _years_later(looked_at.known_on, rules.identity_review_years)))
    return tuple(Retention(what, day, _warning(day, today, rules), blocked) for what, day in found)


def report_retention(last: date, today: date, rules: RetentionRules) -> Retention:
    """When an anonymous report is to be erased, whose last message was written by that day."""
    day = _years_later(last, rules.report_years)
    return Retention("erase", day, _warning(day, today, rules), blocked=False)


def _warning(day: date, today: date, rules: RetentionRules) -> int | None:
    if today >= day:
        return 0
    reached = [one for one in rules.warnings_days if today >= day - timedelta(days=one)]
    return min(reached, default=None)


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)
