"""Harm changes, sources are unsure, and every person is counted once."""

from datetime import date
from typing import Any

from casework.event import Event
from casework.persons import affected, by_organization, toll
from casework.span import Range
from tests.support.cases import case, event, exactly, opened


def person(name: str, *harm: str, when: str = "2020-01-01", **more: Any) -> Event:
    return event("person_added", when, person=name, harm=harm, cause="violence", **more)


def test_who_was_injured_and_dies_later_moves_and_the_old_report_keeps_its_figure() -> None:
    events = (person("P1", "injured"), event("died", "2020-02-01", persons=("P1",), cause="violence"))
    then = toll(affected(case(*events, valid=date(2020, 1, 15), known=date(2020, 1, 15))))
    now = toll(affected(case(*events)))

    assert (then.dead, then.injured) == (exactly(0), exactly(1))
    assert (now.dead, now.injured) == (exactly(1), exactly(0))


def test_who_is_presumed_dead_is_dead_at_most() -> None:
    taken = event("abduction_started", "2020-01-01", abduction="B1", persons=("P1",))
    presumed = event(
        "abduction_ended", "2020-03-01", abduction="B1", persons=("P1",), outcome="presumed_dead"
    )
    found = affected(case(person("P1", "abducted"), taken, presumed))

    assert found[0].harm == ("abducted", "presumed_dead")
    assert toll(found).dead == Range(0, 1)


def test_a_death_that_is_reported_and_not_established_is_presumed() -> None:
    reported = event("died", "2020-03-01", persons=("P1",), cause="violence", established="not_met")

    assert toll(affected(case(person("P1", "injured"), reported))).dead == Range(0, 1)


def test_a_person_in_two_incidents_of_one_case_is_one_person() -> None:
    found = case(
        opened(),
        person("P1", "injured"),
        event("incident", "2020-01-01", incident="I1", persons=("P1",)),
        event("incident", "2020-05-01", incident="I2", persons=("P1",)),
        event("person_updated", "2020-05-01", person="P1", harm=("dead",), cause="violence"),
    )

    assert (toll(affected(found)).affected, toll(affected(found)).dead) == (1, exactly(1))
    assert found.conflicts() == ()
    assert str(found.incident) == "2020-01-01"


def test_perpetrators_among_the_dead_are_no_persons_affected() -> None:
    found = case(
        person("P1", "dead"),
        person("A1", "dead"),
        event("party_added", "2020-01-01", party="A1", kind="person"),
        event("suspect_died", "2020-01-01", parties=("A1",), established="met"),
    )

    assert [one.id for one in affected(found)] == ["P1"]
    assert toll(affected(found)).dead == exactly(1)


def test_those_of_several_organizations_are_counted_once_and_once_for_each() -> None:
    found = affected(
        case(
            person("P1", "dead", organization="org-a"),
            person("P2", "dead", organization="org-b"),
            person("P3", "dead"),
        )
    )

    assert toll(found).dead == exactly(3)
    assert {name: toll(ones).dead.low for name, ones in by_organization(found).items()} == {
        "org-a": 1,
        "org-b": 1,
        "": 1,
    }


def test_who_counts_as_local() -> None:
    found = affected(
        case(
            opened(host="AAA"),
            person("P1", "dead", staff="locally_recruited"),
            person("P2", "dead", staff="international", nationalities=("AAA",)),
            person("P3", "dead", nationalities=("AAA",)),
            person("P4", "dead", nationalities=("BBB",)),
            person("P5", "dead"),
        )
    )

    assert [one.local for one in found] == [True, False, True, False, None]
