"""CW-06: who was held for how long, on which grounds, and who was let in to them."""

from datetime import date
from typing import Any

from casework.captivity import episodes, held_days
from casework.casefile import Thing
from casework.detention import WORDS, applies, cleared, days_held, detentions, held_on
from casework.event import Event
from casework.span import Range, on
from tests.support.cases import case, event, exactly, opened


def taken(when: str, *persons: str, name: str = "D1", **more: Any) -> Event:
    return event("detention_started", when, detention=name, persons=persons, **more)


def out(when: str, *persons: str, name: str = "D1", outcome: str = "released", **more: Any) -> Event:
    return event("detention_ended", when, detention=name, persons=persons, outcome=outcome, **more)


def test_days_are_bounds_where_dates_are() -> None:
    found = episodes(case(taken("2020-01", "P1"), out("2020-02-10", "P1")), WORDS)

    assert [str(one.days) for one in found] == ["10..40"]


def test_whoever_is_held_still_is_counted_to_the_day() -> None:
    (found,) = episodes(case(taken("2020-01-01", "P1"), valid=date(2020, 1, 31)), WORDS)

    assert (found.ongoing, found.days) == (True, exactly(30))


def test_each_of_several_gets_out_on_a_day_of_their_own() -> None:
    found = episodes(
        case(taken("2020-01-01", "P1", "P2"), out("2020-01-11", "P2"), out("2020-01-21", "P1")), WORDS
    )

    assert {one.who: one.days for one in found} == {("P1",): exactly(20), ("P2",): exactly(10)}
    assert held_days(found) == exactly(30)


def test_one_of_two_got_out_and_nobody_says_which() -> None:
    one_out = out("2020-01-11", "P1", "P2", number=exactly(1))
    found = episodes(case(taken("2020-01-01", "P1", "P2"), one_out, valid=date(2020, 1, 31)), WORDS)

    assert {(one.who, one.days, one.ongoing) for one in found} == {
        (("P1", "P2"), exactly(10), False),
        (("P1", "P2"), exactly(30), True),
    }
    assert (
        case(
            taken("2020-01-01", "P1", "P2"), one_out, out("2020-02-11", "P1", "P2", number=exactly(1))
        ).conflicts()
        == ()
    )


def test_a_number_without_names_is_held_too() -> None:
    started = event("detention_started", "2020-01-01", detention="D1", persons=("P1",), number=Range(3, 4))
    found = episodes(case(started, valid=date(2020, 1, 11)), WORDS)

    assert {(one.who, one.number) for one in found} == {(("P1",), exactly(1)), ((), Range(2, 3))}
    assert held_days(found) == Range(30, 40)


def test_two_dates_of_one_arrest_are_one_episode_and_a_conflict() -> None:
    found = case(taken("2020-01-02", "P1"), taken("2020-01-01", "P1"), out("2020-01-11", "P1"))

    assert [one.days for one in episodes(found, WORDS)] == [exactly(10)]
    assert len(found.conflicts()) == 1


def test_whoever_was_cleared_was_held_at_least_until_then() -> None:
    found = case(
        opened(),
        taken("2020-01-01", "P1"),
        event(
            "verdict", "2020-01-21", proceeding="court", instance="first", accused=("P1",), verdict="no_case"
        ),
        valid=date(2020, 3, 1),
    )
    (one,) = episodes(found, WORDS)

    assert cleared(found, one) == on(date(2020, 1, 21))
    assert days_held(found, one) == (exactly(20), True)


def test_access_is_asked_for_answered_and_had() -> None:
    (found,) = detentions(
        case(
            opened(),
            taken("2020-01-01", "P1"),
            event("access_requested", "2020-01-02", access="X1", detention="D1", kind="medical"),
            event("access_requested", "2020-01-02", access="X2", detention="D1", kind="legal_counsel"),
            event("access_answered", "2020-01-03", access="X2", answer="denied"),
            event("access_answered", "2020-01-09", access="X2", answer="granted"),
            event("visited", "2020-01-11", access="X2", detention="D1", kind="legal_counsel", private="met"),
            event("visited", "2020-01-05", detention="D1", kind="icrc"),
        )
    )

    assert [(one.kind, one.answer, one.is_open) for one in found.access] == [
        ("medical", "no_answer", True),
        ("legal_counsel", "granted", False),
        ("icrc", "granted", False),
    ]
    assert (found.days_to("legal_counsel"), found.days_to("icrc"), found.days_to("family")) == (
        exactly(10),
        exactly(4),
        None,
    )
    assert found.state == "AAA"


def test_grounds_are_communicated_on_a_day_or_not_at_all() -> None:
    told = event("grounds_communicated", "2020-01-08", detention="D1", grounds="said to be")

    assert detentions(case(taken("2020-01-01", "P1")))[0].grounds_on is None
    assert detentions(case(taken("2020-01-01", "P1"), told))[0].grounds_on == on(date(2020, 1, 8))


def test_a_consul_visits_foreigners_only() -> None:
    def person(**values: tuple[str, ...]) -> Thing:
        return Thing("P1", values, ())

    assert applies("medical", person(), "AAA") is True
    assert applies("consular", person(nationalities=("BBB",)), "AAA") is True
    assert applies("consular", person(nationalities=("AAA", "BBB")), "AAA") is False
    assert applies("consular", person(), "AAA") is None


def test_who_was_held_on_a_day() -> None:
    found = case(taken("2020-01-02", "P1"), out("2020-01-11", "P1"))

    assert [len(held_on(found, date(2020, 1, day))) for day in (1, 2, 11, 12)] == [0, 1, 1, 0]
