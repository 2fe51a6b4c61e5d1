"""Cases that break a single field of status, made up for each way in which they do (casework 7)."""

from collections.abc import Callable
from datetime import date

from casework.abduction import WORDS
from casework.captivity import episodes, held_days
from casework.casefile import CaseFile
from casework.consent import blocked
from casework.desk import Desk
from casework.importing import import_cases
from casework.intake.rows import write_rows
from casework.justice import Axes, axes
from casework.persons import affected, toll
from casework.proceedings import proceedings
from casework.span import Range
from tests.casework.test_cw_23_import import row
from tests.support.cases import case, event, exactly, opened

SignIn = Callable[[str], Desk]


def seen(found: Axes) -> tuple[str, str, str, str, str]:
    host = found.stage("host")
    return host.furthest, host.current, found.public_status, found.impunity, found.stage("other").furthest


def imported(desk: Desk, *rows: dict[str, str]) -> CaseFile:
    (found,) = import_cases(desk, write_rows(rows))
    assert found.problems == ()
    return desk.read(found.uid)


def test_an_appeal_that_is_blocked_as_its_file_is_lost(desk: SignIn) -> None:
    found = imported(
        desk("country_focal_point"),
        row(1, "2010-05-01", "incident", subjects="P1 killed", qty="1"),
        row(2, "2011-01-01", "trial_opened", forum="High Court", subjects="A1", qty="1"),
        row(
            3,
            "2012-01-01",
            "verdict_first_instance",
            forum="High Court",
            subjects="A1",
            qty="1",
            outcome="life",
        ),
        row(4, "2012-02-01", "appeal_lodged", forum="Court of Appeal", subjects="A1", qty="1"),
        row(5, "2015-02-01", "appeal_blocked", forum="Court of Appeal", outcome="the file can not be found"),
        row(6, "2016-03-01", "suspect_escaped", subjects="A1", qty="1"),
    )

    assert seen(axes(found)) == (
        "appeal_pending",
        "appeal_blocked",
        "ongoing_unresolved",
        "partial",
        "none_known",
    )
    (court,) = proceedings(found)
    assert (court.accused[0].custody, court.accused[0].finality) == ("escaped", "appealed")


def test_a_survivor_of_sexual_violence_is_asked_before_anything_goes_out() -> None:
    found = case(
        opened(categories=("sexual_violence",)),
        event("person_added", "2010-01-01", person="P1", harm=("sexually_assaulted",), cause="violence"),
    )

    assert blocked(found, "demarche") == blocked(found, "statistics") == ("P1",)


def test_what_became_known_years_later_was_not_known_before(desk: SignIn) -> None:
    officer = desk("country_focal_point")
    uid = imported(
        officer,
        row(1, "2010-05-01", "incident", subjects="P1 killed", qty="1"),
        row(2, "2010-06-01", "status_check", outcome="nothing"),
        row(
            3,
            "2012-01-01",
            "verdict_first_instance",
            forum="Court",
            subjects="A1",
            qty="1",
            outcome="convicted",
            known_on="2019-07-01",
        ),
    ).uid
    before = officer.read(uid, valid_as_of=date(2018, 1, 1), known_as_of=date(2018, 1, 1))
    then = officer.read(uid, valid_as_of=date(2018, 1, 1))

    assert seen(axes(before))[:4] == ("none_known", "none_known", "no_information", "full")
    assert axes(then).stage("host").furthest == "first_judgment"


def test_the_state_that_answers_for_it_is_not_the_one_where_it_happened() -> None:
    found = case(
        opened(host="AAA"),
        event("described", "2010-02-01", responsible_state="BBB"),
        event("party_added", "2010-02-01", party="U1", kind="unit", state="BBB", involvement="carried_out"),
        event("investigation_opened", "2010-03-01", investigation="I1", body="military", state="BBB"),
        event("investigation_closed", "2010-04-01", investigation="I1", outcome="no_charge"),
        event(
            "verdict", "2010-05-01", proceeding="board", state="BBB", court="disciplinary", instance="first",
            accused=("A1", "A2"), verdict="convicted",
        ),
        event("sentenced", "2010-05-01", proceeding="board", accused=("A1", "A2"), sentence="disciplinary"),
    )  # fmt: skip

    assert seen(axes(found)) == ("none_known", "none_known", "no_information", "full", "investigation")
    assert axes(found).stage("other").current == "closed_without_charge"
    assert axes(found).foreign_status == "archived"


