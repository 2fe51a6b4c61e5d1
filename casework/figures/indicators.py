"""The indicators I1 to I26 over the facts of many cases (casework 4).

Unit is the case unless a line says otherwise. Accidents and illness never enter an indicator of impunity, void cases
enter none, and cases on hold or without consent enter totals only.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple, TypeAlias

from casework.figures.counting import Median, Share, Wait, median, share
from casework.figures.facts import Answer, DemarcheFact, Facts, ForumFact, HeldFact, PersonFact
from casework.span import Range, days_between, on

MATURE = timedelta(days=180)  # after the incident, before a case counts in a rate of impunity
SILENT = timedelta(days=180)  # without an event: stale (I19)
MIN_UNSOLVED = 5  # below it no rate per population is given (I15)
TEN_YEARS = 10
LOCAL = frozenset({"national", "locally_recruited", "contractor", "volunteer"})
FOREIGN = frozenset({"international"})
AGES = ((90, "0-90 d"), (365, "91-365 d"), (3 * 365, "1-3 y"), (5 * 365, "3-5 y"), (10 * 365, "5-10 y"))
OLDEST = ">10 y"
REPLIES = frozenset("ABCE")
ACCESS_DAYS = ((2, "within 48 h"), (7, "within 7 d"))


class Scope(NamedTuple):
    """What is counted.

    Attributes:
        today: Day as of which.
        population: Inhabitants of the host State, for I15; 0 when not given.
        staff: Staff in the host State, for its variant; 0 when not given.
    """

    today: date
    population: int = 0
    staff: int = 0


Figure: TypeAlias = Share | Median | int | float | Range | str | None


class Line(NamedTuple):
    """One printed line: the indicator, what it counts, the unit, and the figure; `None` says that there is nothing."""

    indicator: str
    name: str
    unit: str
    figure: Figure


Indicator: TypeAlias = Callable[[Sequence[Facts], Scope], Iterable[Line]]


def measure(facts: Iterable[Facts], scope: Scope) -> tuple[Line, ...]:
    """Every indicator over these cases, in order."""
    cases = [case for case in facts if case.state not in {"void", "none"}]
    return tuple(line for indicator in INDICATORS for line in indicator(cases, scope))


def violent(cases: Iterable[Facts]) -> list[Facts]:
    """Cases that enter more than totals, without those of accidents and illness alone."""
    return [
        case
        for case in cases
        if case.counted and not (case.persons and all(person.cause == "safety" for person in case.persons))
    ]


def mature(cases: Iterable[Facts], today: date) -> list[Facts]:
    """Those of which the incident lies long enough back."""
    return [case for case in cases if case.incident is not None and case.incident.latest + MATURE <= today]


def has_reply(case: Facts) -> bool:
    """Whether a government ever gave a reply that could be graded."""
    return any(letter.grade in REPLIES for letter in case.demarches)


def demarche_rate(cases: Sequence[Facts], _scope: Scope) -> Iterable[Line]:
    """I1."""
    yield Line("I1", "demarche sent", "cases", share(violent(cases), lambda case: bool(case.demarches)))


def replies(cases: Sequence[Facts], _scope: Scope) -> Iterable[Line]:
    """I2."""
    asked = [case for case in violent(cases) if case.demarches]
    contacted = [case for case in asked if any(one.acknowledged or one.answered for one in case.demarches)]
    only = [case for case in contacted if not has_reply(case)]
    yield Line("I2", "any reply", "cases with a demarche", share(asked, has_reply))
    yield Line(
        "I2a", "acknowledgement only", "cases with a demarche", Share(len(only), len(asked) - len(only), 0)
    )
    yield Line(
        "I2b",
        "never any contact",
        "cases with a demarche",
        Share(len(asked) - len(contacted), len(contacted), 0),
    )


def waiting(cases: Sequence[Facts], scope: Scope) -> Iterable[Line]:
    """I3 and I4."""
    letters = [letter for case in violent(cases) for letter in case.demarches]
    acknowledged = [_wait(letter, letter.acknowledged is not None, scope.today) for letter in letters]
    answered = [_wait(letter, letter.answered is not None, scope.today, answered=True) for letter in letters]
    yield Line("I3", "days to an acknowledgement", "demarches", median(acknowledged))
    yield Line("I4", "days to a substantive reply", "demarches", median(answered))


def _wait(letter: DemarcheFact, ended: bool, today: date, *, answered: bool = False) -> Wait:  # noqa: FBT001 - read aloud where it is called
    end = (letter.answered if answered else letter.acknowledged) or on(today)
    between = days_between(letter.sent, end)
    return Wait((between.low + between.high) / 2, ended)


def reply_quality(cases: Sequence[Facts], _scope: Scope) -> Iterable[Line]:
    """I5."""
    graded = [letter.grade for case in violent(cases) for letter in case.demarches if letter.grade]
    for grade in "ABCDE":
        found = graded.count(grade)
        yield Line("I5", f"grade {grade}", "graded demarches", Share(found, len(graded) - found, 0))


def investigations(cases: Sequence[Facts], _scope: Scope) -> Iterable[Line]:
    """I6 and I7."""
    chosen = violent(cases)
    opened = [case for case in chosen if case.forum("host").investigated is Answer.YES]
    yield Line(
        "I6", "investigation opened", "cases", share(chosen, lambda case: case.forum("host").investigated)
    )
    yield Line(
        "I7",
        "investigation completed",
        "opened investigations",
        share(opened, lambda case: case.forum("host").completed),
    )
    marks = [mark for case in chosen for mark in case.quality]
    for quality in sorted({name for name, _ in marks}):
        answers = [mark for name, mark in marks if name == quality]
        yield Line("I7", f"{quality} (met)", "marks", share(answers, _met))


def _met(mark: str) -> Answer:
    return {"met": Answer.YES, "not_met": Answer.NO}.get(mark, Answer.UNKNOWN)


_STAGES: Sequence[tuple[str, str, Callable[[ForumFact], Answer]]] = (
    ("I8", "charged", lambda forum: forum.charged),
    ("I9", "tried", lambda forum: forum.tried),
    ("I10", "convicted, first instance", lambda forum: forum.convicted),
    ("I11", "convicted, final", lambda forum: forum.convicted_finally),
)


def courts(cases: Sequence[Facts], _scope: Scope) -> Iterable[Line]:
    """I8 to I11, in the host State and in other forums."""
    chosen = violent(cases)
    for forum, words in (
        ("host", "host State"),
        ("other", "another State"),
        ("international", "international"),
    ):
        for indicator, name, stage in _STAGES:
            found = share([case.forum(forum) for case in chosen], stage)
            yield Line(indicator, f"{name}, {words}", "cases", found)


def persons_covered(cases: Sequence[Facts], _scope: Scope) -> Iterable[Line]:
    """I12."""
    affected = [person for case in violent(cases) for person in case.persons if person.cause != "safety"]
    yield Line(
        "I12", "harm covered by a conviction", "persons", share(affected, lambda person: person.covered)
    )


def impunity(cases: Sequence[Facts], scope: Scope) -> Iterable[Line]:
    """I13."""
    chosen = [case for case in mature(violent(cases), scope.today) if case.impunity != "not_applicable"]
    host = share(chosen, lambda case: case.forum("host").convicted)
    anywhere = share(chosen, _convicted_anywhere)
    yield Line("I13", "impunity, host State", "mature cases", host.rest())
    yield Line("I13", "impunity, any forum", "mature cases", anywhere.rest())


def _convicted_anywhere(case: Facts) -> Answer:
    found = {case.forum(forum).convicted for forum in ("host", "other", "international")}
    return next((answer for answer in (Answer.YES, Answer.UNKNOWN) if answer in found), Answer.NO)


def unresolved(cases: Sequence[Facts], _scope: Scope) -> Iterable[Line]:
    """I14."""
    yield Line(
        "I14", "unresolved", "cases", share(violent(cases), lambda case: case.public_status != "resolved")
    )


def unsolved_killings(cases: Sequence[Facts], scope: Scope) -> Iterable[Line]:
    """I15."""
    since = date(scope.today.year - TEN_YEARS + 1, 1, 1)
    unsolved = [
        case
        for case in violent(cases)
        if case.incident is not None
        and case.incident.earliest >= since
        and any("dead" in person.harm and person.cause != "safety" for person in case.persons)
        and _convicted_anywhere(case) is not Answer.YES
    ]
    enough = len(unsolved) >= MIN_UNSOLVED
    yield Line("I15", "unsolved killings of ten years", "cases", len(unsolved))
    yield Line(
        "I15",
        "per million inhabitants",
        "cases",
        len(unsolved) / scope.population * 1_000_000 if enough and scope.population else None,
    )
    yield Line(
        "I15",
        "per 10,000 staff",
        "cases",
        len(unsolved) / scope.staff * 10_000 if enough and scope.staff else None,
    )


def yearly_response(cases: Sequence[Facts], scope: Scope) -> Iterable[Line]:
    """I16: of the host States asked this year, those that answered."""
    asked: dict[str, bool] = {}
    for case in violent(cases):
        for letter in case.demarches:
            if letter.yearly and letter.sent.earliest.year == scope.today.year:
                answered = letter.answered is not None or letter.acknowledged is not None
                asked[case.host_state] = asked.get(case.host_state, False) or answered
    yield Line("I16", "answered the yearly request", "host States", share(asked.values(), bool))


def ageing(cases: Sequence[Facts], scope: Scope) -> Iterable[Line]:
    """I17."""
    ages = [
        days_between(case.incident or on(case.opened_on), on(scope.today)) for case in cases if case.is_open
    ]
    bands = Counter(_band(age.low) for age in ages)
    for _, name in (*AGES, (0, OLDEST)):
        yield Line("I17", f"open {name}", "cases", bands[name])
    if ages:
        low, high = (sorted(bound)[(len(ages) - 1) // 2] for bound in zip(*ages, strict=True))
        yield Line("I17", "median age", "days", Range(low, high))
    else:
        yield Line("I17", "median age", "days", None)


def _band(days: int) -> str:
    return next((name for bound, name in AGES if days <= bound), OLDEST)


def overdue(cases: Sequence[Facts], _scope: Scope) -> Iterable[Line]:
    """I18."""
    followed = [case for case in cases if case.is_open]
    late = [clock for case in followed for clock in case.overdue]
    days = sorted(clock.days for clock in late)
    yield Line("I18", "overdue actions", "clocks", len(late))
    yield Line(
        "I18", "cases with an overdue action", "open cases", share(followed, lambda case: bool(case.overdue))
    )
    yield Line("I18", "median days overdue", "days", days[(len(days) - 1) // 2] if days else None)
    for rule, number in sorted(Counter(clock.rule for clock in late).items()):
        yield Line("I18", f"overdue by {rule}", "clocks", number)
    for owner, number in sorted(Counter(clock.owner for clock in late).items()):
        yield Line("I18", f"overdue with {owner}", "clocks", number)
    yield Line("I18", "without any next action", "open cases", sum(not case.next_action for case in followed))


def stale(cases: Sequence[Facts], scope: Scope) -> Iterable[Line]:
    """I19."""
    followed = [case for case in cases if case.is_open]
    yield Line(
        "I19",
        "silent for 180 days",
        "open cases",
        share(followed, lambda case: case.last_on + SILENT <= scope.today),
    )


def detention(cases: Sequence[Facts], scope: Scope) -> Iterable[Line]:
    """I20."""
    episodes = [one for case in cases if case.counted for one in case.held if not one.abducted]
    held = [one for one in episodes if one.end is None]
    person_days = sum((_person_days(one, scope.today) for one in episodes), Range(0, 0))
    yield Line("I20", "held on the day", "persons", sum((one.persons for one in held), Range(0, 0)))
    yield Line("I20", "person-days", "days", person_days)
    for kind in sorted({name for one in episodes for name, _ in one.access}):
        firsts = [dict(one.access).get(kind) for one in episodes]
        for name, number in _access(firsts).items():
            yield Line("I20", f"{kind}: {name}", "detentions", number)
    yield Line("I20", "grounds communicated", "detentions", share(episodes, lambda one: one.grounds))
    ended = Counter(one.outcome or "unknown" for one in episodes if one.end is not None)
    for outcome, number in sorted(ended.items()):
        yield Line("I20", f"ended: {outcome}", "detentions", number)


def _person_days(one: HeldFact, today: date) -> Range:
    days = days_between(one.start, one.end or on(today))
    return Range(days.low * one.persons.low, days.high * one.persons.high)


def _access(firsts: Sequence[int | None]) -> Mapping[str, int]:
    found = dict.fromkeys((*(name for _, name in ACCESS_DAYS), "later", "denied or not yet", "unknown"), 0)
    for days in firsts:
        if days is None:
            found["unknown"] += 1
        elif days < 0:
            found["denied or not yet"] += 1
        else:
            found[next((name for bound, name in ACCESS_DAYS if days <= bound), "later")] += 1
    return found


def abduction(cases: Sequence[Facts], scope: Scope) -> Iterable[Line]:
    """I21."""
    episodes = [one for case in cases if case.counted for one in case.held if one.abducted]
    for outcome, number in sorted(Counter(one.outcome or "held or unknown" for one in episodes).items()):
        yield Line("I21", f"outcome: {outcome}", "abductions", number)
    waits = []
    for one in episodes:
        days = days_between(one.start, one.end or on(scope.today))
        waits.append(Wait((days.low + days.high) / 2, one.end is not None))
    yield Line("I21", "days held", "abductions", median(waits))


def evidence(cases: Sequence[Facts], _scope: Scope) -> Iterable[Line]:
    """I22."""
    items = [case.evidence for case in cases]
    secured = share(violent(cases), lambda case: case.evidence.secured_early > 0)
    yield Line("I22", "evidence secured within 7 days", "cases", secured)
    yield Line("I22", "items", "items", sum(one.items for one in items))
    yield Line("I22", "last check good", "items", sum(one.good for one in items))
    yield Line("I22", "last check failed", "items", sum(one.failed for one in items))
    yield Line("I22", "check overdue", "items", sum(one.overdue for one in items))


def remedies(cases: Sequence[Facts], _scope: Scope) -> Iterable[Line]:
    """I23."""
    ordered = [one for case in cases if case.counted for one in case.remedies]
    yield Line("I23", "ordered", "remedies", len(ordered))
    for paid, number in sorted(Counter(paid for paid, _ in ordered).items()):
        yield Line("I23", f"paid: {paid}", "remedies", number)
    yield Line("I23", "contested", "remedies", sum(contested == "yes" for _, contested in ordered))


def local_gap(cases: Sequence[Facts], _scope: Scope) -> Iterable[Line]:
    """I24: the same rates for local staff less those for international staff, and for NGO less UN staff."""
    chosen = violent(cases)
    local = _of(chosen, lambda person: person.staff in LOCAL)
    foreign = _of(chosen, lambda person: person.staff in FOREIGN)
    ngo = _of(chosen, lambda person: person.employer in {"ingo", "nngo"})
    un = _of(chosen, lambda person: person.employer == "un")
    for name, first, second in (("local less international", local, foreign), ("NGO less UN", ngo, un)):
        for indicator, rate in _GAPS:
            low, high = rate(first), rate(second)
            gap = low - high if low is not None and high is not None else None
            yield Line("I24", f"{indicator}, {name}", "difference of shares", gap)


def _of(cases: Sequence[Facts], fits: Callable[[PersonFact], bool]) -> list[Facts]:
    return [case for case in cases if any(map(fits, case.persons))]


_GAPS: Sequence[tuple[str, Callable[[Sequence[Facts]], float | None]]] = (
    ("I2", lambda cases: share([case for case in cases if case.demarches], has_reply).low),
    ("I6", lambda cases: share(cases, lambda case: case.forum("host").investigated).low),
    ("I8", lambda cases: share(cases, lambda case: case.forum("host").charged).low),
    ("I10", lambda cases: share(cases, lambda case: case.forum("host").convicted).low),
)


def at_large(cases: Sequence[Facts], _scope: Scope) -> Iterable[Line]:
    """I25."""
    convicted = sum((case.convicted[0] for case in cases), Range(0, 0))
    free = sum((case.convicted[1] for case in cases), Range(0, 0))
    yield Line("I25", "convicted", "persons", convicted)
    yield Line("I25", "of them at large or escaped", "persons", free)


INDICATORS: tuple[Indicator, ...] = (
    demarche_rate,
    replies,
    waiting,
    reply_quality,
    investigations,
    courts,
    persons_covered,
    impunity,
    unresolved,
    unsolved_killings,
    yearly_response,
    ageing,
    overdue,
    stale,
    detention,
    abduction,
    evidence,
    remedies,
    local_gap,
    at_large,
)
"""I1 to I25; I26, why an incident was not reported before, is in `casework.figures.unreported`."""
