"""CW-08: proceedings per accused, charge and instance; what sources say differently stays a range with every source."""

from datetime import date
from typing import Any

from casework.event import Event
from casework.proceedings import Accused, Proceeding, proceedings, unnamed_custody
from casework.span import Range
from tests.support.cases import case, event, exactly, opened


def verdict(when: str, what: str, *accused: str, instance: str = "first", **more: Any) -> Event:
    fields: Any = {"proceeding": "court", "instance": instance, "verdict": what, **more}
    if accused:
        fields["accused"] = accused
    return event("verdict", when, **fields)


def only(*events: Event, valid: date = date(2030, 1, 1)) -> Proceeding:
    (found,) = proceedings(case(opened(), *events, valid=valid))
    return found


def of(found: Proceeding, *who: str) -> Accused:
    (one,) = (one for one in found.accused if one.who == who)
    return one


CHARGED = event("charged", "2010-05-01", proceeding="court", state="AAA", accused=("A1", "A2"))
APPEAL = event("appeal_lodged", "2011-02-01", proceeding="court")
CONVICTED = verdict("2011-01-10", "convicted", "A1")


def test_charged_accused_are_pending_until_each_is_judged() -> None:
    found = only(CHARGED, CONVICTED)

    assert [(one.who, one.outcome) for one in found.accused] == [(("A1",), "convicted"), (("A2",), "pending")]
    assert (found.furthest, found.current) == ("first_judgment", "first_judgment")


def test_two_counts_of_one_verdict_are_a_range_with_both_sources() -> None:
    found = only(
        verdict("2011-01-10", "convicted", "A9", number=exactly(51), sources=("one",)),
        verdict("2011-01-10", "convicted", "A9", number=exactly(49), sources=("other",)),
        event(
            "sentenced",
            "2011-01-10",
            proceeding="court",
            accused=("A9",),
            sentence="death",
            number=Range(49, 51),
        ),
    )

    (judgment,) = of(found, "A9").judgments
    assert str(of(found, "A9").number) == str(judgment.number) == "49..51"
    assert {source for claim in judgment.claims for source in claim.sources} == {"one", "other"}
    assert judgment.disputed
    assert dict(found.flags) == {"death_sentence": Range(0, 0)}


def test_convicts_whom_nobody_names_are_a_number() -> None:
    found = only(
        verdict("2011-01-10", "convicted", number=exactly(3)),
        verdict("2011-01-10", "acquitted", number=exactly(2)),
    )

    assert {(one.who, one.number, one.outcome) for one in found.accused} == {
        ((), exactly(3), "convicted"),
        ((), exactly(2), "acquitted"),
    }


def test_some_of_several_are_not_said_to_be_any_of_them() -> None:
    found = only(verdict("2011-01-10", "no_case", "A1", "A2", number=exactly(1)))

    assert [(one.who, one.number) for one in found.accused] == [(("A1", "A2"), exactly(1))]


def test_verdicts_on_several_charges_of_one_accused_stand_side_by_side() -> None:
    found = only(
        verdict("2011-01-10", "convicted", "A1", charge="murder"),
        verdict("2011-01-10", "acquitted", "A1", charge="conspiracy"),
    )

    assert {(one.charge, one.outcome) for one in found.accused} == {
        ("murder", "convicted"),
        ("conspiracy", "acquitted"),
    }


def test_an_appeal_takes_finality_until_it_is_decided() -> None:
    decided = verdict("2012-01-10", "convicted", "A1", instance="appeal")

    assert of(only(CONVICTED), "A1").finality == "unknown"
    assert (of(only(CONVICTED, APPEAL), "A1").finality, only(CONVICTED, APPEAL).current) == (
        "appealed",
        "appeal_pending",
    )
    after = only(CONVICTED, APPEAL, decided)
    assert (of(after, "A1").finality, after.current, after.furthest) == (
        "unknown",
        "first_judgment",
        "appeal_pending",
    )
    final = only(CONVICTED, APPEAL, decided, event("became_final", "2012-02-10", proceeding="court"))
    assert (of(final, "A1").finality, final.current, final.furthest) == ("final", "final", "final")


def test_a_blocked_appeal_is_current_and_never_furthest() -> None:
    found = only(
        CONVICTED, APPEAL, event("appeal_blocked", "2013-01-01", proceeding="court", reason="file missing")
    )

    assert (found.furthest, found.current) == ("appeal_pending", "appeal_blocked")


def test_an_appeal_of_one_accused_leaves_the_other_as_it_was() -> None:
    both = verdict("2011-01-10", "convicted", "A1", "A2", finality="final")
    found = only(both, event("appeal_lodged", "2011-02-01", proceeding="court", accused=("A2",)))

    assert (of(found, "A1").finality, of(found, "A2").finality) == ("final", "appealed")
    assert found.current == "appeal_pending"