def test_in_absentia_and_light_sentences_are_no_complete_justice(desk: SignIn) -> None:
    found = imported(
        desk("country_focal_point"),
        row(1, "2010-05-01", "incident", subjects="P1-P2 killed", qty="2"),
        row(2, "2012-01-01", "verdict_first_instance", forum="Court", subjects="A1,A2", qty="2", outcome="prison 2y",
            note="2 tried in absentia"),
        row(3, "2012-03-01", "became_final", forum="Court"),
    )  # fmt: skip
    absent = case(
        opened(),
        event(
            "verdict",
            "2012-01-01",
            proceeding="c",
            state="AAA",
            instance="final",
            accused=("A1",),
            verdict="convicted",
        ),
        event("proceeding_flagged", "2012-01-01", proceeding="c", flag="in_absentia", accused=("A1",)),
    )

    assert dict(proceedings(found)[0].flags)["in_absentia"] == exactly(2)
    assert axes(found).public_status == "resolved"
    assert (axes(found).impunity, axes(absent).impunity) == ("partial", "partial")


def test_a_convict_whom_nobody_names(desk: SignIn) -> None:
    found = imported(
        desk("country_focal_point"),
        row(1, "2010-05-01", "incident", subjects="P1 killed", qty="1"),
        row(
            2,
            "2012-01-01",
            "verdict_first_instance",
            forum="Court",
            subjects="one man",
            qty="1",
            outcome="convicted",
        ),
    )
    (one,) = proceedings(found)[0].accused

    assert (one.who, one.number, one.outcome) == ((), exactly(1), "convicted")
    assert seen(axes(found))[2:4] == ("ongoing_unresolved", "unknown")


def test_one_accused_in_two_cases_stands_in_each_as_that_case_says() -> None:
    verdict = event(
        "verdict",
        "2012-01-01",
        proceeding="c",
        state="AAA",
        instance="final",
        accused=("A1",),
        verdict="convicted",
    )
    first, second = (
        case(opened(), verdict),
        case(opened(), event("charged", "2012-01-01", proceeding="c", state="AAA", accused=("A1",))),
    )

    assert (axes(first).impunity, axes(second).impunity) == ("complete_justice", "full")


def test_dates_within_bounds_make_days_within_bounds() -> None:
    started = [
        event("abduction_started", when, abduction=f"B{at}", persons=(f"P{at}",))
        for at, when in enumerate(("2010", "2010-03", "2010-03-05"), 1)
    ]
    ended = event("abduction_ended", "2010-12-31", abduction="B3", persons=("P3",), outcome="escaped")
    found = episodes(case(*started, ended, valid=date(2010, 12, 31)), WORDS)

    assert [str(one.days) for one in found] == ["0..364", "275..305", "301"]
    assert held_days(found) == Range(576, 970)


def test_those_of_two_incidents_and_two_organizations_are_persons_once(desk: SignIn) -> None:
    found = imported(
        desk("country_focal_point"),
        row(1, "2010-05-01", "incident", subjects="P1 killed; P2 injured", qty="2"),
        row(2, "2010-09-01", "incident", outcome="incident=I2; persons=P2,P3"),
        row(3, "2010-09-01", "died", outcome="persons=P2; cause=violence"),
        row(4, "2010-09-01", "person_added", outcome="person=P3; harm=injured; cause=violence; organization=org-b"),
    )  # fmt: skip
    counted = toll(affected(found))

    assert (counted.affected, counted.dead, counted.injured) == (3, exactly(2), exactly(1))
