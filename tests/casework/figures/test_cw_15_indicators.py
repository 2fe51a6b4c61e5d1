"""CW-15: indicators with bounds, censored medians and their unknowns; small cells can not be found by subtraction."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.figures.counting import Share, Wait, median
from casework.figures.facts import (
    Answer,
    DemarcheFact,
    EvidenceFact,
    Facts,
    ForumFact,
    HeldFact,
    OverdueFact,
    PersonFact,
    read_facts,
    write_facts,
)
from casework.figures.indicators import Figure, Scope, measure
from casework.figures.suppress import SMALLEST_SHOWN, Shown, suppress
from casework.span import Range, Span, on

TODAY = date(2026, 3, 1)
LONG_AGO = on(date(2024, 1, 10))


def case(**known: object) -> Facts:
    usual: dict[str, object] = {
        "uid": "0" * 32,
        "categories": ("death_violence",),
        "host_state": "SSD",
        "incident": LONG_AGO,
        "opened_on": date(2024, 1, 12),
        "last_on": date(2026, 2, 1),
        "closed_on": None,
        "state": "engaged",
        "since": date(2024, 2, 1),
        "owner": "ann",
        "counted": True,
        "sexual_violence": False,
        "public_status": "ongoing_unresolved",
        "impunity": "full",
        "persons": (PersonFact(("dead",), "violence", "national", "ingo"),),
    }
    return Facts(**{**usual, **known})  # type: ignore[arg-type] # a few of many fields


def figure(name: str, cases: Sequence[Facts], *, scope: Scope | None = None, unit: str = "") -> Figure:
    found = [
        line for line in measure(cases, scope or Scope(TODAY)) if f"{line.indicator} {line.name}" == name
    ]
    assert len(found) == 1, name
    assert not unit or found[0].unit == unit
    return found[0].figure


def letter(sent: str, answered: str = "", grade: str = "", **more: bool) -> DemarcheFact:
    reply = on(date.fromisoformat(answered)) if answered else None
    return DemarcheFact(on(date.fromisoformat(sent)), reply, reply, grade, **more)


def test_nothing_of_nothing_is_no_cases_and_never_zero_percent() -> None:
    empty = figure("I1 demarche sent", [])

    assert isinstance(empty, Share)
    assert (empty.n, empty.low, empty.high) == (0, None, None)


def test_unknown_stays_in_the_denominator_and_bounds_the_rate() -> None:
    forums = [
        (ForumFact("host", investigated=answer),)
        for answer in (Answer.YES, Answer.NO, Answer.UNKNOWN, Answer.UNKNOWN)
    ]

    found = figure("I6 investigation opened", [case(forums=one) for one in forums])

    assert isinstance(found, Share)
    assert (found.n, found.unknown, found.low, found.high) == (4, 2, 0.25, 0.75)


def test_replies_are_those_that_could_be_graded() -> None:
    cases = [
        case(demarches=(letter("2025-01-01", "2025-02-01", "C"),)),
        case(demarches=(DemarcheFact(on(date(2025, 1, 1)), on(date(2025, 1, 9))),)),
        case(demarches=(letter("2025-01-01", grade="D"),)),
        case(),
    ]

    assert figure("I1 demarche sent", cases) == Share(3, 1, 0)
    assert figure("I2 any reply", cases) == Share(1, 2, 0)
    assert figure("I2a acknowledgement only", cases) == Share(1, 2, 0)
    assert figure("I2b never any contact", cases) == Share(1, 2, 0)
    assert figure("I5 grade D", cases) == Share(1, 1, 0)


def test_the_median_keeps_those_who_still_wait() -> None:
    quick = [letter("2026-01-01", "2026-01-11", "A"), letter("2026-01-01", "2026-01-21", "A")]
    waiting = [letter("2025-03-01")] * 3

    found = figure("I4 days to a substantive reply", [case(demarches=(*quick, *waiting))])

    assert (found.sent, found.answered, found.among_answered, found.censored) == (5, 2, 15, None)  # type: ignore[union-attr]


# Weeks of remission under a drug, of which the median is published as 23 (Gehan 1965).
REMISSION = [(week, True) for week in (6, 6, 6, 7, 10, 13, 16, 22, 23)] + [
    (week, False) for week in (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
]


@pytest.mark.parametrize(
    ("waits", "expected"),
    [
        ([], None),
        ([(5, True)], 5),
        ([(5, False)], None),
        ([(1, True), (2, True)], 1),
        ([(1, True), (2, False), (3, True)], 3),
        (REMISSION, 23),
    ],
)
def test_the_median_of_the_product_limit(waits: list[tuple[float, bool]], expected: float | None) -> None:
    assert median([Wait(*wait) for wait in waits]).censored == expected


@given(st.lists(st.integers(0, 400), min_size=1, max_size=30))
def test_where_all_were_answered_both_medians_agree_but_for_the_middle_pair(days: list[int]) -> None:
    found = median([Wait(day, ended=True) for day in days])

    assert found.censored == sorted(days)[(len(days) - 1) // 2]


@given(st.lists(st.tuples(st.integers(0, 400), st.booleans()), max_size=30))
def test_keeping_those_who_wait_never_flatters(waits: list[tuple[int, bool]]) -> None:
    found = median([Wait(*wait) for wait in waits])
    answered = sorted(days for days, ended in waits if ended)

    if found.censored is not None:
        assert found.censored >= answered[(len(answered) - 1) // 2]


def test_a_conviction_abroad_changes_impunity_anywhere_and_not_in_the_host_state() -> None:
    abroad = case(forums=(ForumFact("host", convicted=Answer.NO), ForumFact("other", convicted=Answer.YES)))

    assert figure("I13 impunity, host State", [abroad]) == Share(1, 0, 0)
    assert figure("I13 impunity, any forum", [abroad]) == Share(0, 1, 0)


@pytest.mark.parametrize(
    "left_out",
    [
        case(incident=on(TODAY - timedelta(days=179))),
        case(counted=False),
        case(impunity="not_applicable"),
        case(persons=(PersonFact(("dead",), "safety"),)),
        case(state="void"),
    ],
    ids=["too young", "no consent", "not applicable", "accident", "void"],
)
def test_what_never_enters_a_rate_of_impunity(left_out: Facts) -> None:
    assert figure("I13 impunity, host State", [left_out]) == Share(0, 0, 0)


def test_no_rate_per_population_below_five_unsolved_killings() -> None:
    scope = Scope(TODAY, population=2_000_000, staff=5_000)

    assert figure("I15 per million inhabitants", [case()] * 4, scope=scope) is None
    assert figure("I15 per million inhabitants", [case()] * 5, scope=scope) == 2.5
    assert figure("I15 per 10,000 staff", [case()] * 5, scope=scope) == 10
    assert (
        figure("I15 unsolved killings of ten years", [case(incident=on(date(2016, 12, 31)))], scope=scope)
        == 0
    )


def test_forty_one_of_sixty_two_states_answered_the_yearly_request() -> None:
    states = [f"A{chr(65 + at // 26)}{chr(65 + at % 26)}" for at in range(62)]
    cases = [
        case(
            host_state=state,
            demarches=(
                letter("2026-02-01", "2026-02-20" if at < 41 else "", yearly=True),
                letter("2025-02-01"),
            ),
        )
        for at, state in enumerate(states)
    ]

    found = figure("I16 answered the yearly request", cases)

    assert isinstance(found, Share)
    assert (found.yes, found.n, round(found.low or 0, 2)) == (41, 62, 0.66)


def test_ageing_counts_open_cases_by_the_days_since_the_incident() -> None:
    cases = [case(incident=on(TODAY - timedelta(days=days))) for days in (90, 91, 400, 4000)]

    assert [figure(f"I17 open {band}", cases) for band in ("0-90 d", "91-365 d", "1-3 y", ">10 y")] == [
        1,
        1,
        1,
        1,
    ]
    assert figure("I17 median age", cases) == Range(91, 91)
    assert figure("I17 median age", [case(state="closed")]) is None


def test_overdue_actions_and_cases_without_any() -> None:
    late = case(overdue=(OverdueFact("D4", "ann", 3), OverdueFact("D5", "ann", 9)), next_action=False)

    assert figure("I18 overdue actions", [late, case()]) == 2
    assert figure("I18 overdue by D4", [late]) == 1
    assert figure("I18 overdue with ann", [late]) == 2
    assert figure("I18 without any next action", [late, case()]) == 1


def test_detention_counts_person_days_as_intervals_and_first_access() -> None:
    ended = HeldFact(
        False,
        Range(1, 1),
        Span(date(2022, 1, 1), date(2022, 1, 31)),
        on(date(2022, 12, 30)),
        "acquitted",
        (("medical", 1), ("legal_counsel", 20), ("consular", -1)),
        Answer.YES,
    )
    held = HeldFact(False, Range(2, 3), on(TODAY - timedelta(days=10)))

    cases = [case(held=(ended, held))]

    assert figure("I20 held on the day", cases) == Range(2, 3)
    assert figure("I20 person-days", cases) == Range(333 + 20, 363 + 30)
    assert figure("I20 medical: within 48 h", cases) == 1
    assert figure("I20 legal_counsel: later", cases) == 1
    assert figure("I20 consular: denied or not yet", cases) == 1
    assert figure("I20 consular: unknown", cases) == 1
    assert figure("I20 ended: acquitted", cases) == 1


def test_the_gap_of_local_staff_is_a_difference_of_rates() -> None:
    local = [case(forums=(ForumFact("host", investigated=answer),)) for answer in (Answer.YES, Answer.NO)]
    foreign = case(
        persons=(PersonFact(("dead",), "violence", "international", "un"),),
        forums=(ForumFact("host", investigated=Answer.YES),),
    )

    assert figure("I24 I6, local less international", [*local, foreign]) == -0.5
    assert figure("I24 I6, NGO less UN", [*local, foreign]) == -0.5
    assert figure("I24 I8, local less international", [foreign]) is None


spans = st.dates(date(2001, 1, 1), date(2030, 1, 1)).map(on)
answers = st.sampled_from(Answer)


@given(
    st.builds(
        Facts,
        uid=st.just("ab" * 16),
        categories=st.just(("abduction",)),
        host_state=st.just("NER"),
        incident=st.none() | spans,
        opened_on=st.dates(),
        last_on=st.dates(),
        closed_on=st.none() | st.dates(),
        state=st.just("stalled"),
        since=st.dates(),
        owner=st.just("ann"),
        counted=st.booleans(),
        sexual_violence=st.booleans(),
        public_status=st.just("no_information"),
        impunity=st.just("unknown"),
        persons=st.lists(st.builds(PersonFact, covered=answers), max_size=2).map(tuple),
        demarches=st.lists(st.builds(DemarcheFact, sent=spans, answered=st.none() | spans), max_size=2).map(
            tuple
        ),
        forums=st.just((ForumFact("other", charged=Answer.YES),)),
        quality=st.just((("prompt", "met"),)),
        held=st.lists(
            st.builds(HeldFact, persons=st.just(Range(1, 2)), start=spans, access=st.just((("family", -1),))),
            max_size=2,
        ).map(tuple),
        overdue=st.just((OverdueFact("D1", "ann", 1),)),
        evidence=st.just(EvidenceFact(3, 1, 2, 0, 1)),
        remedies=st.just((("partial", "yes"),)),
        convicted=st.just((Range(1, 2), Range(0, 1))),
    )
)
def test_facts_are_read_as_they_were_written(facts: Facts) -> None:
    assert read_facts(write_facts(facts)) == facts


tables = st.integers(2, 3).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(0, 7), min_size=width, max_size=width), min_size=2, max_size=3
    )
)


@settings(max_examples=60)
@given(tables)
def test_no_hidden_cell_is_found_by_subtraction(cells: list[list[int]]) -> None:
    shown = suppress(cells)
    hidden = [(at, to) for at, row in enumerate(shown.cells) for to, value in enumerate(row) if value is None]
    small = [(at, to) for at, to in hidden if 0 < cells[at][to] < SMALLEST_SHOWN]

    for at, row in enumerate(shown.cells):
        for to, value in enumerate(row):
            assert value is None or value == cells[at][to]
            assert value is None or value == 0 or value >= SMALLEST_SHOWN
    for (
        cell
    ) in small:  # the others are hidden to keep these; one that is found after all says nothing of anybody
        assert can_differ(cells, shown, cell)


def can_differ(cells: Sequence[Sequence[int]], shown: Shown, wanted: tuple[int, int]) -> bool:
    """Whether another table with another value there shows the same: one more, one less or none anywhere is enough."""
    hidden = [(at, to) for at, row in enumerate(shown.cells) for to, value in enumerate(row) if value is None]
    for steps in product((-1, 0, 1), repeat=len(hidden)):
        change = dict(zip(hidden, steps, strict=True))
        rows = [sum(step for (at, _), step in change.items() if at == row) for row in range(len(cells))]
        columns = [
            sum(step for (_, to), step in change.items() if to == column) for column in range(len(cells[0]))
        ]
        same = all(not step or known is None for step, known in zip(rows, shown.rows, strict=True))
        same = same and all(
            not step or known is None for step, known in zip(columns, shown.columns, strict=True)
        )
        same = same and (not sum(steps) or shown.total is None)
        if same and change[wanted] and all(cells[at][to] + step >= 0 for (at, to), step in change.items()):
            return True
    return False