def test_a_conviction_that_is_overturned_no_longer_stands() -> None:
    found = only(
        CONVICTED,
        event("sentenced", "2011-01-10", proceeding="court", accused=("A1",), sentence="life"),
        APPEAL,
        verdict("2012-01-10", "acquitted", "A1", instance="appeal"),
    )

    assert (of(found, "A1").outcome, of(found, "A1").overturned, of(found, "A1").sentences) == (
        "acquitted",
        True,
        (),
    )


def test_a_new_trial_is_no_contradiction_of_the_first() -> None:
    back = verdict("2012-01-10", "retrial", "A1", instance="appeal")
    again = only(CONVICTED, APPEAL, back)
    assert (of(again, "A1").outcome, again.current, again.furthest) == ("pending", "trial", "appeal_pending")

    done = of(only(CONVICTED, APPEAL, back, verdict("2013-01-10", "acquitted", "A1")), "A1")
    assert [one.verdict for one in done.judgments] == ["convicted", "retrial", "acquitted"]
    assert not any(one.disputed for one in done.judgments)
    assert done.outcome == "acquitted"


def test_two_dates_of_one_verdict_are_kept_and_the_better_supported_counts() -> None:
    found = only(
        verdict("2011-01-02", "convicted", "A1", sources=("one",)),
        verdict("2011-01-10", "convicted", "A1", sources=("a", "b", "c")),
    )

    (judgment,) = of(found, "A1").judgments
    assert str(judgment.when) == "2011-01-10"
    assert [str(one.when) for one in judgment.claims] == ["2011-01-10", "2011-01-02"]


def test_whoever_is_sentenced_was_convicted_also_if_nobody_told_of_a_verdict() -> None:
    found = only(event("sentenced", "2011-01-10", proceeding="court", accused=("A1",), sentence="life"))

    assert (of(found, "A1").outcome, of(found, "A1").sentences) == ("convicted", ("life",))


def test_a_sentence_on_appeal_takes_the_place_of_the_first() -> None:
    found = only(
        CONVICTED,
        event("sentenced", "2011-01-10", proceeding="court", accused=("A1",), sentence="death"),
        verdict("2012-01-10", "convicted", "A1", instance="appeal"),
        event("sentenced", "2012-01-10", proceeding="court", accused=("A1",), sentence="prison"),
    )

    assert of(found, "A1").sentences == ("prison",)


def test_flags_are_of_the_whole_or_of_whom_they_were_said() -> None:
    found = only(
        verdict("2011-01-10", "convicted", "A1", "A2"),
        event("proceeding_flagged", "2011-01-10", proceeding="court", flag="in_absentia", accused=("A2",)),
        event("proceeding_flagged", "2011-01-10", proceeding="court", flag="torture_allegation"),
        event("proceeding_flagged", "2011-01-10", proceeding="court", flag="escaped", number=exactly(22)),
    )

    assert of(found, "A1").flags == ("torture_allegation",)
    assert of(found, "A2").flags == ("in_absentia", "torture_allegation")
    assert of(found, "A2").is_loose
    assert not of(found, "A1").is_loose
    assert dict(found.flags)["escaped"] == exactly(22)


def test_where_a_convict_is_follows_the_last_word() -> None:
    found = only(
        CONVICTED,
        event("custody_changed", "2011-01-10", accused=("A1",), status="serving"),
        event("custody_changed", "2012-01-10", accused=("A1",), status="escaped"),
    )

    assert of(found, "A1").custody == "escaped"
    assert of(found, "A1").is_loose


def test_a_number_at_large_is_kept_though_nobody_names_them() -> None:
    found = case(opened(), event("custody_changed", "2011-01-10", number=exactly(22), status="at_large"))

    assert unnamed_custody(found) == (("at_large", exactly(22)),)


def test_an_appeal_window_that_is_over_says_nothing_by_itself() -> None:
    open_ = event(
        "verdict",
        "2011-01-10",
        proceeding="court",
        instance="first",
        accused=("A1",),
        verdict="convicted",
        finality="appealable",
        appeal_until=date(2011, 1, 25),
    )

    assert of(only(open_, valid=date(2011, 1, 20)), "A1").finality == "appealable"
    assert of(only(open_, valid=date(2011, 2, 20)), "A1").finality == "unknown"


def test_the_highest_instance_is_final() -> None:
    assert of(only(verdict("2012-01-10", "convicted", "A1", instance="final")), "A1").finality == "final"


def test_staff_before_a_military_court_are_flagged() -> None:
    (found,) = proceedings(
        case(
            opened(),
            event("person_added", "2010-01-01", person="P1", harm=("detained",), cause="violence"),
            event(
                "charged", "2010-05-01", proceeding="court", state="AAA", accused=("P1",), court="military"
            ),
        )
    )

    assert found.against_staff
    assert dict(found.flags) == {"military_forum": Range(0, 0)}
